//! What of a run on a kernel breaks an invariant. Books are compared where everything rests: nothing is held, nothing runs, no
//! command is on the wire.

use crate::record::RunResult;
use crate::record::aspect::{Aspect, Deed};
use crate::record::result::{Mismatch, StepRecord};
use crate::scenario::{Action, GateStep, HostStep, Reachability, ScenarioFile, Step};
use crate::stage::heard::Heard;
use crate::stage::linux::Alone;
use crate::swarm::finding::{Finding, Invariant};
use crate::swarm::frame::main_function;
use driver::HostOperation;
use embedding::{TYPED_COUNTERS, type_of};
use emulator::Owner;
use guest_protocol::{Complaint, ComplaintKind};
use prm::Function;
use std::collections::{BTreeMap, BTreeSet};

const TOTAL: &str = "fw_pages_total";

/// What broke in a run of `scenario`, in the order in which it was seen; each of a kind once.
#[must_use]
pub fn judge(scenario: &ScenarioFile, run: &Alone) -> Vec<Finding> {
    let mut findings = Vec::new();
    let mut course = Course::new(scenario);
    for record in &run.result.steps {
        let Some(step) = index(record).and_then(|index| scenario.steps.get(index)) else {
            continue;
        };
        course.follow(step, record);
        course.judge_books(record, &mut findings);
        if scenario.reachability == Reachability::CompliantFirmware {
            judge_returned(step, record, &mut findings);
        }
    }
    judge_ends(&run.result, &mut findings);
    judge_kernel(&run.heard, &run.result, &mut findings);
    let mut seen = BTreeSet::new();
    findings.retain(|finding| seen.insert(finding.signature.clone()));
    findings
}

fn index(record: &StepRecord) -> Option<usize> {
    usize::try_from(record.number).ok()?.checked_sub(1)
}

/// A run, as far as it decides what may be compared.
struct Course {
    main: Function,
    holds: BTreeSet<String>,
    bound: bool,
    /// Operations in the background, by name.
    running: BTreeMap<String, HostOperation>,
}

impl Course {
    fn new(scenario: &ScenarioFile) -> Self {
        Self {
            main: main_function(&scenario.device),
            holds: BTreeSet::new(),
            bound: false,
            running: BTreeMap::new(),
        }
    }

    fn follow(&mut self, step: &Step, record: &StepRecord) {
        match step.action() {
            Some(Action::Gate(GateStep::Hold(hold))) => {
                self.holds.insert(hold.name.clone());
            }
            Some(Action::Gate(GateStep::Release { name })) => {
                self.holds.remove(name);
            }
            Some(Action::Host(HostStep::Operation(operation))) => match (&step.name, step.background) {
                (Some(name), true) => {
                    self.running.insert(name.clone(), *operation);
                }
                _ => self.ended(*operation, record.returns),
            },
            Some(Action::Host(HostStep::WaitFor(name))) => {
                if let Some(operation) = self.running.remove(name) {
                    self.ended(operation, record.returns);
                }
            }
            _ => {}
        }
    }

    fn ended(&mut self, operation: HostOperation, returned: Option<i32>) {
        match (operation, returned) {
            (HostOperation::Load, Some(0)) => self.bound = true,
            (HostOperation::Unload, _) => self.bound = false,
            _ => {}
        }
    }

    fn judge_books(&self, record: &StepRecord, findings: &mut Vec<Finding>) {
        let counter = |name: &str| {
            let value = record.after.counters.get(name).copied().flatten();
            value.map(|value| i64::from(value.cast_signed()))
        };
        let names = TYPED_COUNTERS.map(|(name, _)| name);
        for name in names.into_iter().chain([TOTAL]) {
            if let Some(value) = counter(name).filter(|value| *value < 0) {
                let detail = format!("{name} is {value}");
                findings.push(Finding::new(
                    Invariant::NothingBelowZero,
                    name,
                    record.number,
                    detail,
                ));
            }
        }
        let rests = self.holds.is_empty()
            && self.running.is_empty()
            && !record.pending
            && record.after.commands.is_empty();
        if !rests {
            return;
        }
        let ledger = ledger(record);
        let booked: i64 = ledger.iter().map(|(_, pages)| pages).sum();
        if !self.bound {
            if booked > 0 {
                let detail = format!("firmware has {booked} pages and no driver is bound");
                findings.push(Finding::new(Invariant::NothingIsLeft, "", record.number, detail));
            }
            return;
        }
        let mut compare = |invariant, name: &str, firmware: i64| {
            let Some(driver) = counter(name).filter(|driver| *driver != firmware) else {
                return;
            };
            let side = if driver < firmware { "too low" } else { "too high" };
            let detail = format!("{name} is {driver}, firmware books {firmware}");
            findings.push(Finding::new(
                invariant,
                format!("{name} {side}"),
                record.number,
                detail,
            ));
        };
        compare(Invariant::TotalMatchesLedger, TOTAL, booked);
        for (name, kind) in TYPED_COUNTERS {
            let of_type = ledger
                .iter()
                .filter(|(owner, _)| type_of(self.main, *owner) == Some(kind));
            compare(
                Invariant::TypeMatchesLedger,
                name,
                of_type.map(|(_, pages)| pages).sum(),
            );
        }
    }
}

/// The rows that the function under test has supplied.
fn ledger(record: &StepRecord) -> Vec<(Owner, i64)> {
    let rows = record.after.ledger.iter();
    rows.filter_map(|(label, pages)| Some((label.parse().ok()?, i64::try_from(*pages).ok()?)))
        .collect()
}

