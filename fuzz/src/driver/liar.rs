//! A machine whose device lies: what it writes to memory, what its registers read as and when it interrupts is drawn.
//!
//! Behind it is the device as it should be. Each time it answers, one byte is drawn: mostly it says the truth.

use crate::draw::Draw;
use driver_host::{Acts, FrameTable, HostMemory, Machine, NoAct, Vectors};
use emulator::{Buses, FirmwareOrder, GateOrder, Silicon};
use prm::link::{BusError, DeviceWaits, DmaFault, HostBus};
use prm::{Cycles, Function, Iova};
use std::collections::VecDeque;

/// Bytes of what firmware signs a page with: it is no answer.
const SIGNATURE: usize = 32;
/// Addresses that are remembered.
const MOST_SEEN: usize = 64;

/// The lies that are still to be told.
#[derive(Debug)]
struct Lies {
    bytes: Vec<u8>,
    next: usize,
}

impl Lies {
    fn byte(&mut self) -> u8 {
        let byte = self.bytes.get(self.next).copied();
        self.next += 1;
        byte.unwrap_or_default()
    }

    fn word(&mut self) -> u32 {
        u32::from_le_bytes([self.byte(), self.byte(), self.byte(), self.byte()])
    }

    /// What a register reads as.
    fn register(&mut self, truth: u32) -> Result<u32, BusError> {
        Ok(match self.byte() {
            0..=0xe7 => truth,
            bit @ 0xe8..=0xef => truth ^ 1 << (u32::from(bit & 7) * 4),
            0xf0..=0xf5 => u32::MAX,
            0xf6..=0xf8 => 0,
            0xf9..=0xfc => self.word(),
            0xfd => return Err(BusError::Gone),
            0xfe => return Err(BusError::Refused),
            _ => return Err(BusError::TimedOut),
        })
    }

    /// What is written instead; nothing where nothing is.
    fn written(&mut self, truth: &[u8]) -> Option<Vec<u8>> {
        let mut lie = truth.to_vec();
        if truth.len() == SIGNATURE {
            return Some(lie);
        }
        match self.byte() {
            0..=0xdf => {}
            0xe0..=0xeb => {
                // A byte of it is another one.
                let place = usize::from(self.byte()) % lie.len().max(1);
                if let Some(byte) = lie.get_mut(place) {
                    *byte = self.byte();
                }
            }
            0xec..=0xf3 => {
                // A word of it is.
                let word = usize::from(self.byte()) % (lie.len() / 4).max(1);
                let other = self.word().to_be_bytes();
                if let Some(place) = lie.get_mut(word * 4..word * 4 + 4) {
                    place.copy_from_slice(&other);
                }
            }
            0xf4..=0xf7 => lie.fill(0),
            0xf8..=0xfa => lie.fill(0xff),
            0xfb..=0xfd => return None,
            _ => {
                let byte = self.byte();
                lie.iter_mut().for_each(|place| *place ^= byte);
            }
        }
        Some(lie)
    }
}

/// See the module's head.
#[derive(Debug)]
pub struct Liar {
    /// The device as it should be.
    pub silicon: Silicon,
    memory: HostMemory,
    now: Cycles,
    vectors: Vectors,
    lies: Lies,
    /// Addresses that the device was told, oldest first.
    seen: VecDeque<Iova>,
}

impl Liar {
    /// A device that tells these lies.
    #[must_use]
    pub fn new(silicon: Silicon, page_bytes: u64, lies: &[u8]) -> Self {
        Self {
            silicon,
            memory: HostMemory::new(page_bytes),
            now: Cycles::ZERO,
            vectors: Vectors::default(),
            lies: Lies {
                bytes: lies.to_vec(),
                next: 0,
            },
            seen: VecDeque::new(),
        }
    }

