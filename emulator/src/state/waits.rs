//! Commands that stay outstanding until page requests are served.

use crate::state::numbers::{CommandNumber, RequestNumber};
use std::collections::BTreeMap;

/// Which commands wait for which page requests, by their numbers. A command that waits for nothing is not in it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub(crate) struct Waits(BTreeMap<CommandNumber, Vec<RequestNumber>>);

impl Waits {
    /// A command waits for these requests.
    pub(crate) fn enter(&mut self, command: CommandNumber, requests: Vec<RequestNumber>) {
        self.0.insert(command, requests);
    }

    /// The requests that a command waits for.
    pub(crate) fn of(&self, command: CommandNumber) -> &[RequestNumber] {
        self.0.get(&command).map_or(&[], Vec::as_slice)
    }

    /// A command waits no longer.
    pub(crate) fn forget(&mut self, command: CommandNumber) {
        self.0.remove(&command);
    }

    /// The commands that wait for this request.
    pub(crate) fn waiting_for(&self, request: RequestNumber) -> Vec<CommandNumber> {
        let waiting = self.0.iter().filter(|(_, requests)| requests.contains(&request));
        waiting.map(|(&command, _)| command).collect()
    }

    /// Whether a command waits for a request that is not open.
    pub(crate) fn is_met(&self, is_open: impl Fn(RequestNumber) -> bool) -> bool {
        self.0.values().flatten().any(|&request| !is_open(request))
    }

    /// Nobody waits any more for requests that are not open; the commands that wait for nothing then, in the order of their
    /// numbers.
    pub(crate) fn meet(&mut self, is_open: impl Fn(RequestNumber) -> bool) -> Vec<CommandNumber> {
        let mut met = Vec::new();
        self.0.retain(|&command, requests| {
            requests.retain(|&request| is_open(request));
            if requests.is_empty() {
                met.push(command);
            }
            !requests.is_empty()
        });
        met
    }
}
