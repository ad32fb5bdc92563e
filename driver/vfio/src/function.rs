//! One function that is open: its registers, its vectors, its reset.

use crate::address::PciAddress;
use crate::container::Group;
use crate::device::{Device, Region};
use crate::error::VfioError;
use crate::reset;
use crate::vectors::Vectors;
use std::rc::Rc;
use vfio_bindings::bindings::vfio::{
    VFIO_PCI_BAR0_REGION_INDEX, VFIO_PCI_BAR2_REGION_INDEX, VFIO_PCI_CONFIG_REGION_INDEX,
};

/// Configuration space: offset of the command register in bytes, and its bits for memory space and bus mastering (PCI Local Bus
/// Specification 3.0, 6.2.2).
const COMMAND: u64 = 4;
const MEMORY_SPACE: u16 = 1 << 1;
const BUS_MASTER: u16 = 1 << 2;

/// See the module's head.
#[derive(Debug)]
pub(crate) struct OpenFunction {
    address: PciAddress,
    vectors: Vectors,
    own: Region,
    scalable: Region,
    configuration: Region,
    // The device is closed before its group leaves the container, which otherwise refuses.
    device: Device,
    _group: Rc<Group>,
}

impl OpenFunction {
    /// Opens a function of a group, and has all its vectors told.
    pub(crate) fn open(group: Rc<Group>, address: PciAddress) -> Result<Self, VfioError> {
        let device = reset::without(&address, || group.open(&address))?;
        let vectors = Vectors::new(device.vectors()?)?;
        let own = device.region(VFIO_PCI_BAR0_REGION_INDEX)?;
        if own.length() == 0 || vectors.eventfds().len() == 0 {
            return Err(VfioError::NoSuchDevice(address));
        }
        device.arm(vectors.eventfds())?;
        Ok(Self {
            vectors,
            own,
            scalable: device.region(VFIO_PCI_BAR2_REGION_INDEX)?,
            configuration: device.region(VFIO_PCI_CONFIG_REGION_INDEX)?,
            device,
            _group: group,
            address,
        })
    }

    /// Lets the function reach memory and raise interrupts, and forgets what it has raised.
    pub(crate) fn enable(&self) -> Result<(), VfioError> {
        let mut bytes = [0; 2];
        self.device.read(self.configuration, COMMAND, &mut bytes)?;
        let command = u16::from_le_bytes(bytes) | MEMORY_SPACE | BUS_MASTER;
        self.device
            .write(self.configuration, COMMAND, &command.to_le_bytes())?;
        self.vectors.clear();
        Ok(())
    }

    /// BAR 0.
    pub(crate) const fn own(&self) -> Region {
        self.own
    }

    /// BAR 2: the windows of SFs.
    pub(crate) const fn scalable(&self) -> Region {
        self.scalable
    }

    /// Its registers.
    pub(crate) const fn device(&self) -> &Device {
        &self.device
    }

    /// Its vectors.
    pub(crate) const fn vectors(&self) -> &Vectors {
        &self.vectors
    }

    /// Resets it.
    pub(crate) fn reset(&self) -> Result<(), VfioError> {
        reset::order(&self.address)
    }

    /// Reads a register that means nothing: what was posted before it has arrived once it is answered.
    pub(crate) fn flush(&self) -> Result<(), VfioError> {
        self.device.read(self.own, 0, &mut [0; 4])
    }
}
