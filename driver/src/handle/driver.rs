//! One driver instance on one function, and how steps reach its state.

use super::declarations;
use super::setup::{DriverSetup, HostOptions};
use crate::device_bus::Bus;
use crate::errno::Errno;
use crate::message::{Message, MessageKind};
use crate::revision::{Mistake, Revision};
use crate::runtime::{
    Access, Announcement, Declaration, DriverId, Object, Runtime, TaskId, TaskPurpose, TaskRole, Use,
};
use crate::state::State;
use crate::state::interface::{FunctionKind, Interface};
use crate::state::pages::PagesState;
use parts::Touch;
use prm::Cycles;
use prm::function::Function;
use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::future::Future;
use std::hash::Hash;
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

/// A driver where it stands, but for its tasks. Copies are cheap.
#[derive(Clone)]
pub struct DriverStanding {
    state: State,
    locks: BTreeMap<Object, TaskId>,
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
        let driver = Self {
            shared: Rc::new(Shared {
                id,
                endpoint,
                revision,
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
        };
        // Nobody has used it yet, new as it is.
        driver.look(|_| ());
        driver
    }

    /// Says that this scalable function's parent manages the eswitch: then the driver does no more than enable it and ask
    /// what it can do. To be called before it is bound.
    pub fn set_light(&self, light: bool) {
        self.step_outside([], |state, _| state.interface.light = light);
    }

    /// The driver of another kernel on the same function: it is not bound and knows nothing. What was printed and how operations
    /// ended stays. Nobody's task may be left.
    pub fn begin_anew(&self) {
        self.shared.locks.borrow_mut().clear();
        let mut state = self.shared.state.borrow_mut();
        let mut bus = self.shared.bus.borrow_mut();
        let vectors: BTreeSet<u16> = state
            .event_queues
            .queues
            .peek()
            .values()
            .map(|queue| queue.vector)
            .collect();
        for vector in vectors {
            bus.disable_interrupt(vector);
        }
        let _none_of_its_own = bus.take_failure();
        let Interface {
            kind,
            light,
            sw_vhca_id,
            ..
        } = state.interface;
        *state = State {
            interface: Interface {
                kind,
                light,
                sw_vhca_id,
                ..Interface::default()
            },
            pages: PagesState {
                waits: std::mem::take(&mut state.pages.waits),
                ..PagesState::default()
            },
            messages: std::mem::take(&mut state.messages),
            outcomes: std::mem::take(&mut state.outcomes),
            ..State::default()
        };
    }

    /// Messages that were printed after the first `seen`, oldest first.
    #[must_use]
    pub fn messages_after(&self, seen: usize) -> Vec<Message> {
        self.look(|state| state.messages.all().get(seen..).unwrap_or_default().to_vec())
    }

    /// How many waits for pages have ended.
    #[must_use]
    pub fn ended_page_waits(&self) -> usize {
        self.look(|state| state.pages.waits.len())
    }

    /// How a host operation ended; `None` while it runs.
    #[must_use]
    pub fn outcome(&self, task: TaskId) -> Option<Result<(), Errno>> {
        self.look(|state| state.outcomes.get(&task).copied())
    }

    /// When the driver next has something to do that no task waits for: a look at the device's health.
    #[must_use]
    pub fn next_timer(&self) -> Option<Cycles> {
        self.look(|state| state.health.next_timer())
    }

    /// A copy of the whole state. Without its tasks it says all of a driver only where it has none.
    #[must_use]
    pub fn state(&self) -> State {
        self.look(State::clone)
    }

    /// A copy of all of the driver but its tasks.
    #[must_use]
    pub fn snapshot(&self) -> DriverStanding {
        DriverStanding {
            state: self.state(),
            locks: self.shared.locks.borrow().clone(),
        }
    }

    /// Goes back to a standing of this driver. Its tasks have to go back, too.
    pub fn go_back(&self, standing: &DriverStanding) {
        self.shared.state.borrow_mut().clone_from(&standing.state);
        self.shared.locks.borrow_mut().clone_from(&standing.locks);
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

    /// Whether it does this wrong on purpose.
    pub(crate) fn makes(&self, mistake: Mistake) -> bool {
        self.shared.revision.mistake() == Some(mistake)
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
        self.go_on(|state, bus| state.messages.print(bus.now(), kind));
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

    /// One atomic step: announces what it touches, lets others run, then does `act` with nothing in between. What it touches besides
    /// stops the run.
    ///
    /// What the task learns is what `act` returns, and nothing else: `act` writes no variable outside of itself. So a task can be
    /// built anew from what its steps have returned.
    pub async fn step<R: Hash + Clone + 'static>(
        &self,
        access: impl Into<Announcement>,
        act: impl FnOnce(&mut State, &mut Bus) -> R,
    ) -> R {
        self.runtime().point(access).await;
        self.go_on(act)
    }

    /// The next of several steps that nothing comes between unless somebody explores: see [`Runtime::follow`].
    pub async fn then<R: Hash + Clone + 'static>(
        &self,
        access: impl Into<Announcement>,
        act: impl FnOnce(&mut State, &mut Bus) -> R,
    ) -> R {
        self.runtime().follow(access).await;
        self.go_on(act)
    }

    /// Looks at what was settled while the driver loaded, which needs no announcement. Whatever else it looks at has to be announced.
    pub fn settled<R: Hash + Clone + 'static>(&self, look: impl FnOnce(&State) -> R) -> R {
        self.go_on(|state, _| look(state))
    }

