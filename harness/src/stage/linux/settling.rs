//! When a step has ended, on a driver that nobody can stop.
//!
//! The device shows nearly all of it: commands that are executed, page requests that are not answered, events that are not consumed.
//! What it does not show is the driver's work after a completion, or before a command: for that the guest is asked where its kernel's
//! tasks are. A step has ended when nobody runs and nobody sleeps for a time of its own, and the device has seen nothing since.

use super::guest::{Guest, GuestError};
use super::tasks::Prospect;
use emulator::Silicon;
use prm::Cycles;
use std::collections::BTreeMap;
use std::time::Duration;

/// The device has seen nothing for so long before anybody looks.
const CALM: Cycles = Cycles::from_millis(8);
/// What looks for a command again and again is let be after so long.
const SPINNING: Cycles = Cycles::from_millis(400);
/// How long an event may wait for its consumer: its interrupt may be on the way, or detached.
const UNCONSUMED: Cycles = Cycles::from_millis(400);
/// A device that the driver has let be for so long is not asked anything by itself.
const LET_BE: Cycles = Cycles::from_millis(1_600);

/// A driver that never stops is looked at all the same.
const LIMIT: Cycles = Cycles::from_millis(30_000);

/// Serves until nothing goes on that does not wait for something; returns the counters then. While an operation runs, one look is
/// not believed: it may have caught its task between two sleeps.
pub(super) fn settle(guest: &mut Guest, operating: bool) -> Result<BTreeMap<String, u32>, GuestError> {
    let began = guest.now();
    let end = began.saturating_add(LIMIT);
    // The device's activity at the last look in which everybody rested.
    let mut rested_at = None;
    loop {
        serve_until_calm(guest, end)?;
        if guest.has_died() {
            return Ok(BTreeMap::new());
        }
        let (before, _) = guest.activity();
        let looked = guest.look_at_driver()?;
        let (after, calm_since) = guest.activity();
        let rests = match looked.prospect {
            Prospect::Waits => true,
            Prospect::Spins => guest.now().saturating_sub(calm_since.max(began)) >= SPINNING,
            Prospect::GoesOn => false,
        };
        let rests = rests && before == after;
        let is_believed = !operating || rested_at == Some(after);
        if rests && is_believed || guest.now() >= end {
            return Ok(looked.counters);
        }
        rested_at = rests.then_some(after);
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
    guest.silicon().next_due().is_none() && guest.now().saturating_sub(calm_since) >= LET_BE
}

fn serve_until_calm(guest: &mut Guest, end: Cycles) -> Result<(), GuestError> {
    let from = guest.now();
    loop {
        guest.turn(Duration::from_millis(4))?;
        let (_, calm_since) = guest.activity();
        let calm = guest.now().saturating_sub(calm_since.max(from));
        let consumed = guest.silicon().told_events_are_consumed() || calm >= UNCONSUMED;
        let quiet = consumed && guest.silicon().next_in_service().is_none();
        if (calm >= CALM && quiet) || guest.now() >= end || guest.has_died() {
            return Ok(());
        }
    }
}
