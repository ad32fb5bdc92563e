//! Device, memory, clock and interrupt lines: everything of a run in one process that is not a driver. Plain data.

use driver_host::{FrameTable, HostMemory, Machine, Steppable};
use emulator::{Buses, DueKind, FirmwareOrder, GateOrder, OrderError, Silicon, ToDo};
use prm::link::{BusError, DeviceWaits, DmaFault, HostBus};
use prm::{Cycles, Function, Iova};
use std::collections::{BTreeMap, BTreeSet, VecDeque};

/// See the module's head.
#[derive(Clone)]
pub struct InprocMachine {
    /// The device.
    pub silicon: Silicon,
    /// The host's memory.
    pub memory: HostMemory,
    now: Cycles,
    /// Vectors that a driver has told to it.
    enabled: BTreeSet<(Function, u16)>,
    raised: VecDeque<(Function, u16)>,
}

impl InprocMachine {
    /// A device in a host with pages of `page_bytes`, at time 0.
    #[must_use]
    pub fn new(silicon: Silicon, page_bytes: u64) -> Self {
        Self {
            silicon,
            memory: HostMemory::new(page_bytes),
            now: Cycles::ZERO,
            enabled: BTreeSet::new(),
            raised: VecDeque::new(),
        }
    }

    /// Lets the device act with its way to host memory open.
    fn with_device<R>(&mut self, act: impl FnOnce(&mut Silicon, &mut Lines<'_>) -> R) -> R {
        let endpoint = Function::Pf;
        let mut lines = Lines {
            memory: &mut self.memory,
            enabled: &self.enabled,
            raised: &mut self.raised,
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

impl Steppable for InprocMachine {
    fn raised(&self) -> Vec<(Function, u16)> {
        self.raised.iter().copied().collect()
    }

    fn take_raised(&mut self, vector: (Function, u16)) -> bool {
        let place = self.raised.iter().position(|&raised| raised == vector);
        place.is_some_and(|place| self.raised.remove(place).is_some())
    }

    fn acts(&self) -> Vec<String> {
        named(self.silicon.to_do()).map(|(name, _)| name).collect()
    }

    fn act(&mut self, name: &str) -> bool {
        let now = self.now;
        let to_do = named(self.silicon.to_do()).find(|(known, _)| known == name);
        to_do.is_some_and(|(_, what)| self.with_device(|silicon, lines| silicon.do_now(&what, now, lines)))
    }
}

/// What the device does without anybody's doing, by names: the same act a second time is `act (2)`.
fn named(to_do: Vec<ToDo>) -> impl Iterator<Item = (String, ToDo)> {
    let mut known: BTreeMap<String, usize> = BTreeMap::new();
    let in_service = to_do.into_iter().filter(|what| what.kind == DueKind::InService);
    in_service.map(move |what| {
        let name = what.act.to_string();
        let times = known.entry(name.clone()).or_default();
        *times += 1;
        match *times {
            1 => (name, what),
            times => (format!("{name} ({times})"), what),
        }
    })
}

impl Machine for InprocMachine {
    type Frames = FrameTable;

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
        let now = self.now;
        self.with_device(|silicon, lines| silicon.write_register(endpoint, offset, value, now, lines));
        Ok(())
    }

    fn reset_function(&mut self, endpoint: Function) -> Result<(), BusError> {
        let now = self.now;
        self.with_device(|silicon, lines| silicon.reset_function(endpoint, now, lines));
        Ok(())
    }

    fn enable_vector(&mut self, endpoint: Function, vector: u16) -> Result<(), BusError> {
        self.enabled.insert((endpoint, vector));
        Ok(())
    }

    fn disable_vector(&mut self, endpoint: Function, vector: u16) -> Result<(), BusError> {
        self.enabled.remove(&(endpoint, vector));
        Ok(())
    }

    fn catch_up(&mut self) -> bool {
        false
    }

    fn note_act(&mut self) {}

    fn take_interrupt(&mut self) -> Option<(Function, u16)> {
        self.raised.pop_front()
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
    enabled: &'a BTreeSet<(Function, u16)>,
    raised: &'a mut VecDeque<(Function, u16)>,
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
        let line = (self.endpoint, vector);
        // A vector that no driver has enabled is masked; an edge that is not taken yet is one edge.
        if self.enabled.contains(&line) && !self.raised.contains(&line) {
            self.raised.push_back(line);
        }
    }
}
