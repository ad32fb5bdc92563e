//! While firmware may be reset: its events, the looks at the device, and the end of both.

use super::poll::start_poll;
use super::sensors::fatal_sensor;
use crate::handle::{Driver, LastLook, Patience};
use crate::message::MessageKind;
use crate::runtime::Object;
use crate::state::firmware_reset::ResetWork;
use prm::Cycles;
use prm::event::{EventEntry, GENERAL_SYNC_RESET, SyncReset, SyncResetState};

/// From one look at the device to the next, while a reset is expected (`MLX5_RESET_POLL_INTERVAL`, rounded to whole seconds).
pub(crate) const RESET_POLL: Cycles = Cycles::from_secs(1);

/// Learns whether there is such a thing (`mlx5_fw_reset_init`).
pub(crate) async fn init_reset(driver: &Driver) {
    driver
        .step(driver.writes(Object::Health), |state, _| {
            let is_offered = state.capabilities.has_reset_register();
            state.health.reset.begin(is_offered);
        })
        .await;
}

/// Listens to firmware, or does not any more (`mlx5_fw_reset_events_start`, `mlx5_fw_reset_events_stop`).
pub(crate) async fn listen_for_resets(driver: &Driver, listens: bool) {
    driver
        .then(driver.writes(Object::Health), |state, _| {
            state.health.reset.listens = listens;
        })
        .await;
}

/// An event of type GENERAL (`fw_reset_event_notifier`). Part of an announced step.
pub(crate) fn on_general_event(driver: &Driver, entry: &EventEntry) {
    if entry.event_sub_type() != GENERAL_SYNC_RESET {
        return;
    }
    let event: SyncReset = entry.data();
    let work = match SyncResetState::from_raw(event.state() & 0xf) {
        SyncResetState::Request => ResetWork::Request,
        SyncResetState::Unload => ResetWork::Unload,
        SyncResetState::Abort => ResetWork::Abort,
        SyncResetState::Now | SyncResetState::Unknown(_) => return,
    };
    let listens = driver.go_on(|state, _| {
        let reset = &state.health.reset;
        // What waits to be done is not queued twice.
        let waits = reset.queue.waiting().any(|&waiting| waiting == work);
        reset.listens && !reset.drops_new && !waits
    });
    if listens {
        driver.queue_work(work);
    }
}

/// No event is taken any more; waits for what runs (`mlx5_drain_fw_reset`).
pub(crate) async fn drain_resets(driver: &Driver) {
    let is_offered = driver
        .step(driver.writes(Object::Health), |state, _| {
            state.health.reset.drops_new = true;
            state.health.reset.is_offered
        })
        .await;
    if !is_offered {
        return;
    }
    driver.flush_work::<ResetWork>().await;
    let requested = driver
        .then(driver.reads(Object::Health), |state, _| {
            state.health.reset.requested
        })
        .await;
    if requested {
        clear_reset(driver, true).await;
    }
}

/// Does what is due (`poll_sync_reset`, `mlx5_sync_reset_timeout_work`).
pub(crate) fn fire_reset(driver: &Driver) {
    let about = [
        driver.writes(Object::Health),
        driver.reads(Object::Registers),
        driver.reads(Object::DeviceState),
    ];
    let work = driver.step_outside(about, |state, bus| {
        let now = bus.now();
        let is_due = |at: Option<Cycles>| {
            at.is_some_and(|at| Patience::since(at, Cycles(0), LastLook::AtLimit).is_over_at(now))
        };
        let (poll, late) = (
            is_due(state.health.reset.next_poll),
            is_due(state.health.reset.expected_until),
        );
        if late {
            state.health.reset.expected_until = None;
            return Some(ResetWork::TimedOut);
        }
        if !poll || !state.health.reset.requested {
            return None;
        }
        state.health.reset.next_poll = Some(now.saturating_add(RESET_POLL));
        fatal_sensor(state, bus).map(|_| {
            state.health.reset.next_poll = None;
            ResetWork::Reload
        })
    });
    if work == Some(ResetWork::Reload) {
        driver.message(MessageKind::DeviceWasReset);
    }
    if let Some(work) = work {
        driver.queue_work(work);
    }
}

/// The reset is not expected any more (`mlx5_sync_reset_clear_reset_requested`). Returns whether it was.
pub(crate) async fn clear_reset(driver: &Driver, poll_health: bool) -> bool {
    let was_requested = driver
        .step(driver.writes(Object::Health), |state, _| {
            let reset = &mut state.health.reset;
            let was_requested = std::mem::take(&mut reset.requested);
            if was_requested {
                reset.next_poll = None;
                reset.expected_until = None;
            }
            was_requested
        })
        .await;
    if !was_requested {
        driver.message(MessageKind::SyncResetClearedAgain);
    } else if poll_health {
        start_poll(driver).await;
    }
    was_requested
}
