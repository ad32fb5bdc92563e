//! System calls that the compiler cannot check, as functions that cannot be called wrongly (`linux/vfio.h`).
//!
//! What the kernel is handed is a plain structure of its own interface, which it reads and writes within the length that is told
//! here, or a range of a [`Window`]. So these are safe, whatever they are called with. A page of a window stays pinned while the
//! device can reach it, also once the window is gone: the device never writes to memory that has become somebody else's.
#![expect(
    unsafe_code,
    reason = "system calls that take addresses; every one says why it is safe"
)]

use crate::error::VfioError;
use crate::window::Window;
use prm::Iova;
use rustix::io::Errno;
use rustix::ioctl::{Ioctl, IoctlOutput, Opcode, ioctl, opcode};
use std::ffi::{CStr, c_void};
use std::os::fd::{AsRawFd, BorrowedFd, FromRawFd, OwnedFd};
use vfio_bindings::bindings::vfio::{
    VFIO_BASE, VFIO_DMA_MAP_FLAG_READ, VFIO_DMA_MAP_FLAG_WRITE, VFIO_IRQ_SET_ACTION_TRIGGER,
    VFIO_IRQ_SET_DATA_EVENTFD, VFIO_PCI_MSIX_IRQ_INDEX, VFIO_TYPE, vfio_group_status,
    vfio_iommu_type1_dma_map, vfio_iommu_type1_dma_unmap, vfio_irq_info, vfio_region_info,
};

/// Calls whose argument is a number, or nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub(crate) enum Plain {
    GetApiVersion = 0,
    CheckExtension = 1,
    SetIommu = 2,
    GroupUnsetContainer = 5,
}

/// Calls that take an address without being a [`Structure`]'s.
const GROUP_SET_CONTAINER: u8 = 4;
const GROUP_GET_DEVICE_FD: u8 = 6;
const DEVICE_SET_IRQS: u8 = 10;

/// A structure of one call.
///
/// # Safety
/// `NUMBER` is the number, behind `VFIO_BASE`, of a call that takes the address of such a structure, and neither reads nor
/// writes beyond it or follows an address in it if `argsz` is its size.
pub(crate) unsafe trait Structure {
    const NUMBER: u8;

    /// Says how large it is.
    fn set_size(&mut self, bytes: u32);
}

macro_rules! structures {
    ($($name:ident: $number:literal;)*) => {
        $(
            // SAFETY: so says `linux/vfio.h`: numbers only, in and out.
            unsafe impl Structure for $name {
                const NUMBER: u8 = $number;

                fn set_size(&mut self, bytes: u32) {
                    self.argsz = bytes;
                }
            }
        )*
    };
}

structures! {
    vfio_group_status: 3;
    vfio_region_info: 8;
    vfio_irq_info: 9;
    vfio_iommu_type1_dma_unmap: 14;
}

/// This one names memory, so it is filled in here: see [`map`].
struct Mapping(vfio_iommu_type1_dma_map);

// SAFETY: so says `linux/vfio.h`. The memory that it names is inside a window (`map`): nobody has a reference into it, and the
// kernel pins its pages.
unsafe impl Structure for Mapping {
    const NUMBER: u8 = 13;

    fn set_size(&mut self, bytes: u32) {
        self.0.argsz = bytes;
    }
}

/// A call and its argument: a number, or where the structure is.
struct Call {
    number: u8,
    argument: *mut c_void,
}

// SAFETY: the opcode is that of the call, the argument is handed on as it is, and the kernel may write what it points to. That it
// is what this call takes is for whoever makes a `Call` to see to (`perform`).
unsafe impl Ioctl for Call {
    type Output = IoctlOutput;
    const IS_MUTATING: bool = true;

    fn opcode(&self) -> Opcode {
        #[expect(clippy::cast_possible_truncation, reason = "it is 100")]
        const FIRST: u8 = VFIO_BASE as u8;
        opcode::none(VFIO_TYPE, FIRST + self.number)
    }

    fn as_ptr(&mut self) -> *mut c_void {
        self.argument
    }

    unsafe fn output_from_ptr(out: IoctlOutput, _: *mut c_void) -> rustix::io::Result<IoctlOutput> {
        Ok(out)
    }
}

/// # Safety
/// `argument` is what the kernel takes for the call: a number, or the address of memory that the kernel may write as the call
/// does.
unsafe fn perform(fd: BorrowedFd<'_>, number: u8, argument: *mut c_void) -> Result<IoctlOutput, Errno> {
    // SAFETY: as this function's.
    unsafe { ioctl(fd, Call { number, argument }) }
}

/// Makes a call that takes a number.
pub(crate) fn plain(fd: BorrowedFd<'_>, call: Plain, argument: u32) -> Result<IoctlOutput, Errno> {
    let argument = std::ptr::without_provenance_mut(argument as usize);
    // SAFETY: these calls follow no address.
    unsafe { perform(fd, call as u8, argument) }
}

