//! A swarm of drawn firmwares on Linux: seeds are played on several guests, what they find is shrunk, saved and repeated.

use crate::cli::crew::{self, Team};
use crate::cli::exit::Exit;
use crate::cli::kit_arguments::KitArguments;
use crate::cli::progress::{Pace, Progress};
use crate::cli::signals::EndSignals;
use crate::cli::{diagnostic, library, setup, streams};
use crate::scenario::ScenarioFile;
use crate::stage::expenses::Expenses;
use crate::stage::linux::guest::GuestError;
use crate::stage::linux::scaling::scaled;
use crate::stage::linux::{BackendError, LinuxBackend, Shelf, Workplace};
use crate::stage::news::NewsListener;
use crate::swarm::drawing::draw;
use crate::swarm::finding::Finding;
use crate::swarm::frame::{Frame, TIMEOUTS, orders};
use crate::swarm::hunt::pursue;
use crate::swarm::player::{LinuxPlayer, PlayError, Player};
use crate::swarm::saving::save;
use crate::swarm::tally::Tally;
use clap::Args;
use driver::RevisionName;
use guest::kit::KitOptions;
use std::num::NonZeroUsize;
use std::ops::{ControlFlow, Range};
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// Guests in a row that may fail before nobody tries another.
const FAILING_GUESTS: u32 = 3;

/// Guests at a time, where nobody says how many.
const GUESTS: NonZeroUsize = NonZeroUsize::new(2).unwrap();

/// What a swarm is told.
#[derive(Clone, Debug, Args)]
pub(super) struct SwarmArguments {
    /// Seeds to play: from A up to, and without, B.
    #[arg(long, value_name = "A..B", default_value = "0..100")]
    pub(super) seeds: Seeds,
    /// Begin no seed after so many seconds.
    #[arg(long, value_name = "S")]
    pub(super) max_seconds: Option<u64>,
    /// Where findings are saved, each as a scenario.
    #[arg(long, value_name = "DIR", default_value = "findings")]
    pub(super) out: PathBuf,
    /// Runs that are spent on shrinking one finding, at the most.
    #[arg(long, value_name = "N", default_value_t = 40)]
    pub(super) tries: u32,
    /// Guests at a time; one more follows what they find.
    #[arg(short, long, visible_alias = "guests", value_name = "N", default_value_t = GUESTS)]
    pub(super) jobs: NonZeroUsize,
    /// Draw nothing: play the file itself, on a fresh guest for each seed.
    #[arg(long)]
    pub(super) as_it_is: bool,
    #[command(flatten)]
    pub(super) kit: KitArguments,
}

/// A range of seeds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Seeds(pub(super) Range<u64>);

/// The text is no range of seeds.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("write A..B with A below B, as 0..100")]
pub(super) struct NoSeeds;

impl FromStr for Seeds {
    type Err = NoSeeds;

    fn from_str(text: &str) -> Result<Self, NoSeeds> {
        let (from, to) = text.split_once("..").ok_or(NoSeeds)?;
        let number = |text: &str| text.trim().parse::<u64>().map_err(|_| NoSeeds);
        let range = number(from)?..number(to)?;
        (!range.is_empty()).then_some(Self(range)).ok_or(NoSeeds)
    }
}

/// Plays a swarm in the frame that `file` is, and says how it went: [`Exit::Failed`] where a finding is believed.
pub(super) fn swarm(file: &Path, arguments: &SwarmArguments) -> Exit {
    let scenario = match library::look_up(file).as_deref() {
        Ok([one]) => match library::read(one) {
            Ok(scenario) => scenario,
            Err(error) => {
                diagnostic::print(&error);
                return Exit::InvalidScenario;
            }
        },
        Ok(_) => {
            streams::error(format_args!("{}: a swarm has one file", file.display()));
            return Exit::Usage;
        }
        Err(error) => {
            streams::error(error);
            return Exit::Usage;
        }
    };
    let frame = match Frame::of(&scenario) {
        Ok(frame) => frame,
        Err(error) => {
            streams::error(format_args!("{}: {error}", file.display()));
            return Exit::Usage;
        }
    };
    let seeds: Vec<u64> = arguments.seeds.0.clone().collect();
    let news = News {
        progress: Progress::new(seeds.len(), Pace::Slow),
        boots: AtomicU64::new(0),
    };
    let mut session = Session {
        arguments,
        scenario: &scenario,
        frame: &frame,
        news: &news,
        clock: Clock::begin(arguments.max_seconds),
        tally: Tally::default(),
        workplace: Workplace::default(),
        shelf: &SHELF,
        failing: 0,
        worst: Exit::AsExpected,
        said: String::new(),
    };
    crew::in_order(
        &seeds,
        Team::of_guests(arguments.jobs),
        Workplace::default,
        |workplace, seed| play(workplace, &frame, &scenario, *seed, arguments, &news),
        |seed, played| session.take(*seed, played),
    );
    session.finish(seeds.len())
}

