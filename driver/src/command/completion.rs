//! Completions: polled, by event, too late, and never.

use super::gate::may_send;
use super::lanes::notify_lane;
use crate::device_bus::Bus;
use crate::handle::{Driver, LastLook, Look, Patience, Upcalls};
use crate::message::MessageKind;
use crate::pauses::POLLED_RESULT;
use crate::revision::{PageSlotWait, TimedOutMailboxes};
use crate::runtime::{Announcement, Object};
use crate::state::State;
use crate::state::command::{CommandErrorKind, LateCompletion, Mode};
use prm::{Cycles, DeliveryStatus, Opcode};

/// What polling waits beyond the limit of a command.
const POLL_GRACE: Cycles = Cycles::from_secs(1);

/// How long a completion whose event may have been lost is waited for beyond the limit. No register changes it.
const EVENT_GRACE: Cycles = Cycles::from_secs(5);

/// Looks at the queue entry until the device gives it back (`poll_timeout`). As long as that lasts, no other regular
/// command is handled.
pub(super) async fn poll(
    driver: &Driver,
    slot: u8,
    others_by_event: bool,
) -> Result<Vec<u8>, CommandErrorKind> {
    let limit = driver.settled(|state| state.timeouts.command);
    let limit = limit.saturating_add(POLL_GRACE);
    let mut patience = Patience::begin(driver, limit, LastLook::AtLimit);
    driver.runtime().follow(looking(driver, slot)).await;
    let look = |_: Option<&()>, state: &State, bus: &mut Bus| look(state, slot, bus);
    let ended = driver
        .wait_for(looking(driver, slot), Object::Device, &mut patience, look)
        .await;
    if others_by_event && ended.is_ok() {
        // An interrupt is faster than the way from the worker that polls to the caller.
        driver.pause(POLLED_RESULT).await;
        driver.runtime().follow(looking(driver, slot)).await;
    }
    let result = match ended {
        Ok(result) => collect(driver, slot, result).await,
        Err(()) => Err(give_up(driver, slot).await),
    };
    driver
        .then(driver.writes(Object::CommandSlots), |state, _| {
            state.command.queue.end_turn(slot)
        })
        .await;
    driver.notify(Object::CommandSlots);
    result
}

/// What a look at a polled command touches: the kernel looks at the entry and at the device's state, one after the other.
fn looking(driver: &Driver, slot: u8) -> Announcement {
    [
        driver.reads(Object::CommandSlot(slot)),
        driver.reads(Object::CommandMode),
        driver.reads(Object::DeviceState),
    ]
    .into()
}

/// What the end of a command touches: entry, slot and mailboxes go back one after the other (`cmd_ent_put`).
fn ending(driver: &Driver, slot: u8) -> Announcement {
    let lane = driver.settled(|state| state.command.queue.lane_of(slot));
    [
        driver.writes(Object::CommandSlot(slot)),
        driver.writes(lane.object()),
        driver.writes(Object::Mailboxes),
    ]
    .into()
}

/// How a polled command has ended, if it has.
fn look(state: &State, slot: u8, bus: &mut Bus) -> Look<Result<DeliveryStatus, CommandErrorKind>, ()> {
    if state.is_down() {
        return Look::Reached(Err(CommandErrorKind::DeviceGone));
    }
    match state.command.queue.poll(slot, bus) {
        Some(delivery) => Look::Reached(Ok(delivery)),
        None => Look::NotYet(()),
    }
}

/// Waits for the completion event (`wait_func`): the limit, then a look into the event queue in case the interrupt was
/// lost, then a grace time.
pub(super) async fn wait(driver: &Driver, slot: u8) -> Result<Vec<u8>, CommandErrorKind> {
    let limit = driver.settled(|state| state.timeouts.command);
    if let Some((result, _)) = within(driver, slot, limit).await {
        return collect(driver, slot, result).await;
    }
    let events = driver.recover_command_events().await;
    if events > 0 {
        driver.message(MessageKind::EventsRecovered { events });
    }
    match within(driver, slot, EVENT_GRACE).await {
        Some((result, opcode)) => {
            driver.message(MessageKind::CommandRecovered { opcode, slot });
            collect(driver, slot, result).await
        }
        None => Err(give_up(driver, slot).await),
    }
}

