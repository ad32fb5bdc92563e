//! What a guest is waited for: operations, holds, pauses, rest, the end of a step.

use super::guest::{Guest, GuestError};
use super::operations::GuestOperations;
use super::patience::{
    DYING, HEALTH_POLL, HOLD_LIMIT, IDLE, LINGER, OPERATION_LIMIT, STUCK, TURN, device_limits,
};
use super::settling;
use crate::stage::foresight::Foreseen;
use crate::stage::stop::Stop;
use emulator::config::Timeouts;
use prm::Cycles;
use std::collections::BTreeMap;

/// A run, as far as it is waited for.
pub(super) struct Course<'a> {
    pub(super) guest: &'a mut Guest,
    pub(super) timeouts: Timeouts,
    pub(super) operations: GuestOperations,
    /// What our driver's run says of the step that is under way.
    pub(super) foreseen: Foreseen,
    /// The scenario has reported an error through the health buffer: time is not idle any more.
    pub(super) device_in_error: bool,
    /// The counters as they were after the step had settled.
    pub(super) counters: BTreeMap<String, u32>,
    /// How long anything is waited for that may never come, where somebody has said it.
    pub(super) gives_up_after: Option<Cycles>,
}

impl Course<'_> {
    /// The limit of a wait: what somebody has said, or else `usual` beyond what the device's limits explain.
    fn limit(&self, usual: Cycles) -> Cycles {
        let explained = usual.saturating_add(device_limits(self.timeouts));
        self.gives_up_after.unwrap_or(explained)
    }

    /// Notes which operations have ended by now.
    pub(super) fn observe(&mut self) {
        self.operations.observe(self.guest);
    }

    pub(super) fn joined(&mut self, number: usize) -> Result<Option<String>, Stop<GuestError>> {
        let ends = self.foreseen.ends;
        let limit = if ends { self.limit(OPERATION_LIMIT) } else { STUCK };
        let end = self.guest.now().saturating_add(limit);
        loop {
            self.observe();
            if self.operations.all.get(number).returned().is_some() || self.guest.has_died() {
                return Ok(None);
            }
            if self.guest.now() >= end {
                let seconds = limit.0 / 1_000_000_000;
                return Ok(ends.then(|| format!("has not ended after {seconds} s")));
            }
            self.guest.turn(TURN)?;
        }
    }

    pub(super) fn held(&mut self, name: &str) -> Result<bool, Stop<GuestError>> {
        let limit = self.limit(HOLD_LIMIT);
        let end = self.guest.now().saturating_add(limit);
        loop {
            let holds = self.guest.silicon().holds();
            let caught = holds
                .iter()
                .any(|hold| hold.name == name && hold.caught.is_some());
            if caught || self.guest.has_died() {
                return Ok(true);
            }
            if self.guest.now() >= end {
                return Ok(false);
            }
            self.guest.turn(TURN)?;
        }
    }

    /// A pause is cut short where neither side has anything to do in it: no operation, no command, no request, and a device that
    /// is well.
    pub(super) fn passed(&mut self, time: Cycles) -> Result<(), Stop<GuestError>> {
        self.observe();
        settling::serve(self.guest, time.min(IDLE))?;
        let nothing_runs = !self.operations.all.any_pending() && settling::is_at_rest(self.guest.silicon());
        let main = self.guest.silicon().main_function();
        let may_be_reset = self.guest.silicon().expects_reset(main);
        if self.device_in_error || may_be_reset || !nothing_runs {
            settling::serve(self.guest, time.saturating_sub(IDLE))?;
        }
        Ok(())
    }

    /// What waits for somebody who never comes (a hold that nobody releases, an answer that was lost, a driver that is gone) is
    /// not under way. But a driver may still be waiting for it, which nobody can see: that ends within the time in which it
    /// ended in our driver's run.
    pub(super) fn come_to_rest(&mut self) -> Result<Option<String>, Stop<GuestError>> {
        let foreseen = self.foreseen;
        let began = self.guest.now();
        let late = Cycles(foreseen.takes.0 / 8);
        let mut waits = foreseen.takes.saturating_add(late);
        if self.device_in_error {
            waits = waits.saturating_add(HEALTH_POLL);
        }
        let limit = self.limit(OPERATION_LIMIT);
        let end = began.saturating_add(limit);
        loop {
            self.observe();
            let operates = self.operations.all.any_pending() && !foreseen.pending;
            let now = self.guest.now();
            let waited = now.saturating_sub(began) >= waits;
            let rests = if settling::is_at_rest(self.guest.silicon()) {
                waited || !self.device_in_error
            } else {
                waited && settling::is_stuck(self.guest)
            };
            if (rests && !operates) || self.guest.has_died() {
                return Ok(None);
            }
            if now >= end {
                return Ok(Some("operations or commands are still under way".to_owned()));
            }
            self.guest.turn(TURN)?;
        }
    }

    pub(super) fn settled(&mut self) -> Result<(), Stop<GuestError>> {
        self.observe();
        if self.foreseen.dies {
            // The kernel dies in a worker, some time after the driver's side of the step has ended.
            settling::serve(self.guest, DYING)?;
        }
        self.counters = settling::settle(self.guest, self.operations.all.any_pending())?;
        Ok(())
    }

    pub(super) fn lingered(&mut self) -> Result<bool, Stop<GuestError>> {
        settling::serve(self.guest, LINGER)?;
        self.counters = settling::settle(self.guest, self.operations.all.any_pending())?;
        Ok(true)
    }
}
