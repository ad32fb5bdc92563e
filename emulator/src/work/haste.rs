//! Functions that end in haste: by force, or by their interface register once they are prepared. No page is given back by
//! command; what becomes of them is [`OnHaste`].

use crate::config::OnHaste;
use crate::state::command_queue::Doorbells;
use crate::state::silicon::Silicon;
use prm::{Cycles, Function};

impl Silicon {
    /// Closes an endpoint as it is: its commands never complete, its queues are gone, no event is told to it any more. A command
    /// that is being executed stands apart and stays.
    pub(crate) fn close_in_haste(&mut self, endpoint: Function, now: Cycles, why: &'static str) {
        self.drop_each_of(endpoint, now, why);
        self.make_room();
        self.drop_requests(endpoint);
        if self.config.firmware.on_haste == OnHaste::Forget {
            self.forget_supplies(endpoint, now);
        }
        self.clear_mode(endpoint);
        if let Some(state) = self.endpoints.get_mut(&endpoint) {
            *state.queue.doorbells = Doorbells::default();
            state.queue.line.queued.clear();
            state.clear_event_queues();
            state.life.enabled = false;
            state.life.initialized = false;
            state.life.may_be_switched_off = false;
        }
    }

    /// A driver writes to the interface register that the function is off. That closes one that TEARDOWN_HCA has prepared.
    pub(crate) fn switch_off(&mut self, endpoint: Function, now: Cycles) {
        let is_prepared = self
            .endpoints
            .get(&endpoint)
            .is_some_and(|state| state.life.may_be_switched_off);
        if is_prepared {
            self.close_in_haste(endpoint, now, "the function was switched off");
        }
    }
}
