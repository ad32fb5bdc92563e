//! What a vport's function wants: which packets it takes, told by event and read from its context.

use super::commands::{AddressList, arm, query_addresses, query_context};
use crate::handle::Driver;
use crate::runtime::Object;
use crate::state::eswitch::{EswitchWork, PF_VPORT};
use prm::event::{EventEntry, VportChange};

/// Handles a vport change event (`eswitch_vport_event`). Part of the announced step of the interrupt.
pub(crate) fn on_vport_change(driver: &Driver, event: &EventEntry) {
    let change: VportChange = event.data();
    let number = change.vport_number();
    let queue = driver.go_on(|state, _| {
        let eswitch = &mut state.eswitch;
        let listens = *eswitch.listens_to_vports;
        match eswitch.vports.get_mut(&number) {
            Some(vport) if listens => !std::mem::replace(&mut vport.change_queued, true),
            _ => false,
        }
    });
    if queue {
        driver.queue_work(EswitchWork::VportChange(number));
    }
}

/// The work behind the event (`esw_vport_change_handler`).
pub(crate) async fn serve(driver: &Driver, number: u16) {
    driver
        .then(driver.writes(Object::Vport(number)), |state, _| {
            if let Some(vport) = state.eswitch.vports.get_mut(&number) {
                vport.change_queued = false;
            }
        })
        .await;
    driver
        .holding(Object::EswitchLock, async || apply(driver, number).await)
        .await;
}

/// Reads what the vport's function wants and arms the next event (`esw_vport_change_handle_locked`). Called with the
/// state lock held, also for a vport that is being disabled: then only what was applied is undone.
pub(super) async fn apply(driver: &Driver, number: u16) {
    let (has_table, events, enabled) = driver
        .step(driver.reads(Object::Vport(number)), |state, _| {
            let vport = state.eswitch.vports.get(&number);
            (
                state.capabilities.general().log_max_l2_table() != 0,
                vport.map(|vport| vport.enabled_events).unwrap_or_default(),
                vport.is_some_and(|vport| vport.enabled),
            )
        })
        .await;
    if !has_table {
        return;
    }
    let _address = query_context(driver, number, true).await;
    if enabled && events.unicast {
        let _unicast = query_addresses(driver, number, AddressList::Unicast).await;
    }
    if enabled && events.multicast {
        let _multicast = query_addresses(driver, number, AddressList::Multicast).await;
    }
    if events.promiscuous {
        let _promiscuous = query_context(driver, number, number != PF_VPORT).await;
    }
    if enabled {
        arm(driver, number, events).await;
    }
}
