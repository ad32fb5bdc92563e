//! What a reset makes firmware forget.

use crate::record::Record;
use crate::state::action::{Act, Action};
use crate::state::endpoint::Endpoint;
use crate::state::port::Port;
use crate::state::silicon::Silicon;
use prm::init_segment::NIC_INTERFACE_DISABLED;
use prm::{Cycles, Function};

/// How long a device initialises after a reset.
const INITIALIZATION: Cycles = Cycles::from_millis(1);

impl Silicon {
    /// Resets an endpoint: its commands, queues, capabilities and mode are gone, and firmware has forgotten
    /// every page that it supplied. Of the main function it resets the eswitch too. Rules and holds stay. What others
    /// supplied for it stays booked: so it is for a VF whose PF takes it away, which gives its pages back when it is disabled.
    pub fn reset_endpoint(&mut self, endpoint: Function, now: Cycles) {
        self.acts(Act::at(endpoint, Action::Reset), |silicon| {
            silicon.forget_endpoint(endpoint, now)
        });
    }

    /// Firmware begins anew, as a driver asked: every function is reset, and off until its driver sets it up.
    pub(crate) fn reset_firmware(&mut self, now: Cycles) {
        for endpoint in self.all_endpoints() {
            self.acts(Act::at(endpoint, Action::Reset), |silicon| {
                silicon.forget_endpoint(endpoint, now);
                if let Some(state) = silicon.endpoints.get_mut(&endpoint) {
                    state.interface.nic_interface = NIC_INTERFACE_DISABLED;
                }
            });
        }
    }

    /// Every function that has an interface.
    pub(crate) fn all_endpoints(&self) -> Vec<Function> {
        self.endpoints.peek().keys().copied().collect()
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
