//! Enabling and disabling a vport.

use super::change::apply;
use super::commands::{arm, query_context, set_link};
use crate::attribution;
use crate::capabilities::query_function;
use crate::errno::Errno;
use crate::handle::Driver;
use crate::message::MessageKind;
use crate::revision::VportUnwind;
use crate::runtime::Object;
use crate::state::State;
use crate::state::eswitch::{EventMask, LinkState};
use crate::state::functions::manager_vport;
use prm::VhcaId;

/// What decides about the steps for a vport.
#[derive(Clone, Copy, Debug, Hash)]
struct Traits {
    enabled: bool,
    /// It is the vport of the eswitch's manager.
    manager: bool,
    /// The driver may ask about other functions.
    group_manager: bool,
    has_table: bool,
}

fn traits(state: &State, number: u16) -> Traits {
    let general = state.capabilities.general();
    Traits {
        enabled: state
            .eswitch
            .vports
            .get(&number)
            .is_some_and(|vport| vport.enabled),
        manager: number == manager_vport(state),
        group_manager: general.vport_group_manager(),
        has_table: general.log_max_l2_table() != 0,
    }
}

fn mark(state: &mut State, number: u16, enabled: bool, events: EventMask) {
    if let Some(vport) = state.eswitch.vports.get_mut(&number) {
        vport.enabled = enabled;
        vport.enabled_events = events;
    }
}

/// Loads a vport (`mlx5_eswitch_load_vport`): enables it (`mlx5_esw_vport_enable`), all of it under the state lock.
///
/// # Errors
/// `EINVAL` without such a vport; as the queries of its function; as the maps from its VHCA id.
pub(crate) async fn load_vport(driver: &Driver, number: u16, events: EventMask) -> Result<(), Errno> {
    driver
        .holding(Object::EswitchLock, async || {
            load_locked(driver, number, events).await
        })
        .await
}

async fn load_locked(driver: &Driver, number: u16, events: EventMask) -> Result<(), Errno> {
    let known = driver
        .step(driver.reads(Object::Vport(number)), |state, _| {
            state
                .eswitch
                .vports
                .contains_key(&number)
                .then(|| traits(state, number))
        })
        .await;
    let Some(vport) = known else {
        return Err(Errno::EINVAL);
    };
    if vport.enabled {
        driver.message(MessageKind::VportAlreadyEnabled { vport: number });
    }
    enable_locked(driver, number, events, vport).await
}

async fn enable_locked(driver: &Driver, number: u16, events: EventMask, vport: Traits) -> Result<(), Errno> {
    if !vport.manager {
        set_up(driver, number, vport).await?;
    }
    driver
        .step(driver.writes(Object::Vport(number)), |state, _| {
            mark(state, number, true, events)
        })
        .await;
    if !vport.manager
        && vport.group_manager
        && let Err(errno) = attribution::map(driver, number).await
    {
        clean_up(driver, number, vport).await;
        driver.message(MessageKind::VportEnableFailed { vport: number, errno });
        match driver.revision().vport_unwind() {
            VportUnwind::LeavesEnabled => {}
            VportUnwind::Complete => {
                let undo = |state: &mut State| mark(state, number, false, EventMask::NONE);
                driver
                    .step(driver.writes(Object::Vport(number)), |state, _| undo(state))
                    .await;
            }
        }
        return Err(errno);
    }
    apply(driver, number).await;
    driver
        .step(driver.writes(Object::Eswitch), |state, _| {
            *state.eswitch.enabled_vports = state.eswitch.enabled_vports.wrapping_add(1);
        })
        .await;
    Ok(())
}

/// What is read from and told to the function behind the vport (`esw_vport_setup`).
async fn set_up(driver: &Driver, number: u16, vport: Traits) -> Result<(), Errno> {
    if vport.group_manager {
        let vhca_id = query_function(driver, number)
            .await
            .map_err(|error| error.errno())?;
        let before = driver
            .step(driver.writes(Object::Vport(number)), |state, _| {
                let vport = state.eswitch.vports.get_mut(&number);
                vport.and_then(|vport| vport.vhca_id.replace(vhca_id))
            })
            .await;
        if let Some(old) = before {
            forget_if_nobody_has_it(driver, old).await;
        }
    }
    let link = driver
        .then(driver.reads(Object::Vport(number)), |state, _| {
            state.eswitch.vports.get(&number).map(|vport| vport.link)
        })
        .await;
    set_link(driver, number, link.unwrap_or_default()).await;
    let _address = query_context(driver, number, true).await;
    let _node = query_context(driver, number, true).await;
    Ok(())
}

/// The type of a VHCA id is forgotten with the last vport that has it. All vports change under the state lock only.
async fn forget_if_nobody_has_it(driver: &Driver, old: VhcaId) {
    let all = [driver.reads(Object::Vports), driver.writes(Object::PageBook)];
    driver
        .then(all, |state, _| {
            let mut vports = state.eswitch.vports.values();
            if !vports.any(|vport| vport.vhca_id == Some(old)) {
                attribution::forget_type(state, old);
            }
        })
        .await;
}

/// Unloads a vport (`mlx5_eswitch_unload_vport`): disables it, if it is enabled (`mlx5_esw_vport_disable`), all of it under the state lock.
pub(crate) async fn unload_vport(driver: &Driver, number: u16) {
    driver
        .holding(Object::EswitchLock, async || unload_locked(driver, number).await)
        .await;
}

async fn unload_locked(driver: &Driver, number: u16) {
    let vport = driver
        .step(driver.writes(Object::Vport(number)), |state, _| {
            let vport = traits(state, number);
            if let Some(vport) = state.eswitch.vports.get_mut(&number) {
                vport.enabled = false;
            }
            vport
        })
        .await;
    if vport.enabled {
        disable_locked(driver, number, vport).await;
    }
}

async fn disable_locked(driver: &Driver, number: u16, vport: Traits) {
    if vport.has_table {
        arm(driver, number, EventMask::NONE).await;
    }
    if !vport.manager && vport.group_manager {
        attribution::unmap(driver, number).await;
    }
    apply(driver, number).await;
    driver
        .step(driver.writes(Object::Vport(number)), |state, _| {
            mark(state, number, false, EventMask::NONE)
        })
        .await;
    clean_up(driver, number, vport).await;
    driver
        .step(driver.writes(Object::Eswitch), |state, _| {
            *state.eswitch.enabled_vports = state.eswitch.enabled_vports.wrapping_sub(1);
        })
        .await;
}

/// Undoes what was told to the function (`esw_vport_cleanup`).
async fn clean_up(driver: &Driver, number: u16, vport: Traits) {
    if !vport.manager {
        set_link(driver, number, LinkState::Down).await;
    }
}
