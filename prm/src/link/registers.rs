//! A function's registers, as its driver sees them.

use super::BusError;

/// The registers of one function.
///
/// Values are plain integers: whoever implements this swaps from the big-endian order of the wire. Offsets are bytes from
/// the start of BAR 0 (of an SF: of its window in BAR 2).
pub trait Registers {
    /// Reads a 32-bit register.
    ///
    /// # Errors
    /// [`BusError`] when the access does not reach the function, or its answer does not come back.
    fn read(&mut self, offset: u32) -> Result<u32, BusError>;

    /// Reads one byte of a register (the health buffer has byte-sized fields).
    ///
    /// # Errors
    /// As [`Self::read`].
    fn read_byte(&mut self, offset: u32) -> Result<u8, BusError>;

    /// Writes a 32-bit register. The write is posted: success says that the bus has taken it.
    ///
    /// # Errors
    /// [`BusError`] when the bus does not take it.
    fn write(&mut self, offset: u32, value: u32) -> Result<(), BusError>;

    /// Resets the function (PCI Express: Initiate Function Level Reset).
    ///
    /// # Errors
    /// [`BusError`] when the host cannot.
    fn reset_function(&mut self) -> Result<(), BusError>;
}
