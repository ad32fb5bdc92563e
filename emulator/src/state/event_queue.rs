//! Event queues: entries in host memory, the owner bit, arming.

use prm::event_queue::EqContext;
use prm::{ADAPTER_PAGE_SHIFT, EventType, Iova};

/// Size of an entry in bytes.
const ENTRY_SIZE: u64 = 64;

/// Consumer and producer index are compared in 24 bits: what a doorbell carries.
const INDEX_MASK: u32 = 0xff_ffff;

/// Smallest and largest log2 of a queue's number of entries.
pub(crate) const LOG_SIZES: std::ops::RangeInclusive<u8> = 0..=22;

/// Which types of events a queue takes: bit n of word n / 64 is type n. CREATE_EQ says so once and for all.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct EventMask(pub(crate) [u64; 4]);

impl EventMask {
    pub(crate) fn takes(&self, event: EventType) -> bool {
        let raw = event.raw();
        self.0[usize::from(raw >> 6)] >> (raw & 63) & 1 == 1
    }

    /// How many event types the queue takes.
    pub(crate) fn breadth(&self) -> u32 {
        self.0.iter().map(|word| word.count_ones()).sum()
    }
}

/// One event queue.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct EventQueue {
    log_size: u8,
    /// log2 of a buffer page in bytes.
    page_shift: u32,
    pages: Vec<Iova>,
    pub(crate) uar: u32,
    pub(crate) vector: u16,
    pub(crate) producer: u32,
    pub(crate) consumer: u32,
    pub(crate) armed: bool,
}

impl EventQueue {
    /// A new queue: empty, not armed.
    pub(crate) fn new(context: &EqContext, pages: Vec<Iova>) -> Self {
        Self {
            log_size: context.log_eq_size(),
            page_shift: ADAPTER_PAGE_SHIFT + u32::from(context.log_page_size()),
            pages,
            uar: context.uar_page(),
            vector: context.intr(),
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

    pub(crate) fn pending(&self) -> u32 {
        self.producer.wrapping_sub(self.consumer) & INDEX_MASK
    }

    pub(crate) fn is_full(&self) -> bool {
        self.pending() >= 1 << self.log_size
    }

    /// Where the next entry goes.
    pub(crate) fn next_address(&self) -> Option<Iova> {
        let index = u64::from(self.producer & ((1 << self.log_size) - 1));
        let offset = index * ENTRY_SIZE;
        let page = self.pages.get(usize::try_from(offset >> self.page_shift).ok()?)?;
        Some(Iova(page.0.wrapping_add(offset & ((1 << self.page_shift) - 1))))
    }

    /// The parity of the pass over the buffer: 0 in the first, so that an entry the driver initialised to 1 is empty.
    pub(crate) fn owner(&self) -> bool {
        self.producer >> self.log_size & 1 == 1
    }
}
