//! What joins this host with a device that is elsewhere: registers, memory, interrupts.

use prm::link::{BusError, MappingFailed};
use prm::{Function, Iova};

/// The functions of a device on a real bus, and the memory that they share with this host.
///
/// Memory is one window that this host reads and writes by its byte offset. The device reaches what is mapped of it, by bus
/// addresses, whichever of its functions asks. Once a function has failed to answer, it does not answer again.
pub trait RemoteBus: 'static {
    /// Makes a function ready for its first access: connects to it, lets it master the bus, has its vectors reported, and
    /// lets it reach what is mapped by now. An SF is reached through its PF.
    ///
    /// # Errors
    /// [`BusError::Gone`] where nobody answers for the function.
    fn open(&mut self, endpoint: Function) -> Result<(), BusError>;

    /// Reads registers at a byte offset: the bytes as they are on the wire, where registers are big-endian.
    ///
    /// # Errors
    /// [`BusError`] when the access does not reach the function, or its answer does not come back.
    fn read(&mut self, endpoint: Function, offset: u32, into: &mut [u8]) -> Result<(), BusError>;

    /// Writes registers, as [`Self::read`] reads them. It may be posted: [`Self::flush`] tells when it has arrived.
    ///
    /// # Errors
    /// [`BusError`] when the bus does not take it.
    fn write(&mut self, endpoint: Function, offset: u32, from: &[u8]) -> Result<(), BusError>;

    /// Resets a function. It masters the bus afterwards as before, and its vectors are reported.
    ///
    /// # Errors
    /// [`BusError`] when it could not.
    fn reset(&mut self, endpoint: Function) -> Result<(), BusError>;

    /// Takes the interrupts that the device says it has raised since it was last asked, oldest first; for each, whether it
    /// has arrived here. It waits for what is still on its way, for a bounded time on the wall clock. What a vector cannot
    /// tell apart has arrived as one.
    fn take_edges(&mut self, raised: &[(Function, u16)]) -> Vec<bool>;

    /// Waits until everything that was posted has arrived at the device, and every map and unmap too.
    ///
    /// # Errors
    /// [`BusError`] when that cannot be known.
    fn flush(&mut self) -> Result<(), BusError>;

    /// Reads memory from a byte offset of the window on. What nobody has written is zero.
    ///
    /// # Errors
    /// [`BusError`] when it cannot be reached.
    fn read_window(&self, at: u64, into: &mut [u8]) -> Result<(), BusError>;

    /// Writes memory from a byte offset of the window on.
    ///
    /// # Errors
    /// [`BusError`] when it cannot be reached.
    fn write_window(&self, at: u64, from: &[u8]) -> Result<(), BusError>;

    /// Sets whole 4 KiB frames of the window to zero. `at` and `bytes` are multiples of 4096.
    ///
    /// # Errors
    /// [`BusError`] when they cannot be reached.
    fn clear_window(&self, at: u64, bytes: u64) -> Result<(), BusError> {
        const ZEROS: [u8; 4096] = [0; 4096];
        (0..bytes / 4096).try_for_each(|frame| self.write_window(at + frame * 4096, &ZEROS))
    }

    /// How large the window can get, in bytes.
    fn window_bytes(&self) -> u64;

    /// Lets the device read and write a range of the window under a bus address. Everything is a multiple of 4096.
    ///
    /// # Errors
    /// [`MappingFailed`] when the host or the bus refuses; then nothing of it is mapped.
    fn map(&mut self, iova: Iova, at: u64, bytes: u64) -> Result<(), MappingFailed>;

    /// Undoes a [`Self::map`], the whole of it. A device that has gone reaches nothing any more.
    ///
    /// # Errors
    /// [`BusError`] when the device may still reach the range.
    fn unmap(&mut self, iova: Iova, bytes: u64) -> Result<(), BusError>;

    /// What has gone wrong with the bus first, in words for people.
    fn trouble(&self) -> Option<String> {
        None
    }
}
