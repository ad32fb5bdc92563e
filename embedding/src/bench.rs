//! Firmware, drivers and a host in one value: what a program that embeds them holds.

use crate::bench_error::BenchError;
use crate::difference::{Difference, differences};
use crate::setup::RunSetup;
use crate::world::{InprocWorld, world};
use driver::books::{Counters, DriverBooks};
use driver::runtime::TaskId;
use driver::{Driver, HostOperation, Message, RevisionName};
use driver_host::{Ending, Exhausted, Halt, HostLook};
use emulator::order::PageRequest;
use emulator::{DeviceConfig, FirmwareOrder, GateOrder, Owner, Record};
use prm::{Cycles, Function, saturated};
use std::collections::BTreeMap;
use std::time::Duration;

/// An operation that was started: see [`Bench::start`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Started {
    operation: HostOperation,
    function: Function,
    place: usize,
    task: TaskId,
}

/// See the module's head.
///
/// Every verb lets everything happen that happens by itself before it returns: what a driver and firmware do without waiting for a
/// time. Time is virtual: it passes while an operation waits, and by [`Self::pass`] and [`Self::quiesce`]. The same calls have the same
/// results.
pub struct Bench {
    world: InprocWorld,
    /// The functions that a driver can bind to, the one under test first.
    functions: Vec<Function>,
    /// What was shown when operations were looked at, and nobody has asked for yet.
    messages: Vec<(Function, Message)>,
}

impl Bench {
    /// A device that was just powered on, in a host with pages of 4 KiB and drivers of this revision, none of them bound.
    ///
    /// # Errors
    /// [`BenchError::Device`].
    pub fn new(device: DeviceConfig, revision: RevisionName) -> Result<Self, BenchError> {
        Self::of(&RunSetup::of(device, revision))
    }

    /// The same of a description in JSON: the `device` of a scenario file.
    ///
    /// # Errors
    /// [`BenchError::Json`] and [`BenchError::Device`].
    pub fn of_json(device: &str, revision: RevisionName) -> Result<Self, BenchError> {
        Self::new(serde_json::from_str(device)?, revision)
    }

    /// The same with everything that can be chosen: seed, size of pages, schedule, limits.
    ///
    /// # Errors
    /// [`BenchError::Device`].
    pub fn of(setup: &RunSetup) -> Result<Self, BenchError> {
        let world = world(setup)?;
        let functions = world.machine().silicon.endpoints();
        Ok(Self {
            world,
            functions,
            messages: Vec::new(),
        })
    }

    /// The function under test.
    #[must_use]
    pub fn function(&self) -> Function {
        self.world.endpoint()
    }

    /// The functions that a driver can bind to, the one under test first.
    #[must_use]
    pub fn functions(&self) -> &[Function] {
        &self.functions
    }

    /// Runs an operation of the driver on the function under test to its end, however long that takes on the virtual clock.
    ///
    /// # Errors
    /// [`BenchError`] if it fails or does not end.
    pub fn run(&mut self, operation: HostOperation) -> Result<(), BenchError> {
        self.run_at(self.function(), operation)
    }

    /// The same of the driver on another function: a VF that is enabled, an active SF.
    ///
    /// # Errors
    /// As [`Self::run`], and [`BenchError::NoInterface`].
    pub fn run_at(&mut self, function: Function, operation: HostOperation) -> Result<(), BenchError> {
        self.world.begin_step();
        let started = self.begin(function, operation)?;
        self.wait(started)
    }

    /// Starts an operation and lets it go on as far as it goes without waiting for a time. It runs on beside whatever comes.
    ///
    /// # Errors
    /// [`BenchError::NoInterface`] and [`BenchError::Halted`].
    pub fn start(&mut self, function: Function, operation: HostOperation) -> Result<Started, BenchError> {
        self.world.begin_step();
        let started = self.begin(function, operation)?;
        self.settle()?;
        Ok(started)
    }

    /// Lets time pass until an operation that was started has ended.
    ///
    /// # Errors
    /// As [`Self::run`].
    pub fn finish(&mut self, started: Started) -> Result<(), BenchError> {
        self.world.begin_step();
        self.wait(started)
    }

    /// Whether an operation that was started has ended.
    #[must_use]
    pub fn has_ended(&self, started: Started) -> bool {
        self.world.ended_at(started.task).is_some()
    }

    fn begin(&mut self, function: Function, operation: HostOperation) -> Result<Started, BenchError> {
        if !self.functions.contains(&function) {
            return Err(BenchError::NoInterface(function));
        }
        let place = self.world.bind(function);
        Ok(Started {
            operation,
            function,
            place,
            task: self.world.start(place, operation),
        })
    }

    fn wait(&mut self, started: Started) -> Result<(), BenchError> {
        let Started {
            operation,
            function,
            place,
            task,
        } = started;
        let stuck = |bench: &Self, limit: Option<Exhausted>| BenchError::Stuck {
            operation: operation.word(),
            function,
            limit,
            waits: bench.waits(),
        };
        let ending = match self.world.run_until(|world| world.ended_at(task).is_some()) {
            Ok(ending) => ending,
            Err(Halt::Exhausted(limit)) => return Err(stuck(self, Some(limit))),
            Err(halt) => return Err(self.halted(halt)),
        };
        self.settle()?;
        if ending == Ending::Stuck {
            return Err(stuck(self, None));
        }
        match self.world.outcome(place, task) {
            Some(Err(errno)) => Err(BenchError::failed(operation, function, errno)),
            Some(Ok(())) | None => Ok(()),
        }
    }

