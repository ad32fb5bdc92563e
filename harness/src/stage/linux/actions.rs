//! What the actors of a step do, with a real driver in a guest.

use super::execution::{Done, Execution};
use super::foresight::Foreseen;
use super::guest::GuestError;
use super::{scaling, settling};
use crate::scenario::{Action, GateStep, HostStep, Step, TimeStep};
use emulator::order::FirmwareOrder;
use prm::Cycles;
use std::time::Duration;

/// How often a wait looks.
const TURN: Duration = Duration::from_millis(20);

/// A pause is cut to this where nothing can come of it.
const IDLE: Cycles = Cycles::from_millis(500);

/// How long a hold may wait for its command, beyond what the device's limits explain.
const HOLD_LIMIT: Cycles = Cycles::from_millis(40_000);

/// How long an operation may take that ends in our driver, beyond what the device's limits explain.
const OPERATION_LIMIT: Cycles = Cycles::from_millis(90_000);

/// The longest from a fatal error to the poll that sees it.
const HEALTH_POLL: Cycles = Cycles::from_millis(3_000);

/// Longer than one look at the device's health.
const LOOK: Cycles = Cycles::from_millis(200);

/// How long an operation is watched that does not end in our driver.
const STUCK: Cycles = Cycles::from_millis(10_000);

