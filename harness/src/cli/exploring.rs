//! `explore`: searches the ways through a race and says what it can come to.

use crate::cli::artifact::{Artifact, Explored, VERSION};
use crate::cli::exit::Exit;
use crate::cli::explore_arguments::{
    ExploreArguments, ExploreBackend, ExploreFormat, StrategyChoice, Switch,
};
use crate::cli::run_arguments::RevisionChoice;
use crate::cli::swarm_arguments::SwarmBounds;
use crate::cli::{diagnostic, library, signals, streams, swarming};
use crate::explore::account::{Account, EndAccount, FlawAccount, Outcome, collision_bound, outcome};
use crate::explore::survey::{self, Limits, Strategy, Survey};
use crate::explore::{Choice, Detail, Flaw, Race, RaceHalt, RaceOptions, emission, story};
use crate::record::trace_hash::TraceHash;
use crate::report::exploration;
use crate::report::palette::Palette;
use crate::scenario::{ScenarioFile, Sizes};
use crate::swarm::saving::text_of;
use driver::RevisionName;
use indicatif::ProgressBar;
use search::walks::Draw;
use search::{Method, Shard, Spent, Verdict, Witness};
use std::io;
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// So much of the time of a survey may go into shorter ways to what it found, at the least.
const SHORTENING: f64 = 2.0;

/// A race, read and sized.
struct Subject {
    file: PathBuf,
    scenario: ScenarioFile,
}

pub(super) fn explore(arguments: &ExploreArguments) -> Exit {
    if arguments.backend == ExploreBackend::Linux {
        return explore_linux(arguments);
    }
    let subject = match read(arguments) {
        Ok(subject) => subject,
        Err(exit) => return exit,
    };
    let revisions = match revisions(&subject, arguments.revision) {
        Ok(revisions) => revisions,
        Err(exit) => return exit,
    };
    let is_ended = match signals::end_flag() {
        Ok(flag) => flag,
        Err(error) => {
            streams::error(format_args!("signals cannot be taken: {error}"));
            return Exit::Internal;
        }
    };
    let mut worst = Exit::AsExpected;
    let mut all = Vec::new();
    for revision in revisions {
        if is_ended.load(Ordering::Relaxed) {
            break;
        }
        match one(&subject, revision, arguments, &is_ended) {
            Ok(account) => {
                show(&account, arguments.format);
                worst = worst.max(exit_of(&account));
                all.push(account);
            }
            Err(failure) => worst = worst.max(failure.print(&subject, revision)),
        }
    }
    if let Some(file) = &arguments.states
        && let Err(error) = write_states(file, &all)
    {
        streams::error(format_args!("{}: {error}", file.display()));
        worst = worst.max(Exit::Internal);
    }
    if is_ended.load(Ordering::Relaxed) {
        worst = worst.max(Exit::Interrupted);
    }
    worst
}

/// Searches the kernel itself: firmware's choices are drawn.
fn explore_linux(arguments: &ExploreArguments) -> Exit {
    if arguments.strategy != StrategyChoice::Random {
        streams::error("nobody forks a kernel: with --backend linux, ways are drawn (--strategy random)");
        return Exit::Usage;
    }
    let bounds = SwarmBounds {
        seeds: arguments.seeds.0.clone(),
        max_seconds: arguments.max_seconds,
        jobs: arguments.jobs,
    };
    swarming::swarm(&arguments.file, &bounds, &arguments.swarm)
}

fn read(arguments: &ExploreArguments) -> Result<Subject, Exit> {
    let files = library::look_up(&arguments.file).map_err(|error| {
        streams::error(&error);
        Exit::Usage
    })?;
    let [file] = &files[..] else {
        streams::error(format_args!(
            "{}: {} scenarios have this name; one race is explored at a time",
            arguments.file.display(),
            files.len()
        ));
        return Err(Exit::Usage);
    };
    let scenario = library::read(file).map_err(|error| {
        diagnostic::print(&error);
        Exit::InvalidScenario
    })?;
    let sizes = Sizes {
        vfs: arguments.vfs,
        requests: arguments.requests,
    };
    Ok(Subject {
        file: file.clone(),
        scenario: scenario.sized(sizes),
    })
}

