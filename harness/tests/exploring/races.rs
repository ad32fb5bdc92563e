//! The races of the tests.

use harness::explore::survey::{Limits, Strategy, Survey, survey};
use harness::explore::{Detail, End, Flaw, RaceOptions};
use harness::scenario::{ScenarioFile, Sizes, read_scenario};
use search::{Method, Shard, Spent};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::num::NonZeroUsize;
use std::path::Path;

/// A race file of the project at these sizes.
pub fn race(name: &str, vfs: u16, requests: u32) -> ScenarioFile {
    as_it_stands(name).sized(Sizes {
        vfs: Some(vfs),
        requests: Some(requests),
    })
}

/// Races so small that every way through them can be gone.
pub const TINY: [&str; 6] = [
    "tiny-gives",
    "tiny-held",
    "tiny-refused",
    "tiny-release",
    "tiny-reset",
    "tiny-takes",
];

/// A race file of the project as it stands.
pub fn as_it_stands(name: &str) -> ScenarioFile {
    let file = format!("{}/../scenarios/races/{name}.json", env!("CARGO_MANIFEST_DIR"));
    read_scenario(Path::new(&file))
        .map_err(|error| error.to_string())
        .unwrap()
}

/// A race of a PF with one VF that is enabled and has a page.
pub fn small(together: Value) -> ScenarioFile {
    serde_json::from_value(json!({
        "name": "small", "row": "1", "concern": "c", "why": "w", "reachability": "white_box",
        "device": {
            "kind": "pf", "vhca_id": 5, "page_mode": "vhca_id",
            "eswitch": { "manager": true, "vport_group_manager": true },
            "vfs": { "total": 1, "first_vhca_id": 16 },
            "demand": { "boot": 2, "init": 2 },
        },
        "steps": [
            { "host": "load" },
            { "host": { "enable_vfs": 1 } },
            { "firmware": { "request_pages": { "function": "vf1", "pages": 1 } } },
            { "together": together },
        ],
        "expect": { "reviewed": {}, "merged": {}, "robust": {} },
    }))
    .unwrap()
}

/// Every way through a race, with this method.
pub fn search(
    scenario: &ScenarioFile,
    revision: &'static dyn driver::Revision,
    method: Method,
    detail: Detail,
) -> Survey {
    let strategy = Strategy::Exhaustive {
        method,
        shard: Shard::ALL,
        jobs: NonZeroUsize::MIN,
    };
    let limits = Limits {
        budget: &|spent: &Spent| spent.transitions < 4_000_000,
        first_flaw: false,
    };
    let options = RaceOptions {
        detail,
        early_timeouts: 0,
    };
    survey(scenario, revision, options, &strategy, &limits)
        .map_err(|halt| halt.to_string())
        .unwrap()
}

/// What was found, as it is compared.
pub fn found(survey: &Survey) -> (BTreeSet<End>, BTreeSet<Flaw>) {
    (
        survey.found.ends.keys().cloned().collect(),
        survey.found.flaws.keys().cloned().collect(),
    )
}
