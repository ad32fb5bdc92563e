//! Resets of one function: what is forgotten, and which pages go back to whom because of it.

use crate::bus::Buses;
use crate::record::Record;
use crate::state::action::{Act, Action};
use crate::state::endpoint::Endpoint;
use crate::state::port::Port;
use crate::state::silicon::Silicon;
use prm::{Cycles, Function};

/// How long a device initialises after a reset.
const INITIALIZATION: Cycles = Cycles::from_millis(1);

impl Silicon {
    /// A function-level reset, asked for by the host of the function (PCI Express: Initiate Function Level Reset). The
    /// function is as [`reset_endpoint`](Self::reset_endpoint) leaves it. What others supplied for it goes back to them as
    /// [`OnReset`] says. With a PF the functions of its host are reset, the main
    /// function's VFs and SFs.
    pub fn reset_function(&mut self, endpoint: Function, now: Cycles, buses: &mut dyn Buses) {
        self.acts(Act::at(endpoint, Action::Reset), |silicon| {
            silicon.reset_with_others(endpoint, now, buses);
        });
    }

    fn reset_with_others(&mut self, endpoint: Function, now: Cycles, buses: &mut dyn Buses) {
        self.reset_endpoint(endpoint, now);
        let others: Vec<Function> = self.endpoints.peek().keys().copied().collect();
        let with_it = |&other: &Function| other != endpoint && self.roster.host_of(other) == endpoint;
        let others: Vec<Function> = others.into_iter().filter(with_it).collect();
        for other in others {
            self.reset_endpoint(other, now);
        }
        self.give_up_pages_of(endpoint, now, buses);
        self.go_on(now, buses);
    }

    /// Resets an endpoint: its commands, queues, capabilities and mode are gone, and firmware has forgotten
    /// every page that it supplied. Of the main function it resets the eswitch too. Rules and holds stay. What others
    /// supplied for it stays booked: so it is for a VF whose PF takes it away, which gives its pages back when it is disabled.
    pub fn reset_endpoint(&mut self, endpoint: Function, now: Cycles) {
        self.acts(Act::at(endpoint, Action::Reset), |silicon| {
            silicon.forget_endpoint(endpoint, now)
        });
    }

    fn forget_endpoint(&mut self, endpoint: Function, now: Cycles) {
        let Some(state) = self.endpoints.get(&endpoint) else {
            return;
        };
        // One that nobody uses is reset again and again while a machine starts: nobody is told.
        if state.life.enabled {
            self.records.push(Record::FunctionReset {
                cycles: now,
                endpoint,
            });
        }
        self.drop_commands_of(endpoint, now, "the function was reset");
        self.forget_supplies(endpoint, now);
        let mut fresh = Endpoint::new(endpoint);
        fresh.interface.ready_at = now.saturating_add(INITIALIZATION);
        self.endpoints.insert(endpoint, fresh);
        self.objects.forget(endpoint);
        if endpoint == self.main_function() {
            self.vports.clear();
            *self.port = Port::default();
            self.subfunctions.clear();
        }
    }
}
