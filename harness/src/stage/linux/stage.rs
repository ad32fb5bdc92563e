//! A booted guest as a stage: the unmodified driver on the device, under a wall clock.

use super::forcing::Forcing;
use super::guest::{Guest, GuestError, Succession, is_warning};
use super::kernel_log::KernelLog;
use super::operations::{GuestOperation, GuestOperations};
use super::patience::{HEALTH_POLL, LOOK, TURN};
use super::rate_limit::RecentLines;
use super::waiting::Course;
use super::{scaling, settling};
use crate::record::aspect::Deed;
use crate::record::measured::{Measured, PageWait};
use crate::record::result::StepRecord;
use crate::record::timeline::Timeline;
use crate::scenario::{Action, COUNTERS, Fault, HostStep, RaceStep};
use crate::stage::abilities::{Abilities, Obstacle};
use crate::stage::contract::{Closing, OrderRefused, Stage};
use crate::stage::expenses::{Expenses, Purpose};
use crate::stage::foresight::Foreseen;
use crate::stage::heard::Heard;
use crate::stage::operations::Operations;
use crate::stage::problem::Problem;
use crate::stage::sight::{DriverSight, Health, Sight};
use crate::stage::stop::Stop;
use driver::HostOperation;
use driver_host::Account;
use emulator::config::Timeouts;
use emulator::order::LinkState;
use emulator::{FirmwareOrder, GateOrder, HoldState};
use guest_protocol::LogLine;
use prm::Cycles;
use std::collections::BTreeMap;

