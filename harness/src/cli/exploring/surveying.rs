//! A race under one revision: surveyed, told, kept.

use super::bounds::{bounds, strategy};
use super::keeping::{Way, emit, record};
use super::subject::{Failure, Subject};
use crate::cli::backend::quoted;
use crate::cli::clock::Clock;
use crate::cli::explore_arguments::ExploreArguments;
use crate::cli::streams;
use crate::explore::account::{Account, EndAccount, FlawAccount, Outcome, collision_bound, states_hash};
use crate::explore::survey::{self, Limits, Survey};
use crate::explore::{Choice, Flaw, Race, RaceHalt, RaceOptions, emission, story};
use crate::play::{RunOptions, run_scenario};
use crate::record::RunResult;
use crate::record::timeline::Keep;
use crate::report::page::Explored;
use crate::scenario::ScenarioFile;
use driver::RevisionName;
use search::{Spent, Verdict, Witness};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// So much of the time of a survey may go into shorter ways to what it found, at the least.
const SHORTENING: f64 = 2.0;

/// Surveys it, and tells and keeps what was found.
pub(super) fn one(
    subject: &Subject,
    revision: RevisionName,
    arguments: &ExploreArguments,
    is_ended: &Arc<AtomicBool>,
) -> Result<Explored, Failure> {
    let clock = Clock::begin(arguments.max_seconds);
    let seconds = || clock.elapsed().as_secs_f64();
    let allows = |spent: &Spent| {
        !is_ended.load(Ordering::Relaxed)
            && arguments.max_states.is_none_or(|most| spent.states < most)
            && spent.bytes >> 20 < arguments.max_memory
            && !clock.is_over()
    };
    let limits = Limits {
        budget: &allows,
        first_flaw: arguments.first,
    };
    let options = RaceOptions {
        detail: arguments.detail,
        early_timeouts: arguments.early_timeouts,
    };
    let strategy = strategy(arguments);
    let surveyed = survey::survey(&subject.scenario, revision.choices(), options, &strategy, &limits)?;
    let took = seconds();
    let mut account = account_of(subject, revision, arguments, &surveyed, took);
    // Who wants the first has no time for a shorter one.
    let until = if arguments.first {
        took
    } else {
        took + took.max(SHORTENING)
    };
    let shortening = |_: &Spent| !is_ended.load(Ordering::Relaxed) && seconds() < until;
    let limits = Limits {
        budget: &shortening,
        first_flaw: false,
    };
    let Survey { mut found, .. } = surveyed;
    let mut race = Race::begin(&subject.scenario, revision, options)?;
    let flaws: Vec<Flaw> = found.flaws.keys().cloned().collect();
    for flaw in &flaws {
        survey::shorten(&mut race, &mut found, flaw, &limits)?;
    }
    let ends: Vec<_> = found.ends.keys().cloned().collect();
    for end in &ends {
        survey::shorten_end(&mut race, &mut found, end, &limits)?;
    }
    let mut emitted = None;
    let mut forced = Vec::new();
    let smaller = Limits {
        budget: &shortening,
        first_flaw: true,
    };
    for (flaw, seen) in &found.flaws {
        // The same may go wrong in a smaller race.
        let small = survey::smallest(&subject.scenario, revision, options, flaw, &smaller)?;
        let (sized, witness) = match &small {
            Some((scenario, witness)) => (scenario, witness),
            None => (&subject.scenario, &seen.witness),
        };
        let way = Way {
            scenario: sized,
            revision,
            options,
            choices: &witness.choices,
            preemptions: witness.preemptions,
        };
        let told = tell(sized, revision, options, witness)?;
        let expected = arguments.expect && is_expected(subject, revision, flaw);
        let detail = told.flaws.iter().find(|(known, _)| known == flaw);
        let mut one = FlawAccount {
            flaw: flaw.to_string(),
            detail: format!(
                "{}: {}",
                flaw.says(),
                detail.map_or_else(String::new, |(_, detail)| detail.clone())
            ),
            expected,
            times: seen.times,
            sizes: small.as_ref().map(|(scenario, _)| scenario.sizes()),
            preemptions: witness.preemptions,
            choices: told.names.clone(),
            story: told.turns.clone(),
            artifact: None,
        };
        if let Some(file) = arguments.emit.as_ref().filter(|_| !expected && emitted.is_none()) {
            emitted = emit(&way, file, flaw)?;
        }
        if arguments.report.is_some()
            && let Some(run) = force(subject, &way, flaw)?
        {
            forced.push(run);
        }
        if !expected {
            let file = record(subject, &arguments.record, &way, flaw, &told)?;
            one.artifact = Some(file.display().to_string());
        }
        account.flaws.push(one);
    }
    if let Some(file) = &arguments.emit {
        match &emitted {
            Some(flaw) => streams::note(format_args!("{}: forces {flaw} under {revision}", file.display())),
            None => streams::note(format_args!(
                "nothing was written into {}: under {revision} nothing goes wrong that firmware's orders and holds alone force",
                file.display()
            )),
        }
    }
    for (end, seen) in &found.ends {
        let told = tell(&subject.scenario, revision, options, &seen.witness)?;
        account.ends.push(EndAccount {
            books: end.clone(),
            states: seen.states,
            choices: told.names,
            turns: told.turns.into_iter().map(|turn| turn.actor).collect(),
        });
    }
    // Shorter ways may have taken what was left of the time: that changes no verdict.
    Ok(Explored {
        account: account.concluded(),
        forced,
    })
}