/// Makes the call of a structure, which holds the kernel's answer afterwards.
pub(crate) fn exchange<S: Structure>(fd: BorrowedFd<'_>, structure: &mut S) -> Result<(), Errno> {
    structure.set_size(u32::try_from(size_of::<S>()).map_err(|_| Errno::INVAL)?);
    // SAFETY: a reference is an address that may be written, and the rest is the contract of `Structure`.
    unsafe { perform(fd, S::NUMBER, std::ptr::from_mut(structure).cast()) }.map(drop)
}

/// Puts a group into a container.
pub(crate) fn set_container(group: BorrowedFd<'_>, container: BorrowedFd<'_>) -> Result<(), Errno> {
    let mut container = container.as_raw_fd();
    // SAFETY: the call reads a descriptor at the address, no more.
    unsafe {
        perform(
            group,
            GROUP_SET_CONTAINER,
            std::ptr::from_mut(&mut container).cast(),
        )
    }
    .map(drop)
}

/// Opens a function of a group by its name.
pub(crate) fn device(group: BorrowedFd<'_>, name: &CStr) -> Result<OwnedFd, Errno> {
    // SAFETY: the call reads a text that ends with a zero, no more.
    let opened = unsafe { perform(group, GROUP_GET_DEVICE_FD, name.as_ptr().cast_mut().cast()) }?;
    // SAFETY: the kernel has just made this descriptor for the caller, and nobody else knows it.
    Ok(unsafe { OwnedFd::from_raw_fd(opened) })
}

/// Has a function's MSI-X vectors from 0 on told to these eventfds.
pub(crate) fn arm<'a>(
    device: BorrowedFd<'_>,
    eventfds: impl ExactSizeIterator<Item = BorrowedFd<'a>>,
) -> Result<(), Errno> {
    let mut words = irq_set(eventfds.map(|eventfd| eventfd.as_raw_fd().cast_unsigned()));
    // SAFETY: the words are `vfio_irq_set` with its descriptors behind it, and say how long they are.
    unsafe { perform(device, DEVICE_SET_IRQS, words.as_mut_ptr().cast()) }.map(drop)
}

/// `vfio_irq_set` for MSI-X vectors from 0 on, with a descriptor for each.
fn irq_set(descriptors: impl ExactSizeIterator<Item = u32>) -> Vec<u32> {
    let count = u32::try_from(descriptors.len()).unwrap_or(u32::MAX);
    // Words: length in bytes, flags, index, first vector, how many.
    let head = [
        4 * (5 + count),
        VFIO_IRQ_SET_DATA_EVENTFD | VFIO_IRQ_SET_ACTION_TRIGGER,
        VFIO_PCI_MSIX_IRQ_INDEX,
        0,
        count,
    ];
    head.into_iter().chain(descriptors).collect()
}

/// Lets the devices of a container read and write a range of a window. Everything is a multiple of 4096.
pub(crate) fn map(
    container: BorrowedFd<'_>,
    iova: Iova,
    window: &Window,
    at: u64,
    bytes: u64,
) -> Result<(), VfioError> {
    let mut mapping = Mapping(vfio_iommu_type1_dma_map {
        argsz: 0,
        flags: VFIO_DMA_MAP_FLAG_READ | VFIO_DMA_MAP_FLAG_WRITE,
        vaddr: window.address(at, bytes)?,
        iova: iova.0,
        size: bytes,
    });
    window.note_use(at, bytes);
    exchange(container, &mut mapping).map_err(VfioError::call("map memory"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_words_that_arm_vectors_say_how_long_they_are() {
        let words = irq_set([7, 8, 9].into_iter());
        assert_eq!(words, [32, 0x24, 2, 0, 3, 7, 8, 9]);
        assert_eq!(words[0] as usize, size_of_val(words.as_slice()));
    }

    #[test]
    fn calls_have_their_numbers() {
        let opcode = |number| {
            let argument = std::ptr::null_mut();
            Call { number, argument }.opcode()
        };
        assert_eq!(opcode(Plain::GetApiVersion as u8), 0x3b64);
        assert_eq!(opcode(vfio_iommu_type1_dma_unmap::NUMBER), 0x3b72);
    }

    #[test]
    fn what_is_no_vfio_refuses_every_call() {
        let other = std::fs::File::open("/dev/null").unwrap();
        let fd = std::os::fd::AsFd::as_fd(&other);
        assert!(plain(fd, Plain::GetApiVersion, 0).is_err());
        assert!(exchange(fd, &mut vfio_group_status::default()).is_err());
        assert!(set_container(fd, fd).is_err() && device(fd, c"0000:00:05.0").is_err());
        assert!(arm(fd, [fd].into_iter()).is_err());
        let window = Window::new(4096).unwrap();
        assert!(map(fd, Iova(0), &window, 0, 4096).is_err());
        let outside = VfioError::Outside {
            at: 4096,
            bytes: 4096,
        };
        assert_eq!(map(fd, Iova(0), &window, 4096, 4096), Err(outside));
    }
}
