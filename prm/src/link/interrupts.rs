//! A function's interrupt vectors, as its driver sees them.

use super::BusError;

/// The MSI-X vectors of one function.
///
/// A vector that fires is told to the driver by whoever owns it, as a kernel calls a handler. Before it is enabled and
/// after it is disabled it does not fire.
pub trait Interrupts {
    /// Has a vector told to the driver from here on (`request_irq`).
    ///
    /// # Errors
    /// [`BusError`] when the host cannot.
    fn enable(&mut self, vector: u16) -> Result<(), BusError>;

    /// Undoes [`Self::enable`] (`free_irq`).
    ///
    /// # Errors
    /// [`BusError`] when the host cannot; the vector may still fire then.
    fn disable(&mut self, vector: u16) -> Result<(), BusError>;
}
