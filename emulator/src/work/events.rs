//! Event queues: entries in host memory, the owner bit, arming and interrupts.

use crate::record::Record;
use crate::state::silicon::{Buses, Silicon};
use prm::event::{EVENT_OWNER_OFFSET, EventEntry};
use prm::event_queue::EqContext;
use prm::uar::EqDoorbell;
use prm::{ADAPTER_PAGE_SHIFT, Cycles, EventType, Function, Iova};

/// Size of an entry in bytes.
const ENTRY_SIZE: u64 = 64;

/// Consumer and producer index are compared in 24 bits: what a doorbell carries.
const INDEX_MASK: u32 = 0xff_ffff;

/// Smallest and largest log2 of a queue's number of entries.
pub(crate) const LOG_SIZES: std::ops::RangeInclusive<u8> = 0..=22;

/// One event queue.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct EventQueue {
    log_size: u8,
    /// log2 of a buffer page in bytes.
    page_shift: u32,
    pages: Vec<Iova>,
    uar: u32,
    vector: u16,
    mask: [u64; 4],
    producer: u32,
    consumer: u32,
    armed: bool,
}

impl EventQueue {
    /// A new queue: empty, not armed.
    pub(crate) fn new(context: &EqContext, mask: [u64; 4], pages: Vec<Iova>) -> Self {
        Self {
            log_size: context.log_eq_size(),
            page_shift: ADAPTER_PAGE_SHIFT + u32::from(context.log_page_size()),
            pages,
            uar: context.uar_page(),
            vector: context.intr(),
            mask,
            producer: 0,
            consumer: 0,
            armed: false,
        }
    }

    /// Number of buffer pages that a context needs.
    pub(crate) fn pages_needed(context: &EqContext) -> u64 {
        let bytes = ENTRY_SIZE << context.log_eq_size();
        bytes.div_ceil(1 << (ADAPTER_PAGE_SHIFT + u32::from(context.log_page_size())))
    }

    /// Number of buffer pages that are kept.
    pub(crate) fn buffer_pages(&self) -> usize {
        self.pages.len()
    }

    pub(crate) fn takes(&self, event: EventType) -> bool {
        let raw = event.raw();
        self.mask[usize::from(raw >> 6)] >> (raw & 63) & 1 == 1
    }

    /// How many event types the queue takes.
    pub(crate) fn breadth(&self) -> u32 {
        self.mask.iter().map(|word| word.count_ones()).sum()
    }

    pub(crate) fn context(&self) -> EqContext {
        const ARMED: u8 = 9;
        const FIRED: u8 = 10;
        EqContext::new()
            .with_st(if self.armed { ARMED } else { FIRED })
            .with_log_eq_size(self.log_size)
            .with_uar_page(self.uar)
            .with_intr(self.vector)
            .with_consumer_counter(self.consumer)
            .with_producer_counter(self.producer & INDEX_MASK)
    }

    fn pending(&self) -> u32 {
        self.producer.wrapping_sub(self.consumer) & INDEX_MASK
    }

    fn is_full(&self) -> bool {
        self.pending() >= 1 << self.log_size
    }

    /// Where the next entry goes.
    fn next_address(&self) -> Option<Iova> {
        let index = u64::from(self.producer & ((1 << self.log_size) - 1));
        let offset = index * ENTRY_SIZE;
        let page = self.pages.get(usize::try_from(offset >> self.page_shift).ok()?)?;
        Some(Iova(page.0.wrapping_add(offset & ((1 << self.page_shift) - 1))))
    }

    /// The parity of the pass over the buffer: 0 in the first, so that an entry the driver initialised to 1 is empty.
    fn owner(&self) -> bool {
        self.producer >> self.log_size & 1 == 1
    }
}

