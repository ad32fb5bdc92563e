//! Run-time demand for pages that follows from what is created.
//!
//! With the profile `modelled`, a command that creates something needs pages, and stays outstanding until it has them: how
//! many stands in the table of operations.
//!
//! What a function holds is given back when it is disabled, by the knob `on_disable`; what the function itself holds
//! is taken back at unload. There is no demand while no event queue takes page requests, and none at endpoints
//! whose drivers name nobody but themselves: their commands cost nothing.

use crate::config::{self, DemandProfile, DeviceConfig};
use crate::order::PageRequest;
use crate::state::command::Command;
use crate::state::operation::Demand;
use crate::state::roster::Roster;
use prm::Function;

/// Most pages for one list.
const MOST_FOR_A_LIST: u64 = 1024;

/// The demand at an endpoint; none where its driver names nobody but itself, unless it is a second host's PF.
pub(crate) fn at<'a>(
    config: &'a DeviceConfig,
    roster: &Roster,
    endpoint: Function,
) -> Option<&'a config::Demand> {
    let has_demand = roster.is_manager(endpoint) || endpoint == Function::SecondPf;
    has_demand.then_some(&config.demand)
}

/// What a command needs, if anything.
pub(crate) fn of(config: &DeviceConfig, roster: &Roster, command: &Command) -> Option<PageRequest> {
    if at(config, roster, command.endpoint)?.profile != DemandProfile::Modelled {
        return None;
    }
    let pages = match command.operation.demand {
        Demand::OfOthers(pages) if command.subject.other => pages,
        Demand::Nothing | Demand::OfOthers(_) => return None,
        Demand::Pages(pages) => pages,
        Demand::PerListed(listed) => {
            let pages = (command.listed_pages() / listed).clamp(1, MOST_FOR_A_LIST);
            i32::try_from(pages).unwrap_or(1)
        }
    };
    // A command that names nobody fails without needing anything.
    let function = command.subject.function?;
    Some(PageRequest {
        function: Some(function),
        identity: None,
        pages,
        release_all: false,
    })
}
