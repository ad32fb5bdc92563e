//! One driver instance on one function: its handle, its state, and how steps reach both.

use crate::books::DriverBooks;
use crate::bus;
use crate::capabilities::Capabilities;
use crate::command::CommandState;
use crate::device_bus::Bus;
use crate::errno::Errno;
use crate::eswitch::{self, EswitchState};
use crate::event_queue::{self, EventQueues};
use crate::health::{self, Health};
use crate::interface::{FunctionKind, Interface};
use crate::load;
use crate::message::{MessageKind, Messages};
use crate::netdev::NetdevState;
use crate::operation::HostOperation;
use crate::pages::{self, PagesState};
use crate::revision::{Revision, RevisionName};
use crate::runtime::{Access, DriverId, Object, Runtime, TaskId, Use};
use crate::sriov::{self, SriovState};
use crate::subfunction::{self, SubfunctionState};
use crate::timeouts::Timeouts;
use prm::Cycles;
use prm::function::Function;
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::future::Future;
use std::rc::{Rc, Weak};

/// What the host's kernel was built with, and what its bus tells of the function besides registers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HostOptions {
    /// Support of the embedded switch (`CONFIG_MLX5_ESWITCH`).
    pub eswitch_support: bool,
    /// TotalVFs of the function's SR-IOV capability; 0 without one.
    pub total_vfs: u16,
}

impl Default for HostOptions {
    fn default() -> Self {
        Self {
            eswitch_support: true,
            total_vfs: 0,
        }
    }
}

/// What a driver instance is made of.
pub struct DriverSetup {
    /// This instance among those of the run.
    pub id: DriverId,
    /// The function it binds to.
    pub endpoint: Function,
    /// Its revision.
    pub revision: RevisionName,
    /// The host's kernel and bus.
    pub options: HostOptions,
    /// The executor all drivers of the run share.
    pub runtime: Runtime,
    /// Its device.
    pub bus: Bus,
}

/// Everything a driver knows: plain data. At quiescence it is all there is of a driver.
#[derive(Clone, Debug, Default)]
pub struct State {
    /// The function as a whole.
    pub interface: Interface,
    /// What the device can do.
    pub capabilities: Capabilities,
    /// Limits.
    pub timeouts: Timeouts,
    /// The command interface.
    pub command: CommandState,
    /// The event queues.
    pub event_queues: EventQueues,
    /// Pages for firmware.
    pub pages: PagesState,
    /// The embedded switch.
    pub eswitch: EswitchState,
    /// VFs.
    pub sriov: SriovState,
    /// Scalable functions.
    pub subfunction: SubfunctionState,
    /// The network device.
    pub netdev: NetdevState,
    /// The device's health.
    pub health: Health,
    /// Everything printed so far.
    pub messages: Messages,
    /// Results of host operations that have ended.
    pub outcomes: BTreeMap<TaskId, Result<(), Errno>>,
}

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

    /// Starts a host operation as a task of its own.
    pub fn start(&self, operation: HostOperation) -> TaskId {
        let driver = self.clone();
        self.spawn(operation.name(), async move {
            let name = operation.name();
            tracing::info!(actor = "host", function = %driver.endpoint(), virtual_ns = driver.now().0, "{name} begins");
            let result = driver.perform(operation).await;
            let outcome = result.map_or_else(|errno| errno.to_string(), |()| "ok".to_owned());
            tracing::info!(actor = "host", function = %driver.endpoint(), virtual_ns = driver.now().0, "{name} ends: {outcome}");
            if let Some(task) = driver.runtime().current() {
                driver.with(|state, _| state.outcomes.insert(task, result));
            }
        })
    }

    async fn perform(&self, operation: HostOperation) -> Result<(), Errno> {
        // The host binds, unbinds and reloads under the lock of the device. It changes the number of VFs under it, too, but
        // looks at the number first.
        let _device = match operation {
            HostOperation::Load | HostOperation::Unload | HostOperation::Reload => {
                Some(self.lock(Object::DeviceLock).await)
            }
            _ => None,
        };
        match operation {
            HostOperation::Load if !self.is_present() => Err(Errno::ENODEV),
            HostOperation::Load => load::probe(self).await,
            HostOperation::Unload => load::remove(self).await,
            HostOperation::Reload => load::reload(self).await,
            HostOperation::EnableVfs(number) => sriov::write_number(self, number).await,
            HostOperation::DisableVfs => sriov::write_number(self, 0).await,
            HostOperation::ResetFunction => bus::reset(self).await,
            HostOperation::SetEswitchMode(mode) => eswitch::set_mode(self, mode).await,
            HostOperation::AddSf(number) => subfunction::add(self, number).await,
            HostOperation::ActivateSf(number) => subfunction::activate(self, number).await,
            HostOperation::RemoveSf(number) => subfunction::remove(self, number).await,
            HostOperation::FreePage { key } => pages::free_page(self, key).await,
        }
    }

    /// How a host operation ended; `None` while it runs.
    #[must_use]
    pub fn outcome(&self, task: TaskId) -> Option<Result<(), Errno>> {
        self.with(|state, _| state.outcomes.get(&task).copied())
    }

    /// The device raised an interrupt: runs its handler as a task, or makes the running one look again.
    pub fn interrupt(&self, vector: u16) {
        event_queue::raise(self, vector);
    }

    /// When the driver next has something to do that no task waits for: a look at the device's health.
    #[must_use]
    pub fn next_timer(&self) -> Option<Cycles> {
        self.with(|state, _| state.health.next_poll())
    }

    /// Starts what is due by now. To be called whenever time has passed.
    pub fn fire_timers(&self) {
        health::fire(self);
    }

    /// The driver's book as it stands.
    #[must_use]
    pub fn books(&self) -> DriverBooks {
        self.with(|state, _| {
            let mut books = DriverBooks {
                warnings: state.messages.all().to_vec(),
                lost_command_slots: state.command.lost_slots(),
                numvfs: state.sriov.num_vfs(),
                bound: state.interface.probed,
                loaded: state.interface.loaded,
                error_state: state.interface.in_error(),
                ..DriverBooks::default()
            };
            pages::describe(self, state, &mut books);
            eswitch::describe(self, state, &mut books);
            books
        })
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
        act(&mut state, &mut bus)
    }

    /// The present time.
    #[must_use]
    pub fn now(&self) -> Cycles {
        self.shared.bus.borrow().now()
    }

    /// Starts a task of this driver: its name begins with the function's.
    pub fn spawn(&self, name: &str, future: impl Future<Output = ()> + 'static) -> TaskId {
        self.runtime()
            .spawn(&format!("{} {name}", self.endpoint()), future)
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