/// A run on a guest.
pub(super) struct LinuxStage<'a> {
    pub(super) course: Course<'a>,
    abilities: Abilities,
    pub(super) forcing: Forcing,
    pub(super) log: KernelLog,
    /// The kernel has printed a `WARN`: its taint stays, and what warns once will not warn again.
    pub(super) warned: bool,
    /// Our driver wrote where it must not: a kernel that survived it has written somewhere else.
    pub(super) damaged: bool,
    began: Cycles,
    page_waits: Vec<PageWait>,
    pub(super) recent: RecentLines,
    expenses: Expenses,
    /// What a kernel has printed about its end, to be read as if it had been asked.
    last_words: Vec<LogLine>,
    /// Another kernel than the first has the machine.
    pub(super) succeeded: bool,
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
            course: Course {
                guest,
                timeouts,
                operations: GuestOperations::default(),
                foreseen: Foreseen::default(),
                device_in_error: false,
                counters: BTreeMap::new(),
                gives_up_after: None,
            },
            abilities,
            forcing: Forcing::default(),
            log: KernelLog::default(),
            warned: false,
            damaged: false,
            began,
            page_waits: Vec::new(),
            recent: RecentLines::default(),
            expenses: Expenses::default(),
            last_words: Vec::new(),
            succeeded: false,
        }
    }

    /// From now on nothing is waited for any longer than this: no other run says how long it may take.
    pub(super) const fn give_up_after(&mut self, limit: Cycles) {
        self.course.gives_up_after = Some(limit);
    }

    /// What the time of the run was spent on.
    pub(super) fn into_expenses(self) -> Expenses {
        self.expenses
    }

    /// Does something, and notes that its time was spent on that.
    fn timed<R>(&mut self, purpose: Purpose, act: impl FnOnce(&mut Course<'a>) -> R) -> R {
        let began = self.course.guest.now();
        let done = act(&mut self.course);
        self.spent(purpose, began);
        done
    }

    /// Notes what the time since `began`, by the device's clock, was spent on.
    pub(super) fn spent(&mut self, purpose: Purpose, began: Cycles) {
        let time = self.course.guest.now().saturating_sub(began);
        self.expenses.add(purpose, time);
    }

    /// Serves until the driver has just looked at the device's health.
    ///
    /// An error is seen at the next look, 2 s later and up to a second more: as in our driver's run there is time for what the scenario
    /// does before. Without this it would be a matter of chance.
    fn await_health_poll(&mut self) -> Result<(), GuestError> {
        let function = self.course.guest.silicon().main_function();
        let before = self.course.guest.silicon().health_seen_at(function);
        let end = self
            .course
            .guest
            .now()
            .saturating_add(HEALTH_POLL)
            .saturating_add(HEALTH_POLL);
        while self.course.operations.is_bound()
            && self.course.guest.now() < end
            && !self.course.guest.has_died()
        {
            self.course.guest.turn(TURN)?;
            if self.course.guest.silicon().health_seen_at(function) != before {
                // The same look goes on to the health buffer: it must not see half of an error.
                return settling::serve(self.course.guest, LOOK);
            }
        }
        Ok(())
    }

    /// What can be seen of a kernel: firmware's account, and the counters where they were read.
    fn timeline(&mut self, steps: &[StepRecord]) -> Option<Timeline> {
        let records = self.course.guest.take_account()?;
        let mut timeline = Timeline::new(self.course.guest.silicon().main_function(), self.began);
        timeline.ended = self.course.guest.now();
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

    /// What a kernel's run has shown beside its books.
    fn measured(&mut self, steps: &[StepRecord]) -> Measured {
        let bound = self.course.operations.is_bound();
        let last = steps.last().filter(|_| !bound);
        let left = last.map_or(0, |step| step.after.ledger.values().sum());
        Measured {
            durations: Vec::new(),
            page_waits: std::mem::take(&mut self.page_waits),
            left_with_firmware: left,
        }
    }

    /// Notes the waits for pages that have ended.
    pub(super) fn note_page_waits(&mut self) {
        let waits = self.course.guest.take_waits().into_iter().map(|wait| PageWait {
            step: self.course.foreseen.step,
            device: wait.device,
            pages: wait.pages,
            took_ns: wait.took.0,
            returns: wait.returns,
        });
        self.page_waits.extend(waits);
    }

    /// Lets another kernel follow; returns the number of that operation, which has ended then.
    fn succeed(&mut self, how: Succession, name: Option<String>) -> Result<usize, GuestError> {
        let began = self.course.guest.now();
        // A kernel's tracing goes with it.
        self.note_page_waits();
        self.last_words = self.course.guest.next_kernel(how)?;
        self.succeeded = true;
        self.course.device_in_error = false;
        self.course.counters.clear();
        let number = self
            .course
            .operations
            .succeed(began, self.course.guest.now(), name);
        self.spent(Purpose::Operation, began);
        Ok(number)
    }

    /// Reads what the kernel has printed since the last look; returns the driver's messages among it.
    fn read_log(&mut self) -> Result<Vec<serde_json::Value>, GuestError> {
        let mut lines = std::mem::take(&mut self.last_words);
        lines.extend(self.course.guest.kernel_log()?);
        self.recent.note(&lines, self.course.guest.now());
        self.warned |= lines.iter().any(is_warning);
        Ok(self.log.read(&lines))
    }
}

impl Stage for LinuxStage<'_> {
    type Broken = GuestError;
    type Own = GuestOperation;

    fn abilities(&self) -> Abilities {
        self.abilities
    }

    fn begin_step(&mut self, foreseen: Foreseen) -> Result<(), Stop<GuestError>> {
        self.course.foreseen = foreseen;
        self.damaged |= foreseen.dies;
        Ok(())
    }

    fn start(
        &mut self,
        action: Action<'_>,
        name: Option<String>,
    ) -> Result<Result<usize, Problem>, Stop<GuestError>> {
        match action {
            Action::Host(HostStep::Operation(HostOperation::Kexec)) => {
                Ok(Ok(self.succeed(Succession::TakesOver, name)?))
            }
            Action::Host(HostStep::Operation(HostOperation::Reboot)) => {
                Ok(Ok(self.succeed(Succession::StartsAgain, name)?))
            }
            Action::Host(step) => Ok(Ok(self.course.operations.start(self.course.guest, step, name)?)),
            Action::Race(RaceStep::FreePage { key }) => {
                let order = self.forcing.free_page(self.course.guest, *key)?;
                Ok(Ok(self.course.operations.start_order(
                    self.course.guest,
                    order,
                    name,
                )?))
            }
            _ => {
                let actual = Obstacle::RacePoint.to_string();
                Ok(Err(Problem::new(Deed::Step, "possible", actual)))
            }
        }
    }

    fn join(&mut self, number: usize) -> Result<Option<String>, Stop<GuestError>> {
        self.timed(Purpose::Operation, |course| course.joined(number))
    }

    fn operations(&self) -> &Operations<GuestOperation> {
        &self.course.operations.all
    }

    fn observe(&mut self) {
        self.course.observe();
    }

    fn order(&mut self, order: &FirmwareOrder) -> Result<Result<(), OrderRefused>, Stop<GuestError>> {
        let silicon = self.course.guest.silicon();
        // Who waits for a reset looks at other things, and more often.
        let polls = !self.course.device_in_error && !silicon.expects_reset(silicon.main_function());
        let is_lost = matches!(
            order,
            FirmwareOrder::DeviceError(_) | FirmwareOrder::Link(LinkState::Down)
        );
        if is_lost && polls {
            self.await_health_poll()?;
        }
        self.course.device_in_error |= scaling::reports_an_error(order);
        Ok(self
            .course
            .guest
            .server()
            .order(order)
            .map_err(OrderRefused::from))
    }

    fn gate(&mut self, order: &GateOrder) -> Result<Result<(), OrderRefused>, Stop<GuestError>> {
        Ok(self.course.guest.server().gate(order).map_err(OrderRefused::from))
    }

    fn holds(&mut self) -> Result<Vec<HoldState>, GuestError> {
        Ok(self.course.guest.silicon().holds())
    }

    fn wait_held(&mut self, name: &str) -> Result<bool, Stop<GuestError>> {
        self.timed(Purpose::Hold, |course| course.held(name))
    }

    fn fault(&mut self, fault: &Fault) -> Result<Result<(), Obstacle>, Stop<GuestError>> {
        self.forcing.fault(self.course.guest, fault)
    }

    fn race(&mut self, race: &RaceStep) -> Result<Result<(), Obstacle>, Stop<GuestError>> {
        self.forcing.race(self.course.guest, race)
    }

    fn pass(&mut self, time: Cycles) -> Result<(), Stop<GuestError>> {
        self.timed(Purpose::Pause, |course| course.passed(time))
    }

    fn quiesce(&mut self) -> Result<Option<String>, Stop<GuestError>> {
        self.timed(Purpose::Quiesce, |course| course.come_to_rest())
    }

    fn settle(&mut self) -> Result<(), Stop<GuestError>> {
        self.timed(Purpose::Settling, |course| course.settled())
    }

    fn look<R>(&mut self, see: impl FnOnce(&Sight<'_>) -> R) -> Result<R, Stop<GuestError>> {
        let mut told = Vec::new();
        let mut health = Health::Dead;
        let now = self.now();
        let began = self.course.guest.now();
        if !self.course.guest.has_died() {
            self.observe();
            self.note_page_waits();
            told = self.read_log()?;
            health = Health::Alive;
        }
        self.spent(Purpose::Look, began);
        let counters = std::mem::take(&mut self.course.counters);
        self.log
            .heard
            .complaints
            .extend(self.course.guest.take_complaints());
        if health == Health::Alive && self.log.heard.fatal().is_some() {
            health = Health::Dying;
        }
        let silicon = self.course.guest.silicon();
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
            busy: self.course.operations.all.any_pending(),
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
            is_loaded: self.course.operations.shows_counters() && !self.course.device_in_error,
            health,
        }))
    }

    fn now(&self) -> Cycles {
        self.course.guest.now().saturating_sub(self.began)
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
            commands: self.course.guest.take_commands(),
            choices: Vec::new(),
            unfollowed: None,
            measured: Some(self.measured(steps)),
            timeline: self.timeline(steps),
        })
    }

    fn linger(&mut self) -> Result<bool, Stop<GuestError>> {
        self.timed(Purpose::Linger, |course| course.lingered())
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
