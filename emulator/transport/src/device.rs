//! What is served: a PCI device behind a trait, and what the device may ask of its host.

use crate::errno::Errno;
use vfio_bindings::bindings::vfio::{
    VFIO_IRQ_INFO_AUTOMASKED, VFIO_IRQ_INFO_EVENTFD, VFIO_IRQ_INFO_MASKABLE, VFIO_REGION_INFO_FLAG_READ,
    VFIO_REGION_INFO_FLAG_WRITE,
};

/// A region of the device: BAR, ROM or configuration space ("`VFIO_USER_DEVICE_GET_REGION_INFO`").
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct RegionInfo {
    /// Bytes; 0 for a region that is absent.
    pub size: u64,
    /// `VFIO_REGION_INFO_FLAG_READ` and `VFIO_REGION_INFO_FLAG_WRITE`; an access without its flag is refused.
    pub flags: u32,
}

impl RegionInfo {
    /// A region that may be read and written.
    #[must_use]
    pub const fn read_write(size: u64) -> Self {
        Self {
            size,
            flags: VFIO_REGION_INFO_FLAG_READ | VFIO_REGION_INFO_FLAG_WRITE,
        }
    }
}

/// The interrupts of one index, for example MSI-X ("`VFIO_USER_DEVICE_GET_IRQ_INFO`").
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct IrqInfo {
    /// Number of vectors; 0 for an index that is absent.
    pub count: u32,
    /// `VFIO_IRQ_INFO_*`.
    pub flags: u32,
}

impl IrqInfo {
    /// Vectors that are signalled through eventfds and cannot be masked: MSI, MSI-X, error, request.
    #[must_use]
    pub const fn edge(count: u32) -> Self {
        Self {
            count,
            flags: VFIO_IRQ_INFO_EVENTFD,
        }
    }

    /// One level interrupt (INTx) that masks itself whenever it is signalled.
    #[must_use]
    pub const fn level() -> Self {
        Self {
            count: 1,
            flags: VFIO_IRQ_INFO_EVENTFD | VFIO_IRQ_INFO_MASKABLE | VFIO_IRQ_INFO_AUTOMASKED,
        }
    }
}

/// The shape of a device, read once when a client connects ("`VFIO_USER_DEVICE_GET_INFO`").
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DeviceInfo {
    /// By region index; `VFIO_PCI_*_REGION_INDEX` for a PCI device.
    pub regions: Vec<RegionInfo>,
    /// By interrupt index; `VFIO_PCI_*_IRQ_INDEX` for a PCI device.
    pub irqs: Vec<IrqInfo>,
}

/// A PCI device that can be reset and that clients see through regions and interrupts.
///
/// The transport has checked every access: the region exists, its flags allow it, `offset` and length lie inside,
/// the length is not 0. So `offset + data.len()` cannot overflow.
pub trait Device {
    /// The shape of the device.
    fn info(&self) -> DeviceInfo;

    /// Reads registers. `data` holds zeros.
    ///
    /// # Errors
    /// The number is sent to the client; QEMU then lets the guest read all ones.
    fn region_read(
        &mut self,
        region: u32,
        offset: u64,
        data: &mut [u8],
        host: &mut dyn Host,
    ) -> Result<(), Errno>;

    /// Writes registers.
    ///
    /// # Errors
    /// The number is sent to the client, unless the write was posted: then the failure stays here.
    fn region_write(
        &mut self,
        region: u32,
        offset: u64,
        data: &[u8],
        host: &mut dyn Host,
    ) -> Result<(), Errno>;

    /// `VFIO_USER_DEVICE_RESET`. DMA maps and armed interrupts stay as they are.
    fn reset(&mut self, host: &mut dyn Host);

    /// A client has connected; it has no maps and no interrupts yet.
    fn connected(&mut self) {}

    /// The client is gone, and so are its maps and interrupts. The next one expects a clean device.
    fn disconnected(&mut self) {}
}

/// What a device may ask of the host it is plugged into, within an access and at any other time.
pub trait Host {
    /// Reads client memory. One access may lie on several maps.
    ///
    /// # Errors
    /// If any byte of the range is not mapped for reading, nothing is read.
    fn dma_read(&mut self, iova: u64, into: &mut [u8]) -> Result<(), DmaError>;

    /// Writes client memory. One access may lie on several maps.
    ///
    /// # Errors
    /// If any byte of the range is not mapped for writing, nothing is written.
    fn dma_write(&mut self, iova: u64, from: &[u8]) -> Result<(), DmaError>;

    /// Raises an interrupt.
    fn trigger(&mut self, irq_index: u32, vector: u32) -> Delivery;
}

/// What became of an interrupt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Delivery {
    /// The client's eventfd was signalled.
    Signalled,
    /// The vector is masked: signalled when the client unmasks it.
    Pending,
    /// No eventfd is armed, or there is no such vector: lost, as on hardware that is not enabled.
    Lost,
}

/// Why client memory could not be accessed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DmaError {
    /// No map holds this address.
    #[error("DMA address {0:#x} is not mapped")]
    Unmapped(u64),
    /// The map that holds this address does not allow the access.
    #[error("DMA address {0:#x} does not allow the access")]
    Denied(u64),
    /// The file behind the map failed, for example because the client truncated it.
    #[error("memory file of the client: {0}")]
    File(Errno),
    /// The client refused a DMA message.
    #[error("the client refused the DMA message: {0}")]
    Refused(Errno),
    /// The client did not answer a DMA message in time, or has one to answer still.
    #[error("the client did not answer the DMA message in time")]
    TimedOut,
    /// The client answered a DMA message with something else, or sent more than can be held meanwhile.
    #[error("the client did not answer the DMA message as the protocol asks")]
    Protocol,
    /// The client is gone.
    #[error("the client is gone")]
    Disconnected,
}
