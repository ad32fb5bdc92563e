//! One event queue: its memory, and how far it has been read.

use crate::device_bus::{Bus, BusFailure};
use crate::registers;
use prm::event::EventEntry;
use prm::link::OutOfMemory;
use prm::{ADAPTER_PAGE_SIZE, EqNumber, Iova, UarIndex};

/// A queue.
#[derive(Clone, Debug, Hash)]
pub(crate) struct EventQueue {
    /// Its number, once the device has given one.
    pub(crate) number: EqNumber,
    /// Base-2 logarithm of the number of entries.
    pub(crate) log_size: u8,
    /// The vector it raises.
    pub(crate) vector: u16,
    /// Whether the interrupt handler looks at it.
    pub(crate) attached: bool,
    uar: UarIndex,
    memory: Iova,
    /// Entries read, free running.
    consumer: u32,
}

impl EventQueue {
    /// Memory for a queue. Every entry belongs to the device.
    pub(crate) fn allocate(
        log_size: u8,
        vector: u16,
        uar: UarIndex,
        bus: &mut Bus,
    ) -> Result<Self, OutOfMemory> {
        let queue = Self {
            number: EqNumber(0),
            log_size,
            vector,
            attached: true,
            uar,
            memory: Iova(0),
            consumer: 0,
        };
        let memory = bus.allocate_coherent(queue.bytes())?;
        let fresh = EventEntry::new().with_owner(true);
        let entries = usize::from(1u16 << log_size);
        bus.write_memory(memory, &fresh.as_bytes().repeat(entries));
        Ok(Self { memory, ..queue })
    }

    /// Gives the memory back.
    pub(crate) fn free(self, bus: &mut Bus) {
        bus.free_coherent(self.memory, self.bytes());
    }

    /// The bus addresses of the queue's pages.
    pub(crate) fn pages(&self) -> impl Iterator<Item = Iova> {
        let memory = self.memory.0;
        (0..self.bytes() / ADAPTER_PAGE_SIZE).map(move |page| Iova(memory + page * ADAPTER_PAGE_SIZE))
    }

    /// The next entry, if the device has written it (`next_eqe_sw`): its owner bit has the parity of the pass.
    ///
    /// # Errors
    /// [`BusFailure`] when the queue cannot be read.
    pub(crate) fn next(&mut self, bus: &Bus) -> Result<Option<EventEntry>, BusFailure> {
        let entry = self.entry(self.consumer, bus)?;
        if entry.is_some() {
            self.consumer = self.consumer.wrapping_add(1);
        }
        Ok(entry)
    }

    /// The entries that the device has written and nobody has read.
    pub(crate) fn unread(&self, bus: &Bus) -> Vec<EventEntry> {
        let entries = (0..1u32 << self.log_size).map_while(|ahead| {
            let written = self.entry(self.consumer.wrapping_add(ahead), bus);
            written.ok().flatten()
        });
        entries.collect()
    }

    fn entry(&self, number: u32, bus: &Bus) -> Result<Option<EventEntry>, BusFailure> {
        let place = number & ((1 << self.log_size) - 1);
        let mut entry = EventEntry::new();
        bus.read_memory(
            Iova(self.memory.0 + u64::from(place) * EventEntry::SIZE as u64),
            entry.as_bytes_mut(),
        )?;
        let pass = number >> self.log_size & 1 == 1;
        Ok((entry.owner() == pass).then_some(entry))
    }

    /// Tells the device how far the queue has been read.
    pub(crate) fn update(&self, bus: &mut Bus, arm: bool) {
        registers::ring_event_queue(bus, self.uar, self.number, self.consumer, arm);
    }

    fn bytes(&self) -> u64 {
        (EventEntry::SIZE as u64) << self.log_size
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::test_backing::TestBus;
    use prm::event::EVENT_OWNER_OFFSET;

    fn write(bus: &mut TestBus, queue: &EventQueue, place: u64, owner: u8) {
        let at = queue.memory.0 + place * EventEntry::SIZE as u64 + EVENT_OWNER_OFFSET as u64;
        bus.write_memory(Iova(at), &[owner]);
    }

    #[test]
    fn an_entry_counts_when_its_owner_bit_has_the_parity_of_the_pass() {
        let mut bus = TestBus::default();
        let mut queue = EventQueue::allocate(8, 0, UarIndex(8), &mut bus).unwrap();
        assert_eq!(queue.pages().count(), 4);
        assert!(queue.next(&bus).unwrap().is_none());
        for pass in 0..3u8 {
            for place in 0..256 {
                assert!(queue.next(&bus).unwrap().is_none());
                write(&mut bus, &queue, place, pass & 1);
                assert!(queue.next(&bus).unwrap().is_some());
            }
        }
        queue.free(&mut bus);
        assert_eq!(bus.coherent_in_use(), 0);
    }

    #[test]
    fn the_doorbell_carries_number_and_index_and_says_whether_to_arm() {
        let mut bus = TestBus::default();
        let mut queue = EventQueue::allocate(8, 0, UarIndex(8), &mut bus).unwrap();
        queue.number = EqNumber(3);
        queue.consumer = 0x0100_0005;
        queue.update(&mut bus, true);
        queue.update(&mut bus, false);
        assert_eq!(bus.machine.register(0x8040), 0x0300_0005);
        assert_eq!(bus.machine.register(0x8048), 0x0300_0005);
    }
}