/// The way to a flaw as a scenario and its run, if holds can force it: a run has a timeline, a way through a race has none.
fn force(
    subject: &Subject,
    way: &Way<'_>,
    flaw: &Flaw,
) -> Result<Option<(ScenarioFile, RunResult)>, Failure> {
    let name = format!("{}-{flaw}", way.scenario.name);
    let emitted = emission::emit(way.scenario, &name, way.revision, way.options, way.choices, flaw)?;
    Ok(emitted.map(|scenario| {
        let options = RunOptions {
            keep: Keep::Everything,
            ..RunOptions::default()
        };
        let file = subject.file.display().to_string();
        let mut result = run_scenario(&scenario, &file, way.revision, &options);
        result.replay = format!(
            "mlx5-cosim explore {} --revision {} --emit forced.json",
            quoted(&file),
            way.revision
        );
        (scenario, result)
    }))
}

fn tell(
    scenario: &ScenarioFile,
    revision: RevisionName,
    options: RaceOptions,
    witness: &Witness<Choice>,
) -> Result<story::Story, RaceHalt> {
    let mut race = Race::begin(scenario, revision, options)?;
    story::of_choices(&mut race, &witness.choices)
}

fn is_expected(subject: &Subject, revision: RevisionName, flaw: &Flaw) -> bool {
    let end = subject.scenario.expect.get(revision);
    let mut expected = end.iter().flat_map(|end| &end.violations);
    expected.any(|violation| flaw.is_as(violation))
}

fn account_of(
    subject: &Subject,
    revision: RevisionName,
    arguments: &ExploreArguments,
    surveyed: &Survey,
    seconds: f64,
) -> Account {
    let found = &surveyed.found;
    let mut states = surveyed.states.clone();
    states.sort_unstable();
    let with_states = arguments.states.is_some();
    let fingerprints = states.iter().filter(|_| with_states);
    Account {
        race: subject.scenario.name.clone(),
        file: subject.file.display().to_string(),
        revision,
        outcome: Outcome::NotProved,
        exhausted: found.verdict == Verdict::Exhausted && surveyed.walks == 0,
        bounds: bounds(arguments),
        part: arguments.partition.map(|partition| {
            let (number, of) = partition.place();
            format!("{number}/{of}")
        }),
        states: found.spent.states,
        transitions: found.spent.transitions,
        bytes: found.spent.bytes,
        depth: found.spent.depth,
        walks: surveyed.walks,
        seconds,
        collision_bound: collision_bound(found.spent.states),
        flaws: Vec::new(),
        ends: Vec::new(),
        states_hash: states_hash(states.iter().copied()),
        fingerprints: fingerprints.map(|state| format!("{state:016x}")).collect(),
    }
}
