//! A scenario on a revision of our driver, with driver and device in this process, and what of it breaks an invariant: what is checked
//! after every step, and, once every fault has ended, that everything settles and nothing is left.

use crate::play::RunOptions;
use crate::play::run_scenario;
use crate::record::RunResult;
use crate::record::aspect::{Aspect, Deed};
use crate::record::failure::Failure;
use crate::record::result::{Mismatch, StepRecord, Violation};
use crate::scenario::{HostStep, Reachability, ScenarioFile, Step, TimeStep};
use crate::swarm::finding::{Finding, Invariant, Signature};
use crate::swarm::frame::{Reach, main_function};
use crate::swarm::player::Player;
use crate::swarm::restraint::is_clean;
use driver::{HostOperation, RevisionName};
use driver_host::Limits;
use emulator::order::{Answer, FirmwareOrder};
use prm::Function;
use std::collections::BTreeSet;
use std::convert::Infallible;
use std::panic::{AssertUnwindSafe, catch_unwind};

/// Events of a run, at the most: a hundred times what the longest drawn one needs.
const EVENTS: u64 = 4_000_000;

/// See the module's head.
#[derive(Clone, Copy, Debug)]
pub struct OurPlayer {
    /// The revision that is judged.
    pub revision: RevisionName,
    /// Decides who comes next where several can, and what firmware draws.
    pub seed: u64,
    /// How far drawings go: what goes further shows nothing.
    pub reach: Reach,
}

impl Player for OurPlayer {
    type Error = Infallible;

    fn play(&mut self, file: &ScenarioFile, _fresh: bool) -> Result<Vec<Finding>, Infallible> {
        if self.reach == Reach::Clean && !is_clean(file, self.revision) {
            return Ok(Vec::new());
        }
        let options = RunOptions {
            seed: Some(self.seed),
            limits: Limits {
                events: EVENTS,
                ..Limits::default()
            },
            ..RunOptions::default()
        };
        // Nothing of what a panic leaves half done is looked at.
        let played = catch_unwind(AssertUnwindSafe(|| {
            run_scenario(file, &file.name, self.revision, &options)
        }));
        Ok(match played {
            Ok(run) => judge(file, &run),
            Err(_) => vec![Finding::new(
                Invariant::NobodyPanics,
                "",
                1,
                "the program has panicked".to_owned(),
            )],
        })
    }
}

/// What broke in a run of `scenario`, in the order in which it was seen; each of a kind once.
#[must_use]
pub fn judge(scenario: &ScenarioFile, run: &RunResult) -> Vec<Finding> {
    let mut findings = Vec::new();
    let main = main_function(&scenario.device);
    for record in &run.steps {
        findings.extend(record.violations.iter().map(|violation| found(violation, main)));
        if may_fail(scenario).is_none()
            && let Some(step) = step_of(scenario, record)
        {
            findings.extend(failed(scenario, step, record));
        }
    }
    findings.extend(endless(run));
    if let Some(last) = run.steps.last()
        && ends_at_rest(scenario, last)
    {
        findings.extend(unsettled(last));
    }
    let mut seen = BTreeSet::new();
    findings.retain(|finding| seen.insert(finding.signature.clone()));
    findings
}

/// What makes two violations the same: the invariant, and the kind of actor or the counter that it concerns. `main` is the function
/// that the driver is bound to.
#[must_use]
pub fn signature(violation: &Violation, main: Function) -> Signature {
    let subject = violation.subject.as_deref().unwrap_or_default();
    Signature {
        invariant: Invariant::Checked(violation.invariant),
        subject: kind_of_actor(subject, &main.to_string()),
    }
}

fn found(violation: &Violation, main: Function) -> Finding {
    Finding {
        signature: signature(violation, main),
        step: violation.step,
        detail: violation.detail.clone(),
    }
}

/// `vf12:INIT_HCA` is `vf:INIT_HCA`: a number behind a name says which of several it is. The main function is [`MAIN`] on every kind of
/// device.
fn kind_of_actor(subject: &str, main: &str) -> String {
    let named = |part: &str| match part == main {
        true => MAIN.to_owned(),
        false => part
            .trim_end_matches(|letter: char| letter.is_ascii_digit())
            .to_owned(),
    };
    subject.split(':').map(named).collect::<Vec<_>>().join(":")
}

/// The function that the driver is bound to, in signatures.
const MAIN: &str = "the main function";

/// A scenario that has been played to its end, which is the driver's removal and rest behind it.
fn ends_at_rest(scenario: &ScenarioFile, last: &StepRecord) -> bool {
    let [.., removal, rest] = scenario.steps.as_slice() else {
        return false;
    };
    let removes = matches!(removal.host, Some(HostStep::Operation(HostOperation::Unload)));
    let number = usize::try_from(last.number).ok();
    removes && matches!(rest.time, Some(TimeStep::Quiesce)) && number == Some(scenario.steps.len())
}

fn step_of<'a>(scenario: &'a ScenarioFile, record: &StepRecord) -> Option<&'a Step> {
    let place = usize::try_from(record.number).ok()?.checked_sub(1)?;
    scenario.steps.get(place)
}

