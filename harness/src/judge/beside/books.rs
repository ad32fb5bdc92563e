//! Both runs side by side: another driver's, and our driver's in this process.

use crate::judge::shown::{shown, signed};
use crate::record::aspect::{Aspect, Scalar};
use crate::record::result::{Compared, Comparison, Mismatch, RunResult, Snapshot, StepRecord};
use crate::scenario::COUNTERS;
use emulator::config::{DeviceConfig, DeviceKind, Port};
use prm::PageMode;
use prm::saturated;
use std::collections::BTreeSet;

/// A driver that is loaded shows its counters: otherwise nothing would be compared, and everything would be equal. Those of other
/// functions are missing where it has neither an eswitch nor names owners by function id.
pub(super) fn are_shown(device: &DeviceConfig, record: &StepRecord, mismatches: &mut Vec<Mismatch>) {
    const OF_OTHERS: [&str; 5] = [
        "fw_pages_vfs",
        "fw_pages_ec_vfs",
        "fw_pages_sfs",
        "fw_pages_host_pf",
        "fw_pages_spfs",
    ];
    let has_eswitch = device.kind != DeviceKind::Vf
        && device.port != Port::Infiniband
        && device.eswitch.vport_group_manager;
    let shows_others = has_eswitch || device.page_mode == PageMode::FuncId;
    // What the kernel keeps and does not show has names without the prefix.
    let shown = COUNTERS.into_iter().filter(|name| name.starts_with("fw_pages_"));
    for name in shown.filter(|name| shows_others || !OF_OTHERS.contains(name)) {
        if record.after.counters.get(name).copied().flatten().is_none() {
            mismatches.push(Mismatch {
                step: Some(record.number),
                what: Aspect::Counter(name.to_owned()),
                expected: "shown by a loaded driver".to_owned(),
                actual: "nothing".to_owned(),
            });
        }
    }
}

/// Compares a step with the same step of our driver's run. The first one that differs is kept with both its books. What the
/// file's outcomes decide, by name in `decided`, is not compared.
pub(super) fn with_ours(
    ours: &StepRecord,
    linux: &StepRecord,
    background: bool,
    decided: &BTreeSet<String>,
    result: &mut RunResult,
) {
    let table = table(&ours.after, &linux.after);
    let number = linux.number;
    let reported: BTreeSet<String> = result
        .mismatches
        .iter()
        .filter(|mismatch| mismatch.step == Some(number))
        .map(|mismatch| mismatch.what.to_string())
        .collect();
    let mut differs = false;
    let compared = table.iter().filter(|row| !decided.contains(&row.name));
    for row in compared.filter(|row| row.differs()) {
        differs = true;
        if !reported.contains(&row.name) {
            result.mismatches.push(Mismatch {
                step: Some(number),
                what: Aspect::from(row.name.as_str()),
                expected: format!("{} as in our driver's run", shown(row.ours)),
                actual: shown(row.linux),
            });
        }
    }
    // A step in the background has ended by the time it is looked at, or not: that is timing.
    let returns_count = !background && !decided.contains("returns") && !reported.contains("returns");
    if returns_count && ours.returns != linux.returns {
        result.mismatches.push(Mismatch {
            step: Some(number),
            what: Aspect::Scalar(Scalar::Returns),
            expected: format!("{} as in our driver's run", shown(ours.returns)),
            actual: shown(linux.returns),
        });
    }
    if differs && result.comparison.is_none() {
        result.comparison = Some(Comparison {
            step: number,
            what: linux.what.clone(),
            rows: table,
        });
    }
}

/// The books of both runs for a run that differs in something else: after the step where it does, or the last one.
pub(super) fn books_of_both(reference: &RunResult, result: &mut RunResult) {
    let Some(first) = result.mismatches.first().filter(|_| result.comparison.is_none()) else {
        return;
    };
    let is_it = |record: &&StepRecord| first.step.is_none_or(|step| record.number <= step);
    let last = |steps: &[StepRecord]| steps.iter().rfind(is_it).cloned();
    if let (Some(ours), Some(linux)) = (last(&reference.steps), last(&result.steps)) {
        result.comparison = Some(Comparison {
            step: linux.number,
            rows: table(&ours.after, &linux.after),
            what: linux.what,
        });
    }
}