    /// Looks at the driver from outside of all tasks: nothing is announced, and nothing noted.
    pub fn look<R>(&self, look: impl FnOnce(&State) -> R) -> R {
        let state = self.shared.state.borrow();
        let result = look(&state);
        state.take_touches(&mut |_, _| {});
        result
    }

    /// Looks at what a task that waits would see, between all steps: nothing comes of it.
    pub(crate) fn peek<R>(&self, look: impl FnOnce(&State, &mut Bus) -> R) -> R {
        let state = self.shared.state.borrow();
        let mut bus = self.shared.bus.borrow_mut();
        let result = look(&state, &mut bus);
        state.take_touches(&mut |_, _| {});
        bus.take_touch();
        bus.take_failure();
        result
    }

    /// A step of somebody who is no task: the device that raises an interrupt, the clock.
    pub(crate) fn step_outside<R: Hash + Clone + 'static>(
        &self,
        access: impl Into<Announcement>,
        act: impl FnOnce(&mut State, &mut Bus) -> R,
    ) -> R {
        self.runtime().announce_outside(access);
        self.go_on(act)
    }

    /// Does more of the step that is already running, as far as it was announced.
    pub fn go_on<R: Hash + Clone + 'static>(&self, act: impl FnOnce(&mut State, &mut Bus) -> R) -> R {
        if let Some(seen) = self.runtime().recalled() {
            return seen;
        }
        let mut state = self.shared.state.borrow_mut();
        let mut bus = self.shared.bus.borrow_mut();
        let result = act(&mut state, &mut bus);
        let failure = bus.take_failure();
        self.check_uses(&state);
        self.check_use(Object::Registers, bus.take_touch());
        let lost = failure.is_some_and(|failure| state.lose_device(failure, bus.now()));
        if failure.is_some() {
            // A bus fails where it likes: what follows from that is no use that the step could have announced.
            state.take_touches(&mut |_, _| {});
        }
        drop((state, bus));
        if lost {
            self.notify_device_state();
        }
        self.runtime().note_seen(&result);
        result
    }

    /// Holds what a step has used against what it has announced.
    fn check_uses(&self, state: &State) {
        state.take_touches(&mut |object, touch| self.check_use(object, touch));
    }

    fn check_use(&self, object: Object, touch: Touch) {
        let usage = match touch {
            Touch::Nothing => return,
            Touch::Read => Use::Read,
            Touch::Write => Use::Write,
        };
        self.runtime().note_use(Access {
            driver: self.id(),
            object,
            usage,
        });
    }

    /// The present time.
    #[must_use]
    pub fn now(&self) -> Cycles {
        self.runtime().see(|| self.shared.bus.borrow().now())
    }

    /// Starts a task of this driver. `future` makes what it does: see [`Runtime::spawn`].
    pub fn spawn<F: Future<Output = ()> + 'static>(
        &self,
        role: TaskRole,
        future: impl Fn(Self) -> F + 'static,
    ) -> TaskId {
        let function = self.endpoint();
        let declaration = self.declaration(role);
        let driver = self.clone();
        let purpose = TaskPurpose { function, role };
        self.runtime()
            .spawn(purpose, declaration, move || future(driver.clone()))
    }

    /// What a task of this role may ever touch.
    #[must_use]
    pub fn declaration(&self, role: TaskRole) -> Declaration {
        declarations::of(self.id(), role)
    }

    /// Makes tasks ready that wait for `object`.
    pub fn notify(&self, object: Object) {
        self.runtime().notify(self.id(), object);
    }

    /// Whether commands can reach the device is another matter now. Who spins on a queue entry looks at that, who waits behind the
    /// gate, and who passes over slots that were lost.
    pub fn notify_device_state(&self) {
        self.notify(Object::Device);
        self.notify(Object::CommandMode);
        self.notify(Object::CommandSlots);
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
