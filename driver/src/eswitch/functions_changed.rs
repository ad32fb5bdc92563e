//! The functions behind the eswitch changed: a host enabled or disabled VFs.

use super::{functions, membership};
use crate::handle::{Driver, Patience};
use crate::pauses::DEVLINK_RETRY;
use crate::runtime::Object;
use crate::state::eswitch::{EswitchWork, EventMask, Generation};
use crate::state::functions::is_ecpf_manager;
use crate::subfunction;

/// Handles the event (`mlx5_esw_funcs_changed_handler`). Part of the announced step of the interrupt.
pub(crate) fn on_functions_changed(driver: &Driver) {
    let generation = driver.go_on(|state, bus| {
        let listens = *state.eswitch.listens_to_functions && bus.allocate("functions_changed").is_ok();
        listens.then_some(*state.eswitch.generation)
    });
    if let Some(generation) = generation {
        driver.queue_work(EswitchWork::FunctionsChanged { generation });
    }
}

/// The work behind the event (`esw_vfs_changed_event_handler`). It never waits for the devlink lock: whoever holds it may
/// be waiting for this queue.
pub(super) async fn serve(driver: &Driver, generation: Generation) {
    let stale = async || {
        driver
            .then(driver.reads(Object::EswitchQueue), |state, _| {
                *state.eswitch.generation != generation
            })
            .await
    };
    let mark = driver.runtime().begin_look();
    let lock = loop {
        if stale().await {
            return;
        }
        driver.runtime().point(driver.writes(Object::DevlinkLock)).await;
        if let Some(lock) = driver.try_lock(Object::DevlinkLock) {
            break lock;
        }
        let depends_on = [
            driver.reads(Object::DevlinkLock),
            driver.reads(Object::EswitchQueue),
        ];
        driver
            .try_again(mark, depends_on, DEVLINK_RETRY, &Patience::endless())
            .await;
    };
    if !stale().await {
        follow(driver).await;
    }
    lock.release().await;
}

async fn follow(driver: &Driver) {
    let Ok(functions) = functions::query_functions(driver).await else {
        return;
    };
    let Some(host) = functions.host else { return };
    if host.disabled {
        subfunction::on_host_pf_disabled(driver).await;
        return;
    }
    let (present, manager, loaded) = driver
        .step(
            [driver.reads(Object::Eswitch), driver.reads(Object::Sriov)],
            |state, _| {
                let loaded = membership::that_exist(state, host.num_vfs);
                (*state.eswitch.num_vfs, is_ecpf_manager(state), loaded)
            },
        )
        .await;
    if host.num_vfs == present || !manager {
        return;
    }
    if present > 0 {
        membership::unload_vfs(driver).await;
    } else if membership::load_vfs(driver, loaded, EventMask::SWITCHDEV)
        .await
        .is_err()
    {
        return;
    }
    driver
        .step(driver.writes(Object::Eswitch), |state, _| {
            *state.eswitch.num_vfs = host.num_vfs
        })
        .await;
}
