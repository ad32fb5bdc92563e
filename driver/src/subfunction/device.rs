//! Functions that are active: the host makes a device for each, to which a driver may bind.

use super::vhca_state::{arm, query};
use crate::bus;
use crate::handle::Driver;
use crate::runtime::Object;
use crate::state::subfunction::VhcaStateWork;
use prm::subfunction::VhcaState;

/// Makes devices for active functions from now on (`mlx5_sf_dev_table_create`). Where somebody else manages the eswitch,
/// functions may exist already: they are looked at, and their events armed.
pub(crate) async fn create_devices(driver: &Driver) {
    let (possible, external) = driver
        .step(driver.writes(Object::Subfunctions), |state, _| {
            let general = state.capabilities.general();
            let possible = general.sf() && state.capabilities.general_max().vhca_state();
            let external = possible && !general.eswitch_manager();
            *state.subfunction.makes_devices = possible;
            (possible, external)
        })
        .await;
    if !possible {
        return;
    }
    if external {
        driver
            .runtime()
            .follow(driver.writes(Object::SubfunctionQueue))
            .await;
        driver.queue_work(VhcaStateWork::LookAtAll);
    }
    for id in ids(driver) {
        let _ignored = arm(driver, id).await;
    }
}

/// Removes all devices (`mlx5_sf_dev_table_destroy`).
pub(crate) async fn destroy_devices(driver: &Driver) {
    let devices = driver
        .step(driver.writes(Object::Subfunctions), |state, _| {
            *state.subfunction.makes_devices = false;
            std::mem::take(&mut *state.subfunction.devices)
        })
        .await;
    for id in devices {
        remove_device(driver, id).await;
    }
}

/// Removes a function's device: its driver is unbound (`mlx5_sf_dev_del`).
async fn remove_device(driver: &Driver, id: u16) {
    let function = driver.settled(|state| bus::subfunction(state, id));
    bus::unbind(driver, function).await;
}

fn ids(driver: &Driver) -> Vec<u16> {
    driver.settled(|state| {
        let general = state.capabilities.general();
        (general.sf_base_id()..general.sf_base_id().saturating_add(general.max_num_sf())).collect()
    })
}

/// Makes devices for functions that are active already (`mlx5_sf_dev_add_active_work`).
pub(super) async fn look_at_all(driver: &Driver) {
    for id in ids(driver) {
        if query(driver, id).await == Some(VhcaState::Active) {
            on_state(driver, id, VhcaState::Active).await;
        }
    }
}

/// Follows what firmware says about a function's state (`mlx5_sf_dev_state_change_handler`).
pub(super) async fn on_state(driver: &Driver, id: u16, told: VhcaState) {
    if !ids(driver).contains(&id) {
        // The host's: its devices are on the other side.
        return;
    }
    let goes = driver
        .step(driver.writes(Object::Subfunctions), |state, _| {
            let subfunctions = &mut state.subfunction;
            match told {
                VhcaState::Active if *subfunctions.makes_devices => {
                    subfunctions.devices.insert(id);
                    false
                }
                VhcaState::Invalid | VhcaState::Allocated | VhcaState::TeardownRequest => {
                    subfunctions.devices.remove(&id)
                }
                VhcaState::Active | VhcaState::InUse | VhcaState::Unknown(_) => false,
            }
        })
        .await;
    if goes {
        remove_device(driver, id).await;
    }
}
