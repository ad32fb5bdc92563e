//! The ports of scalable functions at the eswitch.

use super::hardware;
use crate::command;
use crate::devlink;
use crate::errno::Errno;
use crate::handle::Driver;
use crate::message::MessageKind;
use crate::runtime::Object;
use crate::state::eswitch::EventMask;
use crate::state::subfunction::{Controller, Port};
use crate::state::{State, functions};
use crate::vport;
use prm::EswitchMode;
use prm::command::Command as _;
use prm::hca::{DisableHca, EnableHca};
use prm::subfunction::{QueryVhcaState, VhcaState};

fn find(state: &State, number: u16) -> Result<Port, Errno> {
    state.subfunction.ports.get(&number).copied().ok_or(Errno::ENODEV)
}

/// Adds a function and its port (`mlx5_devlink_sf_port_new`).
///
/// # Errors
/// `ENODEV` without a bound driver, `EOPNOTSUPP` outside switchdev mode; as allocating the function and loading its vport.
pub(crate) async fn add(driver: &Driver, controller: Controller, number: u16) -> Result<(), Errno> {
    devlink::with_bound(driver, async || add_locked(driver, controller, number).await).await
}

async fn add_locked(driver: &Driver, controller: Controller, number: u16) -> Result<(), Errno> {
    let possible = driver
        .step(driver.reads(Object::Eswitch), |state, _| {
            functions::is_allowed(state)
                && functions::has_fdb(state)
                && functions::mode_of(state) == EswitchMode::Switchdev
        })
        .await;
    if !possible {
        return Err(Errno::EOPNOTSUPP);
    }
    let id = hardware::allocate(driver, controller, number).await?;
    if let Err(errno) = vport::load_vport(driver, id, EventMask::SWITCHDEV).await {
        hardware::free(driver, id).await;
        return Err(errno);
    }
    let port = Port {
        id,
        controller,
        state: VhcaState::Allocated,
    };
    driver
        .step(driver.writes(Object::Subfunctions), |state, _| {
            state.subfunction.ports.insert(number, port)
        })
        .await;
    Ok(())
}

/// Activates a function, so that a driver may bind to it (`mlx5_sf_activate`).
///
/// # Errors
/// `ENODEV` without a bound driver or such a port, `EBUSY` while a driver is still bound; as ENABLE_HCA.
pub(crate) async fn activate(driver: &Driver, number: u16) -> Result<(), Errno> {
    devlink::with_bound(driver, async || activate_locked(driver, number).await).await
}

async fn activate_locked(driver: &Driver, number: u16) -> Result<(), Errno> {
    let port = driver
        .step(driver.reads(Object::Subfunctions), |state, _| find(state, number))
        .await?;
    match port.state {
        VhcaState::Active | VhcaState::InUse => return Ok(()),
        VhcaState::Allocated => {}
        _ => {
            driver.message(MessageKind::SfStillAttached { sf: number });
            return Err(Errno::EBUSY);
        }
    }
    let input = EnableHca::input().with_function_id(port.id);
    command::run::<EnableHca>(driver, &input)
        .await
        .map_err(|error| error.errno())?;
    set_state(driver, number, VhcaState::Active).await;
    Ok(())
}

/// Deactivates a function: firmware tells its driver to go, and gives the function back when that has happened. Until then
/// it cannot be activated again (`mlx5_sf_deactivate`).
///
/// # Errors
/// `ENODEV` without a bound driver or such a port; as DISABLE_HCA.
pub(crate) async fn deactivate(driver: &Driver, number: u16) -> Result<(), Errno> {
    devlink::with_bound(driver, async || deactivate_locked(driver, number).await).await
}

async fn deactivate_locked(driver: &Driver, number: u16) -> Result<(), Errno> {
    let port = driver
        .step(driver.reads(Object::Subfunctions), |state, _| find(state, number))
        .await?;
    if !matches!(port.state, VhcaState::Active | VhcaState::InUse) {
        return Ok(());
    }
    let input = DisableHca::input().with_function_id(port.id);
    command::run::<DisableHca>(driver, &input)
        .await
        .map_err(|error| error.errno())?;
    set_state(driver, number, VhcaState::TeardownRequest).await;
    Ok(())
}

async fn set_state(driver: &Driver, number: u16, vhca_state: VhcaState) {
    driver
        .step(driver.writes(Object::Subfunctions), |state, _| {
            if let Some(port) = state.subfunction.ports.get_mut(&number) {
                port.state = vhca_state;
            }
        })
        .await;
}

/// Deletes a function and its port (`mlx5_devlink_sf_port_del`). Nobody waits for its pages.
///
/// # Errors
/// `ENODEV` without a bound driver or such a port.
pub(crate) async fn remove(driver: &Driver, number: u16) -> Result<(), Errno> {
    devlink::with_bound(driver, async || remove_locked(driver, number).await).await
}

/// Deletes all ports: the eswitch leaves switchdev mode. The caller holds the devlink lock.
pub(crate) async fn remove_ports(driver: &Driver) {
    let numbers = driver
        .step(driver.reads(Object::Subfunctions), |state, _| {
            state.subfunction.ports.keys().copied().collect::<Vec<_>>()
        })
        .await;
    for number in numbers {
        // INVARIANT: the port exists, the devlink lock keeps others from deleting it.
        let _exists = remove_locked(driver, number).await;
    }
}

async fn remove_locked(driver: &Driver, number: u16) -> Result<(), Errno> {
    let port = driver
        .step(driver.reads(Object::Subfunctions), |state, _| find(state, number))
        .await?;
    vport::unload_vport(driver, port.id).await;
    driver
        .step(driver.writes(Object::Subfunctions), |state, _| {
            state.subfunction.ports.remove(&number)
        })
        .await;
    match port.state {
        VhcaState::Allocated => {
            hardware::free(driver, port.id).await;
            return Ok(());
        }
        VhcaState::Active | VhcaState::InUse => {
            let input = DisableHca::input().with_function_id(port.id);
            let _ignored = command::run::<DisableHca>(driver, &input).await;
        }
        VhcaState::Invalid | VhcaState::TeardownRequest | VhcaState::Unknown(_) => {}
    }
    let input = QueryVhcaState::input().with_function_id(port.id);
    match command::run::<QueryVhcaState>(driver, &input).await {
        Ok(answer) if VhcaState::from_raw(answer.vhca_state()) == VhcaState::Allocated => {
            hardware::free(driver, port.id).await;
        }
        Ok(_) => hardware::free_later(driver, port.id).await,
        // Neither freed nor waited for: it goes when the driver does.
        Err(error) => {
            driver.message(MessageKind::VhcaStateFailed {
                function: port.id,
                errno: error.errno(),
            });
        }
    }
    Ok(())
}

/// Follows what firmware says about a function's state (`mlx5_sf_vhca_event`).
pub(super) async fn on_state(driver: &Driver, id: u16, told: VhcaState) {
    driver
        .step(driver.writes(Object::Subfunctions), |state, _| {
            let ports = &mut state.subfunction.ports;
            let Some(port) = ports.values_mut().find(|port| port.id == id) else {
                return;
            };
            match (port.state, told) {
                (VhcaState::Active, VhcaState::InUse)
                | (VhcaState::InUse, VhcaState::Active)
                | (VhcaState::TeardownRequest, VhcaState::Allocated) => port.state = told,
                _ => {}
            }
        })
        .await;
}
