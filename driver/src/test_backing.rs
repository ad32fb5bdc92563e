//! A device that does nothing, for tests of what needs none.

use crate::device_bus::{AllocationFaults, Bus, BusAccess};
use prm::link::{BusError, Clock, DmaMemory, HostPage, Interrupts, MappingFailed, OutOfMemory, Registers};
use prm::{Cycles, Iova};
use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::ops::{Deref, DerefMut};
use std::rc::Rc;

/// Memory, registers that keep what is written, vectors, and a clock that stands still.
#[derive(Debug, Default)]
pub(crate) struct TestMachine {
    /// Registers by offset.
    pub(crate) registers: BTreeMap<u32, u32>,
    /// The clock.
    pub(crate) time: Cycles,
    /// Size of a host page; 0 stands for 4096.
    pub(crate) page_size: u64,
    /// Allocation sites that fail.
    pub(crate) failing: Vec<&'static str>,
    /// Accesses of this kind fail.
    pub(crate) broken: Option<BusAccess>,
    /// Vectors that are enabled.
    pub(crate) vectors: BTreeSet<u16>,
    memory: BTreeMap<u64, Vec<u8>>,
    pages: BTreeSet<u64>,
    next: u64,
}

impl TestMachine {
    fn find(&self, at: Iova) -> (u64, usize) {
        let (&start, _) = self.memory.range(..=at.0).next_back().expect("memory is there");
        (start, usize::try_from(at.0 - start).expect("areas are small"))
    }

    fn fresh(&mut self, bytes: u64) -> u64 {
        let at = 0x10_0000 + self.next;
        self.next += bytes.next_multiple_of(4096);
        at
    }

    fn page_size(&self) -> u64 {
        self.page_size.max(4096)
    }

    fn access(&self, access: BusAccess) -> Result<(), BusError> {
        match self.broken == Some(access) {
            true => Err(BusError::Refused),
            false => Ok(()),
        }
    }
}

/// One end of a machine that a test keeps the other end of.
#[derive(Clone, Debug, Default)]
pub(crate) struct SharedMachine(pub(crate) Rc<RefCell<TestMachine>>);

impl SharedMachine {
    /// A driver's way to it.
    pub(crate) fn bus(&self) -> Bus {
        Bus::new(
            Box::new(self.clone()),
            Box::new(self.clone()),
            Box::new(self.clone()),
            Box::new(self.clone()),
            Box::new(self.clone()),
        )
    }

    /// What a register holds.
    pub(crate) fn register(&self, offset: u32) -> u32 {
        self.0.borrow().registers.get(&offset).copied().unwrap_or(0)
    }

    /// The device changes a register.
    pub(crate) fn set_register(&self, offset: u32, value: u32) {
        self.0.borrow_mut().registers.insert(offset, value);
    }

    /// What memory holds.
    pub(crate) fn get_memory(&self, at: Iova, into: &mut [u8]) {
        let machine = self.0.borrow();
        let (start, offset) = machine.find(at);
        into.copy_from_slice(&machine.memory[&start][offset..offset + into.len()]);
    }

    /// The device writes memory.
    pub(crate) fn set_memory(&self, at: Iova, from: &[u8]) {
        let mut machine = self.0.borrow_mut();
        let (start, offset) = machine.find(at);
        let area = machine.memory.get_mut(&start).expect("memory is there");
        area[offset..offset + from.len()].copy_from_slice(from);
    }
}

impl Registers for SharedMachine {
    fn read(&mut self, offset: u32) -> Result<u32, BusError> {
        self.0.borrow().access(BusAccess::RegisterRead)?;
        Ok(self.register(offset))
    }

    fn read_byte(&mut self, offset: u32) -> Result<u8, BusError> {
        Ok(self.read(offset & !3)?.to_be_bytes()[(offset & 3) as usize])
    }

    fn write(&mut self, offset: u32, value: u32) -> Result<(), BusError> {
        self.0.borrow().access(BusAccess::RegisterWrite)?;
        self.set_register(offset, value);
        Ok(())
    }

