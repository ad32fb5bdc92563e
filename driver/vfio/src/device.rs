//! A function's registers, configuration space and interrupts, through its descriptor.

use crate::calls::{self, exchange};
use crate::error::VfioError;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use vfio_bindings::bindings::vfio::{VFIO_PCI_MSIX_IRQ_INDEX, vfio_irq_info, vfio_region_info};

/// Where a region is in a device's descriptor, in bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Region {
    offset: u64,
    length: u64,
}

/// See the module's head.
#[derive(Debug)]
pub(crate) struct Device(OwnedFd);

impl Device {
    /// The device behind a descriptor.
    pub(crate) const fn new(descriptor: OwnedFd) -> Self {
        Self(descriptor)
    }

    /// A region by its index; one of no length where the function does not have it.
    pub(crate) fn region(&self, index: u32) -> Result<Region, VfioError> {
        let mut info = vfio_region_info {
            index,
            ..Default::default()
        };
        exchange(self.0.as_fd(), &mut info).map_err(VfioError::call("look at a region"))?;
        Ok(Region {
            offset: info.offset,
            length: info.size,
        })
    }

    /// How many MSI-X vectors it has.
    pub(crate) fn vectors(&self) -> Result<u32, VfioError> {
        let mut info = vfio_irq_info {
            index: VFIO_PCI_MSIX_IRQ_INDEX,
            ..Default::default()
        };
        exchange(self.0.as_fd(), &mut info).map_err(VfioError::call("look at the vectors"))?;
        Ok(info.count)
    }

    /// Has the MSI-X vectors from 0 on told to these eventfds.
    pub(crate) fn arm<'a>(
        &self,
        eventfds: impl ExactSizeIterator<Item = BorrowedFd<'a>>,
    ) -> Result<(), VfioError> {
        calls::arm(self.0.as_fd(), eventfds).map_err(VfioError::call("arm the vectors"))
    }

    /// Reads from a byte offset of a region on.
    pub(crate) fn read(&self, region: Region, at: u64, into: &mut [u8]) -> Result<(), VfioError> {
        let what = "read registers";
        let place = region.place(at, into.len())?;
        let done = rustix::io::pread(&self.0, &mut *into, place).map_err(VfioError::call(what))?;
        whole(what, done, into.len())
    }

    /// Writes from a byte offset of a region on.
    pub(crate) fn write(&self, region: Region, at: u64, from: &[u8]) -> Result<(), VfioError> {
        let what = "write registers";
        let place = region.place(at, from.len())?;
        let done = rustix::io::pwrite(&self.0, from, place).map_err(VfioError::call(what))?;
        whole(what, done, from.len())
    }
}

impl Region {
    /// Its length in bytes.
    pub(crate) const fn length(self) -> u64 {
        self.length
    }

    fn place(self, at: u64, bytes: usize) -> Result<u64, VfioError> {
        let bytes = bytes as u64;
        match at.checked_add(bytes) {
            Some(end) if end <= self.length => Ok(self.offset + at),
            _ => Err(VfioError::Outside { at, bytes }),
        }
    }
}

fn whole(what: &'static str, done: usize, wanted: usize) -> Result<(), VfioError> {
    if done == wanted {
        return Ok(());
    }
    let (done, wanted) = (done as u64, wanted as u64);
    Err(VfioError::Part { what, done, wanted })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_access_is_inside_its_region() {
        let region = Region {
            offset: 1 << 40,
            length: 16,
        };
        assert_eq!(region.place(12, 4), Ok((1 << 40) + 12));
        for at in [13, 16, u64::MAX] {
            assert!(region.place(at, 4).is_err(), "{at}");
        }
        assert!(Region::default().place(0, 1).is_err());
    }
}
