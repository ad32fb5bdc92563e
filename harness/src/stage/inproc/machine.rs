//! Device, memory, clock and interrupt lines: everything of a run that is not a driver. Plain data.

use driver_host::HostMemory;
use emulator::{Buses, Silicon};
use prm::link::{DmaFault, HostBus};
use prm::{Cycles, Function, Iova};
use std::collections::{BTreeSet, VecDeque};

/// See the module's head.
#[derive(Clone)]
pub struct Machine {
    /// The device.
    pub silicon: Silicon,
    /// The host's memory.
    pub memory: HostMemory,
    now: Cycles,
    /// Vectors that a driver has told to it.
    enabled: BTreeSet<(Function, u16)>,
    raised: VecDeque<(Function, u16)>,
}

impl Machine {
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

    /// The present time.
    #[must_use]
    pub const fn now(&self) -> Cycles {
        self.now
    }

    /// Reads a register of a function.
    pub fn read_register(&mut self, endpoint: Function, offset: u32) -> u32 {
        self.silicon.read_register(endpoint, offset, self.now)
    }

    /// Reads one byte of a register of a function.
    pub fn read_register_byte(&mut self, endpoint: Function, offset: u32) -> u8 {
        self.silicon.read_register_byte(endpoint, offset, self.now)
    }

    /// Writes a register of a function.
    pub fn write_register(&mut self, endpoint: Function, offset: u32, value: u32) {
        let now = self.now;
        self.with_device(|silicon, lines| silicon.write_register(endpoint, offset, value, now, lines));
    }

    /// Resets a function, as its host does through its configuration space.
    pub fn reset_function(&mut self, endpoint: Function) {
        let now = self.now;
        self.with_device(|silicon, lines| silicon.reset_function(endpoint, now, lines));
    }

    /// Lets the device act with its way to host memory open.
    pub fn with_device<R>(&mut self, act: impl FnOnce(&mut Silicon, &mut Lines<'_>) -> R) -> R {
        let endpoint = Function::Pf;
        let mut lines = Lines {
            memory: &mut self.memory,
            enabled: &self.enabled,
            raised: &mut self.raised,
            endpoint,
        };
        act(&mut self.silicon, &mut lines)
    }

    /// Moves the clock to `at` and does what the device has to do by then. Returns whether there was something.
    pub fn advance_to(&mut self, at: Cycles) -> bool {
        // INVARIANT: the clock never goes back.
        self.now = self.now.max(at);
        let now = self.now;
        let acts = self.silicon.next_due().is_some_and(|due| due.at <= now);
        if acts {
            self.with_device(|silicon, lines| silicon.advance(now, lines));
        }
        acts
    }

    /// Has a vector of a function told to its driver.
    pub fn enable_vector(&mut self, endpoint: Function, vector: u16) {
        self.enabled.insert((endpoint, vector));
    }

    /// Undoes [`Self::enable_vector`]. An edge that is on its way arrives.
    pub fn disable_vector(&mut self, endpoint: Function, vector: u16) {
        self.enabled.remove(&(endpoint, vector));
    }

    /// The oldest interrupt that nobody has taken yet.
    pub fn take_interrupt(&mut self) -> Option<(Function, u16)> {
        self.raised.pop_front()
    }

    /// Whether every interrupt has been taken.
    #[must_use]
    pub fn lines_are_quiet(&self) -> bool {
        self.raised.is_empty()
    }
}

/// The device's way into the host.
pub struct Lines<'a> {
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
