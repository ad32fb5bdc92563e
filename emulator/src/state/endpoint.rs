//! One function that has a register window: everything of the device that is its own.

use crate::state::capabilities::Area;
use crate::state::command_queue::CommandQueue;
use crate::state::event_queue::{EventMask, EventQueue};
use crate::state::health::Health;
use crate::state::numbers::CommandNumber;
use crate::state::place::{Notes, Place, Thing};
use parts::{Part, Parts};
use prm::{Cycles, EventType, Function};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// How an endpoint's page commands name functions.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
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
#[derive(Clone, Debug, Hash)]
pub(crate) struct Endpoint {
    pub(crate) function: Function,
    pub(crate) queue: CommandQueue,
    pub(crate) interface: Part<Interface>,
    pub(crate) health: Part<Health>,
    pub(crate) life: Part<Life>,
    pub(crate) naming: Part<PageNaming>,
    /// Capability areas that SET_HCA_CAP wrote, by type; the others are as the device starts with them.
    pub(crate) set_capabilities: Part<BTreeMap<u16, Arc<Area>>>,
    pub(crate) uars: Part<BTreeSet<u32>>,
    /// Which events each event queue takes. Whoever posts an event looks at them all, and changes one queue.
    pub(crate) takers: Part<BTreeMap<u8, EventMask>>,
    pub(crate) event_queues: Parts<u8, EventQueue>,
}

/// The endpoint's interface registers.
#[derive(Clone, Copy, Debug, Default, Hash)]
pub(crate) struct Interface {
    /// What the driver last said its interface to the device is.
    pub(crate) nic_interface: u8,
    /// Until when the device initialises after a reset.
    pub(crate) ready_at: Cycles,
    /// The reset of firmware with the consent of all hosts, of which this one is.
    pub(crate) sync_reset: SyncReset,
}

/// A reset of firmware that hosts agree on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub(crate) struct SyncReset {
    pub(crate) stage: ResetStage,
    /// The command that has started it, which waits for the answer.
    pub(crate) starter: Option<CommandNumber>,
}

/// How far it is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub(crate) enum ResetStage {
    /// There is none.
    #[default]
    Idle,
    /// The driver is asked.
    Asked,
    /// It has said no.
    Refused,
    /// It has said yes, to somebody else's reset.
    Agreed,
    /// It is to unload.
    Unloading,
}

/// How far the driver has come.
#[derive(Clone, Copy, Debug, Default, Hash)]
pub(crate) struct Life {
    /// The interface step sequence in use.
    pub(crate) issi: u16,
    pub(crate) enabled: bool,
    pub(crate) initialized: bool,
    /// TEARDOWN_HCA has prepared it to be switched off.
    pub(crate) may_be_switched_off: bool,
}

impl Endpoint {
    pub(crate) fn new(function: Function) -> Self {
        Self {
            function,
            queue: CommandQueue::default(),
            interface: Part::default(),
            health: Part::default(),
            life: Part::default(),
            naming: Part::default(),
            set_capabilities: Part::default(),
            uars: Part::default(),
            takers: Part::default(),
            event_queues: Parts::default(),
        }
    }

    /// It is healthy again. The driver has seen of the health what it had.
    pub(crate) fn recover(&mut self) {
        self.report(0, false);
    }

    /// The health buffer tells of this error.
    pub(crate) fn report(&mut self, syndrome: u8, fatal: bool) {
        self.health.syndrome = syndrome;
        self.health.fatal = fatal;
    }

    /// The queue that events of this type go to. Where several take it, the one that takes the fewest other types:
    /// the queue made for it.
    pub(crate) fn queue_for(&self, event: EventType) -> Option<u8> {
        let takers = self.takers.iter().filter(|(_, mask)| mask.takes(event));
        takers
            .min_by_key(|(_, mask)| mask.breadth())
            .map(|(&number, _)| number)
    }

    /// Puts an event queue in its place.
    pub(crate) fn add_event_queue(&mut self, number: u8, mask: EventMask, queue: EventQueue) {
        self.takers.insert(number, mask);
        self.event_queues.insert(number, queue);
    }

    /// Takes an event queue away; false if it is not there.
    pub(crate) fn remove_event_queue(&mut self, number: u8) -> bool {
        self.takers.remove(&number);
        self.event_queues.remove(&number).is_some()
    }

    /// Drops all event queues and doorbell pages.
    pub(crate) fn clear_event_queues(&mut self) {
        self.takers.clear();
        self.event_queues.clear();
        self.uars.clear();
    }

    /// Whether anybody would see a page request: without one firmware has no run-time demand.
    pub(crate) fn takes_page_requests(&self) -> bool {
        self.queue_for(EventType::PageRequest).is_some()
    }

    /// How its parts were used since this was last asked.
    pub(crate) fn take_notes(&self, take: &mut impl Notes) {
        let own = |thing| Place::at(thing, self.function);
        let queue = &self.queue;
        take(
            own(Thing::Interface),
            queue.address.take_touch() | self.interface.take_touch(),
        );
        take(own(Thing::Doorbells), queue.doorbells.take_touch());
        take(own(Thing::Line), queue.line.take_touch());
        take(own(Thing::Health), self.health.take_touch());
        take(own(Thing::Life), self.life.take_touch());
        take(own(Thing::Naming), self.naming.take_touch());
        take(own(Thing::Capabilities), self.set_capabilities.take_touch());
        take(own(Thing::Uars), self.uars.take_touch());
        take(own(Thing::Takers), self.takers.take_touch());
        let numbered = |thing, number| Place { number, ..own(thing) };
        queue
            .slots
            .take_touches(|slot, touch| take(numbered(Thing::Slot, slot), touch));
        self.event_queues
            .take_touches(|number, touch| take(numbered(Thing::EventQueue, number), touch));
    }
}
