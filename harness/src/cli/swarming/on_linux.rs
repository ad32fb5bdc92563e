//! A swarm of drawn firmwares on Linux: seeds are played on several guests, what they find is shrunk, saved and repeated.

use super::guests::backend;
use super::keeping::{keep, keep_all};
use crate::cli::clock::Clock;
use crate::cli::crew::{self, Team};
use crate::cli::exit::Exit;
use crate::cli::progress::{Pace, Progress};
use crate::cli::swarm_arguments::{SwarmArguments, SwarmBounds};
use crate::cli::{diagnostic, library, setup, streams};
use crate::scenario::ScenarioFile;
use crate::stage::expenses::Expenses;
use crate::stage::linux::guest::GuestError;
use crate::stage::linux::scaling::scaled;
use crate::stage::linux::{BackendError, Workplace};
use crate::stage::news::NewsListener;
use crate::swarm::drawing::draw;
use crate::swarm::finding::Finding;
use crate::swarm::frame::{Frame, TIMEOUTS, orders};
use crate::swarm::hunt::pursue;
use crate::swarm::player::{LinuxPlayer, PlayError, Player};
use crate::swarm::shrinking::Effort;
use crate::swarm::tally::Tally;
use std::ops::ControlFlow;
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// Guests in a row that may fail before nobody tries another.
const FAILING_GUESTS: u32 = 3;

/// Runs that are spent on shrinking one finding, where nobody says how many: they take seconds.
const TRIES: u32 = 40;

/// After so many seconds no further run is spent on shrinking a finding.
const FOLLOWING_S: u64 = 180;

/// Plays a swarm in the frame that `file` is, and says how it went: [`Exit::Failed`] where a finding is believed.
pub(in crate::cli) fn swarm(file: &Path, bounds: &SwarmBounds, arguments: &SwarmArguments) -> Exit {
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
    let seeds: Vec<u64> = bounds.seeds.clone().collect();
    if arguments.draw {
        return keep_all(seeds.iter().map(|seed| draw(&frame, *seed)), &arguments.out);
    }
    let news = News {
        progress: Progress::new(seeds.len(), Pace::Slow),
        boots: AtomicU64::new(0),
    };
    let clock = Clock::begin(bounds.max_seconds);
    let mut session = Session {
        arguments,
        scenario: &scenario,
        frame: &frame,
        news: &news,
        clock: &clock,
        tally: Tally::default(),
        workplace: Workplace::default(),
        failing: 0,
        worst: Exit::AsExpected,
        said: String::new(),
    };
    crew::in_order(
        &seeds,
        Team::of_guests(bounds.guests()),
        Workplace::default,
        |workplace, seed| {
            (!clock.is_over()).then(|| play(workplace, &frame, &scenario, *seed, arguments, &news))
        },
        |seed, played| session.take(*seed, played),
    );
    session.finish(seeds.len())
}

/// What became of a seed; none where the time was over before it began.
type Played = Option<Result<(ScenarioFile, Vec<Finding>), PlayError>>;

fn play(
    workplace: &mut Workplace,
    frame: &Frame,
    scenario: &ScenarioFile,
    seed: u64,
    arguments: &SwarmArguments,
    news: &News,
) -> Result<(ScenarioFile, Vec<Finding>), PlayError> {
    let file = match arguments.as_it_is {
        true => as_it_is(scenario),
        false => draw(frame, seed),
    };
    news.progress.run_begins(&file.name);
    let backend = backend(workplace, &arguments.kit.options())?;
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

/// A swarm under way.
struct Session<'a> {
    arguments: &'a SwarmArguments,
    scenario: &'a ScenarioFile,
    frame: &'a Frame,
    news: &'a News,
    clock: &'a Clock,
    tally: Tally,
    /// Where findings are followed.
    workplace: Workplace,
    /// Guests that have failed since one served to its end.
    failing: u32,
    worst: Exit,
    /// What is to be said of the seed that is taken.
    said: String,
}

impl Session<'_> {
    fn take(&mut self, seed: u64, played: Played) -> ControlFlow<()> {
        // What other guests have played meanwhile counts all the same.
        let Some(played) = played else {
            self.worst = self.worst.max(Exit::Budget);
            return ControlFlow::Continue(());
        };
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
        goes_on
    }

    /// Follows what a seed has found, if it is new.
    fn found(&mut self, seed: u64, file: &ScenarioFile, findings: &[Finding]) -> Result<(), PlayError> {
        let Some(finding) = self.tally.add(seed, findings) else {
            return Ok(());
        };
        if self.arguments.as_it_is {
            self.tally.believe(&finding.signature);
            self.say(&format!(
                "run {seed}  {}: {}\n",
                finding.signature, finding.detail
            ));
            return Ok(());
        }
        if self.clock.is_over() {
            self.say(&format!(
                "seed {seed}  {}: {}; the time is over, nobody has followed it\n",
                finding.signature, finding.detail
            ));
            return Ok(());
        }
        let backend = backend(&mut self.workplace, &self.arguments.kit.options())?;
        let mut player = LinuxPlayer::new(backend, self.news);
        self.news
            .begins(&format!("following seed {seed}: {}", finding.signature));
        let following = Clock::begin(Some(FOLLOWING_S));
        let effort = Effort {
            tries: self.arguments.tries.unwrap_or(TRIES),
            is_over: &|| following.is_over() || self.clock.is_over(),
        };
        let pursued = pursue(&mut player, file, finding, effort)?;
        self.tally.more_runs += u64::from(pursued.runs);
        if !pursued.repeats {
            let runs = pursued.runs;
            let Finding {
                signature, detail, ..
            } = finding;
            self.say(&format!(
                "seed {seed}  {signature}: {detail}; it did not come again in {runs} runs on fresh guests, and is not believed\n"
            ));
            return Ok(());
        }
        self.tally.believe(&finding.signature);
        let told = pursued.told("On Linux", &self.scenario.name, seed, file.steps.len());
        let place = keep(&told, &self.arguments.out, &mut self.worst);
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
        let Self {
            tally, clock, news, ..
        } = self;
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
        match (self.worst, tally.any_believed()) {
            // That the time was over says less than a finding does.
            (Exit::Budget, true) => Exit::Failed,
            (worst, true) => worst.max(Exit::Failed),
            (worst, false) => worst,
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