fn revisions(subject: &Subject, choice: RevisionChoice) -> Result<Vec<RevisionName>, Exit> {
    let named = subject.scenario.revisions();
    let Some(wanted) = choice.revision() else {
        return Ok(named);
    };
    // Whoever does not care what a file expects may explore it under any revision.
    Ok(vec![wanted])
}

/// Why a race was not explored.
enum Failure {
    Halt(RaceHalt),
    Write(PathBuf, io::Error),
}

impl From<RaceHalt> for Failure {
    fn from(halt: RaceHalt) -> Self {
        Self::Halt(halt)
    }
}

impl Failure {
    fn print(&self, subject: &Subject, revision: RevisionName) -> Exit {
        match self {
            Self::Halt(halt) => {
                streams::error(format_args!("{}, {revision}: {halt}", subject.file.display()));
                match halt {
                    RaceHalt::NoRace(_) => Exit::Usage,
                    RaceHalt::Device(_) | RaceHalt::Before { .. } => Exit::InvalidScenario,
                    RaceHalt::Surprise(_) | RaceHalt::NotPossible(_) | RaceHalt::Endless(_) => Exit::Failed,
                }
            }
            Self::Write(file, error) => {
                streams::error(format_args!("{}: {error}", file.display()));
                Exit::Internal
            }
        }
    }
}

fn strategy(arguments: &ExploreArguments) -> Strategy {
    let has = |switch| !arguments.without.contains(&switch);
    let seeds = arguments.seeds.0.clone();
    match arguments.strategy {
        StrategyChoice::Exhaustive => Strategy::Exhaustive {
            method: Method {
                visited: has(Switch::Visited),
                // What is learnt in one part would not be known in another.
                persistent: has(Switch::Persistent) && arguments.partition.is_none(),
                sleep: has(Switch::Sleep),
                remember: has(Switch::Standings),
                ..Method::PLAIN
            },
            shard: arguments.partition.map_or(Shard::ALL, |partition| {
                let (number, of) = partition.place();
                Shard {
                    number: prm::saturated::<u32>(number),
                    of: prm::saturated::<u32>(of),
                }
            }),
            jobs: arguments.jobs.unwrap_or(NonZeroUsize::MIN),
        },
        StrategyChoice::Random => Strategy::Walks {
            draw: Draw::Uniform,
            seeds,
        },
        StrategyChoice::Pct => Strategy::Walks {
            draw: Draw::Priorities {
                depth: arguments.depth,
            },
            seeds,
        },
    }
}

fn one(
    subject: &Subject,
    revision: RevisionName,
    arguments: &ExploreArguments,
    is_ended: &Arc<AtomicBool>,
) -> Result<Account, Failure> {
    let clock = ProgressBar::hidden();
    let seconds = || clock.elapsed().as_secs_f64();
    let allows = |spent: &Spent| {
        !is_ended.load(Ordering::Relaxed)
            && arguments.max_states.is_none_or(|most| spent.states < most)
            && spent.bytes >> 20 < arguments.max_memory
            && arguments
                .max_seconds
                .is_none_or(|most| clock.elapsed().as_secs() < most)
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
    let until = took + took.max(SHORTENING);
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
            preemptions: witness.preemptions,
            choices: told.names.clone(),
            story: told.turns,
            artifact: None,
        };
        if let Some(file) = arguments.emit.as_ref().filter(|_| !expected && emitted.is_none()) {
            emitted = emit(sized, file, revision, options, &witness.choices, flaw)?;
        }
        if !expected {
            let file = record(
                subject,
                sized,
                revision,
                options,
                arguments,
                flaw,
                &told.names,
                &told.hash,
            )?;
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
    let goes_wrong = account.flaws.iter().any(|flaw| !flaw.expected);
    let is_drawn = matches!(strategy, Strategy::Walks { .. });
    account.outcome = outcome(found.verdict, goes_wrong, is_drawn);
    Ok(account)
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
    flaw.invariant()
        .is_some_and(|invariant| expected.any(|violation| violation.invariant == invariant))
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
    let mut hash = TraceHash::default();
    states.iter().for_each(|state| hash.add(state));
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
        states_hash: hash.finish(),
        fingerprints: fingerprints.map(|state| format!("{state:016x}")).collect(),
    }
}