/// Why an operation of the host may fail in this scenario, if it may.
fn may_fail(scenario: &ScenarioFile) -> Option<&'static str> {
    if scenario.reachability != Reachability::CompliantFirmware {
        return Some("firmware does what the interface does not foresee");
    }
    let refuses = |step: &Step| match &step.firmware {
        Some(FirmwareOrder::Answer(rule)) => matches!(rule.with, Answer::Refuse { .. }),
        _ => false,
    };
    if scenario.steps.iter().any(refuses) {
        return Some("a command is refused");
    }
    let lacks = scenario.steps.iter().any(|step| step.fault.is_some());
    lacks.then_some("an allocation fails")
}

fn failed(scenario: &ScenarioFile, step: &Step, record: &StepRecord) -> Option<Finding> {
    let returned = record.returns.filter(|returned| *returned != 0)?;
    let named = |name: &String| {
        scenario
            .steps
            .iter()
            .find(|step| step.name.as_ref() == Some(name))
    };
    let begun = match &step.host {
        Some(HostStep::WaitFor(name)) => named(name).and_then(|step| step.host.as_ref()),
        host => host.as_ref(),
    };
    let what = match begun {
        Some(HostStep::Operation(operation)) => operation.word(),
        _ => "a driver of another function",
    };
    Some(Finding::new(
        Invariant::OperationsSucceed,
        format!("{what} {returned}"),
        record.number,
        format!("{} returns {returned}", record.what),
    ))
}

fn endless(run: &RunResult) -> Option<Finding> {
    let is_endless =
        |mismatch: &&Mismatch| matches!(mismatch.what, Aspect::Deed(Deed::Operation | Deed::Quiesce));
    let last = run.steps.last().map_or(1, |step| step.number);
    if run.failure == Some(Failure::Budget) {
        let detail = run.reason.clone().unwrap_or_default();
        return Some(Finding::new(Invariant::OperationsEnd, "", last, detail));
    }
    let mismatch = run.mismatches.iter().find(is_endless)?;
    let step = mismatch.step.unwrap_or(last);
    Some(Finding::new(
        Invariant::OperationsEnd,
        "",
        step,
        mismatch.to_string(),
    ))
}

/// What is still there after the last step of a scenario that ends with the driver's removal and with rest.
fn unsettled(last: &StepRecord) -> Vec<Finding> {
    let mut findings = Vec::new();
    let mut waits = |what: &str, detail: String| {
        findings.push(Finding::new(
            Invariant::EverythingSettles,
            what,
            last.number,
            detail,
        ));
    };
    if last.pending {
        waits("operations", "an operation still runs at the end".to_owned());
    }
    if !last.after.commands.is_empty() {
        let commands = last.after.commands.join(", ");
        waits(
            "commands",
            format!("at the end the device has not completed {commands}"),
        );
    }
    if last.after.page_queue > 0 {
        let queued = last.after.page_queue;
        waits(
            "page requests",
            format!("at the end {queued} page requests are not served"),
        );
    }
    if !last.after.locks.is_empty() {
        let locks: Vec<&str> = last.after.locks.keys().map(String::as_str).collect();
        waits("locks", format!("at the end {} is held", locks.join(", ")));
    }
    let left: u64 = last.after.ledger.values().sum();
    if left > 0 {
        findings.push(Finding::new(
            Invariant::NothingIsLeft,
            "",
            last.number,
            format!("firmware has {left} pages and no driver is bound"),
        ));
    }
    findings
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::swarm::drawing::draw_all;

    #[test]
    fn an_actor_is_known_by_its_kind() {
        assert_eq!(kind_of_actor("vf12", "pf"), "vf");
        assert_eq!(kind_of_actor("pf", "pf"), MAIN);
        assert_eq!(kind_of_actor("ecpf", "ecpf"), MAIN);
        assert_eq!(kind_of_actor("pf2:self", "pf"), "pf:self");
        assert_eq!(kind_of_actor("vf1:INIT_HCA", "pf"), "vf:INIT_HCA");
        assert_eq!(kind_of_actor("fw_pages_vfs", "pf"), "fw_pages_vfs");
    }

    #[test]
    fn a_seed_finds_the_same_whenever_it_is_played() {
        for seed in 0..40 {
            let file = draw_all(Reachability::CompliantFirmware, Reach::Everything, seed);
            let mut player = OurPlayer {
                revision: RevisionName::Merged,
                seed,
                reach: Reach::Everything,
            };
            let Ok(one) = player.play(&file, true);
            let Ok(other) = player.play(&file, false);
            assert_eq!(one, other, "seed {seed}");
        }
    }

    #[test]
    fn only_a_run_that_ends_with_removal_and_rest_is_asked_for_what_is_left() {
        let file = draw_all(Reachability::CompliantFirmware, Reach::Clean, 1);
        let run = run_scenario(&file, "", RevisionName::Robust, &RunOptions::default());
        let last = run.steps.last().unwrap();
        assert!(ends_at_rest(&file, last));
        let mut cut = file.clone();
        cut.steps.pop();
        assert!(!ends_at_rest(&cut, last));
    }
}
