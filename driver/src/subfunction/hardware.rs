//! Which function ids are taken, in firmware's eyes.

use super::vhca_state::arm;
use crate::capabilities;
use crate::command;
use crate::errno::Errno;
use crate::handle::Driver;
use crate::runtime::Object;
use crate::state::capabilities::OtherFunction;
use crate::state::eswitch::PF_VPORT;
use crate::state::subfunction::{Controller, HardwareTable, SubfunctionState, Taken};
use crate::state::{State, functions};
use prm::CapabilityType;
use prm::capability_area::GeneralCapabilities;
use prm::command::Command as _;
use prm::subfunction::{AllocSf, DeallocSf, ModifyVhcaState, VhcaState};
use std::collections::BTreeMap;
use std::ops::Range;

/// Finds out which function ids there are (`mlx5_sf_hw_table_init`).
///
/// # Errors
/// As the query of what the host's PF can do.
pub(crate) async fn init(driver: &Driver) -> Result<(), Errno> {
    let whole = [
        driver.writes(Object::Subfunctions),
        driver.writes(Object::SubfunctionQueue),
        driver.reads(Object::Eswitch),
    ];
    let (possible, embedded_with_host) = driver
        .step(whole, |state, _| {
            let queue = std::mem::take(&mut state.subfunction.queue);
            state.subfunction = SubfunctionState {
                queue,
                ..SubfunctionState::default()
            };
            (
                state.capabilities.general_max().vhca_state(),
                functions::has_host_functions(state),
            )
        })
        .await;
    if !possible {
        return Ok(());
    }
    let mut host_ids = 0..0;
    if embedded_with_host {
        let host = OtherFunction {
            id: PF_VPORT,
            ec_vf: false,
            is_vhca_id: false,
        };
        let area: GeneralCapabilities = capabilities::query_other(driver, host, CapabilityType::General)
            .await
            .map_err(|error| error.errno())?;
        host_ids = area.sf_base_id()..area.sf_base_id().saturating_add(area.max_num_sf());
    }
    driver
        .step(driver.writes(Object::Subfunctions), |state, _| {
            let general = state.capabilities.general();
            let count = if general.sf() { general.max_num_sf() } else { 0 };
            let own_ids = general.sf_base_id()..general.sf_base_id().saturating_add(count);
            let table = |ids: Range<u16>| {
                (!ids.is_empty()).then(|| HardwareTable {
                    base: ids.start,
                    count: ids.end.saturating_sub(ids.start),
                    taken: BTreeMap::new(),
                })
            };
            *state.subfunction.table = table(own_ids);
            *state.subfunction.host_table = table(host_ids);
        })
        .await;
    Ok(())
}

/// Forgets the function ids (`mlx5_sf_hw_table_cleanup`).
pub(crate) async fn cleanup(driver: &Driver) {
    driver
        .step(driver.writes(Object::Subfunctions), |state, _| {
            *state.subfunction.table = None;
            *state.subfunction.host_table = None;
            state.subfunction.ports.clear();
        })
        .await;
}

/// Takes the lowest free function id for the function a person calls `number` (`mlx5_sf_hw_table_sf_alloc`).
///
/// # Errors
/// `EOPNOTSUPP` without scalable functions, `EEXIST` for a number in use, `ENOSPC` without a free id, or where the controller can have
/// none; as the commands.
pub(super) async fn allocate(driver: &Driver, controller: Controller, number: u16) -> Result<u16, Errno> {
    let id = driver
        .step(driver.writes(Object::Subfunctions), |state, _| {
            reserve(state, controller, number)
        })
        .await?;
    let result = allocate_id(driver, controller, id, number).await;
    if let Err(errno) = result {
        release(driver, id).await;
        return Err(errno);
    }
    Ok(id)
}