/// What bounds a survey, in words.
fn bounds(arguments: &ExploreArguments) -> String {
    let mut words: Vec<String> = Vec::new();
    match (arguments.vfs, arguments.requests) {
        (None, None) => words.push("sizes as in the file".to_owned()),
        (vfs, requests) => {
            words.extend(vfs.map(|vfs| format!("{vfs} VFs")));
            words.extend(requests.map(|requests| format!("{requests} requests")));
        }
    }
    words.push(match arguments.detail {
        Detail::Commands => "commands as one step".to_owned(),
        Detail::Interrupts => "commands as one step, interrupts apart".to_owned(),
        Detail::All => "every single step".to_owned(),
    });
    words.push(match arguments.strategy {
        StrategyChoice::Exhaustive => "every way".to_owned(),
        StrategyChoice::Random => format!("seeds {:?}, uniform", arguments.seeds.0),
        StrategyChoice::Pct => format!(
            "seeds {:?}, priorities of depth {}",
            arguments.seeds.0, arguments.depth
        ),
    });
    if arguments.early_timeouts > 0 {
        words.push(format!("{} early time-outs", arguments.early_timeouts));
    }
    words.join(", ")
}

/// Writes the way to a flaw as a scenario, if holds can force it. Returns the flaw's name then.
fn emit(
    scenario: &ScenarioFile,
    file: &Path,
    revision: RevisionName,
    options: RaceOptions,
    choices: &[Choice],
    flaw: &Flaw,
) -> Result<Option<String>, Failure> {
    let name = file.file_stem().map_or_else(
        || scenario.name.clone(),
        |stem| stem.to_string_lossy().into_owned(),
    );
    let Some(emitted) = emission::emit(scenario, &name, revision, options, choices, flaw)? else {
        return Ok(None);
    };
    let text = text_of(&emitted).map_err(|error| Failure::Write(file.to_owned(), error.into()))?;
    files::write(file, &text).map_err(|error| Failure::Write(file.to_owned(), error.into()))?;
    Ok(Some(flaw.to_string()))
}

/// Writes the way to a flaw as an artifact.
fn record(
    subject: &Subject,
    sized: &ScenarioFile,
    revision: RevisionName,
    options: RaceOptions,
    arguments: &ExploreArguments,
    flaw: &Flaw,
    choices: &[String],
    hash: &str,
) -> Result<PathBuf, Failure> {
    let name: String = flaw
        .to_string()
        .chars()
        .map(|letter| {
            if letter.is_ascii_alphanumeric() {
                letter
            } else {
                '-'
            }
        })
        .collect();
    let name = name.trim_matches('-').replace("--", "-");
    let folder = &arguments.record;
    let file = folder.join(format!(
        "{}-{revision}-{name}.explored.json",
        subject.scenario.name
    ));
    let failed = |error: io::Error| Failure::Write(file.clone(), error);
    std::fs::create_dir_all(folder).map_err(failed)?;
    let artifact = Artifact {
        version: VERSION,
        file: subject.file.clone(),
        scenario: sized.clone(),
        revision,
        backend: "inproc".to_owned(),
        seed: None,
        choices: choices.to_vec(),
        trace_hash: hash.to_owned(),
        explored: Some(Explored {
            detail: options.detail,
            early_timeouts: options.early_timeouts,
            flaw: flaw.to_string(),
        }),
    };
    artifact.write(&file).map_err(failed)?;
    Ok(file)
}

fn show(account: &Account, format: ExploreFormat) {
    match format {
        ExploreFormat::Human => {
            streams::out(exploration::account(account, Palette::for_stdout()));
            streams::out("\n");
        }
        ExploreFormat::Json => {
            // What has a form in memory has one in JSON: its keys are texts.
            let line = serde_json::to_string(&Account {
                fingerprints: Vec::new(),
                ..account.clone()
            });
            streams::out(format!("{}\n", line.unwrap_or_default()));
        }
    }
}

const fn exit_of(account: &Account) -> Exit {
    match account.outcome {
        Outcome::None => Exit::AsExpected,
        Outcome::Violated => Exit::Failed,
        // Who draws so many ways has what he asked for.
        Outcome::NotProved if account.walks > 0 => Exit::AsExpected,
        Outcome::NotProved => Exit::Budget,
    }
}

fn write_states(file: &Path, accounts: &[Account]) -> io::Result<()> {
    let mut text = String::new();
    for account in accounts {
        text.push_str(&serde_json::to_string(account)?);
        text.push('\n');
    }
    Ok(files::write(file, &text)?)
}
