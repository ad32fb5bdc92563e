//! An address space of bus addresses, and the groups of functions that share it.

use crate::address::PciAddress;
use crate::calls::{self, Plain, exchange, plain};
use crate::device::Device;
use crate::error::VfioError;
use crate::window::Window;
use prm::Iova;
use rustix::fs::{Mode, OFlags, open};
use std::ffi::CString;
use std::fs;
use std::os::fd::{AsFd, OwnedFd};
use std::path::PathBuf;
use vfio_bindings::bindings::vfio::{
    VFIO_API_VERSION, VFIO_GROUP_FLAGS_VIABLE, VFIO_TYPE1v2_IOMMU, vfio_group_status,
    vfio_iommu_type1_dma_unmap,
};

fn open_file(path: &str, what: &'static str) -> Result<OwnedFd, VfioError> {
    open(path, OFlags::RDWR | OFlags::CLOEXEC, Mode::empty()).map_err(VfioError::call(what))
}

/// See the module's head.
#[derive(Debug)]
pub(crate) struct Container(OwnedFd);

impl Container {
    /// An empty container.
    pub(crate) fn open() -> Result<Self, VfioError> {
        let fd = open_file("/dev/vfio/vfio", "open /dev/vfio/vfio")?;
        let version = plain(fd.as_fd(), Plain::GetApiVersion, 0);
        let type1 = plain(fd.as_fd(), Plain::CheckExtension, VFIO_TYPE1v2_IOMMU);
        let speaks = version.is_ok_and(|version| u32::try_from(version) == Ok(VFIO_API_VERSION));
        if speaks && type1 == Ok(1) {
            Ok(Self(fd))
        } else {
            Err(VfioError::NoContainer)
        }
    }

    /// Makes the address space, once the first group is in.
    pub(crate) fn set_iommu(&self) -> Result<(), VfioError> {
        plain(self.0.as_fd(), Plain::SetIommu, VFIO_TYPE1v2_IOMMU)
            .map(drop)
            .map_err(VfioError::call("set the IOMMU"))
    }

    /// Lets every group's device read and write a part of a window. Everything is a multiple of 4096.
    pub(crate) fn map(&self, iova: Iova, window: &Window, at: u64, bytes: u64) -> Result<(), VfioError> {
        calls::map(self.0.as_fd(), iova, window, at, bytes)
    }

    /// Undoes all of [`Self::map`] in a range of bus addresses.
    pub(crate) fn unmap(&self, iova: Iova, bytes: u64) -> Result<(), VfioError> {
        let what = "unmap memory";
        let mut range = vfio_iommu_type1_dma_unmap {
            iova: iova.0,
            size: bytes,
            ..Default::default()
        };
        exchange(self.0.as_fd(), &mut range).map_err(VfioError::call(what))?;
        // The kernel tells how much of the range was mapped.
        if range.size == bytes {
            return Ok(());
        }
        let (done, wanted) = (range.size, bytes);
        Err(VfioError::Part { what, done, wanted })
    }
}

/// What the IOMMU can tell apart: one function, as a rule. It is in a container as long as it lives.
#[derive(Debug)]
pub(crate) struct Group(OwnedFd);

impl Group {
    /// The number of a function's group.
    pub(crate) fn of(address: &PciAddress) -> Result<u32, VfioError> {
        let link = format!("/sys/bus/pci/devices/{address}/iommu_group");
        let number = |path: PathBuf| path.file_name()?.to_str()?.parse().ok();
        fs::read_link(link)
            .ok()
            .and_then(number)
            .ok_or_else(|| VfioError::NoGroup(address.clone()))
    }

    /// Puts a group into a container. All its functions have to be bound to vfio-pci.
    pub(crate) fn join(number: u32, container: &Container) -> Result<Self, VfioError> {
        let fd = open_file(&format!("/dev/vfio/{number}"), "open a group")?;
        let mut status = vfio_group_status::default();
        exchange(fd.as_fd(), &mut status).map_err(VfioError::call("look at a group"))?;
        if status.flags & VFIO_GROUP_FLAGS_VIABLE == 0 {
            return Err(VfioError::GroupInUse(number));
        }
        calls::set_container(fd.as_fd(), container.0.as_fd())
            .map_err(VfioError::call("put a group into the container"))?;
        Ok(Self(fd))
    }

    /// Opens one of its functions.
    pub(crate) fn open(&self, address: &PciAddress) -> Result<Device, VfioError> {
        let name = CString::new(address.as_str()).map_err(|_| VfioError::NoGroup(address.clone()))?;
        let device = calls::device(self.0.as_fd(), &name).map_err(VfioError::call("open a function"))?;
        Ok(Device::new(device))
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        // Without it the group would leave its container with its last descriptor, a moment later.
        let _left = plain(self.0.as_fd(), Plain::GroupUnsetContainer, 0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_function_that_is_not_there_has_no_group() {
        let nobody: PciAddress = "ffff:ff:1f.7".parse().unwrap();
        let error = Group::of(&nobody).unwrap_err();
        assert!(error.to_string().contains("ffff:ff:1f.7"), "{error}");
    }
}
