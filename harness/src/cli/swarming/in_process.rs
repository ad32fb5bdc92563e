//! A swarm on our driver: everything is drawn, every revision is played and judged, and what no row of the catalogue explains is
//! shrunk, saved and told.

use super::keeping::keep;
use crate::cli::clock::Clock;
use crate::cli::crew::{self, Team};
use crate::cli::exit::Exit;
use crate::cli::explore_arguments::ExploreFormat;
use crate::cli::page_file::PageFile;
use crate::cli::progress::{Pace, Progress};
use crate::cli::swarm_arguments::{ClassChoice, SwarmArguments, SwarmBounds};
use crate::cli::{diagnostic, library, signals, streams};
use crate::play::{RunOptions, run_scenario};
use crate::record::RunResult;
use crate::record::timeline::Keep;
use crate::report::page;
use crate::scenario::{Reachability, ScenarioFile};
use crate::swarm::census::Census;
use crate::swarm::drawing::draw_all;
use crate::swarm::finding::Finding;
use crate::swarm::frame::{Reach, orders};
use crate::swarm::hunt::{Pursued, pursue};
use crate::swarm::known::Known;
use crate::swarm::ours::OurPlayer;
use crate::swarm::player::Player as _;
use crate::swarm::shrinking::Effort;
use driver::RevisionName;
use std::convert::Infallible;
use std::num::NonZeroUsize;
use std::ops::ControlFlow;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};

/// Runs that are spent on shrinking one finding: they take milliseconds.
const TRIES: u32 = 2_000;

/// A swarm of these seeds under these revisions, and how it went: [`Exit::Failed`] where something is new.
pub(in crate::cli) fn swarm(
    revisions: &[RevisionName],
    bounds: &SwarmBounds,
    arguments: &SwarmArguments,
    format: ExploreFormat,
    report: Option<&Path>,
) -> Exit {
    let page = match PageFile::of(report) {
        Ok(page) => page,
        Err(exit) => return exit,
    };
    let class = arguments.class.reachability();
    let reach = arguments.reach();
    let seeds: Vec<u64> = bounds.seeds.clone().collect();
    let ended = match signals::end_flag() {
        Ok(flag) => flag,
        Err(error) => {
            streams::error(format_args!("signals cannot be taken: {error}"));
            return Exit::Internal;
        }
    };
    let known = match arguments.clean {
        // Where nothing may be found nothing is explained.
        true => Known::default(),
        false => match learn(revisions, class) {
            Ok(known) => known,
            Err(exit) => return exit,
        },
    };
    let clock = Clock::begin(bounds.max_seconds);
    let progress = Progress::new(seeds.len(), Pace::Quick);
    let mut session = Session {
        arguments,
        class,
        reach,
        known: &known,
        census: Census::default(),
        progress: &progress,
        worst: Exit::AsExpected,
        said: String::new(),
        page,
        runs: Vec::new(),
    };
    crew::in_order(
        &seeds,
        Team::of(bounds.jobs.unwrap_or_else(cores)),
        || (),
        |(), seed| {
            (!clock.is_over() && !ended.load(Ordering::Relaxed)).then(|| play(class, reach, revisions, *seed))
        },
        |seed, played| session.take(*seed, played, &ended),
    );
    session.finish(seeds.len(), clock.elapsed().as_secs_f64(), &ended, format)
}

fn cores() -> NonZeroUsize {
    std::thread::available_parallelism().unwrap_or(NonZeroUsize::MIN)
}

/// The line that plays a seed again.
pub(super) fn again(arguments: &SwarmArguments, revision: RevisionName, seed: u64) -> String {
    let clean = if arguments.clean { " --clean" } else { "" };
    let class = match arguments.class {
        ClassChoice::CompliantFirmware => String::new(),
        other => format!(" --class {}", other.reachability().name()),
    };
    let next = seed.saturating_add(1);
    format!("mlx5-cosim explore --strategy swarm --seeds {seed}..{next} --revision {revision}{class}{clean}")
}

/// The name of the file that a finding is kept in: letters, digits and hyphens.
fn file_name(revision: RevisionName, finding: &Finding, seed: u64) -> String {
    let told = format!("swarm-{revision}-{}-seed-{seed}", finding.signature);
    let words = told.split(|letter: char| !letter.is_ascii_alphanumeric());
    words
        .filter(|word| !word.is_empty())
        .collect::<Vec<_>>()
        .join("-")
        .to_lowercase()
}

/// What the project's scenarios show under these revisions. Why they cannot be read is told.
fn learn(revisions: &[RevisionName], class: Reachability) -> Result<Known, Exit> {
    let mut known = Known::default();
    let files = library::look_up(Path::new(library::FOLDER)).map_err(|error| {
        streams::error(&error);
        Exit::Usage
    })?;
    for file in files {
        let scenario = library::read(&file).map_err(|error| {
            diagnostic::print(&error);
            Exit::InvalidScenario
        })?;
        for revision in revisions {
            known.learn(&scenario, *revision, class);
        }
    }
    Ok(known)
}