static SHELF: Shelf = Shelf::new();

/// What became of a seed.
type Played = Result<(ScenarioFile, Vec<Finding>), PlayError>;

fn play(
    workplace: &mut Workplace,
    frame: &Frame,
    scenario: &ScenarioFile,
    seed: u64,
    arguments: &SwarmArguments,
    news: &News,
) -> Played {
    let file = match arguments.as_it_is {
        true => as_it_is(scenario),
        false => draw(frame, seed),
    };
    news.progress.run_begins(&file.name);
    let backend = backend(workplace, &arguments.kit.options(), &SHELF)?;
    let mut player = LinuxPlayer::new(backend, news);
    let findings = player.play(&file, arguments.as_it_is)?;
    Ok((file, findings))
}

/// The file as a wall clock bears it; one that a swarm has saved is so already.
fn as_it_is(scenario: &ScenarioFile) -> ScenarioFile {
    if scenario.device.timeouts == TIMEOUTS {
        scenario.clone()
    } else {
        scaled(scenario)
    }
}

fn backend<'a>(
    workplace: &'a mut Workplace,
    kit: &KitOptions,
    shelf: &Shelf,
) -> Result<&'a mut LinuxBackend, BackendError> {
    workplace.backend(
        kit,
        (RevisionName::Merged, false),
        shelf,
        |kit| streams::note(kit.describe()),
        |backend| {
            backend.interrupt_by(EndSignals::listen()?.into());
            Ok(())
        },
    )
}

/// A swarm under way.
struct Session<'a> {
    arguments: &'a SwarmArguments,
    scenario: &'a ScenarioFile,
    frame: &'a Frame,
    news: &'a News,
    clock: Clock,
    tally: Tally,
    /// Where findings are followed.
    workplace: Workplace,
    shelf: &'a Shelf,
    /// Guests that have failed since one served to its end.
    failing: u32,
    worst: Exit,
    /// What is to be said of the seed that is taken.
    said: String,
}

