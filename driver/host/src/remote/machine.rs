//! A machine whose device is elsewhere.
//!
//! What the device has done is learnt by asking it, over its clock's port: before anybody looks at interrupts, and whenever
//! the clock moves. In between it does nothing by itself, because its clock stands still. So everything happens in the order
//! in which it happens in one process.
//!
//! A device that cannot be asked any more is gone: registers answer nobody, no interrupt comes, and time passes without
//! it. What the driver does then is the driver's business.

use super::bus::RemoteBus;
use super::edges::Edges;
use super::frames::{MappedFrames, NOBODYS};
use super::line::{FRAME, SharedLine};
use super::port::TimePort;
use crate::holdings::StrayKind;
use crate::machine::{Acts, Machine};
use crate::memory::HostMemory;
use crate::name::NoAct;
use prm::link::{BusError, DeviceWaits, MappingFailed, TimeAnswer, TimeOrder};
use prm::{Cycles, Function};
use std::fmt;

/// See the module's head.
pub struct RemoteMachine<B: RemoteBus, T: TimePort> {
    line: SharedLine<B>,
    port: T,
    memory: HostMemory<MappedFrames<B>>,
    now: Cycles,
    edges: Edges,
    /// What the device has told last, except of the past.
    told: Told,
    /// Something was done to the device since it was asked.
    dirty: bool,
    /// The device has told that it acted, and nobody was told of it.
    acted: bool,
    /// Nobody answers for the device.
    gone: bool,
    /// What went wrong first.
    failure: Option<String>,
}

/// How a device says that it goes on.
#[derive(Debug, Default)]
struct Told {
    next_due: Option<Cycles>,
    in_service: bool,
    caught: Vec<String>,
}

impl<B: RemoteBus, T: TimePort> RemoteMachine<B, T> {
    /// A machine with pages of `page_bytes` on a bus, at the time that the device's clock shows.
    ///
    /// # Errors
    /// [`MappingFailed`] where the bus has no memory to share.
    pub fn new(mut bus: B, port: T, page_bytes: u64) -> Result<Self, MappingFailed> {
        bus.map(NOBODYS, 0, FRAME)?;
        let line = SharedLine::new(bus);
        let mut machine = Self {
            memory: HostMemory::with_frames(MappedFrames::new(line.clone()), page_bytes),
            line,
            port,
            now: Cycles::ZERO,
            edges: Edges::default(),
            told: Told::default(),
            dirty: true,
            acted: false,
            gone: false,
            failure: None,
        };
        machine.refresh();
        Ok(machine)
    }

    /// What has gone wrong first between this host and its device, in words; `None` while nothing has.
    #[must_use]
    pub fn failure(&self) -> Option<&str> {
        self.failure.as_deref()
    }

    /// The way to the device's clock, for what else goes that way.
    pub const fn port(&mut self) -> &mut T {
        &mut self.port
    }

    /// Does something with the bus.
    pub fn with_bus<R>(&mut self, act: impl FnOnce(&mut B) -> R) -> R {
        act(self.line.get().bus())
    }

    /// Asks the device, and learns what it tells.
    fn ask(&mut self, order: &TimeOrder) -> Option<TimeAnswer> {
        if self.gone {
            return None;
        }
        let flushed = self.line.get().flush();
        let answer = flushed.and_then(|()| self.port.ask(order));
        match answer {
            Ok(answer) => {
                self.dirty = false;
                Some(self.learn(answer))
            }
            Err(error) => {
                self.lose(error);
                None
            }
        }
    }

    /// Asks the device how it stands, if something was done to it since.
    fn refresh(&mut self) {
        if self.dirty {
            self.ask(&TimeOrder::default());
        }
    }

    /// Nobody answers for the device any more.
    fn lose(&mut self, error: BusError) {
        self.gone = true;
        self.dirty = false;
        self.told = Told::default();
        let why = self.port.trouble().or_else(|| self.line.get().bus().trouble());
        self.note_failure(|| format!("the device's clock: {}", why.unwrap_or_else(|| error.to_string())));
    }

    fn note_failure(&mut self, words: impl FnOnce() -> String) {
        if self.failure.is_none() {
            let words = words();
            tracing::warn!(actor = "host", "{words}");
            self.failure = Some(words);
        }
    }

    /// Takes out of an answer what concerns the host; returns the rest.
    fn learn(&mut self, mut answer: TimeAnswer) -> TimeAnswer {
        self.acted |= answer.acted;
        // INVARIANT: the clock never goes back.
        self.now = self.now.max(Cycles(answer.now_ns));
        self.told = Told {
            next_due: answer.next_due_ns.map(Cycles),
            in_service: answer.in_service,
            caught: std::mem::take(&mut answer.caught),
        };
        for stray in std::mem::take(&mut answer.strays) {
            let kind = match (stray.reached, stray.write) {
                (false, false) => StrayKind::DeviceRead,
                (false, true) => StrayKind::DeviceWrite,
                (true, false) => StrayKind::LowMemoryRead,
                (true, true) => StrayKind::LowMemoryWrite,
            };
            self.memory.stray(kind, stray.at, stray.bytes);
        }
        let raised = std::mem::take(&mut answer.interrupts);
        if !raised.is_empty() {
            let arrived = self.line.get().bus().take_edges(&raised);
            for (line, arrived) in raised.into_iter().zip(arrived) {
                if arrived {
                    self.edges.raise(line);
                } else {
                    let (endpoint, vector) = line;
                    self.note_failure(|| {
                        format!("vector {vector} of {endpoint} was raised, and nothing came")
                    });
                }
            }
        }
        answer
    }

