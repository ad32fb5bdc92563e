//! What the drivers of a world reach: the functions of a device, the host's memory, a clock.

use crate::frames::Frames;
use crate::memory::HostMemory;
use crate::name::ActName;
use prm::link::{BusError, DeviceWaits};
use prm::{Cycles, Function};

/// Which of the things that a device has yet to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Acts {
    /// Those that are due by now.
    Due,
    /// Those that happen without anybody's doing, whenever that is.
    InService,
}

/// A device, the memory that it shares with its host, and the clock that both go by.
///
/// Offsets of registers are bytes from the start of BAR 0 (of an SF: of its window in BAR 2), values are plain integers. What
/// fails for good tells so by every later access: a world goes on without it, until its drivers have given up.
pub trait Machine: 'static {
    /// How this machine has its memory.
    type Frames: Frames;
    /// What it calls the things that it does by itself.
    type Act: ActName;

    /// The present time.
    fn now(&self) -> Cycles;

    /// The host's memory.
    fn memory(&self) -> &HostMemory<Self::Frames>;

    /// The host's memory, to change.
    fn memory_mut(&mut self) -> &mut HostMemory<Self::Frames>;

    /// Reads a 32-bit register.
    ///
    /// # Errors
    /// [`BusError`] when the access does not reach the function, or its answer does not come back.
    fn read_register(&mut self, endpoint: Function, offset: u32) -> Result<u32, BusError>;

    /// Reads one byte of a register.
    ///
    /// # Errors
    /// As [`Self::read_register`].
    fn read_register_byte(&mut self, endpoint: Function, offset: u32) -> Result<u8, BusError>;

    /// Writes a 32-bit register. The write is posted.
    ///
    /// # Errors
    /// [`BusError`] when the bus does not take it.
    fn write_register(&mut self, endpoint: Function, offset: u32, value: u32) -> Result<(), BusError>;

    /// Resets a function, as its host does through its configuration space.
    ///
    /// # Errors
    /// [`BusError`] when the host cannot.
    fn reset_function(&mut self, endpoint: Function) -> Result<(), BusError>;

    /// Has a vector of a function told to its driver from here on.
    ///
    /// # Errors
    /// [`BusError`] when the host cannot.
    fn enable_vector(&mut self, endpoint: Function, vector: u16) -> Result<(), BusError>;

    /// Undoes [`Self::enable_vector`]. An edge that is on its way arrives.
    ///
    /// # Errors
    /// [`BusError`] when the host cannot.
    fn disable_vector(&mut self, endpoint: Function, vector: u16) -> Result<(), BusError>;

    /// Learns what has come of what was done to the device since this was last called: the interrupts it raised, what is due.
    /// Returns whether the device has acted by itself meanwhile, as one on a wall clock does. There is nothing to learn where the
    /// device is in this process.
    fn catch_up(&mut self) -> bool;

    /// Somebody else has acted on the device, by an order to its firmware: [`Self::catch_up`] has something to learn.
    fn note_act(&mut self);

    /// The oldest interrupt that nobody has taken yet. A vector that is not enabled is masked; an edge that is not taken yet is
    /// one edge.
    fn take_interrupt(&mut self) -> Option<(Function, u16)>;

    /// The interrupts that nobody has taken, oldest first.
    fn raised(&mut self) -> Vec<(Function, u16)>;

    /// Takes one of them. Returns whether it was there.
    fn take_raised(&mut self, vector: (Function, u16)) -> bool;

    /// What the device has yet to do, in order of time: what is due by now, or else what happens by itself, whatever the clock says.
    /// Nothing where it decides that itself.
    fn acts(&self, which: Acts) -> Vec<Self::Act>;

    /// Has the device do one of that. Returns whether it was there.
    fn act(&mut self, name: Self::Act) -> bool;

    /// From here on the device fetches a command at some time after its doorbell was rung, as an act of its own, and in any order; or
    /// it fetches each at once again. A device that decides that itself goes on as it does.
    fn fetch_later(&mut self, later: bool);

    /// Moves the clock to `at`, unless it is later already, and nothing else. Returns whether something is due then; nothing where
    /// a device does by itself what is due.
    fn set_clock(&mut self, at: Cycles) -> Option<bool>;

    /// The first time that an act of the device has touched what it had not declared, in words, where that can be seen.
    fn surprise(&self) -> Option<String>;

    /// When the device acts next by itself, as last learned.
    fn next_due(&self) -> Option<Cycles>;

    /// Whether it works on a command, as last learned.
    fn is_in_service(&self) -> bool;

    /// Moves the clock to `at`, unless it is later already, and lets the device do what is due by then. Returns whether it acted.
    fn advance_to(&mut self, at: Cycles) -> bool;

    /// Whether the gate's hold of this name has caught a command.
    fn has_caught(&mut self, hold: &str) -> bool;

    /// What firmware waits for.
    fn device_waits(&mut self) -> DeviceWaits;
}
