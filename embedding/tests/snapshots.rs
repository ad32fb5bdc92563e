//! A run through this crate shows what the project's snapshot of the same scenario shows.
#![allow(clippy::unwrap_used, reason = "helpers of tests")]

use mlx5_embedding::{Bench, HostOperation, RevisionName};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

fn text(path: &str) -> String {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    fs::read_to_string(root.join(path)).unwrap()
}

fn snapshot(revision: RevisionName) -> Value {
    let text = text(&format!("snapshots/lifecycle__boot-init-funcid@{revision}.snap"));
    serde_json::from_str(text.split("---\n").last().unwrap()).unwrap()
}

/// Both books as a snapshot has them: functions without pages are named.
fn books(bench: &Bench) -> Value {
    let functions = bench.world().machine().silicon.functions();
    let mut ledger: BTreeMap<String, u64> = functions.iter().map(|each| (each.to_string(), 0)).collect();
    let held = bench.ledger().into_iter();
    ledger.extend(held.map(|(owner, pages)| (owner.to_string(), pages)));
    let counters = BTreeMap::from(bench.counters().named());
    json!({ "counters": counters, "ledger": ledger })
}

#[test]
fn a_life_has_the_books_and_the_times_of_its_snapshot() {
    let scenario: Value = serde_json::from_str(&text("scenarios/lifecycle/boot-init-funcid.json")).unwrap();
    for revision in RevisionName::ALL {
        let snapshot = snapshot(revision);
        let took = |step: usize| snapshot["steps"][step]["took_ns"].as_u64().unwrap();
        let mut bench = Bench::of_json(&scenario["device"].to_string(), revision).unwrap();

        bench.run(HostOperation::Load).unwrap();
        let loaded = books(&bench);
        let changes = &snapshot["steps"][0]["changes"];
        for name in ["fw_pages_total", "self"] {
            let change = changes[format!("counters.{name}")].as_str().unwrap();
            assert_eq!(change, format!("none -> {}", loaded["counters"][name]), "{name}");
        }
        assert_eq!(
            changes["ledger.pf"],
            format!("none -> {}", loaded["ledger"]["pf"])
        );
        assert_eq!(bench.differences(), []);
        assert_eq!(bench.now().as_nanos(), took(0).into(), "{revision}");

        bench.run(HostOperation::Unload).unwrap();
        let end = &snapshot["end"];
        let unloaded = books(&bench);
        assert_eq!(unloaded["counters"], end["counters"], "{revision}");
        assert_eq!(unloaded["ledger"], end["ledger"], "{revision}");
        assert_eq!(bench.now().as_nanos(), (took(0) + took(1)).into(), "{revision}");
    }
}
