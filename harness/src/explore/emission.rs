//! A way through a race as a scenario that any stage plays: firmware's orders where they came on the way, and holds where somebody has
//! to wait for them.
//!
//! An operation of the host cannot be stopped between two of its steps, but firmware can keep a command of its waiting. So where an
//! order came between two commands of the host, the second is held until the order is carried out; and a page command that was
//! completed later than the host's next command is held as long. Whether that forces what goes wrong is tried, and not believed.

use super::choice::Choice;
use super::completed::Completed;
use super::flaw::{Flaw, FlawKind};
use super::halt::RaceHalt;
use super::plan::Plan;
use super::race::{Race, RaceOptions};
use crate::play::{RunOptions, run_scenario};
use crate::record::{Outcome, RunResult};
use crate::scenario::{
    ByRevision, End, ExpectedViolation, ExpectedWarning, GateStep, HostStep, Line, ScenarioFile, Step,
};
use driver::RevisionName;
use emulator::order::{CommandMatch, Hold, HoldPoint};
use search::System;
use std::collections::BTreeMap;

/// Something that is done at a place of the way.
#[derive(Clone, Debug)]
enum Deed {
    /// A step of firmware or the gate.
    Step(Box<Step>),
    /// A page command that was held goes on.
    Release(String),
}

/// What happened on the way, as far as it decides what is forced.
#[derive(Default)]
struct Way {
    /// All commands, in the order in which they were completed.
    commands: Vec<Completed>,
    /// Of those the host's, by place.
    hosts: Vec<usize>,
    /// Per operation of the host: how many of the host's commands were completed when it ended.
    ends: Vec<usize>,
    /// Deeds, by the number of the host's commands that were completed before.
    deeds: BTreeMap<usize, Vec<Deed>>,
    /// Page commands that have to be held, with their holds' names.
    held: Vec<(String, CommandMatch)>,
}

/// The scenario that forces a flaw on the way of these choices; nothing, where holds do not force it.
///
/// # Errors
/// [`RaceHalt`].
pub fn emit(
    scenario: &ScenarioFile,
    name: &str,
    revision: RevisionName,
    options: RaceOptions,
    choices: &[Choice],
    flaw: &Flaw,
) -> Result<Option<ScenarioFile>, RaceHalt> {
    let plan = Plan::of(scenario, revision)?;
    let (hosts, others): (Vec<&Line>, Vec<&Line>) = plan.lines.iter().partition(|line| line.operates());
    let [host] = hosts[..] else { return Ok(None) };
    let way = way(scenario, revision, options, choices, &others)?;
    let mut emitted = scenario.clone();
    emitted.steps = steps(&plan, host, &way);
    name.clone_into(&mut emitted.name);
    emitted.why = format!(
        "Found by a search of `{}` under {revision}: {}. The orders come where they came on the shortest way to it. {}",
        scenario.name,
        flaw.says(),
        scenario.why
    );
    emitted.linux_outcomes.clear();
    emitted.expect = ByRevision::default();
    expect(&mut emitted, revision, &End::default());
    let seen = run_scenario(&emitted, name, revision, &RunOptions::default());
    if !shows(&seen, flaw) {
        return Ok(None);
    }
    let end = end_of(&seen);
    expect(&mut emitted, revision, &end);
    let again = run_scenario(&emitted, name, revision, &RunOptions::default());
    Ok((again.outcome == Outcome::Pass).then_some(emitted))
}

fn expect(scenario: &mut ScenarioFile, revision: RevisionName, end: &End) {
    *scenario.expect.get_mut(revision) = Some(end.clone());
}

/// Goes the way and notes what happened.
fn way(
    scenario: &ScenarioFile,
    revision: RevisionName,
    options: RaceOptions,
    choices: &[Choice],
    others: &[&Line],
) -> Result<Way, RaceHalt> {
    let mut race = Race::begin(scenario, revision, options)?;
    race.keep_commands();
    let mut way = Way::default();
    // The page commands that orders have asked for: where they were ordered, oldest first.
    let mut asked: Vec<usize> = Vec::new();
    for &choice in choices {
        race.candidates();
        if let Choice::Line { line, step } = choice {
            let actor = race.actors()[usize::from(line)].to_owned();
            let own = others.iter().find(|other| other.actor == actor);
            if let Some(step) = own.and_then(|own| own.steps.get(usize::from(step) - 1)) {
                let place = way.hosts.len();
                way.deeds
                    .entry(place)
                    .or_default()
                    .push(Deed::Step(Box::new(step.clone())));
                if step.firmware.is_some() {
                    asked.push(place);
                }
            }
        }
        race.take(choice)?;
        for command in race.take_commands() {
            if command.moves_pages() && !asked.is_empty() {
                let ordered = asked.remove(0);
                let now = way.hosts.len();
                if now > ordered {
                    let name = format!("pages {}", way.held.len() + 1);
                    way.held.push((name.clone(), command.to_match(&way.commands)));
                    way.deeds.entry(now).or_default().push(Deed::Release(name));
                }
            } else if !command.moves_pages() {
                way.hosts.push(way.commands.len());
            }
            way.commands.push(command);
        }
        while way.ends.len() < race.ended_operations() {
            way.ends.push(way.hosts.len());
        }
    }
    // What goes wrong may keep a command of the host from its completion: that it waits is what counts.
    for command in race.unfinished_commands() {
        if !command.moves_pages() {
            way.hosts.push(way.commands.len());
            way.commands.push(command);
        }
    }
    Ok(way)
}

