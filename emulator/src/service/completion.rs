//! How a command goes back: outputs, owner bit, event.

use crate::bus::Buses;
use crate::order::{Answer, HoldPoint};
use crate::record::Record;
use crate::state::action::Action;
use crate::state::agenda::{DueKind, Task};
use crate::state::command::Stage;
use crate::state::silicon::Silicon;
use prm::event::{CommandCompletion, EventEntry};
use prm::{Cycles, EventType, Function};

impl Silicon {
    pub(super) fn completion_due(&mut self, number: u64, now: Cycles, buses: &mut dyn Buses) {
        match self.commands.get(&number) {
            Some(command)
                if matches!(command.answer, Some(Answer::CompletedLate { .. })) && command.due > now =>
            {
                self.agenda
                    .enter(command.due, DueKind::Scheduled, Task::Complete(number));
            }
            _ => self.complete(number, now, buses),
        }
    }

    /// Writes the outputs and gives the entry back.
    pub(super) fn complete(&mut self, number: u64, at: Cycles, buses: &mut dyn Buses) {
        self.acts_on(number, Action::Completion, |silicon| {
            silicon.complete_now(number, at, buses)
        });
    }

    fn complete_now(&mut self, number: u64, at: Cycles, buses: &mut dyn Buses) {
        self.write_back(number, at, buses);
        let Some(command) = self.commands.get_mut(&number) else {
            return;
        };
        command.stage = Stage::Written;
        let endpoint = command.endpoint;
        let after = at.saturating_sub(command.rung);
        self.records.push(Record::Command(Box::new(command.record(at))));
        self.make_room();
        if after > Cycles::from_millis(self.config.timeouts.command_ms.into()) {
            self.records.push(Record::LateCompletion {
                cycles: at,
                endpoint,
                n: number,
                after,
            });
        }
        if !self.catch(number, HoldPoint::BeforeEvent, at, buses) {
            self.finish(number, at, buses);
        }
    }

    /// Posts the completion event; with that the command is over.
    pub(super) fn finish(&mut self, number: u64, at: Cycles, buses: &mut dyn Buses) {
        let Some(command) = self.remove_command(number) else {
            return;
        };
        self.gate.forget(number);
        let endpoint = command.endpoint;
        if command.by_event && command.answer != Some(Answer::LostEvent {}) {
            let entry = EventEntry::of(&CommandCompletion::new().with_vector(1 << command.slot));
            if command.answer == Some(Answer::LostInterrupt {}) {
                self.lose_interrupt(endpoint, entry.kind());
            }
            self.post_event(endpoint, &entry, at, buses);
        }
        self.end_service(endpoint, number, at, buses);
    }

    /// The interrupt for the next event of this type goes where nobody hears it: the queue is as if it had been raised.
    fn lose_interrupt(&mut self, endpoint: Function, event: EventType) {
        if let Some(state) = self.endpoints.get_mut(&endpoint)
            && let Some(number) = state.queue_for(event)
            && let Some(queue) = state.event_queues.get_mut(&number)
        {
            queue.armed = false;
        }
    }
}