/// The counters that Linux shows and the whole ledger, of both runs.
fn table(ours: &Snapshot, linux: &Snapshot) -> Vec<Compared> {
    let mut rows = Vec::new();
    for (name, value) in &linux.counters {
        let our_value = ours.counters.get(name).copied().flatten();
        if let Some(value) = value {
            rows.push(Compared {
                name: format!("counters.{name}"),
                ours: our_value.map(signed),
                linux: Some(signed(*value)),
            });
        }
    }
    let owners: BTreeSet<&String> = ours.ledger.keys().chain(linux.ledger.keys()).collect();
    for owner in owners {
        let pages = |snapshot: &Snapshot| {
            let pages = snapshot.ledger.get(owner).copied().unwrap_or(0);
            Some(saturated::<i64>(pages))
        };
        rows.push(Compared {
            name: format!("ledger.{owner}"),
            ours: pages(ours),
            linux: pages(linux),
        });
    }
    rows
}

/// Whether our driver wrote where it must not within the steps up to this one: a kernel crashes there.
pub(super) fn crash_is_foretold(reference: &RunResult, step: u32) -> bool {
    let mut steps = reference.steps.iter().filter(|record| record.number <= step);
    steps.any(|record| record.wrote_astray)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn result() -> RunResult {
        RunResult::unrun("a", "a.json", "linux")
    }

    fn step(total: Option<u32>, vfs: Option<u32>, pf: u64, returns: Option<i32>) -> StepRecord {
        StepRecord {
            number: 3,
            what: "host load".to_owned(),
            returns,
            took_ns: None,
            pending: false,
            wrote_astray: false,
            warnings: Vec::new(),
            violations: Vec::new(),
            after: Snapshot {
                counters: [("fw_pages_total", total), ("fw_pages_vfs", vfs)]
                    .map(|(name, value)| (name.to_owned(), value))
                    .into(),
                ledger: [("pf".to_owned(), pf)].into(),
                ..Snapshot::default()
            },
        }
    }

    #[test]
    fn equal_books_agree_and_what_linux_cannot_show_is_not_compared() {
        let mut result = result();
        let ours = step(Some(240), Some(7), 240, Some(0));
        with_ours(
            &ours,
            &step(Some(240), None, 240, Some(0)),
            false,
            &BTreeSet::new(),
            &mut result,
        );
        assert_eq!(result.mismatches, []);
        assert_eq!(result.comparison, None);
    }

    #[test]
    fn the_first_step_that_differs_is_kept_with_both_books() {
        let mut result = result();
        let ours = step(Some(240), Some(u32::MAX - 511), 240, Some(0));
        with_ours(
            &ours,
            &step(Some(240), Some(0), 200, Some(-16)),
            false,
            &BTreeSet::new(),
            &mut result,
        );
        let whats: Vec<String> = result
            .mismatches
            .iter()
            .map(|mismatch| mismatch.what.to_string())
            .collect();
        assert_eq!(whats, ["counters.fw_pages_vfs", "ledger.pf", "returns"]);
        let comparison = result.comparison.unwrap();
        assert_eq!((comparison.step, comparison.rows.len()), (3, 3));
        assert_eq!(
            (comparison.rows[1].ours, comparison.rows[1].linux),
            (Some(-512), Some(0))
        );
    }

    #[test]
    fn the_result_of_a_step_in_the_background_is_timing() {
        let mut result = result();
        with_ours(
            &step(None, None, 0, None),
            &step(None, None, 0, Some(0)),
            true,
            &BTreeSet::new(),
            &mut result,
        );
        assert_eq!(result.mismatches, []);
    }

    #[test]
    fn a_crash_is_foretold_where_our_driver_wrote_out_of_bounds() {
        let mut reference = result();
        let mut record = step(None, None, 0, None);
        record.wrote_astray = true;
        reference.steps.push(record);
        assert!(crash_is_foretold(&reference, 3));
        assert!(!crash_is_foretold(&reference, 2));
    }
}
