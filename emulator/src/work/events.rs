//! Events and interrupts: how they are posted, and the doorbells of their queues.

use crate::bus::Buses;
use crate::order::{InterruptFate, LinkState, OrderError, QueueKind};
use crate::record::Record;
use crate::state::agenda::{DueKind, Task};
use crate::state::event_queue::EventQueue;
use crate::state::silicon::Silicon;
use prm::event::{EVENT_OWNER_OFFSET, EventEntry};
use prm::uar::EqDoorbell;
use prm::{Cycles, EventType, Function, Iova};

impl Silicon {
    /// Whether the driver has consumed every event that was posted: each queue's consumer index, as its doorbell last
    /// told it, has caught up.
    #[must_use]
    pub fn events_are_consumed(&self) -> bool {
        self.all_event_queues(|queue| queue.pending() == 0)
    }

    /// The same for the events that the driver was told of: those of a queue whose interrupt was lost, or has yet to come, may wait.
    #[must_use]
    pub fn told_events_are_consumed(&self) -> bool {
        self.all_event_queues(|queue| queue.pending() == 0 || !queue.is_told())
    }

    fn all_event_queues(&self, holds: impl Fn(&EventQueue) -> bool) -> bool {
        let endpoints = self.endpoints.peek().values();
        let mut queues = endpoints.flat_map(|endpoint| endpoint.event_queues.peek().values());
        queues.all(holds)
    }

    /// Whether the driver has an event queue that takes this type.
    ///
    /// # Errors
    /// [`OrderError::NoEventQueue`] where it has none.
    pub(crate) fn check_taken(&self, own: Function, event: EventType) -> Result<(), OrderError> {
        let endpoint = self.endpoints.get(&own);
        let takes = endpoint.is_some_and(|state| state.queue_for(event).is_some());
        takes.then_some(()).ok_or(OrderError::NoEventQueue)
    }

    /// Posts an event that an order asks for.
    ///
    /// # Errors
    /// [`OrderError::NoEventQueue`] where nobody would see it.
    pub(crate) fn post_ordered(
        &mut self,
        own: Function,
        entry: &EventEntry,
        now: Cycles,
        buses: &mut dyn Buses,
    ) -> Result<(), OrderError> {
        self.check_taken(own, entry.kind())?;
        self.post_event(own, entry, now, buses);
        Ok(())
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
                    why: why.into(),
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
        if *self.link == LinkState::Down {
            return Err("the link is down");
        }
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

    /// Raises the queue's vector if it is armed and not empty, unless a rule has something else in mind. Raising disarms: one
    /// interrupt for what is posted until the driver arms again.
    fn interrupt_if_armed(&mut self, endpoint: Function, eqn: u8, at: Cycles, buses: &mut dyn Buses) {
        let state = self.endpoints.get_mut(&endpoint);
        let Some(queue) = state.and_then(|state| state.event_queues.get_mut(&eqn)) else {
            return;
        };
        if !queue.armed || queue.pending() == 0 {
            return;
        }
        match queue.fire() {
            None => self.raise(endpoint, eqn, at, buses),
            Some(InterruptFate::Lose {}) => {
                let vector = queue.vector;
                self.records.push(Record::InterruptLost {
                    cycles: at,
                    endpoint,
                    vector,
                });
            }
            Some(InterruptFate::Late { after_ms }) => {
                let due = at.saturating_add(Cycles::from_millis(after_ms.into()));
                let task = Task::Interrupt {
                    at: endpoint,
                    queue: eqn,
                };
                self.put_off(due, DueKind::Scheduled, task, at);
            }
            Some(InterruptFate::Merge { .. }) => {}
        }
    }

    /// Raises the vector of a queue if it is there. The queue need not have an event.
    pub(crate) fn raise(&mut self, endpoint: Function, eqn: u8, at: Cycles, buses: &mut dyn Buses) {
        let state = self.endpoints.get(&endpoint);
        let Some(queue) = state.and_then(|state| state.event_queues.get(&eqn)) else {
            return;
        };
        let vector = queue.vector;
        self.records.push(Record::Interrupt {
            cycles: at,
            endpoint,
            vector,
        });
        buses.bus(endpoint).interrupt(vector);
    }

    /// Raises a vector that a rule has put off.
    pub(crate) fn raise_late(&mut self, endpoint: Function, eqn: u8, at: Cycles, buses: &mut dyn Buses) {
        let state = self.endpoints.get_mut(&endpoint);
        if let Some(queue) = state.and_then(|state| state.event_queues.get_mut(&eqn)) {
            queue.tell();
            self.raise(endpoint, eqn, at, buses);
        }
    }

    /// The queue of this kind at an endpoint, to be changed.
    pub(crate) fn event_queue(&mut self, endpoint: Function, kind: QueueKind) -> Option<&mut EventQueue> {
        let state = self.endpoints.get_mut(&endpoint)?;
        let number = state.queue_for(kind.event())?;
        state.event_queues.get_mut(&number)
    }

    /// The interrupt for the next event of this type goes where nobody hears it: the queue is as if it had been raised.
    pub(crate) fn lose_interrupt(&mut self, endpoint: Function, event: EventType) {
        if let Some(state) = self.endpoints.get_mut(&endpoint)
            && let Some(number) = state.queue_for(event)
            && let Some(queue) = state.event_queues.get_mut(&number)
        {
            queue.lose();
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
                queue.look(doorbell.consumer_index(), arm);
                self.interrupt_if_armed(endpoint, eqn, now, buses);
            }
            Some(_) => self.refuse(endpoint, now, "the event queue's doorbell is in another UAR"),
            None => self.refuse(endpoint, now, "doorbell of an event queue that does not exist"),
        }
    }
}
