//! When a step has ended, on a driver that nobody can look into.
//!
//! The device shows nearly all of it: commands that are executed, page requests that are not answered, events that are
//! not consumed. What it does not show is the driver's work after a completion; that takes well under a millisecond of
//! processor time, so that two equal looks at the counters with a pause between them, in which the device saw
//! nothing, are the end.

use super::guest::{Guest, GuestError};
use emulator::{Silicon, WaitsFor};
use prm::Cycles;
use std::collections::BTreeMap;
use std::time::Duration;

/// The pause between two looks where everything that was asked for has been done.
const DONE: Cycles = Cycles::from_millis(40);
/// The same while a command is held or a request is not answered: somebody may still be on the way there.
const BLOCKED: Cycles = Cycles::from_millis(400);
/// The same while a host operation runs and the device does not see why (the kernel sleeps for a second when VFs come and
/// go), and while nobody consumes an event: its interrupt may be on the way, or detached.
const OPERATING: Cycles = Cycles::from_millis(1_600);

/// A driver that never stops is looked at all the same.
const LIMIT: Cycles = Cycles::from_millis(30_000);

/// Serves until nothing goes on that does not wait for something; returns the counters then.
pub(super) fn settle(guest: &mut Guest, operating: bool) -> Result<BTreeMap<String, u32>, GuestError> {
    let end = guest.now().saturating_add(LIMIT);
    let mut last: Option<(u64, BTreeMap<String, u32>)> = None;
    loop {
        // The long pause is made once: what it has shown to be waiting goes on waiting.
        let pause = match last {
            None => pause(guest.silicon(), operating),
            Some(_) => DONE,
        };
        serve_until_calm(guest, pause, end)?;
        if guest.has_died() {
            return Ok(BTreeMap::new());
        }
        let counters = guest.page_counters()?;
        let (activity, _) = guest.activity();
        let look = (activity, counters);
        if last.as_ref() == Some(&look) || guest.now() >= end {
            return Ok(look.1);
        }
        last = Some(look);
    }
}

/// Serves for so long.
pub(super) fn serve(guest: &mut Guest, time: Cycles) -> Result<(), GuestError> {
    let end = guest.now().saturating_add(time);
    while guest.now() < end && !guest.has_died() {
        let left = Duration::from_nanos(end.saturating_sub(guest.now()).0);
        guest.turn(left.min(Duration::from_millis(50)))?;
    }
    Ok(())
}

/// Whether neither device nor driver has anything left to do, so that nothing comes of time passing.
pub(super) fn is_at_rest(silicon: &Silicon) -> bool {
    silicon.next_due().is_none()
        && silicon.outstanding_commands().is_empty()
        && silicon.unanswered_requests().is_empty()
        && silicon.events_are_consumed()
}

/// Whether the device has nothing left to do by itself, and the driver has let what is left be for a while.
pub(super) fn is_stuck(guest: &Guest) -> bool {
    let (_, calm_since) = guest.activity();
    guest.silicon().next_due().is_none() && guest.now().saturating_sub(calm_since) >= OPERATING
}

fn serve_until_calm(guest: &mut Guest, pause: Cycles, end: Cycles) -> Result<(), GuestError> {
    let from = guest.now();
    loop {
        guest.turn(Duration::from_millis(10))?;
        let (_, calm_since) = guest.activity();
        let calm = guest.now().saturating_sub(calm_since.max(from));
        let consumed = guest.silicon().events_are_consumed() || calm >= OPERATING;
        let quiet = consumed && guest.silicon().next_in_service().is_none();
        if (calm >= pause && quiet) || guest.now() >= end || guest.has_died() {
            return Ok(());
        }
    }
}

fn pause(silicon: &Silicon, operating: bool) -> Cycles {
    let blocked = silicon
        .outstanding_commands()
        .iter()
        .any(|command| !matches!(command.waits_for, WaitsFor::Latency));
    if blocked || !silicon.unanswered_requests().is_empty() {
        BLOCKED
    } else if operating {
        OPERATING
    } else {
        DONE
    }
}