    /// Gives firmware an order.
    ///
    /// # Errors
    /// [`BenchError::Order`] and [`BenchError::Halted`].
    pub fn order(&mut self, order: &FirmwareOrder) -> Result<(), BenchError> {
        self.world.begin_step();
        let done = self.world.machine_mut().order(order);
        self.acted(done.map_err(BenchError::from))
    }

    /// Has firmware ask the driver of the function under test for pages of 4 KiB, or for a number below zero give some back, on behalf of
    /// a function.
    ///
    /// # Errors
    /// As [`Self::order`].
    pub fn request_pages(&mut self, function: Function, pages: i32) -> Result<(), BenchError> {
        self.order(&FirmwareOrder::RequestPages(PageRequest {
            function: Some(function),
            identity: None,
            pages,
            release_all: false,
        }))
    }

    /// Gives the gate an order: to hold a command at a point of its way, or to let it go.
    ///
    /// # Errors
    /// As [`Self::order`].
    pub fn gate(&mut self, order: &GateOrder) -> Result<(), BenchError> {
        self.world.begin_step();
        let done = self.world.machine_mut().gate(order);
        self.acted(done.map_err(BenchError::from))
    }

    fn acted(&mut self, done: Result<(), BenchError>) -> Result<(), BenchError> {
        self.world.device_acted();
        self.settle()?;
        done
    }

    fn settle(&mut self) -> Result<(), BenchError> {
        self.world.settle().map_err(|halt| self.halted(halt))
    }

    fn halted(&self, halt: Halt) -> BenchError {
        let waits = self.waits();
        BenchError::Halted { halt, waits }
    }

    /// Lets so much virtual time pass, and everything happen that happens in it.
    ///
    /// # Errors
    /// [`BenchError::Halted`].
    pub fn pass(&mut self, time: Duration) -> Result<(), BenchError> {
        let time = Cycles(saturated(time.as_nanos()));
        self.world.begin_step();
        self.world.grant(time);
        self.world.pass(time).map_err(|halt| self.halted(halt))?;
        self.settle()
    }

    /// Lets virtual time pass until nobody runs or waits for a time, and firmware has nothing left to do.
    ///
    /// # Errors
    /// [`BenchError::Halted`]: a loaded driver polls its device for ever, where it has a timer to do so.
    pub fn quiesce(&mut self) -> Result<(), BenchError> {
        self.world.begin_step();
        self.world.quiesce().map_err(|halt| self.halted(halt))?;
        self.settle()
    }

    /// The virtual time since the device was powered on.
    #[must_use]
    pub fn now(&self) -> Duration {
        Duration::from_nanos(self.world.now().0)
    }

    /// The counters of the driver on the function under test, which have the names of debugfs
    /// ([`Counters::named`]).
    #[must_use]
    pub fn counters(&self) -> Counters {
        self.world.driver().books().counters
    }

    /// The whole book of the driver on a function; none where no driver was ever asked for anything.
    #[must_use]
    pub fn books_at(&self, function: Function) -> Option<DriverBooks> {
        self.driver_at(function).map(Driver::books)
    }

    fn driver_at(&self, function: Function) -> Option<&Driver> {
        let mut drivers = self.world.drivers();
        drivers.find_map(|(endpoint, _, driver)| (endpoint == function).then_some(driver))
    }

    /// Firmware's book: how many pages of 4 KiB of the function under test each owner holds. Owners that hold none are absent.
    #[must_use]
    pub fn ledger(&self) -> BTreeMap<Owner, u64> {
        self.ledger_at(self.function())
    }

    /// The same of pages that another function's driver has supplied.
    #[must_use]
    pub fn ledger_at(&self, supplier: Function) -> BTreeMap<Owner, u64> {
        self.world.machine().silicon.ledger().owners(supplier).collect()
    }

    /// Where the counters of the function under test and firmware's book part. Nothing, where a driver keeps its books well and nothing
    /// is on its way.
    #[must_use]
    pub fn differences(&self) -> Vec<Difference> {
        let counters = self.counters();
        differences(self.function(), &counters, self.world.machine().silicon.ledger())
    }

    /// What drivers have printed since this was asked last, in order, each with the function of its driver.
    pub fn take_messages(&mut self) -> Vec<(Function, Message)> {
        self.look();
        let mut messages = std::mem::take(&mut self.messages);
        messages.sort_by_key(|(_, message)| message.at);
        messages
    }

    /// Everything else that there is to see: books of all drivers, locks, stray accesses to memory, circles of waits. What happened since
    /// the last look is shown once.
    pub fn look(&mut self) -> HostLook {
        let look = self.world.show();
        for driver in &look.drivers {
            let printed = driver.messages.iter().cloned();
            self.messages
                .extend(printed.map(|message| (driver.endpoint, message)));
        }
        look
    }

    /// What firmware has to tell since this was asked last: commands, pages given and taken, refusals.
    #[must_use]
    pub fn take_records(&mut self) -> Vec<Record> {
        self.world.machine_mut().silicon.take_records()
    }

    /// Who waits for what, in words: tasks of drivers, then the commands that firmware has and has not completed.
    #[must_use]
    pub fn waits(&self) -> Vec<String> {
        let mut waits = self.world.waits();
        let commands = self.world.machine().silicon.outstanding_commands();
        waits.extend(commands.into_iter().map(|command| {
            let endpoint = command.endpoint;
            format!(
                "{} of {endpoint} is with firmware: {:?}",
                command.opcode, command.waits_for
            )
        }));
        waits
    }

    /// The drivers and the loop that lets them run, for what has no verb here: planned faults, race points, schedules.
    #[must_use]
    pub const fn world(&self) -> &InprocWorld {
        &self.world
    }

    /// The same, to change.
    pub const fn world_mut(&mut self) -> &mut InprocWorld {
        &mut self.world
    }
}
