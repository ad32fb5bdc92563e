//! Work in portions: what a served device does at a time.

use crate::bus::Buses;
use crate::state::pace::Pace;
use crate::state::silicon::Silicon;
use prm::Cycles;

impl Silicon {
    /// Chooses how much is done at a time.
    pub fn set_pace(&mut self, pace: Pace) {
        self.watch.look();
        *self.pace = pace;
    }

    /// Whether something is to be done at `now`.
    #[must_use]
    pub fn has_work(&self, now: Cycles) -> bool {
        self.inflow.peek().is_due() || self.next_due().is_some_and(|due| due.at <= now)
    }

    /// Does one portion of what is to be done at `now`: of the commands that were announced, and of what is due. False
    /// if there was nothing to do. Every piece of work that was due happens at the time at which it was due.
    pub fn work(&mut self, now: Cycles, buses: &mut dyn Buses) -> bool {
        let fetched = self.fetch_portion(now, buses);
        let done = self.do_next(now, buses);
        fetched || done
    }
}
