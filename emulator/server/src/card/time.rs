//! Virtual time: firmware does what is due when somebody moves the clock, and tells what has come of it.

use super::Card;
use crate::port::Clients;
use prm::Cycles;
use prm::link::TimeAnswer;

impl Card {
    /// Moves a virtual clock and lets firmware do all that is due by then, however long that takes. Whether there was something.
    pub(crate) fn advance_to(&mut self, at: Cycles, clients: Clients<'_>) -> bool {
        self.clock.move_to(at);
        let (silicon, mut buses, now) = self.at_work(clients);
        let acts = silicon.next_due().is_some_and(|due| due.at <= now);
        if acts {
            silicon.advance(now, &mut buses);
        }
        acts
    }

    /// How the device stands, and what it has done to its hosts since this was asked last; on the wall clock, where nobody
    /// may ever ask, since it was asked first. What firmware waits for is told elsewhere.
    pub(crate) fn take_answer(&mut self, acted: bool) -> TimeAnswer {
        let acted = acted || std::mem::take(&mut self.has_worked);
        let silicon = &self.silicon;
        let holds = silicon.holds().into_iter();
        let effects = self.effects.get_or_insert_default();
        let (interrupts, strays) = (effects.take_interrupts(), effects.take_strays());
        TimeAnswer {
            now_ns: self.clock.now().0,
            acted,
            next_due_ns: silicon.next_due().map(|due| due.at.0),
            in_service: silicon.next_in_service().is_some(),
            caught: holds
                .filter(|hold| hold.caught.is_some())
                .map(|hold| hold.name)
                .collect(),
            interrupts,
            strays,
            waits: None,
        }
    }
}
