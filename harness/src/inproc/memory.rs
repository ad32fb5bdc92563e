//! The host's memory as driver and device share it: pages, mappings, shared buffers, DMA.
//!
//! Bus addresses are physical addresses, as on a host without an IOMMU, but an address is reachable only while it is
//! mapped, and none is ever handed out twice: a use after free is always seen. Page 0 is memory that exists and
//! belongs to nobody, as a PC's first page does: a device that uses address 0 is not stopped, only recorded.

use super::fault::{FaultPlan, FaultPlans, FaultSite};
use super::frame_table::{FRAME_BYTES, FrameTable, FrameUse};
use prm::Iova;
use prm::link::{DmaFault, HostPage, MappingFailed, OutOfMemory};
use std::collections::BTreeMap;

/// The first bus address handed out. Above 4 GiB, so that both halves of an address are in use.
const FIRST_ADDRESS: u64 = 1 << 32;

const FRAME: u64 = FRAME_BYTES as u64;

/// How many stray accesses are kept between two looks at them; the first ones tell enough.
const KEPT_STRAYS: usize = 4096;

/// What a driver instance has taken and not given back.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Holdings {
    /// Host pages.
    pub pages: u64,
    /// Mapped host pages.
    pub mappings: u64,
    /// Shared buffers.
    pub buffers: u64,
}

/// Which driver instance takes or gives back: its place in the run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Account(pub usize);

/// An access that should not have been.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stray {
    /// What was wrong with it.
    pub kind: StrayKind,
    /// Its first wrong address, or that of the page concerned.
    pub at: Iova,
    /// Its length in bytes.
    pub bytes: u64,
}

/// Kinds of stray accesses.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum StrayKind {
    /// The device read an address that is not mapped.
    DeviceRead,
    /// The device wrote to an address that is not mapped.
    DeviceWrite,
    /// The device read page 0.
    LowMemoryRead,
    /// The device wrote to page 0.
    LowMemoryWrite,
    /// The driver read memory it does not have.
    DriverRead,
    /// The driver wrote to memory it does not have.
    DriverWrite,
    /// A page or buffer was given back that the driver does not have, or not in this way.
    WrongFree,
    /// A page was given back while it was mapped.
    FreedWhileMapped,
    /// A mapping was undone that did not exist.
    WrongUnmap,
}

/// See the module's head.
#[derive(Clone, Debug)]
pub struct HostMemory {
    frames: FrameTable,
    page_bytes: u64,
    buffers: BTreeMap<u64, u64>,
    holdings: Vec<Holdings>,
    faults: FaultPlans,
    strays: Vec<Stray>,
    withdrawals: u64,
}

impl HostMemory {
    /// Empty memory of a host with pages of `page_bytes`, a multiple of 4096.
    #[must_use]
    pub fn new(page_bytes: u64) -> Self {
        Self {
            frames: FrameTable::default(),
            page_bytes: page_bytes.max(FRAME),
            buffers: BTreeMap::new(),
            holdings: Vec::new(),
            faults: FaultPlans::default(),
            strays: Vec::new(),
            withdrawals: 0,
        }
    }

    /// Bytes of a host page.
    #[must_use]
    pub const fn page_bytes(&self) -> u64 {
        self.page_bytes
    }

    /// Plans a fault.
    pub fn plan_fault(&mut self, plan: FaultPlan) {
        self.faults.add(plan);
    }

    /// What `account` has at present.
    #[must_use]
    pub fn holdings(&self, account: Account) -> Holdings {
        self.holdings.get(account.0).copied().unwrap_or_default()
    }

    /// Stray accesses since the last call, oldest first.
    pub fn take_strays(&mut self) -> Vec<Stray> {
        std::mem::take(&mut self.strays)
    }

    /// How many times memory was withdrawn from the device. While it stays the same, what was mapped is mapped.
    #[must_use]
    pub const fn withdrawals(&self) -> u64 {
        self.withdrawals
    }

    /// Whether the device can reach the 4 KiB page at `at`.
    #[must_use]
    pub fn is_mapped(&self, at: Iova) -> bool {
        frame_of(at).is_some_and(|frame| self.frames.usage(frame).is_reachable())
    }

