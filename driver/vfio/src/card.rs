//! The functions that are open, and what the device reaches: from one run to the next.
//!
//! What a run has opened stays open for the next one: that saves the kernel's work for a function, and for each page that is
//! mapped already. Its memory does not stay reachable.

use crate::address::PciAddress;
use crate::container::{Container, Group};
use crate::error::VfioError;
use crate::function::OpenFunction;
use crate::window::Window;
use prm::Iova;
use std::collections::BTreeMap;
use std::rc::Rc;

/// What the IOMMU maps at a time, in bytes. What was mapped in one call has to be unmapped in one, so each page is mapped by itself.
pub(crate) const PAGE: u64 = 4096;

/// See the module's head.
#[derive(Debug)]
pub struct Card {
    /// By their places, the device's main function first.
    addresses: Vec<PciAddress>,
    // Functions are closed before their groups leave the container.
    functions: BTreeMap<u16, OpenFunction>,
    groups: BTreeMap<u32, Rc<Group>>,
    /// What the device reaches: bus address, offset in the window; a page each.
    maps: BTreeMap<u64, u64>,
    window: Window,
    container: Container,
}

impl Card {
    /// The functions at these addresses, by their places, and `window` bytes of memory to share with them. None is opened yet;
    /// each is bound to vfio-pci.
    ///
    /// # Errors
    /// [`VfioError`] where this kernel has no VFIO of this kind, or no memory.
    pub fn new(addresses: Vec<PciAddress>, window: u64) -> Result<Self, VfioError> {
        Ok(Self {
            addresses,
            functions: BTreeMap::new(),
            groups: BTreeMap::new(),
            maps: BTreeMap::new(),
            window: Window::new(window)?,
            container: Container::open()?,
        })
    }

    /// The memory that is shared.
    pub(crate) const fn window(&self) -> &Window {
        &self.window
    }

    /// The function at a place, if it was opened.
    pub(crate) fn function(&self, place: u16) -> Option<&OpenFunction> {
        self.functions.get(&place)
    }

    /// Opens the function at a place, if it is not open; and enables it.
    pub(crate) fn open(&mut self, place: u16) -> Result<(), VfioError> {
        if !self.functions.contains_key(&place) {
            let address = self.addresses.get(usize::from(place));
            let address = address.ok_or(VfioError::Absent(place))?.clone();
            let group = self.group(Group::of(&address)?)?;
            let function = OpenFunction::open(group, address)?;
            self.functions.insert(place, function);
        }
        self.functions[&place].enable()
    }

    /// The group with this number, in the container. What is mapped is what its functions reach.
    fn group(&mut self, number: u32) -> Result<Rc<Group>, VfioError> {
        if let Some(group) = self.groups.get(&number) {
            return Ok(Rc::clone(group));
        }
        let group = Rc::new(Group::join(number, &self.container)?);
        // There is no address space before the first group, and the kernel tells it to every further one.
        if self.groups.is_empty() {
            self.container.set_iommu()?;
            for (&iova, &at) in &self.maps {
                self.container.map(Iova(iova), &self.window, at, PAGE)?;
            }
        }
        self.groups.insert(number, Rc::clone(&group));
        Ok(group)
    }

    /// Lets the device reach a range of the window. Everything is a multiple of [`PAGE`].
    pub(crate) fn map(&mut self, iova: Iova, at: u64, bytes: u64) -> Result<(), VfioError> {
        let mut done = 0;
        while done < bytes {
            if let Err(error) = self.map_page(Iova(iova.0 + done), at + done) {
                // What cannot be undone either stays in the books, and so with the device.
                let _undone = self.unmap(iova, done);
                return Err(error);
            }
            done += PAGE;
        }
        Ok(())
    }

    fn map_page(&mut self, iova: Iova, at: u64) -> Result<(), VfioError> {
        self.window.address(at, PAGE)?;
        if self.maps.contains_key(&iova.0) {
            return Err(VfioError::MappedTwice(iova));
        }
        if !self.groups.is_empty() {
            self.container.map(iova, &self.window, at, PAGE)?;
        }
        self.maps.insert(iova.0, at);
        Ok(())
    }

    /// Undoes [`Self::map`]. What of the range is not mapped stays so.
    pub(crate) fn unmap(&mut self, iova: Iova, bytes: u64) -> Result<(), VfioError> {
        let mapped = self.maps.range(iova.0..iova.0.saturating_add(bytes));
        let pages: Vec<u64> = mapped.map(|(&page, _)| page).collect();
        for run in pages.chunk_by(|page, next| page + PAGE == *next) {
            let (first, length) = (run[0], run.len() as u64 * PAGE);
            if !self.groups.is_empty() {
                self.container.unmap(Iova(first), length)?;
            }
            for page in run {
                self.maps.remove(page);
            }
        }
        Ok(())
    }

    /// Takes all memory from the device, and sets it to zero: what the next run finds.
    pub(crate) fn clear(&mut self) -> Result<(), VfioError> {
        self.unmap(Iova(0), u64::MAX)?;
        self.window.clear()
    }
}

impl Drop for Card {
    fn drop(&mut self) {
        // The kernel unmaps what this cannot when the last group leaves.
        let _cleared = self.unmap(Iova(0), u64::MAX);
    }
}
