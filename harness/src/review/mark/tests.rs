//! Marks of runs.

use super::*;
use crate::record::measured::Measured;
use crate::record::result::{Mismatch, Snapshot, StepRecord};
use crate::scenario::InvariantName;
use serde_json::json;

fn scenario() -> ScenarioFile {
    serde_json::from_value(json!({
        "name": "a", "row": "1", "concern": "", "why": "", "reachability": "compliant_firmware",
        "device": { "kind": "pf", "vhca_id": 5, "page_mode": "vhca_id" },
        "steps": [{ "host": "load" }, { "host": "unload" }],
        "expect": { "merged": {} },
    }))
    .unwrap()
}

fn step(number: u32, total: Option<u32>, pf: u64, returns: i32) -> StepRecord {
    StepRecord {
        number,
        what: "host unload".to_owned(),
        returns: Some(returns),
        took_ns: None,
        pending: false,
        wrote_astray: false,
        warnings: Vec::new(),
        violations: Vec::new(),
        after: Snapshot {
            counters: [("fw_pages_total".to_owned(), total)].into(),
            ledger: [("pf".to_owned(), pf)].into(),
            ..Snapshot::default()
        },
    }
}

fn kinds(result: &RunResult) -> Vec<(MarkKind, u64)> {
    let marks = marks(&scenario(), result).into_iter();
    marks.map(|mark| (mark.kind, mark.weight)).collect()
}

/// A run whose driver is bound as long as it shows its counters.
fn run(steps: Vec<StepRecord>) -> RunResult {
    let mut result = RunResult::unrun("a", "a.json", "linux");
    let is_unbound = |step: &&StepRecord| step.after.counters.values().all(Option::is_none);
    let last = steps.last().filter(is_unbound);
    result.measured = Some(Measured {
        left_with_firmware: last.map_or(0, |step| step.after.ledger.values().sum()),
        ..Measured::default()
    });
    result.steps = steps;
    result
}

#[test]
fn a_drift_that_lasts_weighs_more_than_one_that_passes() {
    let violation = Violation {
        invariant: InvariantName::CounterMatchesLedger,
        step: 1,
        subject: Some("fw_pages_total".to_owned()),
        driver: Some(200),
        firmware: Some(240),
        detail: String::new(),
        expected: true,
    };
    // The sum of all pages is looked at in any case.
    assert_eq!(
        kinds(&run(vec![step(1, Some(200), 240, 0), step(2, None, 0, 0)])),
        [(MarkKind::Drift, 41)]
    );
    let mut passing = run(vec![step(1, Some(240), 240, 0)]);
    passing.violations = vec![violation.clone()];
    assert_eq!(kinds(&passing), [(MarkKind::Drift, 1)]);
    let mut lasting = run(vec![step(1, Some(200), 240, 0)]);
    lasting.violations = vec![violation];
    assert_eq!(kinds(&lasting), [(MarkKind::Drift, 41)]);
}

#[test]
fn pages_without_a_driver_are_left_behind() {
    assert_eq!(
        kinds(&run(vec![step(1, Some(240), 240, 0), step(2, None, 60, 0)])),
        [(MarkKind::LeftBehind, 60)]
    );
    assert!(kinds(&run(vec![step(1, Some(240), 240, 0), step(2, None, 0, 0)])).is_empty());
    // The counters that a driver had at its end are no driver.
    let mut gone = run(vec![step(1, Some(240), 240, 0), step(2, Some(0), 60, 0)]);
    gone.measured = Some(Measured {
        left_with_firmware: 60,
        ..Measured::default()
    });
    assert!(kinds(&gone).contains(&(MarkKind::LeftBehind, 60)));
    // Without any driver all the time nobody knows.
    assert!(kinds(&run(vec![step(1, None, 60, 0)])).is_empty());
}

#[test]
fn warns_errors_and_deaths_are_marks_and_messages_are_not() {
    let mut result = run(vec![step(1, Some(240), 240, -110)]);
    result.warnings = vec![
        json!({ "page_wait_aborted": { "pending": 300 } }).to_string(),
        format!("{DIED}BUG: x"),
    ];
    let warn = MessageKind::ROWS
        .iter()
        .find(|row| row.level == MessageLevel::Warn)
        .unwrap();
    result.warnings.push(json!({ warn.kind: {} }).to_string());
    result.mismatches = vec![
        Mismatch {
            step: None,
            what: Aspect::KernelLog,
            expected: String::new(),
            actual: "`WARNING: drivers/x/pagealloc.c:12 at give_pages`".to_owned(),
        },
        Mismatch {
            step: Some(1),
            what: Aspect::Deed(Deed::Operation),
            expected: "ends".to_owned(),
            actual: "it still runs".to_owned(),
        },
    ];
    let kinds: Vec<MarkKind> = kinds(&result).into_iter().map(|(kind, _)| kind).collect();
    assert_eq!(
        kinds,
        [
            MarkKind::Died,
            MarkKind::Hangs,
            MarkKind::Warn,
            MarkKind::Warn,
            MarkKind::Fails
        ]
    );
}

#[test]
fn lines_are_compared_without_their_numbers() {
    let one = "pagealloc.c:882 at mlx5_reclaim_startup_pages+0x1c/0x130 [mlx5_core], pid 71";
    let other = "pagealloc.c:884 at mlx5_reclaim_startup_pages+0x2c/0x140 [mlx5_core], pid 9";
    assert_eq!(without_numbers(one), without_numbers(other));
    assert!(without_numbers(one).contains("mlx5_reclaim"));
}
