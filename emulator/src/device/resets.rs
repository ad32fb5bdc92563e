//! Resets of one function: what is forgotten, and which pages go back to whom because of it.

use crate::bus::Buses;
use crate::state::action::{Act, Action};
use crate::state::silicon::Silicon;
use prm::{Cycles, Function};

impl Silicon {
    /// A function-level reset, asked for by the host of the function (PCI Express: Initiate Function Level Reset). The
    /// function is as [`reset_endpoint`](Self::reset_endpoint) leaves it. What others supplied for it goes back to them as
    /// [`OnReset`](crate::config::OnReset) says. With a PF the functions of its host are reset, the main
    /// function's VFs and SFs.
    pub fn reset_function(&mut self, endpoint: Function, now: Cycles, buses: &mut dyn Buses) {
        self.acts(Act::at(endpoint, Action::Reset), |silicon| {
            silicon.reset_with_others(endpoint, now, buses);
        });
    }

    fn reset_with_others(&mut self, endpoint: Function, now: Cycles, buses: &mut dyn Buses) {
        self.reset_endpoint(endpoint, now);
        let with_it = |&other: &Function| other != endpoint && self.roster.host_of(other) == endpoint;
        let others: Vec<Function> = self.all_endpoints().into_iter().filter(with_it).collect();
        for other in others {
            self.reset_endpoint(other, now);
        }
        self.give_up_pages_of(endpoint, now, buses);
        self.go_on(now, buses);
    }
}