/// What became of a seed; none where the time was over before it began.
type Played = Option<(ScenarioFile, Vec<(RevisionName, Vec<Finding>)>)>;

fn play(
    class: Reachability,
    reach: Reach,
    revisions: &[RevisionName],
    seed: u64,
) -> (ScenarioFile, Vec<(RevisionName, Vec<Finding>)>) {
    let file = draw_all(class, reach, seed);
    let of = |revision: &RevisionName| {
        let mut player = OurPlayer {
            revision: *revision,
            seed,
            reach,
        };
        let Ok(findings) = player.play(&file, true);
        (*revision, findings)
    };
    let findings = revisions.iter().map(of).collect();
    (file, findings)
}

/// A swarm under way.
struct Session<'a> {
    arguments: &'a SwarmArguments,
    class: Reachability,
    reach: Reach,
    known: &'a Known,
    census: Census,
    progress: &'a Progress,
    worst: Exit,
    /// What is to be said of the seed that is taken.
    said: String,
    /// The page that is asked for, and the runs on it.
    page: Option<PageFile>,
    runs: Vec<(ScenarioFile, RunResult)>,
}

impl Session<'_> {
    fn take(&mut self, seed: u64, played: Played, ended: &AtomicBool) -> ControlFlow<()> {
        let Some((file, by_revision)) = played else {
            self.worst = self.worst.max(Exit::Budget);
            return ControlFlow::Break(());
        };
        self.census.played += 1;
        for (revision, findings) in &by_revision {
            for finding in findings {
                let rows = self.known.rows(*revision, &finding.signature);
                if self.census.add(*revision, seed, &finding.signature, rows) && rows.is_none() {
                    self.follow(*revision, seed, &file, finding, ended);
                }
            }
        }
        let said = std::mem::take(&mut self.said);
        self.progress.run_ends(!said.is_empty(), || streams::out(&said));
        ControlFlow::Continue(())
    }

    /// Shrinks, saves and tells what nobody knows.
    fn follow(
        &mut self,
        revision: RevisionName,
        seed: u64,
        file: &ScenarioFile,
        finding: &Finding,
        ended: &AtomicBool,
    ) {
        self.worst = self.worst.max(Exit::Failed);
        let effort = Effort {
            tries: self.arguments.tries.unwrap_or(TRIES),
            is_over: &|| ended.load(Ordering::Relaxed),
        };
        let mut player = OurPlayer {
            revision,
            seed,
            reach: self.reach,
        };
        let pursued: Result<Pursued, Infallible> = pursue(&mut player, file, finding, effort);
        let Ok(pursued) = pursued;
        let frame = format!("swarm-{revision}");
        let mut told = pursued.told(&format!("Under {revision}"), &frame, seed, file.steps.len());
        told.name = file_name(revision, &pursued.finding, seed);
        let place = keep(&told, &self.arguments.out, &mut self.worst);
        if self.page.is_some() {
            let options = RunOptions {
                keep: Keep::Everything,
                ..RunOptions::default()
            };
            let mut result = run_scenario(&told, &place, revision, &options);
            result.replay = again(self.arguments, revision, seed);
            self.runs.push((told.clone(), result));
        }
        self.said.push_str(&format!(
            "seed {seed}, {revision}: {}: {}\n  {} of {} orders, {} of {} steps: {place}\n  again: {}\n",
            pursued.finding.signature,
            pursued.finding.detail,
            orders(&told),
            orders(file),
            told.steps.len(),
            file.steps.len(),
            again(self.arguments, revision, seed),
        ));
    }

    fn finish(mut self, seeds: usize, took: f64, ended: &AtomicBool, format: ExploreFormat) -> Exit {
        self.progress.finish();
        if let Some(page) = self.page.take() {
            let written = page.write(|out| page::found(&self.census, &self.runs, out));
            self.worst = self.worst.max(written);
        }
        let census = &self.census;
        match format {
            ExploreFormat::Human => {
                let class = self.class.name();
                let kind = if self.arguments.clean { ", clean" } else { "" };
                streams::out(format_args!(
                    "{census}{} of {seeds} seeds ({class}{kind}) in {took:.1} s, {:.0} a second; {} signatures are known\n",
                    census.played,
                    census.played as f64 / took.max(f64::EPSILON),
                    self.known.len(),
                ));
            }
            ExploreFormat::Json => {
                let mut line = census.to_json();
                line["seconds"] = took.into();
                line["class"] = self.class.name().into();
                line["clean"] = self.arguments.clean.into();
                streams::out(format_args!("{line}\n"));
            }
        }
        if ended.load(Ordering::Relaxed) {
            return self.worst.max(Exit::Interrupted);
        }
        match self.worst {
            // That the time was over says less than a finding does.
            Exit::Budget if census.any_new() => Exit::Failed,
            worst => worst,
        }
    }
}
