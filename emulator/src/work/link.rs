//! The link between the device and its host: what becomes of what its drivers have set up when it goes down.

use crate::config::OnLinkDown;
use crate::order::LinkState;
use crate::record::Record;
use crate::state::action::{Act, Action};
use crate::state::silicon::Silicon;
use prm::Cycles;

impl Silicon {
    /// The link goes down or comes back (see [`OnLinkDown`]). Configuration spaces keep what the host wrote there: no driver of
    /// this hardware could get a device back by itself otherwise.
    pub(crate) fn set_link(&mut self, link: LinkState, now: Cycles) {
        if *self.link == link {
            return;
        }
        self.records.push(Record::Link {
            cycles: now,
            endpoint: self.main_function(),
            link,
        });
        if link == LinkState::Down {
            for endpoint in self.all_endpoints() {
                match self.config.firmware.on_link_down {
                    OnLinkDown::Reset => self.reset_endpoint(endpoint, now),
                    OnLinkDown::Keep => self.acts(Act::at(endpoint, Action::Reset), |silicon| {
                        silicon.drop_commands_of(endpoint, now, "the link went down");
                    }),
                }
            }
        }
        *self.link = link;
    }
}
