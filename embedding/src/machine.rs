//! Device, memory, clock and interrupt lines: everything of a run in one process that is not a driver. Plain data.

use driver_host::{Acts, FrameTable, HostMemory, Machine, Vectors};
use emulator::{Act, Buses, DueKind, FirmwareOrder, GateOrder, OrderError, Silicon, ToDo};
use prm::init_segment;
use prm::link::{BusError, DeviceWaits, DmaFault, HostBus};
use prm::saturated;
use prm::{Cycles, Function, Iova};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::hash::{Hash, Hasher};

/// Slots of a command queue: one bit of the doorbell each.
const SLOTS: u8 = 32;

/// Where a driver rings that a command is in its slot, in bytes from the start of the window.
fn command_doorbell() -> u32 {
    saturated::<u32>(init_segment::COMMAND_DOORBELL)
}

/// See the module's head.
#[derive(Clone)]
pub struct InprocMachine {
    /// The device.
    pub silicon: Silicon,
    /// The host's memory.
    pub memory: HostMemory,
    now: Cycles,
    vectors: Vectors,
    /// Commands whose doorbell was rung and that the device has not fetched, where that takes it a while.
    rung: BTreeSet<(Function, u8)>,
    fetches_later: bool,
}

impl InprocMachine {
    /// A device in a host with pages of `page_bytes`, at time 0.
    #[must_use]
    pub fn new(silicon: Silicon, page_bytes: u64) -> Self {
        Self {
            silicon,
            memory: HostMemory::new(page_bytes),
            now: Cycles::ZERO,
            vectors: Vectors::default(),
            rung: BTreeSet::new(),
            fetches_later: false,
        }
    }

    /// Lets the device act with its way to host memory open.
    fn with_device<R>(&mut self, act: impl FnOnce(&mut Silicon, &mut Lines<'_>) -> R) -> R {
        let endpoint = Function::Pf;
        let mut lines = Lines {
            memory: &mut self.memory,
            vectors: &mut self.vectors,
            endpoint,
        };
        act(&mut self.silicon, &mut lines)
    }
}

impl InprocMachine {
    /// Gives firmware an order. The world whose drivers are on this machine has to be told afterwards
    /// ([`World::device_acted`](driver_host::World::device_acted)), as of [`Self::gate`].
    ///
    /// # Errors
    /// [`OrderError`] when firmware cannot carry it out.
    pub fn order(&mut self, order: &FirmwareOrder) -> Result<(), OrderError> {
        let now = self.now;
        self.with_device(|silicon, lines| silicon.order(order, now, lines))
    }

    /// Gives the gate an order.
    ///
    /// # Errors
    /// [`OrderError`] when the gate cannot carry it out.
    pub fn gate(&mut self, order: &GateOrder) -> Result<(), OrderError> {
        let now = self.now;
        self.with_device(|silicon, lines| silicon.gate(order, now, lines))
    }
}

/// What the device does without anybody's doing, by name: the same act a second time is `act (2)`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum DeviceAct {
    /// It fetches a command whose doorbell was rung.
    Fetches {
        /// Whose command.
        function: Function,
        /// In which slot.
        slot: u8,
    },
    /// It does what it has yet to do.
    Does {
        /// What.
        act: Act,
        /// From 1.
        ordinal: u32,
    },
}

impl fmt::Display for DeviceAct {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Fetches { function, slot } => write!(f, "fetches the command in slot {slot} at {function}"),
            Self::Does { act, ordinal: 1 } => act.fmt(f),
            Self::Does { act, ordinal } => write!(f, "{act} ({ordinal})"),
        }
    }
}

impl InprocMachine {
    /// What the device has yet to do, in order of time.
    fn named(&self) -> impl Iterator<Item = (DeviceAct, ToDo)> {
        let mut known: BTreeMap<Act, u32> = BTreeMap::new();
        self.silicon.to_do().into_iter().map(move |what| {
            let ordinal = known.entry(what.act).or_default();
            *ordinal += 1;
            let name = DeviceAct::Does {
                act: what.act,
                ordinal: *ordinal,
            };
            (name, what)
        })
    }

    /// The device fetches a command whose doorbell was rung. Returns whether it was.
    fn fetch(&mut self, function: Function, slot: u8) -> bool {
        let is_rung = self.rung.remove(&(function, slot));
        if is_rung {
            let now = self.now;
            self.with_device(|silicon, lines| {
                silicon.write_register(function, command_doorbell(), 1 << slot, now, lines);
            });
        }
        is_rung
    }

    /// Hashes all of the machine by which it could go on otherwise than another one: the device, what is on its way between it and
    /// drivers, faults that are planned. What somebody has yet to read of memory is told by the drivers, which know what it is.
    pub fn hash_all(&self, hasher: &mut impl Hasher) {
        self.silicon.hash(hasher);
        self.memory.hash_faults(hasher);
        self.rung.hash(hasher);
        self.vectors.hash(hasher);
    }
}

impl Machine for InprocMachine {
    type Frames = FrameTable;
    type Act = DeviceAct;

    fn now(&self) -> Cycles {
        self.now
    }

    fn memory(&self) -> &HostMemory {
        &self.memory
    }

    fn memory_mut(&mut self) -> &mut HostMemory {
        &mut self.memory
    }

