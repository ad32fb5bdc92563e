//! One function that has a register window: everything of the device that is its own.

use crate::state::capabilities::Area;
use crate::state::command_queue::CommandQueue;
use crate::state::event_queue::EventQueue;
use crate::state::health::Health;
use prm::{Cycles, EventType, Function};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// How an endpoint's page commands name functions.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum PageNaming {
    /// function_id and embedded_cpu_function.
    #[default]
    FunctionId,
    /// vhca_id was asked for and is not in force yet: both are understood.
    Either,
    /// vhca_id.
    VhcaId,
}

/// State of one endpoint.
#[derive(Clone, Debug)]
pub(crate) struct Endpoint {
    pub(crate) function: Function,
    pub(crate) queue: CommandQueue,
    /// What the driver last said its interface to the device is.
    pub(crate) nic_interface: u8,
    /// Until when the device initialises after a reset.
    pub(crate) ready_at: Cycles,
    pub(crate) health: Health,
    /// When the driver last looked at the health counter.
    pub(crate) health_seen_at: Option<Cycles>,
    /// The interface step sequence in use.
    pub(crate) issi: u16,
    pub(crate) enabled: bool,
    pub(crate) initialized: bool,
    pub(crate) naming: PageNaming,
    /// Capability areas that SET_HCA_CAP wrote, by type; the others are as the device starts with them.
    pub(crate) set_capabilities: BTreeMap<u16, Arc<Area>>,
    pub(crate) uars: BTreeSet<u32>,
    pub(crate) event_queues: BTreeMap<u8, EventQueue>,
}

impl Endpoint {
    pub(crate) fn new(function: Function) -> Self {
        Self {
            function,
            queue: CommandQueue::default(),
            nic_interface: 0,
            ready_at: Cycles::ZERO,
            health: Health::default(),
            health_seen_at: None,
            issi: 0,
            enabled: false,
            initialized: false,
            naming: PageNaming::FunctionId,
            set_capabilities: BTreeMap::new(),
            uars: BTreeSet::new(),
            event_queues: BTreeMap::new(),
        }
    }

    /// The queue that events of this type go to. Where several take it, the one that takes the fewest other types:
    /// the queue made for it.
    pub(crate) fn queue_for(&self, event: EventType) -> Option<u8> {
        let takers = self.event_queues.iter().filter(|(_, queue)| queue.takes(event));
        takers
            .min_by_key(|(_, queue)| queue.breadth())
            .map(|(&number, _)| number)
    }

    /// Whether anybody would see a page request: without one firmware has no run-time demand.
    pub(crate) fn takes_page_requests(&self) -> bool {
        self.queue_for(EventType::PageRequest).is_some()
    }
}