    fn with_device<R>(&mut self, act: impl FnOnce(&mut Silicon, Cycles, &mut Lines<'_>) -> R) -> R {
        let mut lines = Lines {
            memory: &mut self.memory,
            vectors: &mut self.vectors,
            lies: &mut self.lies,
            seen: &mut self.seen,
            endpoint: Function::Pf,
        };
        act(&mut self.silicon, self.now, &mut lines)
    }

    /// Gives firmware an order; what it does not carry out it does not.
    pub fn order(&mut self, order: &FirmwareOrder) {
        _ = self.with_device(|silicon, now, lines| silicon.order(order, now, lines));
    }

    /// Gives its gate an order.
    pub fn gate(&mut self, order: &GateOrder) {
        _ = self.with_device(|silicon, now, lines| silicon.gate(order, now, lines));
    }

    /// The device writes what nobody has asked for, at a place that it was told once.
    pub fn scribble(&mut self, draw: &mut Draw<'_>) {
        let place = draw.below(MOST_SEEN);
        let offset = u64::from(draw.byte()) * 4;
        let bytes = draw.bytes();
        if let Some(at) = self.seen.get(place % self.seen.len().max(1)) {
            _ = self.memory.dma_write(Iova(at.0.saturating_add(offset)), bytes);
        }
    }

    /// The device interrupts for nothing.
    pub fn interrupt(&mut self, draw: &mut Draw<'_>) {
        let place = draw.below(16);
        let place = place % self.vectors.enabled().len().max(1);
        let line = self.vectors.enabled().nth(place);
        if let Some(line) = line {
            self.vectors.force(line);
        }
    }
}

impl Machine for Liar {
    type Frames = FrameTable;
    type Act = NoAct;

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
        let truth = self.silicon.read_register(endpoint, offset, self.now);
        self.lies.register(truth)
    }

    fn read_register_byte(&mut self, endpoint: Function, offset: u32) -> Result<u8, BusError> {
        let truth = self.silicon.read_register_byte(endpoint, offset, self.now);
        self.lies.register(truth.into()).map(|word| word.to_le_bytes()[0])
    }

    fn write_register(&mut self, endpoint: Function, offset: u32, value: u32) -> Result<(), BusError> {
        self.with_device(|silicon, now, lines| silicon.write_register(endpoint, offset, value, now, lines));
        Ok(())
    }

    fn reset_function(&mut self, endpoint: Function) -> Result<(), BusError> {
        self.with_device(|silicon, now, lines| {
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

    fn acts(&self, _: Acts) -> Vec<NoAct> {
        Vec::new()
    }

    fn act(&mut self, name: NoAct) -> bool {
        match name {}
    }

    fn fetch_later(&mut self, _: bool) {}

    fn set_clock(&mut self, _: Cycles) -> Option<bool> {
        None
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
        self.now = self.now.max(at);
        let acts = self.next_due().is_some_and(|due| due <= self.now);
        if acts {
            self.with_device(|silicon, now, lines| silicon.advance(now, lines));
        }
        acts
    }

    fn has_caught(&mut self, _: &str) -> bool {
        false
    }

    fn device_waits(&mut self) -> DeviceWaits {
        self.silicon.device_waits()
    }
}

/// The device's way into the host, on which the truth is lost.
struct Lines<'a> {
    memory: &'a mut HostMemory,
    vectors: &'a mut Vectors,
    lies: &'a mut Lies,
    seen: &'a mut VecDeque<Iova>,
    endpoint: Function,
}

impl Lines<'_> {
    fn note(&mut self, at: Iova) {
        if self.seen.len() == MOST_SEEN {
            self.seen.pop_front();
        }
        self.seen.push_back(at);
    }
}

impl Buses for Lines<'_> {
    fn bus(&mut self, endpoint: Function) -> &mut dyn HostBus {
        self.endpoint = endpoint;
        self
    }
}

impl HostBus for Lines<'_> {
    fn dma_read(&mut self, at: Iova, into: &mut [u8]) -> Result<(), DmaFault> {
        if into.len() != SIGNATURE {
            self.note(at);
        }
        self.memory.dma_read(at, into)
    }

    fn dma_write(&mut self, at: Iova, from: &[u8]) -> Result<(), DmaFault> {
        if from.len() != SIGNATURE {
            self.note(at);
        }
        match self.lies.written(from) {
            Some(lie) => self.memory.dma_write(at, &lie),
            None => Ok(()),
        }
    }

    fn interrupt(&mut self, vector: u16) {
        let line = (self.endpoint, vector);
        let times = match self.lies.byte() {
            0..=0xf7 => 1,
            0xf8..=0xfb => 0,
            _ => 2,
        };
        if self.vectors.is_enabled(line) {
            (0..times).for_each(|_| self.vectors.force(line));
        }
    }
}