    /// Whether an allocation at a named place in the driver succeeds.
    ///
    /// # Errors
    /// [`OutOfMemory`] when a fault is planned for it.
    pub fn allocate(&mut self, site: &str) -> Result<(), OutOfMemory> {
        let refused = !self.faults.is_empty()
            && self
                .faults
                .refuses(|planned| matches!(planned, FaultSite::Allocation(name) if name == site));
        if refused { Err(OutOfMemory) } else { Ok(()) }
    }

    /// Takes a zeroed host page.
    ///
    /// # Errors
    /// [`OutOfMemory`] when a fault is planned.
    pub fn allocate_page(&mut self, account: Account) -> Result<HostPage, OutOfMemory> {
        if !self.faults.is_empty() && self.faults.refuses(|site| *site == FaultSite::Page) {
            return Err(OutOfMemory);
        }
        let frames = self.page_bytes / FRAME;
        let first = self.frames.take(frames, frames, FrameUse::Allocated);
        self.account_mut(account).pages += 1;
        Ok(HostPage(first))
    }

    /// Gives a host page back.
    pub fn free_page(&mut self, account: Account, page: HostPage) {
        match self.frames.usage(page.0) {
            FrameUse::Allocated => {}
            FrameUse::Mapped => {
                self.withdrawals += 1;
                self.stray(StrayKind::FreedWhileMapped, address_of(page.0), self.page_bytes);
            }
            FrameUse::Free | FrameUse::Coherent => {
                self.stray(StrayKind::WrongFree, address_of(page.0), self.page_bytes);
                return;
            }
        }
        for frame in page.0..page.0 + self.page_bytes / FRAME {
            self.frames.put(frame);
        }
        let holdings = self.account_mut(account);
        holdings.pages = holdings.pages.saturating_sub(1);
    }

    /// Makes a host page reachable for the device.
    ///
    /// # Errors
    /// [`MappingFailed`] when a fault is planned, or when the page is not the driver's to map.
    pub fn map_page(&mut self, account: Account, page: HostPage) -> Result<Iova, MappingFailed> {
        if !self.faults.is_empty() && self.faults.refuses(|site| *site == FaultSite::Mapping) {
            return Err(MappingFailed);
        }
        if self.frames.usage(page.0) != FrameUse::Allocated {
            return Err(MappingFailed);
        }
        for frame in page.0..page.0 + self.page_bytes / FRAME {
            self.frames.set_usage(frame, FrameUse::Mapped);
        }
        self.account_mut(account).mappings += 1;
        Ok(address_of(page.0))
    }

    /// Undoes [`Self::map_page`].
    pub fn unmap_page(&mut self, account: Account, at: Iova) {
        let mapped = frame_of(at).filter(|&frame| self.frames.usage(frame) == FrameUse::Mapped);
        let Some(first) = mapped else {
            self.stray(StrayKind::WrongUnmap, at, self.page_bytes);
            return;
        };
        self.withdrawals += 1;
        for frame in first..first + self.page_bytes / FRAME {
            self.frames.set_usage(frame, FrameUse::Allocated);
        }
        let holdings = self.account_mut(account);
        holdings.mappings = holdings.mappings.saturating_sub(1);
    }

    /// Takes a zeroed buffer that host and device share.
    pub fn allocate_coherent(&mut self, account: Account, bytes: u64) -> Iova {
        let count = bytes.div_ceil(FRAME).max(1);
        let first = self
            .frames
            .take(count, self.page_bytes / FRAME, FrameUse::Coherent);
        self.buffers.insert(first, count);
        self.account_mut(account).buffers += 1;
        address_of(first)
    }

    /// Gives a buffer back.
    pub fn free_coherent(&mut self, account: Account, at: Iova, bytes: u64) {
        let count = bytes.div_ceil(FRAME).max(1);
        let known = frame_of(at).filter(|frame| self.buffers.get(frame) == Some(&count));
        let Some(first) = known else {
            self.stray(StrayKind::WrongFree, at, bytes);
            return;
        };
        self.withdrawals += 1;
        self.buffers.remove(&first);
        for frame in first..first + count {
            self.frames.put(frame);
        }
        let holdings = self.account_mut(account);
        holdings.buffers = holdings.buffers.saturating_sub(1);
    }

