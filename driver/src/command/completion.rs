//! Completions: polled, by event, too late, and never.

use super::lanes::notify_lane;
use crate::device_bus::Bus;
use crate::handle::{Driver, Upcalls};
use crate::message::MessageKind;
use crate::revision::{PageSlotWait, TimedOutMailboxes};
use crate::runtime::{Announcement, Object, Woken};
use crate::state::State;
use crate::state::command::{CommandErrorKind, LateCompletion, Mode};
use prm::{Cycles, DeliveryStatus};

/// What polling waits beyond the limit of a command.
const POLL_GRACE: Cycles = Cycles::from_secs(1);

/// How long a completion whose event may have been lost is waited for beyond the limit. No register changes it.
const EVENT_GRACE: Cycles = Cycles::from_secs(5);

/// Looks at the queue entry until the device gives it back (`poll_timeout`). As long as that lasts, no other regular
/// command is handled.
pub(super) async fn poll(driver: &Driver, slot: u8) -> Result<Vec<u8>, CommandErrorKind> {
    let limit = driver.settled(|state| state.timeouts.command);
    let deadline = driver.now().saturating_add(limit).saturating_add(POLL_GRACE);
    let result = loop {
        let seen = driver
            .then(looking(driver, slot), |state, bus| look(state, slot, bus))
            .await;
        if let Some(result) = seen {
            break collect(driver, slot, result).await;
        }
        let woken = driver
            .runtime()
            .wait(driver.id(), Object::Device, Some(deadline))
            .await;
        driver.runtime().point(looking(driver, slot)).await;
        if woken == Woken::Expired && driver.go_on(|state, bus| look(state, slot, bus)).is_none() {
            break Err(give_up(driver, slot).await);
        }
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
fn look(state: &State, slot: u8, bus: &mut Bus) -> Option<Result<DeliveryStatus, CommandErrorKind>> {
    if state.is_down() {
        return Some(Err(CommandErrorKind::DeviceGone));
    }
    state.command.queue.poll(slot, bus).map(Ok)
}

/// Waits for the completion event (`wait_func`): the limit, then a look into the event queue in case the interrupt was
/// lost, then a grace time.
pub(super) async fn wait(driver: &Driver, slot: u8) -> Result<Vec<u8>, CommandErrorKind> {
    let limit = driver.settled(|state| state.timeouts.command);
    let mut deadline = driver.now().saturating_add(limit);
    let mut looked = false;
    loop {
        let ended = driver
            .then(driver.reads(Object::CommandSlot(slot)), |state, _| {
                let entry = state.command.queue.entry(slot)?;
                Some((entry.result?, entry.opcode))
            })
            .await;
        if let Some((result, opcode)) = ended {
            if looked {
                driver.message(MessageKind::CommandRecovered { opcode, slot });
            }
            return collect(driver, slot, result).await;
        }
        let woken = driver
            .runtime()
            .wait(driver.id(), Object::CommandSlot(slot), Some(deadline))
            .await;
        driver
            .runtime()
            .point(driver.writes(Object::CommandSlot(slot)))
            .await;
        if woken == Woken::Notified || has_ended(driver, slot) {
            continue;
        }
        if looked {
            return Err(give_up(driver, slot).await);
        }
        looked = true;
        let events = driver.recover_command_events().await;
        if events > 0 {
            driver.message(MessageKind::EventsRecovered { events });
        }
        deadline = driver.now().saturating_add(EVENT_GRACE);
    }
}

fn has_ended(driver: &Driver, slot: u8) -> bool {
    driver.go_on(|state, _| {
        state
            .command
            .queue
            .entry(slot)
            .is_none_or(|entry| entry.result.is_some())
    })
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

/// Lets a command be lost: its slot stays taken until its completion comes (`cb_timeout` path of `wait_func`).
async fn give_up(driver: &Driver, slot: u8) -> CommandErrorKind {
    let free_mailboxes = driver.revision().timed_out_mailboxes() == TimedOutMailboxes::Freed;
    let lost = driver
        .then(ending(driver, slot), |state, bus| {
            let queue = &mut state.command.queue;
            let lost = queue.entry(slot).map(|entry| (entry.opcode, entry.ticket));
            queue.give_up(slot, free_mailboxes, bus);
            lost
        })
        .await;
    let Some((opcode, ticket)) = lost else {
        return CommandErrorKind::DeviceGone;
    };
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
    loop {
        let slots = [
            driver.writes(Object::AllCommandSlots),
            driver.reads(Object::CommandSlots),
            driver.reads(Object::PageSlot),
        ];
        let aborted = driver
            .step(slots, |state, _| {
                state.command.queue.abort(CommandErrorKind::DeviceGone)
            })
            .await;
        for slot in aborted {
            driver.notify(Object::CommandSlot(slot));
        }
        driver.notify(Object::Device);
        driver.notify(Object::CommandSlots);
        driver.notify(Object::PageSlot);
        let free = driver.go_on(|state, _| {
            let queue = &state.command.queue;
            if queue.is_stopped() {
                return true;
            }
            let (regular_lost, page_lost) = if passes_lost {
                queue.lost_by_lane()
            } else {
                (0, false)
            };
            queue.regular.free + regular_lost >= queue.regular() && (queue.page.free || page_lost)
        });
        if free {
            return;
        }
        driver
            .runtime()
            .wait(driver.id(), Object::CommandSlots, None)
            .await;
    }
}