/// How a command ends, if it does so in time.
async fn within(
    driver: &Driver,
    slot: u8,
    time: Cycles,
) -> Option<(Result<DeliveryStatus, CommandErrorKind>, Opcode)> {
    let object = Object::CommandSlot(slot);
    let mut patience = Patience::begin(driver, time, LastLook::AtLimit);
    let look = |_: Option<&()>, state: &State, _: &mut Bus| {
        let entry = state.command.queue.entry(slot);
        let ended = entry.and_then(|entry| Some((entry.result?, entry.opcode)));
        ended.map_or(Look::NotYet(()), Look::Reached)
    };
    driver.runtime().follow(driver.reads(object)).await;
    let ended = driver.wait_for(driver.reads(object), object, &mut patience, look);
    ended.await.ok()
}

/// Takes output and slot back from a command that has ended.
async fn collect(
    driver: &Driver,
    slot: u8,
    result: Result<DeliveryStatus, CommandErrorKind>,
) -> Result<Vec<u8>, CommandErrorKind> {
    let executed = result == Ok(DeliveryStatus::Ok);
    let finished = driver
        .then(ending(driver, slot), |state, bus| {
            state.command.queue.finish(slot, executed, bus)
        })
        .await;
    notify_slot(driver, slot);
    match (result, finished) {
        (Err(kind), _) => Err(kind),
        // An output that could not be read: the bus has failed, and whatever the command did, its device is lost.
        (Ok(_), Some((_, output))) if executed && output.is_empty() => Err(CommandErrorKind::DeviceGone),
        (Ok(_), Some((_, output))) if executed => Ok(output),
        (Ok(delivery), _) => Err(CommandErrorKind::Delivery(delivery)),
    }
}

/// Lets a command be lost: its slot stays taken until its completion comes (`cb_timeout` path of `wait_func`). Where none is expected
/// any more, of a device that is down or of a command that could not be sent now, it is over (`mlx5_cmd_comp_handler`, forced).
async fn give_up(driver: &Driver, slot: u8) -> CommandErrorKind {
    let free_mailboxes = driver.revision().timed_out_mailboxes() == TimedOutMailboxes::Freed;
    let lane = driver.settled(|state| state.command.queue.lane_of(slot));
    let about = [
        driver.writes(Object::CommandSlot(slot)),
        driver.writes(lane.object()),
        driver.writes(Object::Mailboxes),
        driver.reads(Object::CommandMode),
        driver.reads(Object::DeviceState),
    ];
    let lost = driver
        .then(about, |state, bus| {
            let queue = &state.command.queue;
            let (opcode, ticket) = queue.entry(slot).map(|entry| (entry.opcode, entry.ticket))?;
            let is_expected = may_send(state, opcode).is_ok();
            let queue = &mut state.command.queue;
            if is_expected {
                queue.give_up(slot, free_mailboxes, bus);
            } else {
                queue.finish(slot, false, bus);
            }
            Some((opcode, ticket))
        })
        .await;
    let Some((opcode, ticket)) = lost else {
        return CommandErrorKind::DeviceGone;
    };
    // Who passes over slots that are lost need not wait for this one.
    notify_slot(driver, slot);
    driver.message(MessageKind::CommandTimedOut { opcode, slot });
    CommandErrorKind::TimedOut(ticket)
}

fn notify_slot(driver: &Driver, slot: u8) {
    let lane = driver.settled(|state| state.command.queue.lane_of(slot));
    notify_lane(driver, lane);
}

