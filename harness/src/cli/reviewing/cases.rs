//! The runs of a review: all before, all after, and those that differ once more.

use super::side::Side;
use crate::cli::crew::{self, Team};
use crate::cli::job::Job;
use crate::cli::library;
use crate::cli::place::{Ground, Place, Ran};
use crate::cli::progress::Progress;
use crate::cli::review_arguments::ReviewArguments;
use crate::cli::running::guests_on_linux;
use crate::record::timeline::Keep;
use crate::record::{Failure, RunResult};
use crate::review::comparing::{Comparison, Verdict};
use crate::review::kept::Kept;
use crate::review::paged::{PagedCase, PagedSide};
use crate::review::shown::Shown;
use crate::review::telling::Case;
use crate::stage::news::NewsListener;
use std::ops::ControlFlow;
use std::path::Path;
use std::sync::Arc;

/// What a review has found.
pub(super) struct Reviewed {
    /// The cases, in the order in which they ran.
    pub(super) cases: Vec<Case>,
    /// The same with both sides, where a page is asked for.
    pub(super) paged: Vec<PagedCase>,
    /// Whether the user has ended it before all had run.
    pub(super) is_interrupted: bool,
}

/// What a run came to: what it has shown, or why nobody can say.
type Ended = Result<Shown, String>;

/// Runs of some cases; shorter than these where the user has ended them.
struct Runs {
    ended: Vec<Ended>,
    /// The runs themselves, where a page is asked for.
    results: Vec<Option<Box<RunResult>>>,
    is_interrupted: bool,
}

/// A case that runs, with its text.
struct Item<'a> {
    job: &'a Job,
    text: String,
}

/// Runs all jobs on both sides and compares them.
pub(super) fn review_all(
    jobs: &[Job],
    before: &Side,
    after: &Side,
    arguments: &ReviewArguments,
    progress: &Progress,
) -> Reviewed {
    let items: Vec<Item<'_>> = jobs
        .iter()
        .map(|job| Item {
            job,
            text: library::text(&job.loaded.file).unwrap_or_default(),
        })
        .collect();
    let every: Vec<&Item<'_>> = items.iter().collect();
    let kept = kept(before, arguments);
    let (mut old, is_known) = befores(&every, before, &kept, arguments, progress);
    if old.is_interrupted {
        return Reviewed {
            cases: Vec::new(),
            paged: Vec::new(),
            is_interrupted: true,
        };
    }
    let mut new = run(&every, after, "after", arguments, progress);
    let mut compared: Vec<Result<Comparison, String>> =
        old.ended.iter().zip(&new.ended).map(compare).collect();
    let mut is_interrupted = new.is_interrupted;
    let differing: Vec<usize> = (0..compared.len())
        .filter(|place| differs(&compared[*place]))
        .collect();
    if !is_interrupted && !arguments.once && !differing.is_empty() {
        let again: Vec<&Item<'_>> = differing.iter().filter_map(|place| items.get(*place)).collect();
        let repeated = repeat(&again, before, after, arguments, progress);
        is_interrupted = repeated.is_none();
        for (place, again) in differing.iter().zip(repeated.unwrap_or_default()) {
            if let (Ok(first), Ok(again)) = (&mut compared[*place], again) {
                *first = first.clone().confirmed_by(&again);
            }
        }
    }
    let mut cases = Vec::new();
    let mut paged = Vec::new();
    for (place, compared) in compared.into_iter().enumerate() {
        let item = &items[place];
        if arguments.report.is_some() {
            let sides = [&mut old, &mut new].map(|runs| PagedSide {
                shown: runs.ended[place].clone(),
                result: runs.results[place].take(),
            });
            let scenario = item.job.loaded.scenario.clone();
            paged.push(PagedCase { scenario, sides });
        }
        let (old, new) = (&old.ended[place], &new.ended[place]);
        let is_stable = compared
            .as_ref()
            .is_ok_and(|compared| compared.verdict != Verdict::Unstable);
        if let Ok(shown) = old
            && is_stable
            && !is_known[place]
        {
            kept.put(&item.text, shown);
        }
        cases.push(case(item.job, compared, old, new, arguments));
    }
    kept.tidy();
    Reviewed {
        cases,
        paged,
        is_interrupted,
    }
}

/// Runs of the side that was before are kept, unless nobody could tell them from others.
fn kept(before: &Side, arguments: &ReviewArguments) -> Kept {
    let setting = before.setting(arguments);
    let folder = setting.as_ref().and_then(|_| guest::kit::results_folder().ok());
    Kept::new(folder, &setting.unwrap_or_default())
}

