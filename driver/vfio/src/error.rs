//! Why the kernel does not do what is asked of it.

use crate::address::PciAddress;
use prm::Iova;
use prm::link::BusError;
use rustix::io::Errno;

/// What VFIO refuses, and with what.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum VfioError {
    /// A system call failed.
    #[error("{what}: {errno}")]
    Call {
        /// What it was to do.
        what: &'static str,
        /// What the kernel says.
        errno: Errno,
    },
    /// The kernel's VFIO is another one than this speaks to.
    #[error("this kernel's VFIO has no container with a type 1 IOMMU")]
    NoContainer,
    /// The function is not there, or has no IOMMU.
    #[error("{0} has no IOMMU group; the kernel needs an IOMMU, and `intel_iommu=on` on its command line")]
    NoGroup(PciAddress),
    /// A function of the group has another driver.
    #[error("group {0} cannot be used: all its functions have to be bound to vfio-pci")]
    GroupInUse(u32),
    /// The function has not what a device of this kind has.
    #[error("{0} has no MSI-X vectors, or no BAR 0")]
    NoSuchDevice(PciAddress),
    /// The bus has no function at this place.
    #[error("there is no function at place {0}")]
    Absent(u16),
    /// The address is taken.
    #[error("{0} is mapped already")]
    MappedTwice(Iova),
    /// An access that begins or ends outside the registers, or outside the memory that there is.
    #[error("{bytes} bytes at {at:#x} are outside")]
    Outside {
        /// Where it begins, in bytes.
        at: u64,
        /// Its length.
        bytes: u64,
    },
    /// The kernel carried out a part only.
    #[error("{what}: {done} bytes of {wanted}")]
    Part {
        /// What it was to do.
        what: &'static str,
        /// How far it came, in bytes.
        done: u64,
        /// How far it should have come.
        wanted: u64,
    },
}

impl VfioError {
    /// For `map_err`: what the call was to do.
    pub(crate) const fn call(what: &'static str) -> impl Fn(Errno) -> Self {
        move |errno| Self::Call { what, errno }
    }

    /// As a driver sees it.
    pub(crate) const fn as_bus_error(&self) -> BusError {
        match self {
            Self::Call { errno, .. } => match *errno {
                Errno::NODEV | Errno::NXIO | Errno::NOENT => BusError::Gone,
                Errno::TIMEDOUT => BusError::TimedOut,
                _ => BusError::Refused,
            },
            Self::Absent(_) | Self::NoContainer | Self::NoGroup(_) | Self::NoSuchDevice(_) => BusError::Gone,
            Self::GroupInUse(_) | Self::MappedTwice(_) | Self::Outside { .. } | Self::Part { .. } => {
                BusError::Refused
            }
        }
    }
}
