//! A booted guest as a stage: the unmodified driver on the device, under a wall clock.

use super::forcing::Forcing;
use super::guest::{Guest, GuestError, is_warning};
use super::kernel_log::KernelLog;
use super::operations::{GuestOperation, GuestOperations};
use super::patience::{
    DYING, HEALTH_POLL, HOLD_LIMIT, IDLE, LINGER, LOOK, OPERATION_LIMIT, STUCK, TURN, device_limits,
};
use super::{scaling, settling};
use crate::record::aspect::Deed;
use crate::record::result::StepRecord;
use crate::record::timeline::Timeline;
use crate::scenario::{Action, COUNTERS, Fault, RaceStep};
use crate::stage::abilities::{Abilities, Obstacle};
use crate::stage::contract::{Closing, OrderRefused, Stage};
use crate::stage::foresight::Foreseen;
use crate::stage::heard::Heard;
use crate::stage::operations::Operations;
use crate::stage::problem::Problem;
use crate::stage::sight::{DriverSight, Health, Sight};
use crate::stage::stop::Stop;
use driver_host::Account;
use emulator::config::Timeouts;
use emulator::{FirmwareOrder, GateOrder, HoldState};
use guest_protocol::Order;
use prm::Cycles;
use std::collections::BTreeMap;

/// A run on a guest.
pub(super) struct LinuxStage<'a> {
    guest: &'a mut Guest,
    abilities: Abilities,
    timeouts: Timeouts,
    operations: GuestOperations,
    forcing: Forcing,
    /// What our driver's run says of the step that is under way.
    foreseen: Foreseen,
    /// The scenario has reported an error through the health buffer: time is not idle any more.
    device_in_error: bool,
    log: KernelLog,
    /// The counters as they were after the step had settled.
    counters: BTreeMap<String, u32>,
    /// The kernel has printed a `WARN`: its taint stays, and what warns once will not warn again.
    warned: bool,
    /// Our driver wrote where it must not: a kernel that survived it has written somewhere else.
    damaged: bool,
    began: Cycles,
}

/// What became of the guest.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Aftermath {
    /// Another scenario may follow: no driver is bound and the kernel had nothing to complain about.
    Clean,
    /// A fresh boot is needed.
    Spent,
}