/// The runs before, and which of them were known.
fn befores(
    items: &[&Item<'_>],
    before: &Side,
    kept: &Kept,
    arguments: &ReviewArguments,
    progress: &Progress,
) -> (Runs, Vec<bool>) {
    let known: Vec<Option<Shown>> = items
        .iter()
        .map(|item| {
            if arguments.fresh {
                None
            } else {
                kept.get(&item.text)
            }
        })
        .collect();
    let is_known: Vec<bool> = known.iter().map(Option::is_some).collect();
    let number = is_known.iter().filter(|known| **known).count();
    if number > 0 {
        progress.begins(&format!(
            "{number} of {} runs before are known from an earlier review",
            items.len()
        ));
    }
    let unknown: Vec<&Item<'_>> = items
        .iter()
        .zip(&known)
        .filter(|(_, known)| known.is_none())
        .map(|(item, _)| *item)
        .collect();
    for _ in 0..number {
        progress.run_ends(false, || ());
    }
    let ran = run(&unknown, before, "before", arguments, progress);
    let mut fresh = ran.ended.into_iter().zip(ran.results);
    let ended = known
        .into_iter()
        .map_while(|known| known.map(|shown| (Ok(shown), None)).or_else(|| fresh.next()));
    let (ended, results) = ended.unzip();
    let runs = Runs {
        ended,
        results,
        is_interrupted: ran.is_interrupted,
    };
    (runs, is_known)
}

/// Runs cases on one side.
fn run(
    items: &[&Item<'_>],
    side: &Side,
    when: &str,
    arguments: &ReviewArguments,
    progress: &Progress,
) -> Runs {
    let ground = Arc::new(Ground::new());
    let keep = match arguments.report {
        Some(_) => Keep::Everything,
        None => Keep::Nothing,
    };
    let mut runs = Runs {
        ended: Vec::new(),
        results: Vec::new(),
        is_interrupted: false,
    };
    crew::in_order(
        items,
        Team::of_guests(arguments.jobs.unwrap_or_else(guests_on_linux)),
        || Place::on_linux(&side.options, arguments.full, keep, &ground),
        |place, item| {
            progress.run_begins(&format!("{when} {}", item.job.name()));
            place.run(item.job, None, keep, progress)
        },
        |item, ran| {
            let (ended, result) = match ran {
                Ran::Run(result) => (ended(item, &result), Some(result)),
                Ran::Unrun(result) => (Err(result.reason.clone().unwrap_or_default()), None),
                Ran::Interrupted => {
                    runs.is_interrupted = true;
                    return ControlFlow::Break(());
                }
            };
            progress.run_ends(ended.is_err(), || ());
            runs.ended.push(ended);
            runs.results.push(result.filter(|_| keep == Keep::Everything));
            ControlFlow::Continue(())
        },
    );
    runs
}

/// What a run has shown; an error where it was not the driver that failed.
fn ended(item: &Item<'_>, result: &RunResult) -> Ended {
    match result.failure() {
        Some(failure @ (Failure::Backend | Failure::Internal | Failure::Budget | Failure::Invalid)) => {
            let reason = result.reason.clone().unwrap_or_default();
            Err(format!("{}: {reason}", failure.name()))
        }
        Some(Failure::Snapshot | Failure::Expectation) | None => {
            Ok(Shown::of(&item.job.loaded.scenario, result))
        }
    }
}

fn compare((old, new): (&Ended, &Ended)) -> Result<Comparison, String> {
    match (old, new) {
        (Ok(old), Ok(new)) => Ok(Comparison::of(old, new)),
        (Err(why), _) => Err(format!("before: {why}")),
        (_, Err(why)) => Err(format!("after: {why}")),
    }
}

/// Whether chance may have had a part in it.
fn differs(compared: &Result<Comparison, String>) -> bool {
    let verdict = compared.as_ref().map(|compared| compared.verdict);
    matches!(verdict, Ok(Verdict::Mended | Verdict::Changed | Verdict::Broken))
}

/// Both sides of cases once more; `None` where the user has ended it.
fn repeat(
    items: &[&Item<'_>],
    before: &Side,
    after: &Side,
    arguments: &ReviewArguments,
    progress: &Progress,
) -> Option<Vec<Result<Comparison, String>>> {
    progress.begins(&format!("{} cases differ: once more, to be sure", items.len()));
    let old = run(items, before, "before", arguments, progress);
    if old.is_interrupted {
        return None;
    }
    let new = run(items, after, "after", arguments, progress);
    (!new.is_interrupted).then(|| old.ended.iter().zip(&new.ended).map(compare).collect())
}

fn case(
    job: &Job,
    compared: Result<Comparison, String>,
    old: &Ended,
    new: &Ended,
    arguments: &ReviewArguments,
) -> Case {
    let name = job.loaded.qualified_name();
    let skipped = |ended: &Ended| ended.as_ref().ok().and_then(|shown| shown.skipped.clone());
    let as_said = |ended: &Ended| ended.as_ref().is_ok_and(|shown| shown.as_the_file_says);
    Case {
        file: job.loaded.file.display().to_string(),
        skipped: skipped(old).or_else(|| skipped(new)),
        as_the_file_says: (as_said(old), as_said(new)),
        replay: replay(&name, arguments),
        name,
        compared,
    }
}

/// The words of a command line that repeats one case.
fn replay(name: &str, arguments: &ReviewArguments) -> Vec<String> {
    let mut words: Vec<String> = ["mlx5-cosim", "review", "--only", name]
        .map(str::to_owned)
        .to_vec();
    let mut path = |option: &str, path: &Option<std::path::PathBuf>| {
        if let Some(path) = path {
            words.extend([option.to_owned(), shown(path)]);
        }
    };
    path("--tree", &arguments.tree);
    path("--modules", &arguments.modules);
    path("--base", &arguments.base);
    path("--qemu", &arguments.qemu);
    for (is_on, option) in [
        (arguments.full, "--full"),
        (arguments.subfunctions, "--subfunctions"),
        (arguments.no_eswitch, "--no-eswitch"),
    ] {
        if is_on {
            words.push(option.to_owned());
        }
    }
    words.extend(arguments.patches.iter().map(|path| shown(path)));
    words
}

fn shown(path: &Path) -> String {
    path.display().to_string()
}
