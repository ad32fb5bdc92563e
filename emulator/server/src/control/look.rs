//! All that a judge asks of the device at one moment, and what has happened since it last asked.
//!
//! Who plays a scenario on a served device compares books after every step, so the ledger goes with its pages. Pages in a row
//! that were given in a row are one run: a million of them are as long as one.

use super::account::Portion;
use crate::server::DeviceServer;
use emulator::ledger::OwnedPage;
use emulator::{HoldState, OutstandingCommand, Owner, PagesInFlight, Record, UnansweredRequest};
use prm::{Cycles, Function, PageMode, WireIdentity};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What is asked.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct LookRequest {
    /// Owners as drivers name them: whom do they mean?
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub identities: Vec<NamedOwner>,
}

/// An owner as a driver names it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct NamedOwner {
    /// At whose interface.
    pub endpoint: Function,
    /// How owners are named there.
    pub mode: PageMode,
    /// function_id or vhca_id.
    pub id: u16,
    /// embedded_cpu_function.
    pub ec: bool,
}

/// What is to be seen.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Look {
    /// Now.
    pub now: Cycles,
    /// The function that the device is described from.
    pub main_function: Function,
    /// Every function that the ledger can name, the main one first.
    pub functions: Vec<Function>,
    /// Rows of the ledger, in order.
    pub rows: Vec<Row>,
    /// Whom the identities mean, in the order in which they were asked about.
    pub owners: Vec<Owner>,
    /// Page commands that are on the wire.
    pub pages_in_flight: Vec<PagesInFlight>,
    /// Commands that the driver has not got back, in the order of their doorbells.
    pub commands: Vec<OutstandingCommand>,
    /// Page requests that the driver has not answered.
    pub page_requests: Vec<UnansweredRequest>,
    /// Holds in force, in the order in which they were installed.
    pub holds: Vec<HoldState>,
    /// What has happened since the last look, from the oldest on; at most 4096.
    #[schemars(with = "Vec<serde_json::Map<String, serde_json::Value>>")]
    pub records: Vec<Record>,
    /// How many more records there are: ask again.
    pub left: u64,
    /// How many records before these were forgotten, since 1048576 are kept.
    pub lost: u64,
}

/// Pages of one owner in one supplier's book.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Row {
    /// Who has given them.
    pub supplier: Function,
    /// Who has them.
    pub owner: Owner,
    /// The pages, in the order of the book.
    pub runs: Vec<Run>,
}

/// Pages whose numbers and generations both go up by one: the first number, the first generation, how many.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Run(pub u64, pub u64, pub u64);

impl Row {
    /// How many pages there are.
    #[must_use]
    pub fn pages(&self) -> u64 {
        self.runs.iter().map(|run| run.2).sum()
    }

    /// The pages one by one.
    pub fn iter(&self) -> impl Iterator<Item = OwnedPage> + '_ {
        let page = |&Run(number, generation, count): &Run| {
            (0..count).map(move |step| OwnedPage {
                number: number + step,
                generation: generation + step,
            })
        };
        self.runs.iter().flat_map(page)
    }
}

/// Puts pages together that follow each other.
fn runs(pages: impl Iterator<Item = OwnedPage>) -> Vec<Run> {
    let mut runs: Vec<Run> = Vec::new();
    for page in pages {
        match runs.last_mut() {
            Some(Run(number, generation, count))
                if *number + *count == page.number && *generation + *count == page.generation =>
            {
                *count += 1;
            }
            _ => runs.push(Run(page.number, page.generation, 1)),
        }
    }
    runs
}

impl Look {
    /// The device as it is now, with what no look has had.
    pub(super) fn at(device: &DeviceServer, request: &LookRequest, portion: Portion) -> Self {
        let silicon = device.silicon();
        let ledger = silicon.ledger();
        let rows = ledger.rows().map(|(supplier, owner, _)| Row {
            supplier,
            owner,
            runs: runs(ledger.pages_of(supplier, owner)),
        });
        let owner = |asked: &NamedOwner| {
            let NamedOwner {
                endpoint,
                mode,
                id,
                ec,
            } = *asked;
            silicon.owner_in_mode(endpoint, mode, WireIdentity { id, ec })
        };
        Self {
            now: device.now(),
            main_function: silicon.main_function(),
            functions: silicon.functions(),
            rows: rows.collect(),
            owners: request.identities.iter().map(owner).collect(),
            pages_in_flight: silicon.pages_in_flight(),
            commands: silicon.outstanding_commands(),
            page_requests: silicon.unanswered_requests(),
            holds: silicon.holds(),
            records: portion.records,
            left: portion.left,
            lost: portion.lost,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_that_follow_each_other_are_one_run_and_come_apart_again() {
        let page = |(number, generation)| OwnedPage { number, generation };
        let pages: Vec<OwnedPage> = [(7, 0), (8, 1), (9, 2), (10, 5), (12, 6), (11, 7)]
            .map(page)
            .to_vec();
        let row = Row {
            supplier: Function::Pf,
            owner: Function::Pf.into(),
            runs: runs(pages.iter().copied()),
        };
        assert_eq!(
            row.runs,
            [Run(7, 0, 3), Run(10, 5, 1), Run(12, 6, 1), Run(11, 7, 1)]
        );
        assert_eq!((row.iter().collect::<Vec<_>>(), row.pages()), (pages, 6));
    }
}
