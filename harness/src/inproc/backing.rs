//! What a driver sees of a machine: one function's registers, the host's memory, the clock.

use super::machine::Machine;
use super::memory::Account;
use prm::link::{DeviceBacking, HostPage, MappingFailed, OutOfMemory};
use prm::{Cycles, Function, Iova};
use std::cell::RefCell;
use std::rc::Rc;

/// One driver instance's end of a machine.
pub struct InprocBacking {
    machine: Rc<RefCell<Machine>>,
    endpoint: Function,
    account: Account,
}

impl InprocBacking {
    /// The end of `machine` at the function `endpoint`; memory is booked on `account`.
    #[must_use]
    pub const fn new(machine: Rc<RefCell<Machine>>, endpoint: Function, account: Account) -> Self {
        Self { machine, endpoint, account }
    }
}

impl DeviceBacking for InprocBacking {
    fn read_register(&mut self, offset: u32) -> u32 {
        self.machine.borrow_mut().read_register(self.endpoint, offset)
    }

    fn read_register_byte(&mut self, offset: u32) -> u8 {
        self.machine.borrow_mut().read_register_byte(self.endpoint, offset)
    }

    fn write_register(&mut self, offset: u32, value: u32) {
        self.machine.borrow_mut().write_register(self.endpoint, offset, value);
    }

    fn now(&self) -> Cycles {
        self.machine.borrow().now()
    }

    fn host_page_size(&self) -> u64 {
        self.machine.borrow().memory.page_bytes()
    }

    fn allocate(&mut self, site: &'static str) -> Result<(), OutOfMemory> {
        self.machine.borrow_mut().memory.allocate(site)
    }

    fn allocate_page(&mut self) -> Result<HostPage, OutOfMemory> {
        self.machine.borrow_mut().memory.allocate_page(self.account)
    }

    fn free_page(&mut self, page: HostPage) {
        self.machine.borrow_mut().memory.free_page(self.account, page);
    }

    fn map_page(&mut self, page: HostPage) -> Result<Iova, MappingFailed> {
        self.machine.borrow_mut().memory.map_page(self.account, page)
    }

    fn unmap_page(&mut self, at: Iova) {
        self.machine.borrow_mut().memory.unmap_page(self.account, at);
    }

    fn allocate_coherent(&mut self, bytes: u64) -> Result<Iova, OutOfMemory> {
        Ok(self.machine.borrow_mut().memory.allocate_coherent(self.account, bytes))
    }

    fn free_coherent(&mut self, at: Iova, bytes: u64) {
        self.machine.borrow_mut().memory.free_coherent(self.account, at, bytes);
    }

    fn read_memory(&self, at: Iova, into: &mut [u8]) {
        self.machine.borrow().memory.driver_read(at, into);
    }

    fn write_memory(&mut self, at: Iova, from: &[u8]) {
        self.machine.borrow_mut().memory.driver_write(at, from);
    }
}