impl Silicon {
    /// Whether the driver has consumed every event that was posted: each queue's consumer index, as its doorbell last
    /// told it, has caught up.
    #[must_use]
    pub fn events_are_consumed(&self) -> bool {
        let mut queues = self
            .endpoints
            .values()
            .flat_map(|endpoint| endpoint.event_queues.values());
        queues.all(|queue| queue.pending() == 0)
    }

    /// Posts an event on the queue that takes its type; false if it is lost.
    pub(crate) fn post_event(
        &mut self,
        endpoint: Function,
        entry: &EventEntry,
        at: Cycles,
        buses: &mut dyn Buses,
    ) -> bool {
        match self.write_event(endpoint, entry, buses) {
            Ok(eqn) => {
                let event_type = entry.event_type();
                self.records.push(Record::Event {
                    cycles: at,
                    endpoint,
                    eqn,
                    event_type,
                });
                self.interrupt_if_armed(endpoint, eqn, at, buses);
                true
            }
            Err(why) => {
                let event_type = entry.event_type();
                self.records.push(Record::EventLost {
                    cycles: at,
                    endpoint,
                    event_type,
                    why,
                });
                false
            }
        }
    }

    fn write_event(
        &mut self,
        endpoint: Function,
        entry: &EventEntry,
        buses: &mut dyn Buses,
    ) -> Result<u8, &'static str> {
        let state = self
            .endpoints
            .get_mut(&endpoint)
            .ok_or("the function has no event queues")?;
        let number = state
            .queue_for(entry.kind())
            .ok_or("no event queue takes this type")?;
        let queue = state
            .event_queues
            .get_mut(&number)
            .ok_or("no event queue takes this type")?;
        if queue.is_full() {
            return Err("the event queue is full");
        }
        let at = queue.next_address().ok_or("the event queue has no such page")?;
        let bytes = entry.with_owner(queue.owner());
        let (body, owner) = bytes.as_bytes().split_at(EVENT_OWNER_OFFSET);
        let bus = buses.bus(endpoint);
        // The driver polls the owner byte: it must find the rest of the entry written.
        let written = bus.dma_write(at, body);
        let owner_at = Iova(at.0.wrapping_add(EVENT_OWNER_OFFSET as u64));
        let written = written.and_then(|()| bus.dma_write(owner_at, owner));
        written.map_err(|_| "the event queue is not mapped")?;
        queue.producer = queue.producer.wrapping_add(1);
        Ok(number)
    }

    /// Raises the queue's vector if it is armed and not empty. Raising disarms: one interrupt for what is posted
    /// until the driver arms again.
    fn interrupt_if_armed(&mut self, endpoint: Function, eqn: u8, at: Cycles, buses: &mut dyn Buses) {
        let state = self.endpoints.get_mut(&endpoint);
        let Some(queue) = state.and_then(|state| state.event_queues.get_mut(&eqn)) else {
            return;
        };
        if queue.armed && queue.pending() > 0 {
            queue.armed = false;
            let vector = queue.vector;
            self.records.push(Record::Interrupt {
                cycles: at,
                endpoint,
                vector,
            });
            buses.bus(endpoint).interrupt(vector);
        }
    }

    /// An event queue doorbell: the driver tells its consumer index, and arms the queue if `arm`.
    pub(crate) fn ring_event_queue(
        &mut self,
        endpoint: Function,
        uar: u32,
        doorbell: EqDoorbell,
        arm: bool,
        now: Cycles,
        buses: &mut dyn Buses,
    ) {
        let eqn = doorbell.eq_number();
        let state = self.endpoints.get_mut(&endpoint);
        match state.and_then(|state| state.event_queues.get_mut(&eqn)) {
            Some(queue) if queue.uar == uar => {
                queue.consumer = doorbell.consumer_index();
                queue.armed |= arm;
                self.interrupt_if_armed(endpoint, eqn, now, buses);
            }
            Some(_) => self.refuse(endpoint, now, "the event queue's doorbell is in another UAR"),
            None => self.refuse(endpoint, now, "doorbell of an event queue that does not exist"),
        }
    }
}
