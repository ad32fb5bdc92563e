//! What a device asks of the virtual machine monitor that it is in.

use device_pci::MsiMessage;
use prm::link::DmaFault;
use prm::{Function, Iova};

/// The bus above a device: a machine's memory, and its interrupts. [`VirtualDevice`](crate::VirtualDevice) calls it during the
/// accesses and the time that cause it, and never otherwise.
///
/// `function` is the PCI function that does it, so that an IOMMU can give each its own addresses. What scalable functions do,
/// their PF does.
pub trait VmmBus {
    /// Reads the machine's memory at a bus address.
    ///
    /// # Errors
    /// [`DmaFault`] when a byte of the range is no memory; nothing is promised about `into` then.
    fn dma_read(&mut self, function: Function, at: Iova, into: &mut [u8]) -> Result<(), DmaFault>;

    /// Writes the machine's memory at a bus address.
    ///
    /// # Errors
    /// [`DmaFault`] when a byte of the range is no memory; nothing is to be written then.
    fn dma_write(&mut self, function: Function, at: Iova, from: &[u8]) -> Result<(), DmaFault>;

    /// Delivers an interrupt: MSI-X is on, and the vector is not masked. The message is what the machine's driver has written
    /// into the table: whoever signals messages (`KVM_SIGNAL_MSI`) takes address and data, whoever has a line for each vector
    /// (`KVM_IRQFD`) takes the vector.
    fn interrupt(&mut self, function: Function, message: MsiMessage);
}
