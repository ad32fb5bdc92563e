//! Event queues: entries in host memory, the owner bit, arming.

use crate::order::{InterruptFate, InterruptRule, MAX_RULES, OrderError};
use prm::event_queue::EqContext;
use prm::{ADAPTER_PAGE_SHIFT, EventType, Iova};
use std::collections::VecDeque;

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
    /// Whether nobody has heard the interrupt that disarmed it.
    unheard: bool,
    /// What becomes of the next interrupts.
    rules: VecDeque<Rule>,
}

/// A rule, and how often it still applies.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
struct Rule {
    fate: InterruptFate,
    /// None: always.
    left: Option<u32>,
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
            unheard: false,
            rules: VecDeque::new(),
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

    /// Whether the driver was told of its events: an interrupt was raised for them, and reached somebody.
    pub(crate) fn is_told(&self) -> bool {
        !self.armed && !self.unheard
    }

    /// A rule for the interrupts that come after those of the rules before it.
    ///
    /// # Errors
    /// [`OrderError::TooManyRules`] if the queue has as many as may be.
    pub(crate) fn add_rule(&mut self, rule: &InterruptRule) -> Result<(), OrderError> {
        if self.rules.len() >= MAX_RULES {
            return Err(OrderError::TooManyRules);
        }
        self.rules.push_back(Rule {
            fate: rule.next,
            left: (rule.times > 0).then_some(rule.times),
        });
        Ok(())
    }

    /// The queue is armed and has events: what becomes of the interrupt, if it is not simply raised. Disarmed, but for one that
    /// waits for more events.
    pub(crate) fn fire(&mut self) -> Option<InterruptFate> {
        let pending = self.pending();
        let Some(rule) = self.rules.front_mut() else {
            self.armed = false;
            return None;
        };
        let fate = rule.fate;
        if let InterruptFate::Merge { events } = fate
            && pending < events
        {
            return Some(fate);
        }
        rule.left = rule.left.map(|left| left - 1);
        if rule.left == Some(0) {
            self.rules.pop_front();
        }
        self.armed = false;
        match fate {
            InterruptFate::Merge { .. } => None,
            InterruptFate::Lose {} | InterruptFate::Late { .. } => {
                self.unheard = true;
                Some(fate)
            }
        }
    }

    /// An interrupt that nobody hears.
    pub(crate) fn lose(&mut self) {
        self.armed = false;
        self.unheard = true;
    }

    /// The interrupt that was put off comes.
    pub(crate) fn tell(&mut self) {
        self.unheard = false;
    }

    /// The driver has looked: this far it has read, and it wants to hear of more if `arm`.
    pub(crate) fn look(&mut self, consumer: u32, arm: bool) {
        self.consumer = consumer;
        self.armed |= arm;
        self.unheard = false;
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