impl<'a> LinuxStage<'a> {
    /// A guest that was booted for a scenario's profile and whose device has been replaced by the scenario's, which
    /// prescribes `timeouts`.
    pub(super) fn new(
        guest: &'a mut Guest,
        abilities: Abilities,
        timeouts: Timeouts,
        keep_timeline: bool,
    ) -> Self {
        if keep_timeline {
            guest.keep_account();
        }
        let began = guest.now();
        Self {
            guest,
            abilities,
            timeouts,
            operations: GuestOperations::default(),
            forcing: Forcing::default(),
            foreseen: Foreseen::default(),
            device_in_error: false,
            log: KernelLog::default(),
            counters: BTreeMap::new(),
            warned: false,
            damaged: false,
            began,
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

    /// What can be seen of a kernel: firmware's account, and the counters where they were read.
    fn timeline(&mut self, steps: &[StepRecord]) -> Option<Timeline> {
        let records = self.guest.take_account()?;
        let mut timeline = Timeline::new(self.guest.silicon().main_function(), self.began);
        timeline.ended = self.guest.now();
        timeline.records = records;
        for step in steps {
            let at = self.began.saturating_add(Cycles(step.after.virtual_ns));
            timeline.add_counters(at, &step.after.counters);
        }
        let ends = steps.iter().map(|step| {
            let at = self.began.saturating_add(Cycles(step.after.virtual_ns));
            (at, &step.after.ledger)
        });
        timeline.add_ledger(ends);
        Some(timeline)
    }

    /// Reads what the kernel has printed since the last look; returns the driver's messages among it.
    fn read_log(&mut self) -> Result<Vec<serde_json::Value>, GuestError> {
        let lines = self.guest.kernel_log()?;
        self.warned |= lines.iter().any(is_warning);
        Ok(self.log.read(&lines))
    }

    /// Brings the guest back to where no driver is bound.
    pub(super) fn clean_up(&mut self) -> Result<Aftermath, GuestError> {
        const LIMIT: Cycles = Cycles::from_millis(30_000);
        let complained = self.warned || !self.log.heard.complaints.is_empty();
        if complained || self.damaged || self.device_in_error || self.operations.all.any_pending() {
            return Ok(Aftermath::Spent);
        }
        self.operations.leave_bus(self.guest)?;
        if self.operations.is_bound() {
            let device = self.guest.address_under_test();
            self.guest.must(Order::Unbind { device }, LIMIT)?;
        }
        self.forcing.leave(self.guest)?;
        Ok(if self.guest.is_quiet()? {
            Aftermath::Clean
        } else {
            Aftermath::Spent
        })
    }
}

impl Stage for LinuxStage<'_> {
    type Broken = GuestError;
    type Own = GuestOperation;

    fn abilities(&self) -> Abilities {
        self.abilities
    }

    fn begin_step(&mut self, foreseen: Foreseen) -> Result<(), Stop<GuestError>> {
        self.foreseen = foreseen;
        self.damaged |= foreseen.dies;
        Ok(())
    }

    fn start(
        &mut self,
        action: Action<'_>,
        name: Option<String>,
    ) -> Result<Result<usize, Problem>, Stop<GuestError>> {
        match action {
            Action::Host(step) => Ok(Ok(self.operations.start(self.guest, step, name)?)),
            Action::Race(RaceStep::FreePage { key }) => {
                let order = self.forcing.free_page(self.guest, *key)?;
                Ok(Ok(self.operations.start_order(self.guest, order, name)?))
            }
            _ => {
                let actual = Obstacle::RacePoint.to_string();
                Ok(Err(Problem::new(Deed::Step, "possible", actual)))
            }
        }
    }

    fn join(&mut self, number: usize) -> Result<Option<String>, Stop<GuestError>> {
        let ends = self.foreseen.ends;
        let limit = if ends {
            OPERATION_LIMIT.saturating_add(device_limits(self.timeouts))
        } else {
            STUCK
        };
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

    fn operations(&self) -> &Operations<GuestOperation> {
        &self.operations.all
    }

    fn observe(&mut self) {
        self.operations.observe(self.guest);
    }

    fn order(&mut self, order: &FirmwareOrder) -> Result<Result<(), OrderRefused>, Stop<GuestError>> {
        if matches!(order, FirmwareOrder::DeviceError(_)) && !self.device_in_error {
            self.await_health_poll()?;
        }
        self.device_in_error |= scaling::reports_an_error(order);
        Ok(self.guest.server().order(order).map_err(OrderRefused::from))
    }

    fn gate(&mut self, order: &GateOrder) -> Result<Result<(), OrderRefused>, Stop<GuestError>> {
        Ok(self.guest.server().gate(order).map_err(OrderRefused::from))
    }

    fn holds(&mut self) -> Result<Vec<HoldState>, GuestError> {
        Ok(self.guest.silicon().holds())
    }

    fn wait_held(&mut self, name: &str) -> Result<bool, Stop<GuestError>> {
        let limit = HOLD_LIMIT.saturating_add(device_limits(self.timeouts));
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

    fn fault(&mut self, fault: &Fault) -> Result<Result<(), Obstacle>, Stop<GuestError>> {
        self.forcing.fault(self.guest, fault)
    }

    fn race(&mut self, race: &RaceStep) -> Result<Result<(), Obstacle>, Stop<GuestError>> {
        self.forcing.race(self.guest, race)
    }

    /// A pause is cut short where neither side has anything to do in it: no operation, no command, no request, and a device that
    /// is well.
    fn pass(&mut self, time: Cycles) -> Result<(), Stop<GuestError>> {
        self.observe();
        settling::serve(self.guest, time.min(IDLE))?;
        let nothing_runs = !self.operations.all.any_pending() && settling::is_at_rest(self.guest.silicon());
        if self.device_in_error || !nothing_runs {
            settling::serve(self.guest, time.saturating_sub(IDLE))?;
        }
        Ok(())
    }

    /// What waits for somebody who never comes (a hold that nobody releases, an answer that was lost, a driver that is gone) is
    /// not under way. But a driver may still be waiting for it, which nobody can see: that ends within the time in which it
    /// ended in our driver's run.
    fn quiesce(&mut self) -> Result<Option<String>, Stop<GuestError>> {
        let foreseen = self.foreseen;
        let began = self.guest.now();
        let late = Cycles(foreseen.takes.0 / 8);
        let mut waits = foreseen.takes.saturating_add(late);
        if self.device_in_error {
            waits = waits.saturating_add(HEALTH_POLL);
        }
        let limit = OPERATION_LIMIT.saturating_add(device_limits(self.timeouts));
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

    fn settle(&mut self) -> Result<(), Stop<GuestError>> {
        self.observe();
        if self.foreseen.dies {
            // The kernel dies in a worker, some time after the driver's side of the step has ended.
            settling::serve(self.guest, DYING)?;
        }
        self.counters = settling::settle(self.guest, self.operations.all.any_pending())?;
        Ok(())
    }

    fn look<R>(&mut self, see: impl FnOnce(&Sight<'_>) -> R) -> Result<R, Stop<GuestError>> {
        let mut told = Vec::new();
        let mut health = Health::Dead;
        let now = self.now();
        if !self.guest.has_died() {
            self.observe();
            told = self.read_log()?;
            health = Health::Alive;
        }
        let counters = std::mem::take(&mut self.counters);
        self.log.heard.complaints.extend(self.guest.take_complaints());
        if health == Health::Alive && self.log.heard.fatal().is_some() {
            health = Health::Dying;
        }
        let silicon = self.guest.silicon();
        let shown = COUNTERS.iter();
        let driver = DriverSight {
            endpoint: silicon.main_function(),
            account: Account::default(),
            counters: shown
                .map(|&name| (name.to_owned(), counters.get(name).copied()))
                .collect(),
            books: None,
            messages: Vec::new(),
            earlier_waits: 0,
            busy: self.operations.all.any_pending(),
        };
        Ok(see(&Sight {
            device: silicon,
            host: None,
            now,
            drivers: vec![driver],
            records: Vec::new(),
            strays: Vec::new(),
            cycles: Vec::new(),
            locks: BTreeMap::new(),
            told,
            is_loaded: self.operations.shows_counters() && !self.device_in_error,
            health,
        }))
    }

    fn now(&self) -> Cycles {
        self.guest.now().saturating_sub(self.began)
    }

    fn waits(&self) -> Vec<String> {
        Vec::new()
    }

    fn heard(&self) -> &Heard {
        &self.log.heard
    }

    fn close(&mut self, steps: &[StepRecord]) -> Result<Closing, Stop<GuestError>> {
        Ok(Closing {
            took: self.now(),
            commands: self.guest.take_commands(),
            choices: Vec::new(),
            timeline: self.timeline(steps),
        })
    }

    fn linger(&mut self) -> Result<bool, Stop<GuestError>> {
        settling::serve(self.guest, LINGER)?;
        self.counters = settling::settle(self.guest, self.operations.all.any_pending())?;
        Ok(true)
    }
}

impl From<GuestError> for Stop<GuestError> {
    fn from(error: GuestError) -> Self {
        match error {
            error if error.is_of_the_machine() => Self::Broken(error),
            error @ (GuestError::Gone(_) | GuestError::Silent { .. }) => Self::Died(error.to_string()),
            error => Self::Unusable(error.to_string()),
        }
    }
}
