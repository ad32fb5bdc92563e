//! One driver instance on one function, and how steps reach its state.

use super::setup::{DriverSetup, HostOptions};
use crate::device_bus::Bus;
use crate::errno::Errno;
use crate::message::{Message, MessageKind};
use crate::revision::Revision;
use crate::runtime::{Access, DriverId, Object, Runtime, TaskId, TaskPurpose, TaskRole, Use};
use crate::state::State;
use crate::state::interface::{FunctionKind, Interface};
use prm::Cycles;
use prm::function::Function;
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::future::Future;
use std::rc::{Rc, Weak};

/// A handle to a driver instance. Cloning it clones the handle.
#[derive(Clone)]
pub struct Driver {
    shared: Rc<Shared>,
}

struct Shared {
    id: DriverId,
    endpoint: Function,
    revision: &'static dyn Revision,
    options: HostOptions,
    runtime: Runtime,
    state: RefCell<State>,
    bus: RefCell<Bus>,
    locks: RefCell<BTreeMap<Object, TaskId>>,
    /// Drivers on functions below this one, and the driver above.
    children: RefCell<BTreeMap<Function, Driver>>,
    parent: RefCell<Weak<Shared>>,
}

/// The largest number the host can give a function: 14 bits.
const MOST_SW_VHCA_ID: u16 = 0x3fff;

impl Driver {
    /// A driver that is not bound yet.
    #[must_use]
    pub fn new(setup: DriverSetup) -> Self {
        let DriverSetup {
            id,
            endpoint,
            revision,
            options,
            runtime,
            bus,
        } = setup;
        let interface = Interface {
            kind: FunctionKind::of(endpoint),
            sw_vhca_id: id.0.saturating_add(1).min(MOST_SW_VHCA_ID),
            ..Interface::default()
        };
        Self {
            shared: Rc::new(Shared {
                id,
                endpoint,
                revision: revision.choices(),
                options,
                runtime,
                state: RefCell::new(State {
                    interface,
                    ..State::default()
                }),
                bus: RefCell::new(bus),
                locks: RefCell::new(BTreeMap::new()),
                children: RefCell::default(),
                parent: RefCell::default(),
            }),
        }
    }

    /// Says that this scalable function's parent manages the eswitch: then the driver does no more than enable it and ask
    /// what it can do. To be called before it is bound.
    pub fn set_light(&self, light: bool) {
        self.with(|state, _| state.interface.light = light);
    }

    /// Messages that were printed after the first `seen`, oldest first.
    #[must_use]
    pub fn messages_after(&self, seen: usize) -> Vec<Message> {
        self.with(|state, _| state.messages.all().get(seen..).unwrap_or_default().to_vec())
    }

    /// How a host operation ended; `None` while it runs.
    #[must_use]
    pub fn outcome(&self, task: TaskId) -> Option<Result<(), Errno>> {
        self.with(|state, _| state.outcomes.get(&task).copied())
    }

    /// When the driver next has something to do that no task waits for: a look at the device's health.
    #[must_use]
    pub fn next_timer(&self) -> Option<Cycles> {
        self.with(|state, _| state.health.next_poll())
    }

    /// A copy of the whole state. It means something only while no task of the driver exists.
    #[must_use]
    pub fn state(&self) -> State {
        self.with(|state, _| state.clone())
    }

    /// Goes back to a state that [`state`](Self::state) returned.
    pub fn restore(&self, state: State) {
        self.with(|present, _| *present = state);
    }

    /// This instance among those of the run.
    #[must_use]
    pub fn id(&self) -> DriverId {
        self.shared.id
    }

    /// The function this driver binds to.
    #[must_use]
    pub fn endpoint(&self) -> Function {
        self.shared.endpoint
    }

    /// The choices that make this driver the revision it is.
    #[must_use]
    pub fn revision(&self) -> &'static dyn Revision {
        self.shared.revision
    }

    /// The host's kernel and bus.
    #[must_use]
    pub fn options(&self) -> HostOptions {
        self.shared.options
    }

    /// Prints. Part of an announced step, but not inside its closure.
    pub fn message(&self, kind: MessageKind) {
        self.with(|state, bus| state.messages.print(bus.now(), kind));
    }

    /// The executor all drivers of the run share.
    #[must_use]
    pub fn runtime(&self) -> &Runtime {
        &self.shared.runtime
    }

    /// The announcement "reads `object`".
    #[must_use]
    pub fn reads(&self, object: Object) -> Access {
        Access {
            driver: self.id(),
            object,
            usage: Use::Read,
        }
    }

    /// The announcement "changes `object`".
    #[must_use]
    pub fn writes(&self, object: Object) -> Access {
        Access {
            driver: self.id(),
            object,
            usage: Use::Write,
        }
    }

    /// One atomic step: announces `access`, lets others run, then does `act` with nothing in between.
    pub async fn step<R>(&self, access: Access, act: impl FnOnce(&mut State, &mut Bus) -> R) -> R {
        self.runtime().point(access).await;
        self.with(act)
    }

    /// Does `act` as part of the step that is already running.
    pub fn with<R>(&self, act: impl FnOnce(&mut State, &mut Bus) -> R) -> R {
        let mut state = self.shared.state.borrow_mut();
        let mut bus = self.shared.bus.borrow_mut();
        let result = act(&mut state, &mut bus);
        let failure = bus.take_failure();
        let lost = failure.is_some_and(|failure| state.lose_device(failure, bus.now()));
        drop((state, bus));
        if lost {
            // Who spins on a queue entry looks at the state, too.
            self.notify(Object::Device);
        }
        result
    }

    /// The present time.
    #[must_use]
    pub fn now(&self) -> Cycles {
        self.shared.bus.borrow().now()
    }

    /// Starts a task of this driver.
    pub fn spawn(&self, role: TaskRole, future: impl Future<Output = ()> + 'static) -> TaskId {
        let function = self.endpoint();
        self.runtime().spawn(TaskPurpose { function, role }, future)
    }

    /// Makes tasks ready that wait for `object`.
    pub fn notify(&self, object: Object) {
        self.runtime().notify(self.id(), object);
    }

    /// Lets a time pass that ends by itself, whatever happens: see `pauses`.
    pub(crate) async fn pause(&self, time: Cycles) {
        if time > Cycles(0) {
            let deadline = self.now().saturating_add(time);
            self.runtime().pause_until(self.id(), deadline).await;
        }
    }

    /// Lets virtual time pass between two looks.
    pub async fn sleep(&self, time: Cycles) {
        let deadline = self.now().saturating_add(time);
        self.runtime().sleep_until(self.id(), deadline).await;
    }

    /// A named place where a scenario may pause this driver.
    pub async fn race_point(&self, name: &'static str) {
        self.runtime().race_point(self.id(), name).await;
    }

    pub(crate) fn parent(&self) -> Option<Self> {
        let shared = self.shared.parent.borrow().upgrade()?;
        Some(Self { shared })
    }

    pub(crate) fn set_parent(&self, parent: &Self) {
        *self.shared.parent.borrow_mut() = Rc::downgrade(&parent.shared);
    }

    pub(crate) fn children(&self) -> &RefCell<BTreeMap<Function, Self>> {
        &self.shared.children
    }

    pub(crate) fn locks(&self) -> &RefCell<BTreeMap<Object, TaskId>> {
        &self.shared.locks
    }
}