    fn reset_function(&mut self) -> Result<(), BusError> {
        self.0.borrow().access(BusAccess::FunctionReset)?;
        self.0.borrow_mut().registers.clear();
        Ok(())
    }
}

impl Clock for SharedMachine {
    fn now(&self) -> Cycles {
        self.0.borrow().time
    }
}

impl AllocationFaults for SharedMachine {
    fn fails(&mut self, site: &'static str) -> bool {
        self.0.borrow().failing.contains(&site)
    }
}

impl Interrupts for SharedMachine {
    fn enable(&mut self, vector: u16) -> Result<(), BusError> {
        self.0.borrow().access(BusAccess::InterruptEnable)?;
        self.0.borrow_mut().vectors.insert(vector);
        Ok(())
    }

    fn disable(&mut self, vector: u16) -> Result<(), BusError> {
        self.0.borrow().access(BusAccess::InterruptDisable)?;
        self.0.borrow_mut().vectors.remove(&vector);
        Ok(())
    }
}

impl DmaMemory for SharedMachine {
    fn page_size(&self) -> u64 {
        self.0.borrow().page_size()
    }

    fn allocate_page(&mut self) -> Result<HostPage, OutOfMemory> {
        let mut machine = self.0.borrow_mut();
        let size = machine.page_size();
        machine.next = machine.next.next_multiple_of(size);
        let page = machine.fresh(size);
        machine.pages.insert(page);
        Ok(HostPage(page))
    }

    fn free_page(&mut self, page: HostPage) {
        assert!(
            self.0.borrow_mut().pages.remove(&page.0),
            "the page was allocated"
        );
    }

    fn map_page(&mut self, page: HostPage) -> Result<Iova, MappingFailed> {
        Ok(Iova(page.0))
    }

    fn unmap_page(&mut self, _at: Iova) -> Result<(), BusError> {
        self.0.borrow().access(BusAccess::Unmap)
    }

    fn allocate_coherent(&mut self, bytes: u64) -> Result<Iova, OutOfMemory> {
        let mut machine = self.0.borrow_mut();
        let at = machine.fresh(bytes);
        let area = vec![0; usize::try_from(bytes).expect("areas are small")];
        machine.memory.insert(at, area);
        Ok(Iova(at))
    }

    fn free_coherent(&mut self, at: Iova, bytes: u64) -> Result<(), BusError> {
        let mut machine = self.0.borrow_mut();
        machine.access(BusAccess::Unmap)?;
        let area = machine.memory.remove(&at.0).expect("the memory was allocated");
        assert_eq!(area.len() as u64, bytes);
        Ok(())
    }

    fn read(&self, at: Iova, into: &mut [u8]) -> Result<(), BusError> {
        self.0.borrow().access(BusAccess::MemoryRead)?;
        self.get_memory(at, into);
        Ok(())
    }

    fn write(&mut self, at: Iova, from: &[u8]) -> Result<(), BusError> {
        self.0.borrow().access(BusAccess::MemoryWrite)?;
        self.set_memory(at, from);
        Ok(())
    }
}

/// A machine with the bus to it, for tests of what takes a [`Bus`] and no driver.
pub(crate) struct TestBus {
    /// The machine's own end.
    pub(crate) machine: SharedMachine,
    bus: Bus,
}

impl Default for TestBus {
    fn default() -> Self {
        let machine = SharedMachine::default();
        let bus = machine.bus();
        Self { machine, bus }
    }
}

impl TestBus {
    /// Bytes of shared memory that were not given back.
    pub(crate) fn coherent_in_use(&self) -> usize {
        self.machine.0.borrow().memory.values().map(Vec::len).sum()
    }

    /// Host pages that were not given back.
    pub(crate) fn pages_in_use(&self) -> usize {
        self.machine.0.borrow().pages.len()
    }
}

impl Deref for TestBus {
    type Target = Bus;

    fn deref(&self) -> &Bus {
        &self.bus
    }
}

impl DerefMut for TestBus {
    fn deref_mut(&mut self) -> &mut Bus {
        &mut self.bus
    }
}
