//! Drivers on a machine.

use super::backing::InprocBacking;
use super::machine::Machine;
use crate::record::recorder::{DriverView, Recorder};
use crate::record::timeline::Timeline;
use driver::runtime::{DriverId, Object, Runtime, Scheduler, TaskId};
use driver::{Driver, DriverSetup, Errno, HostOperation, HostOptions, RevisionName};
use driver_host::{Account, Budget, Limits, WaitCycle};
use emulator::Silicon;
use emulator::config::{DeviceConfig, DeviceKind};
use emulator::{ConfigError, FirmwareOrder, GateOrder, OrderError};
use prm::saturated;
use prm::{Cycles, Function};
use std::cell::{Ref, RefCell, RefMut};
use std::collections::BTreeMap;
use std::rc::Rc;

/// What a world is made of.
pub struct WorldSetup {
    /// The device.
    pub device: DeviceConfig,
    /// Decides what the device draws.
    pub seed: u64,
    /// Bytes of a host page.
    pub page_bytes: u64,
    /// How drivers of this world do things.
    pub revision: RevisionName,
    /// Whether drivers are built with support of the embedded switch.
    pub eswitch_support: bool,
    /// Who runs next.
    pub scheduler: Box<dyn Scheduler>,
    /// How far it may go.
    pub limits: Limits,
}

/// How a wait for something ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ending {
    /// It happened.
    Reached,
    /// Nothing is left that could make it happen.
    Stuck,
}

/// A driver and the function it is bound to.
pub(super) struct Instance {
    pub(super) endpoint: Function,
    pub(super) driver: Driver,
}

/// See the module's head.
pub struct World {
    pub(super) machine: Rc<RefCell<Machine>>,
    pub(super) instances: Vec<Instance>,
    pub(super) runtime: Runtime,
    revision: RevisionName,
    options: HostOptions,
    pub(super) budget: Budget,
    pub(super) watched: Vec<TaskId>,
    pub(super) ended: BTreeMap<TaskId, Cycles>,
    pub(super) cycles: Vec<WaitCycle>,
    /// What happens, where somebody wants to know.
    recorder: Option<Box<Recorder>>,
}

impl World {
    /// A device nobody has touched, and a driver that is not bound yet.
    ///
    /// # Errors
    /// [`ConfigError`] when the device cannot be built.
    pub fn new(setup: WorldSetup) -> Result<Self, ConfigError> {
        let options = HostOptions {
            eswitch_support: setup.eswitch_support,
            total_vfs: total_vfs(&setup.device),
        };
        let silicon = Silicon::new(setup.device, setup.seed)?;
        let endpoint = silicon.endpoints().first().copied().unwrap_or(Function::Pf);
        let mut world = Self {
            machine: Rc::new(RefCell::new(Machine::new(silicon, setup.page_bytes))),
            instances: Vec::new(),
            runtime: Runtime::new(setup.scheduler),
            revision: setup.revision,
            options,
            budget: Budget::new(setup.limits),
            watched: Vec::new(),
            ended: BTreeMap::new(),
            cycles: Vec::new(),
            recorder: None,
        };
        world.bind(endpoint);
        Ok(world)
    }

    /// From now on what happens is kept, see [`World::timeline`].
    pub fn keep_timeline(&mut self) {
        self.recorder = Some(Box::new(Recorder::new(self.endpoint(), self.now())));
        self.record();
    }

    /// What has happened since it is kept, to add what is known elsewhere.
    pub fn timeline(&mut self) -> Option<&mut Timeline> {
        self.record();
        self.recorder.as_mut().map(|recorder| &mut recorder.timeline)
    }

    /// What has happened since it was kept. From now on nothing is.
    pub fn take_timeline(&mut self) -> Option<Timeline> {
        let mut timeline = self.recorder.take()?.timeline;
        timeline.ended = self.now();
        Some(timeline)
    }

    /// Notes what is not as it was, where somebody wants to know.
    pub(super) fn record(&mut self) {
        let Some(mut recorder) = self.recorder.take() else {
            return;
        };
        let drivers = self.drivers().map(|(endpoint, _, driver)| DriverView {
            id: driver.id(),
            endpoint,
            locks: driver.lock_holders(),
            counters: driver.books().counters,
        });
        let drivers: Vec<DriverView> = drivers.collect();
        recorder.look(self.now(), &self.runtime.tasks(), &drivers);
        recorder.look_at_ledger(self.now(), self.machine().silicon.ledger().rows());
        self.recorder = Some(recorder);
    }

    /// The driver of the function under test.
    #[must_use]
    pub fn driver(&self) -> &Driver {
        &self.instances[0].driver
    }

