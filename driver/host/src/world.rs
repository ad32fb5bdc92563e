//! Drivers on a machine.

use crate::activity::Activity;
use crate::backing::Backing;
use crate::budget::Budget;
use crate::halt::Halt;
use crate::holdings::Account;
use crate::machine::Machine;
use crate::name::Name;
use crate::policy::{Policy, ScheduleMismatch};
use crate::recorder::{DriverView, Recorder};
use crate::setup::WorldSetup;
use crate::shown::Shown;
use crate::succession::NextKernel;
use crate::wait_cycle::WaitCycle;
use driver::runtime::{DriverId, Object, Runtime, TaskId};
use driver::{Driver, DriverSetup, Errno, HostOperation, HostOptions, Revision};
use prm::saturated;
use prm::{Cycles, Function};
use serde::{Deserialize, Serialize};
use std::cell::{Ref, RefCell, RefMut};
use std::collections::BTreeMap;
use std::hash::{Hash, Hasher};
use std::rc::Rc;

/// How a wait for something ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Ending {
    /// It happened.
    Reached,
    /// Nothing is left that could make it happen.
    Stuck,
}

/// A driver and the function it is bound to.
pub(crate) struct Instance {
    pub(crate) endpoint: Function,
    pub(crate) driver: Driver,
}

/// Somebody who sees every choice before it is made, and every moment in which nothing happens any more: then there is none. He may
/// let other things happen, and has to go back then.
pub type Witness<M> = Box<dyn FnMut(&mut World<M>, &[Name<<M as Machine>::Act>]) -> Result<(), Halt>>;

/// See the module's head.
pub struct World<M: Machine> {
    pub(crate) machine: Rc<RefCell<M>>,
    light_subfunctions: bool,
    pub(crate) instances: Vec<Instance>,
    pub(crate) runtime: Runtime,
    revision: &'static dyn Revision,
    options: HostOptions,
    pub(crate) budget: Budget,
    /// Operations that have not ended, and whether another kernel follows them.
    pub(crate) watched: Vec<(TaskId, Option<NextKernel>)>,
    pub(crate) ended: BTreeMap<TaskId, Cycles>,
    pub(crate) cycles: Vec<WaitCycle>,
    pub(crate) shown: Shown,
    pub(crate) policy: Policy,
    /// What was chosen, where there was a choice.
    pub(crate) choices: Vec<Name<M::Act>>,
    /// The clock has just moved: what the device has to do then comes first.
    pub(crate) acts_first: bool,
    /// Who wants to see every choice before it is made.
    pub(crate) witness: Option<Witness<M>>,
    /// What happens, where somebody wants to know.
    recorder: Option<Box<Recorder>>,
}

impl<M: Machine> World<M> {
    /// A machine nobody has touched, and a driver that is not bound yet, on the first of the setup's functions.
    #[must_use]
    pub fn new(machine: M, setup: WorldSetup) -> Self {
        let revision = setup.revision.choices();
        Self::of_choices(machine, setup, revision)
    }

    /// The same with drivers of a revision that has no name: these choices.
    #[must_use]
    pub fn of_choices(machine: M, setup: WorldSetup, revision: &'static dyn Revision) -> Self {
        let endpoint = setup.endpoint();
        let mut world = Self {
            machine: Rc::new(RefCell::new(machine)),
            light_subfunctions: setup.light_subfunctions,
            instances: Vec::new(),
            runtime: Runtime::default(),
            policy: setup.schedule.into(),
            choices: Vec::new(),
            acts_first: false,
            witness: None,
            revision,
            options: HostOptions {
                eswitch_support: setup.eswitch_support,
                total_vfs: setup.total_vfs,
            },
            budget: Budget::new(setup.limits),
            watched: Vec::new(),
            ended: BTreeMap::new(),
            cycles: Vec::new(),
            shown: Shown::default(),
            recorder: setup.keep_activity.then(Box::default),
        };
        world.bind(endpoint);
        world.record();
        world
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
        let backing = Backing::new(Rc::clone(&self.machine), endpoint, Account(place));
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
            driver.set_light(self.light_subfunctions);
        }
        if let Some(parent) = self.instances.first() {
            parent.driver.adopt(&driver);
        }
        self.instances.push(Instance { endpoint, driver });
        place
    }

    /// What the drivers' tasks have done, where that was to be kept. From now on nothing is.
    pub fn take_activity(&mut self) -> Option<Activity> {
        self.record();
        let mut activity = self.recorder.take()?.activity;
        activity.ended = self.now();
        Some(activity)
    }

    /// Notes what is not as it was, where somebody wants to know.
    pub(crate) fn record(&mut self) {
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
        self.recorder = Some(recorder);
    }

    /// From here on somebody sees every choice of a policy that chooses.
    pub fn show_choices_to(&mut self, witness: Witness<M>) {
        self.witness = Some(witness);
    }

    /// Hashes all by which this world could go on otherwise than another one, the device apart. Times are no part of it.
    pub fn hash_drivers_and_tasks(&self, hasher: &mut impl Hasher) {
        for instance in &self.instances {
            instance.driver.look(|state| state.hash(hasher));
            instance.driver.hash_unread(hasher);
            for (object, holder) in instance.driver.lock_holders() {
                (object, self.runtime.name_of(holder)).hash(hasher);
            }
        }
        self.runtime.hash_tasks(hasher);
    }

    /// What was chosen so far, where there was a choice. In order there is none.
    pub fn choices(&self) -> impl Iterator<Item = &Name<M::Act>> {
        self.choices.iter()
    }

    /// The first choice of a recorded schedule that has not come yet.
    #[must_use]
    pub fn unfollowed(&self) -> Option<ScheduleMismatch> {
        self.policy.unfollowed()
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

    /// The executor of all drivers.
    #[must_use]
    pub const fn runtime(&self) -> &Runtime {
        &self.runtime
    }

    /// The machine, to look at.
    #[must_use]
    pub fn machine(&self) -> Ref<'_, M> {
        self.machine.borrow()
    }

    /// The machine, to change.
    #[must_use]
    pub fn machine_mut(&self) -> RefMut<'_, M> {
        self.machine.borrow_mut()
    }

    /// The machine, for whoever acts on it from elsewhere between two verbs of the world: see [`World::device_acted`].
    #[must_use]
    pub fn shared_machine(&self) -> Rc<RefCell<M>> {
        Rc::clone(&self.machine)
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
        self.watched.push((task, NextKernel::after(operation)));
        self.shown.note_start(place, task);
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

    /// Somebody else has acted on the device, by an order to its firmware: whoever polls it looks again.
    pub fn device_acted(&mut self) {
        self.machine.borrow_mut().note_act();
        self.notify_device();
    }

    /// The device did something: whoever polls it looks again.
    pub(crate) fn notify_device(&self) {
        self.runtime.note_device();
        for instance in &self.instances {
            self.runtime.notify(instance.driver.id(), Object::Device);
        }
    }
}