fn reserve(state: &mut State, controller: Controller, number: u16) -> Result<u16, Errno> {
    let functions = &mut state.subfunction;
    if functions.table.is_none() && functions.host_table.is_none() {
        return Err(Errno::EOPNOTSUPP);
    }
    let table = match controller {
        Controller::Local => functions.table.as_mut(),
        Controller::Host => functions.host_table.as_mut(),
    };
    let table = table.ok_or(Errno::ENOSPC)?;
    if table.taken.values().any(|taken| taken.number == number) {
        return Err(Errno::EEXIST);
    }
    let id = table
        .ids()
        .find(|id| !table.taken.contains_key(id))
        .ok_or(Errno::ENOSPC)?;
    table.taken.insert(
        id,
        Taken {
            number,
            delete_pending: false,
        },
    );
    Ok(id)
}

async fn allocate_id(driver: &Driver, controller: Controller, id: u16, number: u16) -> Result<(), Errno> {
    command::run::<AllocSf>(driver, &AllocSf::input().with_function_id(id))
        .await
        .map_err(|error| error.errno())?;
    let input = ModifyVhcaState::input()
        .with_function_id(id)
        .with_select_sw_function_id(true)
        .with_sw_function_id(number.into());
    let mut result = command::run::<ModifyVhcaState>(driver, &input).await.map(|_| ());
    // Nobody else arms the events of a function whose driver is on another host.
    if result.is_ok() && controller == Controller::Host {
        result = arm(driver, id).await;
    }
    if let Err(error) = result {
        free_id(driver, id).await;
        return Err(error.errno());
    }
    Ok(())
}

async fn free_id(driver: &Driver, id: u16) {
    let _ignored = command::run::<DeallocSf>(driver, &DeallocSf::input().with_function_id(id)).await;
}

async fn release(driver: &Driver, id: u16) {
    driver
        .step(driver.writes(Object::Subfunctions), |state, _| {
            state.subfunction.with_table_of(id, |table| {
                table.taken.remove(&id);
            });
        })
        .await;
}

/// Frees a function id that nobody uses (`mlx5_sf_hw_table_sf_free`).
pub(super) async fn free(driver: &Driver, id: u16) {
    free_id(driver, id).await;
    release(driver, id).await;
}

/// Frees a function id once its driver lets go (`mlx5_sf_hw_table_sf_deferred_free`).
pub(super) async fn free_later(driver: &Driver, id: u16) {
    driver
        .step(driver.writes(Object::Subfunctions), |state, _| {
            state.subfunction.with_table_of(id, |table| {
                if let Some(taken) = table.taken.get_mut(&id) {
                    taken.delete_pending = true;
                }
            });
        })
        .await;
}

/// A function's driver let go: it is freed if that was waited for.
pub(super) async fn on_allocated(driver: &Driver, id: u16) {
    let pending = driver
        .then(driver.reads(Object::Subfunctions), |state, _| {
            let mut taken = state.subfunction.taken();
            taken.any(|(other, taken)| other == id && taken.delete_pending)
        })
        .await;
    if pending {
        free(driver, id).await;
    }
}

/// The host's PF is gone, and with it the drivers of the host's functions: their ports are as without drivers, and those that
/// were waited for are freed (`mlx5_sf_table_esw_changed_event_handler`, `mlx5_sf_hw_table_esw_changed_event_handler`).
pub(crate) async fn on_host_pf_disabled(driver: &Driver) {
    let pending = driver
        .step(driver.writes(Object::Subfunctions), |state, _| {
            let functions = &mut state.subfunction;
            let ports = functions.ports.values_mut();
            for port in ports.filter(|port| port.controller == Controller::Host) {
                port.state = match port.state {
                    VhcaState::InUse => VhcaState::Active,
                    VhcaState::TeardownRequest => VhcaState::Allocated,
                    other => other,
                };
            }
            let taken = functions.host_table.iter().flat_map(|table| &table.taken);
            taken
                .filter(|(_, taken)| taken.delete_pending)
                .map(|(&id, _)| id)
                .collect::<Vec<_>>()
        })
        .await;
    for id in pending {
        free(driver, id).await;
    }
}

/// Frees all function ids that are still taken (`mlx5_sf_hw_table_destroy`).
pub(crate) async fn deallocate_all(driver: &Driver) {
    let taken = driver
        .step(driver.reads(Object::Subfunctions), |state, _| {
            state.subfunction.taken().map(|(id, _)| id).collect::<Vec<_>>()
        })
        .await;
    for id in taken {
        free(driver, id).await;
    }
}