    /// Reaches a function, and notes where that fails.
    fn reach<R>(
        &mut self,
        endpoint: Function,
        what: impl FnOnce() -> Access,
        act: impl FnOnce(&SharedLine<B>) -> Result<R, BusError>,
    ) -> Result<R, BusError> {
        if self.gone {
            return Err(BusError::Gone);
        }
        let reached = act(&self.line);
        if let Err(error) = reached {
            let why = self.line.get().bus().trouble();
            let why = why.unwrap_or_else(|| error.to_string());
            self.note_failure(|| format!("{} of {endpoint}: {why}", what()));
        }
        reached
    }
}

/// What an access was to do, for people.
enum Access {
    Read(u32),
    Write(u32),
    Reset,
    Vector(u16),
}

impl fmt::Display for Access {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Read(offset) => write!(f, "reading the register at {offset:#x}"),
            Self::Write(offset) => write!(f, "writing the register at {offset:#x}"),
            Self::Reset => f.write_str("the reset"),
            Self::Vector(vector) => write!(f, "vector {vector}"),
        }
    }
}

impl<B: RemoteBus, T: TimePort> Machine for RemoteMachine<B, T> {
    type Frames = MappedFrames<B>;
    type Act = NoAct;

    fn now(&self) -> Cycles {
        self.now
    }

    fn memory(&self) -> &HostMemory<MappedFrames<B>> {
        &self.memory
    }

    fn memory_mut(&mut self) -> &mut HostMemory<MappedFrames<B>> {
        &mut self.memory
    }

    fn read_register(&mut self, endpoint: Function, offset: u32) -> Result<u32, BusError> {
        let mut bytes = [0; 4];
        let read = |line: &SharedLine<B>| line.get().with(endpoint)?.read(endpoint, offset, &mut bytes);
        self.reach(endpoint, || Access::Read(offset), read)?;
        Ok(u32::from_be_bytes(bytes))
    }

    fn read_register_byte(&mut self, endpoint: Function, offset: u32) -> Result<u8, BusError> {
        let mut byte = [0];
        let read = |line: &SharedLine<B>| line.get().with(endpoint)?.read(endpoint, offset, &mut byte);
        self.reach(endpoint, || Access::Read(offset), read)?;
        Ok(byte[0])
    }

    fn write_register(&mut self, endpoint: Function, offset: u32, value: u32) -> Result<(), BusError> {
        self.dirty = true;
        let bytes = value.to_be_bytes();
        let write = |line: &SharedLine<B>| line.get().with_posted(endpoint)?.write(endpoint, offset, &bytes);
        self.reach(endpoint, || Access::Write(offset), write)
    }

    fn reset_function(&mut self, endpoint: Function) -> Result<(), BusError> {
        self.dirty = true;
        let reset = |line: &SharedLine<B>| line.get().with_posted(endpoint)?.reset(endpoint);
        self.reach(endpoint, || Access::Reset, reset)
    }

    fn enable_vector(&mut self, endpoint: Function, vector: u16) -> Result<(), BusError> {
        // What was raised before is not told.
        self.refresh();
        let open = |line: &SharedLine<B>| line.get().with(endpoint).map(|_| ());
        self.reach(endpoint, || Access::Vector(vector), open)?;
        self.edges.enable((endpoint, vector));
        Ok(())
    }

    fn disable_vector(&mut self, endpoint: Function, vector: u16) -> Result<(), BusError> {
        // What was raised before still arrives.
        self.refresh();
        self.edges.disable((endpoint, vector));
        Ok(())
    }

    fn catch_up(&mut self) -> bool {
        self.refresh();
        std::mem::take(&mut self.acted)
    }

    fn note_act(&mut self) {
        self.dirty = true;
    }

    fn take_interrupt(&mut self) -> Option<(Function, u16)> {
        self.refresh();
        self.edges.take()
    }

    fn raised(&mut self) -> Vec<(Function, u16)> {
        self.refresh();
        self.edges.raised()
    }

    fn take_raised(&mut self, vector: (Function, u16)) -> bool {
        self.edges.take_one(vector)
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
        // Whoever serves the device sees to it.
        None
    }

    fn next_due(&self) -> Option<Cycles> {
        self.told.next_due
    }

    fn is_in_service(&self) -> bool {
        self.told.in_service
    }

    fn advance_to(&mut self, at: Cycles) -> bool {
        self.ask(&TimeOrder {
            advance_to_ns: Some(at.0),
            waits: false,
        });
        if self.gone {
            self.now = self.now.max(at);
        }
        std::mem::take(&mut self.acted)
    }

    fn has_caught(&mut self, hold: &str) -> bool {
        self.refresh();
        self.told.caught.iter().any(|caught| caught == hold)
    }

    fn device_waits(&mut self) -> DeviceWaits {
        let answer = self.ask(&TimeOrder {
            advance_to_ns: None,
            waits: true,
        });
        answer.and_then(|answer| answer.waits).unwrap_or_default()
    }
}
