//! A backing without a device, for tests of what needs none.

use prm::link::{DeviceBacking, HostPage, MappingFailed, OutOfMemory};
use prm::{Cycles, Iova};
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;

/// Memory, registers that keep what is written, and a clock that stands still.
#[derive(Debug, Default)]
pub(crate) struct TestBacking {
    /// Registers by offset.
    pub(crate) registers: BTreeMap<u32, u32>,
    /// The clock.
    pub(crate) time: Cycles,
    /// Size of a host page; 0 stands for 4096.
    pub(crate) page_size: u64,
    /// Allocation sites that fail.
    pub(crate) failing: Vec<&'static str>,
    memory: BTreeMap<u64, Vec<u8>>,
    pages: BTreeMap<u64, Option<u64>>,
    next: u64,
}

impl TestBacking {
    /// Bytes of shared memory that were not given back.
    pub(crate) fn coherent_in_use(&self) -> usize {
        self.memory.values().map(Vec::len).sum()
    }

    /// Host pages that were not given back.
    pub(crate) fn pages_in_use(&self) -> usize {
        self.pages.len()
    }

    fn find(&self, at: Iova) -> (u64, usize) {
        let (&start, _) = self.memory.range(..=at.0).next_back().expect("memory is there");
        (start, usize::try_from(at.0 - start).expect("areas are small"))
    }

    fn fresh(&mut self, bytes: u64) -> u64 {
        let at = 0x10_0000 + self.next;
        self.next += bytes.next_multiple_of(4096);
        at
    }
}

impl DeviceBacking for TestBacking {
    fn read_register(&mut self, offset: u32) -> u32 {
        self.registers.get(&offset).copied().unwrap_or(0)
    }

    fn read_register_byte(&mut self, offset: u32) -> u8 {
        self.read_register(offset & !3).to_be_bytes()[(offset & 3) as usize]
    }

    fn write_register(&mut self, offset: u32, value: u32) {
        self.registers.insert(offset, value);
    }

    fn reset_function(&mut self) {
        self.registers.clear();
    }

    fn now(&self) -> Cycles {
        self.time
    }

    fn host_page_size(&self) -> u64 {
        self.page_size.max(4096)
    }

    fn allocate(&mut self, site: &'static str) -> Result<(), OutOfMemory> {
        if self.failing.contains(&site) {
            Err(OutOfMemory)
        } else {
            Ok(())
        }
    }

    fn allocate_page(&mut self) -> Result<HostPage, OutOfMemory> {
        let size = self.host_page_size();
        self.next = self.next.next_multiple_of(size);
        let page = self.fresh(size);
        self.pages.insert(page, None);
        Ok(HostPage(page))
    }

    fn free_page(&mut self, page: HostPage) {
        self.pages.remove(&page.0).expect("the page was allocated");
    }

    fn map_page(&mut self, page: HostPage) -> Result<Iova, MappingFailed> {
        Ok(Iova(page.0))
    }

    fn unmap_page(&mut self, _at: Iova) {}

    fn allocate_coherent(&mut self, bytes: u64) -> Result<Iova, OutOfMemory> {
        let at = self.fresh(bytes);
        self.memory
            .insert(at, vec![0; usize::try_from(bytes).expect("areas are small")]);
        Ok(Iova(at))
    }

    fn free_coherent(&mut self, at: Iova, bytes: u64) {
        let area = self.memory.remove(&at.0).expect("the memory was allocated");
        assert_eq!(area.len() as u64, bytes);
    }

    fn read_memory(&self, at: Iova, into: &mut [u8]) {
        let (start, offset) = self.find(at);
        into.copy_from_slice(&self.memory[&start][offset..offset + into.len()]);
    }

    fn write_memory(&mut self, at: Iova, from: &[u8]) {
        let (start, offset) = self.find(at);
        let area = self.memory.get_mut(&start).expect("memory is there");
        area[offset..offset + from.len()].copy_from_slice(from);
    }
}

/// One end of a backing that a test keeps the other end of.
#[derive(Clone, Debug, Default)]
pub(crate) struct SharedBacking(pub(crate) Rc<RefCell<TestBacking>>);

impl DeviceBacking for SharedBacking {
    fn read_register(&mut self, offset: u32) -> u32 {
        self.0.borrow_mut().read_register(offset)
    }

    fn read_register_byte(&mut self, offset: u32) -> u8 {
        self.0.borrow_mut().read_register_byte(offset)
    }

    fn write_register(&mut self, offset: u32, value: u32) {
        self.0.borrow_mut().write_register(offset, value);
    }

    fn reset_function(&mut self) {
        self.0.borrow_mut().reset_function();
    }

    fn now(&self) -> Cycles {
        self.0.borrow().time
    }

    fn host_page_size(&self) -> u64 {
        self.0.borrow().host_page_size()
    }

    fn allocate(&mut self, site: &'static str) -> Result<(), OutOfMemory> {
        self.0.borrow_mut().allocate(site)
    }

    fn allocate_page(&mut self) -> Result<HostPage, OutOfMemory> {
        self.0.borrow_mut().allocate_page()
    }

    fn free_page(&mut self, page: HostPage) {
        self.0.borrow_mut().free_page(page);
    }

    fn map_page(&mut self, page: HostPage) -> Result<Iova, MappingFailed> {
        self.0.borrow_mut().map_page(page)
    }

    fn unmap_page(&mut self, at: Iova) {
        self.0.borrow_mut().unmap_page(at);
    }

    fn allocate_coherent(&mut self, bytes: u64) -> Result<Iova, OutOfMemory> {
        self.0.borrow_mut().allocate_coherent(bytes)
    }

    fn free_coherent(&mut self, at: Iova, bytes: u64) {
        self.0.borrow_mut().free_coherent(at, bytes);
    }

    fn read_memory(&self, at: Iova, into: &mut [u8]) {
        self.0.borrow().read_memory(at, into);
    }

    fn write_memory(&mut self, at: Iova, from: &[u8]) {
        self.0.borrow_mut().write_memory(at, from);
    }
}