impl Execution<'_> {
    /// Does what the step says, and lets time pass as far as that takes.
    pub(super) fn act(&mut self, step: &Step, foreseen: Foreseen) -> Result<Done, GuestError> {
        let Some(action) = step.action() else {
            return Ok(Done::problem("step", "exactly one action", "none or several"));
        };
        match action {
            Action::Host(host) => self.host(host, step, foreseen.ends),
            Action::Firmware(order) => {
                if matches!(order, FirmwareOrder::DeviceError(_)) && !self.device_in_error {
                    self.await_health_poll()?;
                }
                self.device_in_error |= scaling::reports_an_error(order);
                self.disturbed |= disturbs(order);
                Ok(match self.guest.server().order(order) {
                    Ok(()) => Done::default(),
                    Err(error) => Done::problem("firmware", "carried out", error.to_string()),
                })
            }
            Action::Gate(gate) => self.gate(gate),
            Action::Time(TimeStep::PassMs(ms)) => self.pass(Cycles::from_millis(*ms)),
            Action::Time(TimeStep::Quiesce) => self.quiesce(foreseen),
            Action::Fault(_) => Ok(Done::problem(
                "fault",
                "possible",
                "a kernel's allocator obeys nobody",
            )),
            Action::Race(_) => Ok(Done::problem("race", "possible", "a kernel has no race points")),
        }
    }

    /// Serves until the driver has just looked at the device's health.
    ///
    /// An error is seen at the next look, 2 s later and up to a second more: as in our driver's run there is time for what the scenario
    /// does before. Without this it would be a matter of chance.
    fn await_health_poll(&mut self) -> Result<(), GuestError> {
        let function = self.guest.silicon().main_function();
        let before = self.guest.silicon().health_seen_at(function);
        let end = self
            .guest
            .now()
            .saturating_add(HEALTH_POLL)
            .saturating_add(HEALTH_POLL);
        while self.operations.is_bound() && self.guest.now() < end && !self.guest.has_died() {
            self.guest.turn(TURN)?;
            if self.guest.silicon().health_seen_at(function) != before {
                // The same look goes on to the health buffer: it must not see half of an error.
                return settling::serve(self.guest, LOOK);
            }
        }
        Ok(())
    }

    fn host(&mut self, host: &HostStep, step: &Step, ends: bool) -> Result<Done, GuestError> {
        let number = if let HostStep::WaitFor(name) = host {
            let Some(number) = self.operations.named(name) else {
                let actual = name.clone();
                return Ok(Done::problem("wait_for", "an operation that was started", actual));
            };
            number
        } else {
            self.operations.start(self.guest, host, step.name.clone())?
        };
        if step.background {
            return Ok(Done::of(number));
        }
        self.join(number, ends)
    }

    fn join(&mut self, number: usize, ends: bool) -> Result<Done, GuestError> {
        let limit = if ends {
            OPERATION_LIMIT.saturating_add(self.limits())
        } else {
            STUCK
        };
        let end = self.guest.now().saturating_add(limit);
        loop {
            self.operations.observe(self.guest);
            if self.operations.get(number).returned().is_some() || self.guest.has_died() {
                return Ok(Done::of(number));
            }
            if self.guest.now() >= end {
                let seconds = limit.0 / 1_000_000_000;
                let mut done = Done::of(number);
                if ends {
                    done = done.with_problem("operation", "ends", format!("has not ended after {seconds} s"));
                }
                return Ok(done);
            }
            self.guest.turn(TURN)?;
        }
    }

    /// The limits that an operation may run into, one after the other.
    fn limits(&self) -> Cycles {
        let timeouts = self.scenario.device.timeouts;
        let waits = 4 * u64::from(timeouts.reclaim_vfs_pages_ms);
        let commands = 9 * (u64::from(timeouts.command_ms) + 5_000);
        Cycles::from_millis(waits + commands)
    }

    fn gate(&mut self, gate: &GateStep) -> Result<Done, GuestError> {
        let GateStep::WaitHeld { name } = gate else {
            let done = gate
                .order()
                .map_or(Ok(()), |order| self.guest.server().gate(&order));
            return Ok(match done {
                Ok(()) => Done::default(),
                Err(error) => Done::problem("gate", "carried out", error.to_string()),
            });
        };
        let end = self
            .guest
            .now()
            .saturating_add(HOLD_LIMIT)
            .saturating_add(self.limits());
        loop {
            let holds = self.guest.silicon().holds();
            let Some(hold) = holds.iter().find(|hold| hold.name == *name) else {
                return Ok(Done::problem(
                    "gate",
                    "a hold of this name",
                    format!("no hold `{name}`"),
                ));
            };
            if hold.caught.is_some() || self.guest.has_died() {
                return Ok(Done::default());
            }
            if self.guest.now() >= end {
                let actual = format!("`{name}` never did");
                return Ok(Done::problem("gate", "the hold catches a command", actual));
            }
            self.guest.turn(TURN)?;
        }
    }

    /// Lets time pass. A pause is cut short where neither side has anything to do in it: no operation, no command, no
    /// request, and a device that is well.
    fn pass(&mut self, time: Cycles) -> Result<Done, GuestError> {
        self.operations.observe(self.guest);
        settling::serve(self.guest, time.min(IDLE))?;
        let nothing_runs = !self.operations.any_pending() && settling::is_at_rest(self.guest.silicon());
        if self.device_in_error || !nothing_runs {
            settling::serve(self.guest, time.saturating_sub(IDLE))?;
        }
        Ok(Done::default())
    }

    /// Lets time pass until nothing is under way.
    ///
    /// What waits for somebody who never comes (a hold that nobody releases, an answer that was lost, a driver that is gone) is
    /// not under way. But a driver may still be waiting for it, which nobody can see: that ends within the time in which it
    /// ended in our driver's run.
    fn quiesce(&mut self, foreseen: Foreseen) -> Result<Done, GuestError> {
        let began = self.guest.now();
        let late = Cycles(foreseen.takes.0 / 8);
        let mut waits = foreseen.takes.saturating_add(late);
        if self.device_in_error {
            waits = waits.saturating_add(HEALTH_POLL);
        }
        let limit = OPERATION_LIMIT.saturating_add(self.limits());
        let end = began.saturating_add(limit);
        loop {
            self.operations.observe(self.guest);
            let operates = self.operations.any_pending() && !foreseen.pending;
            let now = self.guest.now();
            let waited = now.saturating_sub(began) >= waits;
            let rests = if settling::is_at_rest(self.guest.silicon()) {
                waited || !self.device_in_error
            } else {
                waited && settling::is_stuck(self.guest)
            };
            if (rests && !operates) || self.guest.has_died() {
                return Ok(Done::default());
            }
            if now >= end {
                let actual = "operations or commands are still under way";
                return Ok(Done::problem("quiesce", "comes to rest", actual));
            }
            self.guest.turn(TURN)?;
        }
    }
}

/// Whether a driver may complain of what comes of an order.
fn disturbs(order: &FirmwareOrder) -> bool {
    match order {
        FirmwareOrder::Answer(_) | FirmwareOrder::Reset {} | FirmwareOrder::DeviceError(_) => true,
        FirmwareOrder::When(rule) => rule.then.iter().any(disturbs),
        _ => false,
    }
}
