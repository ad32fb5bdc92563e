//! How the driver reaches its device: the three traits of the bus and the clock as one value, and what a failed access
//! comes to.
//!
//! Driver code is written as kernel code is: a register read returns a value, a write is posted. What fails on the way is
//! handled here, once, as hardware does it: a read that gets no answer reads all ones, a write that is not taken is lost,
//! memory that the bus does not take back is lost rather than anybody else's. The first failure is kept; whoever let the
//! driver act takes it afterwards ([`Bus::take_failure`]) and declares the device lost.

use crate::errno::Errno;
pub use crate::message::BusAccess;
use parts::Touch;
use prm::link::{BusError, Clock, DmaMemory, HostPage, Interrupts, MappingFailed, OutOfMemory, Registers};
use prm::{Cycles, Iova};
use std::cell::Cell;

/// What a scenario makes fail on the host's side of a driver: allocations that need no DMA memory. It is no part of any
/// bus.
pub trait AllocationFaults {
    /// Whether the allocation that is now made at this named place of the driver fails.
    fn fails(&mut self, site: &'static str) -> bool;
}

/// A host whose allocations succeed.
#[derive(Clone, Copy, Debug, Default, Hash)]
pub struct NoFaults;

impl AllocationFaults for NoFaults {
    fn fails(&mut self, _site: &'static str) -> bool {
        false
    }
}

/// An access that did not happen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct BusFailure {
    /// What it was to do.
    pub access: BusAccess,
    /// Register offset, bus address or vector; 0 for a reset.
    pub at: u64,
    /// Why it did not happen.
    pub error: BusError,
}

impl From<BusFailure> for Errno {
    /// `-EIO`: what the kernel returns where a device does not answer.
    fn from(_failure: BusFailure) -> Self {
        Self::EIO
    }
}

/// A driver's way to its device.
pub struct Bus {
    registers: Box<dyn Registers>,
    memory: Box<dyn DmaMemory>,
    interrupts: Box<dyn Interrupts>,
    clock: Box<dyn Clock>,
    faults: Box<dyn AllocationFaults>,
    /// The first failure that nobody has taken. A cell, since reading shared memory changes nothing else.
    failure: Cell<Option<BusFailure>>,
    registers_touch: Cell<Touch>,
}

impl Bus {
    /// A way to a device through these.
    #[must_use]
    pub fn new(
        registers: Box<dyn Registers>,
        memory: Box<dyn DmaMemory>,
        interrupts: Box<dyn Interrupts>,
        clock: Box<dyn Clock>,
        faults: Box<dyn AllocationFaults>,
    ) -> Self {
        Self {
            registers,
            memory,
            interrupts,
            clock,
            faults,
            failure: Cell::new(None),
            registers_touch: Cell::new(Touch::Nothing),
        }
    }

    /// How the registers were used since this was last asked, doorbells apart.
    pub(crate) fn take_touch(&self) -> Touch {
        self.registers_touch.take()
    }

    fn note(&self, touch: Touch) {
        self.registers_touch.set(self.registers_touch.get() | touch);
    }

    /// The first access that failed since this was last asked.
    pub fn take_failure(&mut self) -> Option<BusFailure> {
        self.failure.take()
    }

    /// Keeps a failure, if it is the first.
    fn check<T>(&self, access: BusAccess, at: u64, result: Result<T, BusError>) -> Result<T, BusFailure> {
        result.map_err(|error| {
            let failure = BusFailure { access, at, error };
            if self.failure.get().is_none() {
                self.failure.set(Some(failure));
            }
            failure
        })
    }

    /// Reads a 32-bit register; all ones when that fails, as on PCI Express.
    pub fn read_register(&mut self, offset: u32) -> u32 {
        self.note(Touch::Read);
        let read = self.registers.read(offset);
        self.check(BusAccess::RegisterRead, offset.into(), read)
            .unwrap_or(u32::MAX)
    }

    /// Reads one byte of a register; all ones when that fails.
    pub fn read_register_byte(&mut self, offset: u32) -> u8 {
        self.note(Touch::Read);
        let read = self.registers.read_byte(offset);
        self.check(BusAccess::RegisterRead, offset.into(), read)
            .unwrap_or(u8::MAX)
    }

    /// Writes a 32-bit register. A write that fails is lost.
    pub fn write_register(&mut self, offset: u32, value: u32) {
        self.note(Touch::Write);
        self.ring(offset, value);
    }

    /// Writes a doorbell. The write is posted, and what the device makes of it is no use of a register by the driver. A write that
    /// fails is lost.
    pub fn ring(&mut self, offset: u32, value: u32) {
        let written = self.registers.write(offset, value);
        let _lost = self.check(BusAccess::RegisterWrite, offset.into(), written);
    }

    /// Resets the function.
    ///
    /// # Errors
    /// [`BusFailure`] when the host could not.
    pub fn reset_function(&mut self) -> Result<(), BusFailure> {
        self.note(Touch::Write);
        let reset = self.registers.reset_function();
        self.check(BusAccess::FunctionReset, 0, reset)
    }

    /// The present time.
    #[must_use]
    pub fn now(&self) -> Cycles {
        self.clock.now()
    }

    /// Size of a host page in bytes (4096 or 65536).
    #[must_use]
    pub fn host_page_size(&self) -> u64 {
        self.memory.page_size()
    }