    /// The driver reads its own memory.
    pub fn driver_read(&self, at: Iova, into: &mut [u8]) {
        for_each_piece(at, into.len(), |frame, offset, range| match frame {
            Some(frame) => self.frames.read(frame, offset, &mut into[range]),
            None => into[range].fill(0),
        });
    }

    /// The driver writes its own memory. What it does not have stays unwritten and is recorded.
    pub fn driver_write(&mut self, at: Iova, from: &[u8]) {
        if !self.all_pieces(at, from.len(), |usage| usage != FrameUse::Free) {
            self.stray(StrayKind::DriverWrite, at, from.len() as u64);
            return;
        }
        self.write_pieces(at, from);
    }

    /// The device reads.
    ///
    /// # Errors
    /// [`DmaFault`] when a byte is not mapped; the access is recorded.
    pub fn dma_read(&mut self, at: Iova, into: &mut [u8]) -> Result<(), DmaFault> {
        if is_low_memory(at, into.len()) {
            self.stray(StrayKind::LowMemoryRead, at, into.len() as u64);
            into.fill(0);
            return Ok(());
        }
        if !self.all_pieces(at, into.len(), FrameUse::is_reachable) {
            self.stray(StrayKind::DeviceRead, at, into.len() as u64);
            return Err(DmaFault { at });
        }
        self.driver_read(at, into);
        Ok(())
    }

    /// The device writes.
    ///
    /// # Errors
    /// [`DmaFault`] when a byte is not mapped; the access is recorded and nothing is written.
    pub fn dma_write(&mut self, at: Iova, from: &[u8]) -> Result<(), DmaFault> {
        if is_low_memory(at, from.len()) {
            self.stray(StrayKind::LowMemoryWrite, at, from.len() as u64);
            return Ok(());
        }
        if !self.all_pieces(at, from.len(), FrameUse::is_reachable) {
            self.stray(StrayKind::DeviceWrite, at, from.len() as u64);
            return Err(DmaFault { at });
        }
        self.write_pieces(at, from);
        Ok(())
    }

    fn all_pieces(&self, at: Iova, bytes: usize, allowed: impl Fn(FrameUse) -> bool) -> bool {
        let mut all = true;
        for_each_piece(at, bytes, |frame, _, _| {
            all &= frame.is_some_and(|frame| allowed(self.frames.usage(frame)));
        });
        all
    }

    fn write_pieces(&mut self, at: Iova, from: &[u8]) {
        for_each_piece(at, from.len(), |frame, offset, range| {
            if let Some(frame) = frame {
                self.frames.write(frame, offset, &from[range]);
            }
        });
    }

    fn account_mut(&mut self, account: Account) -> &mut Holdings {
        if self.holdings.len() <= account.0 {
            self.holdings.resize(account.0 + 1, Holdings::default());
        }
        &mut self.holdings[account.0]
    }

    fn stray(&mut self, kind: StrayKind, at: Iova, bytes: u64) {
        if self.strays.len() < KEPT_STRAYS {
            self.strays.push(Stray { kind, at, bytes });
        }
    }
}

const fn address_of(frame: u64) -> Iova {
    Iova(FIRST_ADDRESS + frame * FRAME)
}

const fn frame_of(at: Iova) -> Option<u64> {
    match at.0.checked_sub(FIRST_ADDRESS) {
        Some(distance) => Some(distance / FRAME),
        None => None,
    }
}

const fn is_low_memory(at: Iova, bytes: usize) -> bool {
    at.0.saturating_add(bytes as u64) <= FRAME
}

/// Splits an access at frame boundaries: frame, offset in it, range of the caller's bytes.
fn for_each_piece(at: Iova, bytes: usize, mut act: impl FnMut(Option<u64>, usize, std::ops::Range<usize>)) {
    let mut done = 0;
    while done < bytes {
        let address = Iova(at.0.saturating_add(done as u64));
        let offset = usize::try_from(address.0 % FRAME).unwrap_or(0);
        let length = (FRAME_BYTES - offset).min(bytes - done);
        act(frame_of(address), offset, done..done + length);
        done += length;
    }
}

#[cfg(test)]
mod tests;