/// A completion event: ends the commands in these slots (`mlx5_cmd_comp_handler`). Nothing is done while the device is
/// in its error state.
pub(crate) async fn on_completion(driver: &Driver, vector: u32, on_late: impl AsyncFn(&LateCompletion)) {
    for slot in (0..32u8).filter(|slot| vector >> slot & 1 == 1) {
        driver
            .runtime()
            .point([
                driver.writes(Object::CommandSlot(slot)),
                driver.reads(Object::CommandMode),
                driver.reads(Object::DeviceState),
            ])
            .await;
        if let Some(late) = complete(driver, slot).await {
            on_late(&late).await;
        }
    }
}

/// Ends the command in a slot. If its caller has given up, what came too late.
async fn complete(driver: &Driver, slot: u8) -> Option<LateCompletion> {
    let is_polled = driver.go_on(|state, _| {
        let by_event = !state.interface.in_error() && *state.command.mode == Mode::Events;
        by_event && state.command.queue.entry(slot).is_some_and(|entry| entry.polled)
    });
    if is_polled {
        // A kernel's poll and its event handler both take the completion for theirs, and whoever comes second believes that the
        // caller had given up; then the caller lets go of what is gone.
        driver.message(MessageKind::LateCompletion { slot });
        driver.message(MessageKind::CompletedTwice { slot });
        return None;
    }
    let given_up = driver.go_on(|state, bus| {
        if state.interface.in_error() || *state.command.mode != Mode::Events {
            return None;
        }
        let queue = &mut state.command.queue;
        let delivery = queue.delivery(slot, bus);
        let entry = queue.entry_mut(slot)?;
        if !entry.timed_out {
            entry.result.get_or_insert(Ok(delivery));
            return None;
        }
        Some(delivery)
    });
    let late = match given_up {
        None => None,
        Some(delivery) => {
            driver
                .then(ending(driver, slot), |state, bus| {
                    let executed = delivery == DeliveryStatus::Ok;
                    let (entry, output) = state.command.queue.finish(slot, executed, bus)?;
                    let whole = executed && entry.whole;
                    Some(LateCompletion {
                        ticket: entry.ticket,
                        opcode: entry.opcode,
                        delivery,
                        output,
                        whole,
                    })
                })
                .await
        }
    };
    driver.notify(Object::CommandSlot(slot));
    if late.is_some() {
        driver.message(MessageKind::LateCompletion { slot });
        notify_slot(driver, slot);
    }
    late
}

/// Ends every outstanding command after the device has failed, and waits until all slots are free (`mlx5_cmd_flush`).
///
/// A command that had timed out before is not ended by this, and real completions are ignored while the device is in its
/// error state: so this never returns while such a command is outstanding, unless page commands have a limit, too.
pub(crate) async fn flush(driver: &Driver) {
    let passes_lost = driver.revision().page_slot_wait() == PageSlotWait::Limited;
    let slots = [
        driver.writes(Object::AllCommandSlots),
        driver.reads(Object::CommandSlots),
        driver.reads(Object::PageSlot),
    ];
    driver.runtime().point(slots).await;
    loop {
        let aborted = driver.go_on(|state, _| state.command.queue.abort(CommandErrorKind::DeviceGone));
        for slot in aborted {
            driver.notify(Object::CommandSlot(slot));
        }
        driver.notify(Object::Device);
        driver.notify(Object::CommandSlots);
        driver.notify(Object::PageSlot);
        let look = |state: &State| {
            let queue = &state.command.queue;
            let (regular_lost, page_lost) = if passes_lost {
                queue.lost_by_lane()
            } else {
                (0, false)
            };
            let are_free =
                queue.regular.free + regular_lost >= queue.regular() && (queue.page.free || page_lost);
            if queue.is_stopped() || are_free {
                return Some(true);
            }
            // A command that got its slot meanwhile is to be ended, too.
            queue.has_outstanding().then_some(false)
        };
        if driver.wait_for_ever(slots, Object::CommandSlots, look).await {
            return;
        }
    }
}