    /// Asks whether an allocation that needs no DMA memory may succeed; `site` names the place in the driver, so that a
    /// scenario can make exactly this one fail.
    ///
    /// # Errors
    /// [`OutOfMemory`] when the host refuses.
    pub fn allocate(&mut self, site: &'static str) -> Result<(), OutOfMemory> {
        if self.faults.fails(site) {
            return Err(OutOfMemory);
        }
        Ok(())
    }

    /// Takes one zeroed host page.
    ///
    /// # Errors
    /// [`OutOfMemory`] when the host refuses.
    pub fn allocate_page(&mut self) -> Result<HostPage, OutOfMemory> {
        self.memory.allocate_page()
    }

    /// Gives a host page back that is not mapped.
    pub fn free_page(&mut self, page: HostPage) {
        self.memory.free_page(page);
    }

    /// Maps a host page for DMA in both directions.
    ///
    /// # Errors
    /// [`MappingFailed`] when the host refuses.
    pub fn map_page(&mut self, page: HostPage) -> Result<Iova, MappingFailed> {
        self.memory.map_page(page)
    }

    /// Unmaps a page and keeps it.
    ///
    /// # Errors
    /// [`BusFailure`] when the device may still reach it.
    pub fn unmap_page(&mut self, at: Iova) -> Result<(), BusFailure> {
        let unmapped = self.memory.unmap_page(at);
        self.check(BusAccess::Unmap, at.0, unmapped)
    }

    /// Unmaps a page and gives it back. One that stays mapped is lost rather than anybody else's: the device could still
    /// write it.
    pub fn release_page(&mut self, at: Iova, page: HostPage) {
        if self.unmap_page(at).is_ok() {
            self.free_page(page);
        }
    }

    /// Takes zeroed memory that host and device share for long.
    ///
    /// # Errors
    /// [`OutOfMemory`] when the host refuses.
    pub fn allocate_coherent(&mut self, bytes: u64) -> Result<Iova, OutOfMemory> {
        self.memory.allocate_coherent(bytes)
    }

    /// Gives memory of [`Self::allocate_coherent`] back. What the bus does not take back is lost.
    pub fn free_coherent(&mut self, at: Iova, bytes: u64) {
        let freed = self.memory.free_coherent(at, bytes);
        let _lost = self.check(BusAccess::Unmap, at.0, freed);
    }

    /// Reads shared memory.
    ///
    /// # Errors
    /// [`BusFailure`] when it cannot be reached; `into` means nothing then.
    pub fn read_memory(&self, at: Iova, into: &mut [u8]) -> Result<(), BusFailure> {
        let read = self.memory.read(at, into);
        self.check(BusAccess::MemoryRead, at.0, read)
    }

    /// Writes shared memory. A write that fails is lost.
    pub fn write_memory(&mut self, at: Iova, from: &[u8]) {
        let written = self.memory.write(at, from);
        let _lost = self.check(BusAccess::MemoryWrite, at.0, written);
    }

    /// Has an interrupt vector told to the driver.
    ///
    /// # Errors
    /// [`BusFailure`] when the host cannot.
    pub fn enable_interrupt(&mut self, vector: u16) -> Result<(), BusFailure> {
        let enabled = self.interrupts.enable(vector);
        self.check(BusAccess::InterruptEnable, vector.into(), enabled)
    }

    /// Undoes [`Self::enable_interrupt`]. A vector that stays enabled finds no queue.
    pub fn disable_interrupt(&mut self, vector: u16) {
        let disabled = self.interrupts.disable(vector);
        let _stays = self.check(BusAccess::InterruptDisable, vector.into(), disabled);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::test_backing::TestBus;

    fn broken(access: BusAccess) -> TestBus {
        let bus = TestBus::default();
        bus.machine.set_register(0, 7);
        bus.machine.0.borrow_mut().broken = Some(access);
        bus
    }

    #[test]
    fn a_read_that_fails_is_all_ones_and_the_first_failure_is_kept_until_taken() {
        let mut bus = broken(BusAccess::RegisterRead);
        assert_eq!(
            (bus.read_register(8), bus.read_register_byte(13)),
            (u32::MAX, u8::MAX)
        );
        let failure = bus.take_failure().unwrap();
        assert_eq!((failure.access, failure.at), (BusAccess::RegisterRead, 8));
        assert_eq!(failure.error, BusError::Refused);
        assert_eq!(bus.take_failure(), None);
    }

    #[test]
    fn a_write_that_fails_is_lost() {
        let mut bus = broken(BusAccess::RegisterWrite);
        bus.write_register(0, 9);
        assert_eq!(bus.machine.register(0), 7);
        assert!(bus.take_failure().is_some());
    }

    #[test]
    fn a_page_that_stays_mapped_is_not_given_back() {
        let mut bus = broken(BusAccess::Unmap);
        let page = bus.allocate_page().unwrap();
        let at = bus.map_page(page).unwrap();
        bus.release_page(at, page);
        assert_eq!(bus.pages_in_use(), 1);
        bus.machine.0.borrow_mut().broken = None;
        bus.release_page(at, page);
        assert_eq!(bus.pages_in_use(), 0);
    }

    #[test]
    fn what_works_leaves_no_failure() {
        let mut bus = TestBus::default();
        bus.write_register(4, 1);
        assert_eq!(bus.read_register(4), 1);
        bus.enable_interrupt(3).unwrap();
        assert!(bus.machine.0.borrow().vectors.contains(&3));
        bus.disable_interrupt(3);
        assert!(bus.machine.0.borrow().vectors.is_empty());
        assert_eq!(bus.take_failure(), None);
    }
}