    fn read_register(&mut self, endpoint: Function, offset: u32) -> Result<u32, BusError> {
        Ok(self.silicon.read_register(endpoint, offset, self.now))
    }

    fn read_register_byte(&mut self, endpoint: Function, offset: u32) -> Result<u8, BusError> {
        Ok(self.silicon.read_register_byte(endpoint, offset, self.now))
    }

    fn write_register(&mut self, endpoint: Function, offset: u32, value: u32) -> Result<(), BusError> {
        if self.fetches_later && offset == command_doorbell() {
            let slots = (0..SLOTS).filter(|slot| value >> slot & 1 == 1);
            self.rung.extend(slots.map(|slot| (endpoint, slot)));
            return Ok(());
        }
        let now = self.now;
        self.with_device(|silicon, lines| silicon.write_register(endpoint, offset, value, now, lines));
        Ok(())
    }

    fn reset_function(&mut self, endpoint: Function) -> Result<(), BusError> {
        // What was rung is forgotten with everything else.
        self.rung.retain(|&(function, _)| function != endpoint);
        let now = self.now;
        self.with_device(|silicon, lines| {
            // Nobody reaches a device whose link is down.
            if silicon.is_reached() {
                silicon.reset_function(endpoint, now, lines);
            }
        });
        Ok(())
    }

    fn enable_vector(&mut self, endpoint: Function, vector: u16) -> Result<(), BusError> {
        self.vectors.enable((endpoint, vector));
        Ok(())
    }

    fn disable_vector(&mut self, endpoint: Function, vector: u16) -> Result<(), BusError> {
        self.vectors.disable((endpoint, vector));
        Ok(())
    }

    fn catch_up(&mut self) -> bool {
        false
    }

    fn note_act(&mut self) {}

    fn take_interrupt(&mut self) -> Option<(Function, u16)> {
        self.vectors.take()
    }

    fn raised(&mut self) -> Vec<(Function, u16)> {
        self.vectors.raised().collect()
    }

    fn take_raised(&mut self, vector: (Function, u16)) -> bool {
        self.vectors.take_this(vector)
    }

    fn acts(&self, which: Acts) -> Vec<DeviceAct> {
        let of_those = self.named().filter(|(_, what)| match which {
            Acts::Due => what.at() <= self.now,
            Acts::InService => what.kind == DueKind::InService,
        });
        let rung = self.rung.iter();
        let fetches = rung.map(|&(function, slot)| DeviceAct::Fetches { function, slot });
        fetches.chain(of_those.map(|(name, _)| name)).collect()
    }

    fn act(&mut self, name: DeviceAct) -> bool {
        if let DeviceAct::Fetches { function, slot } = name {
            return self.fetch(function, slot);
        }
        let now = self.now;
        let to_do = self.named().find(|(known, _)| *known == name);
        to_do.is_some_and(|(_, what)| self.with_device(|silicon, lines| silicon.do_now(&what, now, lines)))
    }

    fn fetch_later(&mut self, later: bool) {
        self.fetches_later = later;
        if !later {
            let rung = std::mem::take(&mut self.rung);
            self.rung.clone_from(&rung);
            rung.iter()
                .for_each(|&(function, slot)| _ = self.fetch(function, slot));
        }
    }

    fn set_clock(&mut self, at: Cycles) -> Option<bool> {
        self.now = self.now.max(at);
        Some(self.next_due().is_some_and(|due| due <= self.now))
    }

    fn surprise(&self) -> Option<String> {
        self.silicon.surprise().map(ToString::to_string)
    }

    fn next_due(&self) -> Option<Cycles> {
        self.silicon.next_due().map(|due| due.at)
    }

    fn is_in_service(&self) -> bool {
        self.silicon.next_in_service().is_some()
    }

    fn advance_to(&mut self, at: Cycles) -> bool {
        // INVARIANT: the clock never goes back.
        self.now = self.now.max(at);
        let now = self.now;
        let acts = self.next_due().is_some_and(|due| due <= now);
        if acts {
            self.with_device(|silicon, lines| silicon.advance(now, lines));
        }
        acts
    }

    fn has_caught(&mut self, hold: &str) -> bool {
        let holds = self.silicon.holds();
        holds
            .iter()
            .any(|state| state.name == hold && state.caught.is_some())
    }

    fn device_waits(&mut self) -> DeviceWaits {
        self.silicon.device_waits()
    }
}

/// The device's way into the host.
struct Lines<'a> {
    memory: &'a mut HostMemory,
    vectors: &'a mut Vectors,
    endpoint: Function,
}

impl Buses for Lines<'_> {
    fn bus(&mut self, endpoint: Function) -> &mut dyn HostBus {
        self.endpoint = endpoint;
        self
    }
}

impl HostBus for Lines<'_> {
    fn dma_read(&mut self, at: Iova, into: &mut [u8]) -> Result<(), DmaFault> {
        self.memory.dma_read(at, into)
    }

    fn dma_write(&mut self, at: Iova, from: &[u8]) -> Result<(), DmaFault> {
        self.memory.dma_write(at, from)
    }

    fn interrupt(&mut self, vector: u16) {
        self.vectors.raise((self.endpoint, vector));
    }
}