    /// The function under test.
    #[must_use]
    pub fn endpoint(&self) -> Function {
        self.instances[0].endpoint
    }

    /// Every driver with its function, the function under test first.
    pub fn drivers(&self) -> impl Iterator<Item = (Function, Account, &Driver)> {
        self.instances
            .iter()
            .enumerate()
            .map(|(place, instance)| (instance.endpoint, Account(place), &instance.driver))
    }

    /// The place of the driver on `endpoint`, which gets one if it has none.
    pub fn bind(&mut self, endpoint: Function) -> usize {
        if let Some(place) = self
            .instances
            .iter()
            .position(|instance| instance.endpoint == endpoint)
        {
            return place;
        }
        let place = self.instances.len();
        // Only the function under test has an SR-IOV capability of its own.
        let total_vfs = if place == 0 { self.options.total_vfs } else { 0 };
        let backing = InprocBacking::new(Rc::clone(&self.machine), endpoint, Account(place));
        let driver = Driver::new(DriverSetup {
            id: DriverId(saturated::<u16>(place)),
            endpoint,
            revision: self.revision,
            options: HostOptions {
                total_vfs,
                ..self.options
            },
            runtime: self.runtime.clone(),
            bus: backing.bus(),
        });
        if matches!(endpoint, Function::Sf(_)) {
            driver.set_light(self.machine.borrow().silicon.config().eswitch.manager);
        }
        if let Some(parent) = self.instances.first() {
            parent.driver.adopt(&driver);
        }
        self.instances.push(Instance { endpoint, driver });
        place
    }

    /// The executor of all drivers.
    #[must_use]
    pub const fn runtime(&self) -> &Runtime {
        &self.runtime
    }

    /// The machine, to look at.
    #[must_use]
    pub fn machine(&self) -> Ref<'_, Machine> {
        self.machine.borrow()
    }

    /// The machine, to change.
    #[must_use]
    pub fn machine_mut(&self) -> RefMut<'_, Machine> {
        self.machine.borrow_mut()
    }

    /// The present time.
    #[must_use]
    pub fn now(&self) -> Cycles {
        self.machine.borrow().now()
    }

    /// What has been spent.
    #[must_use]
    pub const fn budget(&self) -> &Budget {
        &self.budget
    }

    /// A scenario step begins: its time is counted from now.
    pub fn begin_step(&mut self) {
        let now = self.now();
        self.budget.begin_step(now);
    }

    /// The step that is under way lets this much time pass of its own accord.
    pub fn grant(&mut self, time: Cycles) {
        self.budget.grant(time);
    }

    /// Starts an operation of the driver at `place`.
    pub fn start(&mut self, place: usize, operation: HostOperation) -> TaskId {
        let task = self.instances[place].driver.start(operation);
        self.watched.push(task);
        task
    }

    /// When an operation ended.
    #[must_use]
    pub fn ended_at(&self, task: TaskId) -> Option<Cycles> {
        self.ended.get(&task).copied()
    }

    /// The cycles of waits seen since the last call, oldest first.
    pub fn take_cycles(&mut self) -> Vec<WaitCycle> {
        std::mem::take(&mut self.cycles)
    }

    /// The result of an operation; `None` while it runs.
    #[must_use]
    pub fn outcome(&self, place: usize, task: TaskId) -> Option<Result<(), Errno>> {
        self.instances[place].driver.outcome(task)
    }

    /// Gives firmware an order.
    ///
    /// # Errors
    /// [`OrderError`] when firmware cannot carry it out.
    pub fn order(&self, order: &FirmwareOrder) -> Result<(), OrderError> {
        let now = self.now();
        let done = self
            .machine
            .borrow_mut()
            .with_device(|silicon, lines| silicon.order(order, now, lines));
        self.notify_device();
        done
    }

    /// Gives the gate an order.
    ///
    /// # Errors
    /// [`OrderError`] when the gate cannot carry it out.
    pub fn gate(&self, order: &GateOrder) -> Result<(), OrderError> {
        let now = self.now();
        let done = self
            .machine
            .borrow_mut()
            .with_device(|silicon, lines| silicon.gate(order, now, lines));
        self.notify_device();
        done
    }

    /// The device did something: whoever polls it looks again.
    pub(super) fn notify_device(&self) {
        for instance in &self.instances {
            self.runtime.notify(instance.driver.id(), Object::Device);
        }
    }
}

/// TotalVFs of the SR-IOV capability of the function under test.
const fn total_vfs(device: &DeviceConfig) -> u16 {
    match device.kind {
        DeviceKind::Pf => device.vfs.total,
        DeviceKind::Ecpf => device.ec_vfs.total,
        DeviceKind::Vf => 0,
    }
}