impl Session<'_> {
    fn take(&mut self, seed: u64, played: Played) -> ControlFlow<()> {
        let taken = played.and_then(|(file, findings)| self.found(seed, &file, &findings));
        let goes_on = match taken {
            Ok(()) => {
                self.failing = 0;
                ControlFlow::Continue(())
            }
            Err(error) => self.failed(seed, &error),
        };
        let said = std::mem::take(&mut self.said);
        self.news
            .progress
            .run_ends(!said.is_empty(), || streams::out(&said));
        if goes_on.is_continue() && self.clock.is_over() && self.tally.played < self.all() {
            self.worst = self.worst.max(Exit::Budget);
            return ControlFlow::Break(());
        }
        goes_on
    }

    fn all(&self) -> u64 {
        self.arguments.seeds.0.end - self.arguments.seeds.0.start
    }

    /// Follows what a seed has found, if it is new.
    fn found(&mut self, seed: u64, file: &ScenarioFile, findings: &[Finding]) -> Result<(), PlayError> {
        let Some(finding) = self.tally.add(seed, findings) else {
            return Ok(());
        };
        if self.arguments.as_it_is {
            self.tally.believe(&finding.signature);
            self.say(&format!("run {seed}  {}: {}\n", finding.signature, finding.detail));
            return Ok(());
        }
        let backend = backend(&mut self.workplace, &self.arguments.kit.options(), self.shelf)?;
        let mut player = LinuxPlayer::new(backend, self.news);
        let pursued = pursue(&mut player, file, finding, self.arguments.tries)?;
        self.tally.more_runs += u64::from(pursued.runs);
        if !pursued.repeats {
            let runs = pursued.runs;
            let Finding { signature, detail, .. } = finding;
            self.say(&format!(
                "seed {seed}  {signature}: {detail}; it did not come again in {runs} runs on fresh guests, and is not believed\n"
            ));
            return Ok(());
        }
        self.tally.believe(&finding.signature);
        let told = pursued.told(&self.scenario.name, seed, file.steps.len());
        let place = match save(&told, &self.arguments.out) {
            Ok(path) => path.display().to_string(),
            Err(error) => {
                streams::error(&error);
                self.worst = self.worst.max(Exit::Internal);
                "not saved".to_owned()
            }
        };
        let (orders, before) = (orders(&told), orders(file));
        self.say(&format!(
            "seed {seed}  {}: {}; {orders} of {before} orders, {} of {} steps, {} runs: {place}\n",
            finding.signature,
            pursued.finding.detail,
            told.steps.len(),
            file.steps.len(),
            pursued.runs,
        ));
        Ok(())
    }

    fn say(&mut self, line: &str) {
        self.said.push_str(line);
    }

    fn failed(&mut self, seed: u64, error: &PlayError) -> ControlFlow<()> {
        match error {
            PlayError::Backend(BackendError::Guest(GuestError::Interrupted)) => {
                self.worst = Exit::Interrupted;
                return ControlFlow::Break(());
            }
            PlayError::Backend(BackendError::Kit(error)) => setup::print(error),
            PlayError::Obstacle(_) => {
                streams::error(error);
                self.worst = self.worst.max(Exit::AllSkipped);
                return ControlFlow::Break(());
            }
            PlayError::Backend(_) => streams::error(format_args!("seed {seed}: {error}")),
        }
        self.failing += 1;
        self.worst = self.worst.max(Exit::Backend);
        let is_hopeless = matches!(
            error,
            PlayError::Backend(BackendError::Kit(_) | BackendError::Image(_))
        );
        if is_hopeless || self.failing >= FAILING_GUESTS {
            return ControlFlow::Break(());
        }
        ControlFlow::Continue(())
    }

    fn finish(self, seeds: usize) -> Exit {
        let Self { tally, clock, news, .. } = self;
        news.progress.finish();
        let took = clock.elapsed().as_secs_f64();
        let per_minute = if took > 0.0 {
            tally.played as f64 * 60.0 / took
        } else {
            0.0
        };
        let class = self.frame.base.reachability.name();
        streams::out(format_args!(
            "{tally}{} of {seeds} seeds ({class}) in {took:.0} s, {per_minute:.1} a minute; {} boots, {} runs to follow findings\n",
            tally.played,
            news.boots.load(Ordering::Relaxed),
            tally.more_runs,
        ));
        let found = if tally.any_believed() {
            Exit::Failed
        } else {
            Exit::AsExpected
        };
        // That the time was over says less than a finding does.
        match self.worst {
            Exit::Budget => found.max(if tally.any_believed() { found } else { Exit::Budget }),
            worst => worst.max(found),
        }
    }
}

/// Counts boots, and tells people who wait.
struct News {
    progress: Progress,
    boots: AtomicU64,
}

impl NewsListener for News {
    fn begins(&self, what: &str) {
        self.progress.begins(what);
    }

    fn done(&self, what: &str, took: Duration) {
        self.boots.fetch_add(1, Ordering::Relaxed);
        self.progress.done(what, took);
    }

    fn failed(&self, what: &str, why: &str) {
        self.progress.failed(what, why);
    }

    fn spent(&self, expenses: &Expenses) {
        self.progress.spent(expenses);
    }
}

/// How long a swarm may take.
struct Clock {
    began: Began,
    limit: Option<Duration>,
}

#[expect(
    clippy::disallowed_types,
    reason = "a swarm's budget is the user's time; what it draws depends on seeds alone"
)]
type Began = std::time::Instant;

impl Clock {
    fn begin(seconds: Option<u64>) -> Self {
        Self {
            began: Began::now(),
            limit: seconds.map(Duration::from_secs),
        }
    }

    fn elapsed(&self) -> Duration {
        self.began.elapsed()
    }

    fn is_over(&self) -> bool {
        self.limit.is_some_and(|limit| self.elapsed() >= limit)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn seeds_are_a_range() {
        assert_eq!("3..7".parse(), Ok(Seeds(3..7)));
        for text in ["3", "7..3", "3..3", "a..b", ""] {
            assert_eq!(text.parse::<Seeds>(), Err(NoSeeds), "{text}");
        }
    }
}