fn judge_returned(step: &Step, record: &StepRecord, findings: &mut Vec<Finding>) {
    let Some(returned) = record.returns.filter(|returned| *returned != 0) else {
        return;
    };
    let what = match &step.host {
        Some(HostStep::Operation(operation)) => operation.word(),
        _ => "an operation in the background",
    };
    let detail = format!("{} returns {returned}", record.what);
    let subject = format!("{what} {returned}");
    findings.push(Finding::new(
        Invariant::OperationsSucceed,
        subject,
        record.number,
        detail,
    ));
}

fn judge_ends(result: &RunResult, findings: &mut Vec<Finding>) {
    let is_endless =
        |mismatch: &&Mismatch| matches!(mismatch.what, Aspect::Deed(Deed::Operation | Deed::Quiesce));
    if let Some(mismatch) = result.mismatches.iter().find(is_endless) {
        let step = mismatch.step.unwrap_or(0);
        let detail = mismatch.to_string();
        findings.push(Finding::new(Invariant::OperationsEnd, "", step, detail));
    }
}

fn judge_kernel(heard: &Heard, result: &RunResult, findings: &mut Vec<Finding>) {
    let last = result.steps.last().map_or(1, |step| step.number);
    let defects = heard.complaints.iter();
    // That there is no memory for what is asked for is no defect.
    for complaint in defects.filter(|complaint| complaint.kind != ComplaintKind::Allocation) {
        let cause = complaint.cause.as_deref().unwrap_or_default();
        let detail = format!("{} {cause}", complaint.line).trim_end().to_owned();
        findings.push(Finding::new(
            Invariant::KernelIsQuiet,
            subject(complaint),
            last,
            detail,
        ));
    }
    let is_of_the_guest = |mismatch: &&Mismatch| mismatch.what == Aspect::Other("the guest".to_owned());
    if heard.complaints.is_empty()
        && let Some(mismatch) = result.mismatches.iter().find(is_of_the_guest)
    {
        let detail = mismatch.actual.clone();
        findings.push(Finding::new(
            Invariant::KernelIsQuiet,
            "the guest is lost",
            last,
            detail,
        ));
    }
}

/// Where a kernel complains: of a death only that it died, since memory that is not its own may kill it anywhere.
fn subject(complaint: &Complaint) -> String {
    match complaint.kind {
        ComplaintKind::Oops | ComplaintKind::Panic | ComplaintKind::Bug => "it dies".to_owned(),
        ComplaintKind::HungTask => "a task hangs".to_owned(),
        _ => {
            let line = &complaint.line;
            let place = line.rsplit_once(" at ").map_or(line.as_str(), |(_, place)| place);
            let place = place.split(['+', ' ']).next().unwrap_or_default();
            format!("{:?} at {place}", complaint.kind)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::result::Snapshot;
    use crate::swarm::drawing::draw;
    use crate::swarm::frame::tests::frame;

    /// A run of the steps `load` and `unload`, with these counters and this ledger of the PF after them.
    fn run(total: [u32; 2], ledger: [u64; 2]) -> (ScenarioFile, Alone) {
        let mut scenario = draw(&frame("compliant_firmware"), 0);
        let host = |operation| Step {
            host: Some(HostStep::Operation(operation)),
            ..Step::default()
        };
        scenario.steps = vec![host(HostOperation::Load), host(HostOperation::Unload)];
        let mut result = RunResult::empty(&scenario, "a", "linux", None);
        for place in 0..2 {
            result.steps.push(StepRecord {
                number: u32::try_from(place + 1).unwrap(),
                what: "host load".to_owned(),
                returns: Some(0),
                took_ns: None,
                pending: false,
                wrote_astray: false,
                warnings: Vec::new(),
                violations: Vec::new(),
                after: Snapshot {
                    counters: [(TOTAL.to_owned(), Some(total[place]))].into(),
                    ledger: [("pf".to_owned(), ledger[place])].into(),
                    ..Snapshot::default()
                },
            });
        }
        let heard = Heard::default();
        (scenario, Alone { result, heard })
    }

    fn told(total: [u32; 2], ledger: [u64; 2]) -> Vec<String> {
        let (scenario, run) = run(total, ledger);
        let findings = judge(&scenario, &run);
        findings
            .iter()
            .map(|finding| format!("{} {}", finding.step, finding.signature))
            .collect()
    }

    #[test]
    fn books_are_compared_at_rest_and_firmware_has_nothing_at_the_end() {
        assert_eq!(told([240, 0], [240, 0]), Vec::<String>::new());
        assert_eq!(told([240, 0], [240, 64]), ["2 nothing-is-left"]);
        assert_eq!(
            told([200, 0], [240, 0]),
            ["1 total-matches-ledger (fw_pages_total too low)"]
        );
        assert_eq!(
            told([240, 7_u32.wrapping_neg()], [240, 0]),
            ["2 nothing-below-zero (fw_pages_total)"]
        );
    }

    #[test]
    fn what_is_on_its_way_is_not_compared() {
        let (scenario, mut run) = run([200, 0], [240, 0]);
        run.result.steps[0].after.commands.push("a command".to_owned());
        assert_eq!(judge(&scenario, &run), []);
    }

    #[test]
    fn a_complaint_is_known_by_its_place() {
        let complaint = |kind, line: &str| Complaint {
            kind,
            line: line.to_owned(),
            cause: None,
            sequence: 0,
            microseconds: 0,
        };
        let warning = complaint(
            ComplaintKind::Warning,
            "WARNING: drivers/pagealloc.c:738 at mlx5_reclaim_startup_pages+0x1c/0x130, CPU#0",
        );
        assert_eq!(subject(&warning), "Warning at mlx5_reclaim_startup_pages");
        let oops = complaint(ComplaintKind::Oops, "BUG: unable to handle page fault");
        assert_eq!(subject(&oops), "it dies");
    }
}