/// What is done before, the race as plain steps, what is done after.
fn steps(plan: &Plan, host: &Line, way: &Way) -> Vec<Step> {
    let gate = |gate: GateStep| Step {
        gate: Some(gate),
        ..Step::default()
    };
    let hold = |name: &str, command: &CommandMatch| {
        gate(GateStep::Hold(Hold {
            name: name.to_owned(),
            command: command.clone(),
            at: HoldPoint::BeforeExecution,
            posts: Vec::new(),
        }))
    };
    let mut steps = plan.before.clone();
    steps.extend(way.held.iter().map(|(name, command)| hold(name, command)));
    let deeds = |place: usize| {
        let deeds = way.deeds.get(&place).into_iter().flatten();
        deeds.map(|deed| match deed {
            Deed::Step(step) => Step::clone(step),
            Deed::Release(name) => gate(GateStep::Release { name: name.clone() }),
        })
    };
    let mut begins = 0;
    for (index, operation) in host.steps.iter().enumerate() {
        let ends = way.ends.get(index).copied().unwrap_or(way.hosts.len());
        steps.extend(deeds(begins));
        let inner: Vec<usize> = way
            .deeds
            .keys()
            .copied()
            .filter(|&place| place > begins && place < ends)
            .collect();
        let name = format!("operation {}", index + 1);
        for &place in &inner {
            let at = way.hosts[place];
            steps.push(hold(
                &format!("host {place}"),
                &way.commands[at].to_match(&way.commands[..at]),
            ));
        }
        let is_last_to_end = index + 1 == host.steps.len() || !inner.is_empty();
        steps.push(Step {
            background: !inner.is_empty(),
            name: (!inner.is_empty()).then(|| name.clone()),
            ..operation.clone()
        });
        for &place in &inner {
            let caught = format!("host {place}");
            steps.push(gate(GateStep::WaitHeld { name: caught.clone() }));
            steps.extend(deeds(place));
            steps.push(gate(GateStep::Release { name: caught }));
        }
        if is_last_to_end && !inner.is_empty() {
            steps.push(Step {
                host: Some(HostStep::WaitFor(name)),
                ..Step::default()
            });
        }
        begins = ends.max(begins + 1);
    }
    let late: Vec<usize> = way
        .deeds
        .keys()
        .copied()
        .filter(|&place| place >= begins)
        .collect();
    steps.extend(late.into_iter().flat_map(deeds));
    steps.extend(plan.after.iter().cloned());
    steps
}

/// Whether a run shows a flaw.
fn shows(result: &RunResult, flaw: &Flaw) -> bool {
    match flaw.kind {
        FlawKind::Broken(invariant) => result
            .violations
            .iter()
            .any(|violation| violation.invariant == invariant && violation.subject == flaw.subject),
        FlawKind::MissingRoot | FlawKind::PageNotFound => {
            let mut warnings = result.warnings.iter();
            warnings.any(|warning| warning.contains(flaw.kind.name()))
        }
        FlawKind::NeverEnds | FlawKind::Livelock => false,
    }
}

/// What a run showed, as a file expects it.
fn end_of(result: &RunResult) -> End {
    let mut end = End::default();
    if let Some(last) = result.last() {
        let shown = last
            .counters
            .iter()
            .filter_map(|(name, value)| Some((name, (*value)?)));
        let pages = shown.filter(|(name, _)| {
            name.starts_with("fw_pages_total")
                || name.starts_with("fw_pages_vfs")
                || *name == "self"
                || *name == "none"
        });
        end.counters = pages
            .map(|(name, value)| (name.clone(), i64::from(value.cast_signed())))
            .collect();
        end.ledger = last.ledger.clone();
    }
    end.warnings = result
        .warnings
        .iter()
        .filter_map(|warning| serde_json::from_str::<ExpectedWarning>(warning).ok())
        .collect();
    end.violations = result
        .violations
        .iter()
        .map(|violation| {
            let is_counter = violation.invariant.subject() == crate::scenario::Subject::Counter;
            ExpectedViolation {
                invariant: violation.invariant,
                step: None,
                function: violation.subject.clone().filter(|_| !is_counter),
                counter: violation.subject.clone().filter(|_| is_counter),
                driver: None,
                firmware: None,
            }
        })
        .collect();
    end
}
