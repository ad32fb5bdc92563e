//! Every scenario that Linux can run, on the unmodified driver in a QEMU guest, as a test of its own:
//!
//! * `folder/name::linux`: the driver's counters and firmware's ledger equal those of our driver after every step;
//! * `judge::...`: judged as another revision, Linux fails;
//! * `scaling::...`: with scaled times, in process, files still hold;
//! * `stream::...`: the command stream of a plain load and unload equals that of our driver, command by command.
//!
//! They need the guest kit, which `mlx5-cosim setup` brings. Without it they are ignored, and say so. Where
//! [`guest_kit::REQUIRED`] is set they fail instead: a judge that does not sit must not look like one that agrees.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod guest_kit;
mod order;

use driver::RevisionName;
use guest::kit::{Kit, KitOptions};
use guest_kit::{REQUIRED, needing_kit};
use harness::cli::naming::qualified_name;
use harness::judge::beside::stream;
use harness::play::{RunOptions, run_scenario};
use harness::record::result::{Outcome, RunResult};
use harness::scenario::{ScenarioFile, read_scenario, scenario_files};
use harness::stage::abilities::{Abilities, Obstacle};
use harness::stage::linux::abilities::with_helper;
use harness::stage::linux::build::{Configuration, is_there, kit_for};
use harness::stage::linux::{Shelf, Workplace};
use harness::stage::news::Silence;
use libtest_mimic::{Arguments, Failed, Trial};
use order::{ORDER_SEED, drawn, order_seed};
use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::{Mutex, PoisonError, RwLock};

/// Guests at a time, at the most.
const GUESTS: usize = 4;

/// Plain load and unload in both page modes.
const STREAMS: [&str; 2] = ["lifecycle/boot-init-funcid", "lifecycle/boot-init-migrate"];

/// A scenario in which the patch as first posted ends with -512 pages of VFs, and Linux 7.2 with 0.
const DRIFTS_UNDER_REVIEWED: &str = "attribution/none-then-populate";

/// What has to be among the scenarios that run on Linux, by file name.
const DEMANDED: [&str; 24] = [
    "boot-init-funcid",
    "boot-init-migrate",
    "ecpf-migrate",
    "lifecycle-all-types-vhca-id",
    "none-then-populate",
    "mixed-through-zero",
    "mixed-through-zero-oldest",
    "vf-disable-then-take",
    "lock-one-request",
    "lock-take-ahead",
    "lock-split-demand",
    "lock-ignored-errors",
    "vport-change-stall",
    "fallthrough-spf",
    "boot-id-3",
    "cap-ignored",
    "give-timeout-late",
    "release-all-ahead",
    "release-all-mixed",
    "clamp-asked-again",
    "claim-overrun",
    "gate-take",
    "gate-give",
    "reload-residue",
];

/// What the helper module forces, by file name.
const FORCED: [&str; 8] = [
    "enable-unwind-type-map",
    "enable-unwind-vport-map",
    "lost-eqe",
    "migrate-enomem",
    "migrate-enomem-init-hca",
    "migrate-window",
    "page-allocation-fails",
    "page-mapping-fails",
];

/// Of the 48 numbered rows of the findings, how many have to be run on Linux at least.
const DEMANDED_ROWS: usize = 25;

/// Of 96 scenarios, how many Linux has to be able to run, with every build of the driver and the helper.
const DEMANDED_OF_96: usize = 91;

struct Case {
    name: String,
    file: PathBuf,
    scenario: ScenarioFile,
}

fn main() -> ExitCode {
    let mut arguments = Arguments::from_args();
    // A guest that boots takes a processor for itself; one that runs a scenario waits most of the time.
    let processors = std::thread::available_parallelism().map_or(1, usize::from);
    let guests = (2 * processors).min(GUESTS);
    arguments.test_threads = Some(arguments.test_threads.unwrap_or(guests).min(GUESTS));
    let Some(seed) = order_seed() else {
        eprintln!("{ORDER_SEED} is no number");
        return ExitCode::FAILURE;
    };
    let cases = cases(seed);
    let streams = cases
        .iter()
        .filter(|case| STREAMS.contains(&case.name.as_str()))
        .map(stream_trial);
    let mut trials: Vec<Trial> = streams.collect();
    assert_eq!(
        trials.len(),
        STREAMS.len(),
        "the scenarios of the streams are there"
    );
    let wrongly_judged = cases.iter().find(|case| case.name == DRIFTS_UNDER_REVIEWED);
    trials.push(disagreement(
        wrongly_judged.expect("the scenario of the disagreement is there"),
    ));
    trials.extend(cases.iter().map(trial));
    if !arguments.list {
        report_skips(&cases);
    }
    trials = needing_kit(trials);
    trials.push(coverage(&cases));
    trials.push(scaling(&cases));
    libtest_mimic::run(&arguments, trials).exit_code()
}

/// That the judge can disagree: Linux 7.2 is not the driver that was first posted.
fn disagreement(case: &Case) -> Trial {
    let (scenario, file) = (case.scenario.clone(), case.file.clone());
    Trial::test("judge::linux_is_not_the_patch_as_first_posted", move || {
        let result = run(RevisionName::Reviewed, &scenario, &file)?;
        let comparison = result.comparison.ok_or("both drivers show the same books")?;
        let drift = comparison
            .rows
            .iter()
            .find(|row| row.name == "counters.fw_pages_vfs")
            .map(|row| (row.ours, row.linux));
        if result.outcome == Outcome::Fail && drift == Some((Some(-512), Some(0))) {
            Ok(())
        } else {
            Err(format!("{:?}, fw_pages_vfs {drift:?}", result.outcome).into())
        }
    })
}

/// That what is skipped has not become too much.
fn coverage(cases: &[Case]) -> Trial {
    let runnable = cases.iter().filter(|case| obstacle(&case.scenario).is_none());
    let names: BTreeSet<String> = runnable.clone().map(|case| case.scenario.name.clone()).collect();
    let rows: BTreeSet<u32> = runnable
        .filter_map(|case| {
            let digits: String = case
                .scenario
                .row
                .chars()
                .take_while(char::is_ascii_digit)
                .collect();
            digits.parse().ok()
        })
        .collect();
    let forced = cases.iter().filter(|case| {
        // With every build of the driver, and the helper.
        let abilities = with_helper(Configuration::needed_by(&case.scenario).abilities(false));
        abilities.obstacle(&case.scenario, RevisionName::Merged).is_none()
    });
    let all = cases.len();
    let forced: BTreeSet<String> = forced.map(|case| case.scenario.name.clone()).collect();
    Trial::test("coverage::what_linux_can_run", move || {
        let demanded = DEMANDED.into_iter().filter(|name| !names.contains(*name));
        let demanded = demanded.chain(FORCED.into_iter().filter(|name| !forced.contains(*name)));
        let missing: Vec<&str> = demanded.collect();
        if !missing.is_empty() {
            return Err(format!("not run on Linux: {}", missing.join(", ")).into());
        }
        if forced.len() * 96 < all * DEMANDED_OF_96 {
            return Err(format!("only {} of {all} scenarios can be run on Linux", forced.len()).into());
        }
        if rows.len() < DEMANDED_ROWS {
            return Err(format!("only {} rows are run on Linux: {rows:?}", rows.len()).into());
        }
        Ok(())
    })
}

/// That a scenario with scaled limits, delays and pauses still does what its file says, but for how long it takes.
fn scaling(cases: &[Case]) -> Trial {
    let runnable = cases.iter().filter(|case| obstacle(&case.scenario).is_none());
    let scenarios: Vec<(String, ScenarioFile)> = runnable
        .map(|case| (case.name.clone(), case.scenario.clone()))
        .collect();
    Trial::test("scaling::files_stay_true", move || {
        let mut wrong = String::new();
        for (name, scenario) in &scenarios {
            let scaled = harness::stage::linux::scaling::scaled(scenario);
            let result = run_scenario(&scaled, "", RevisionName::Merged, &RunOptions::default());
            if result.virtual_ns > 80_000_000_000 {
                wrong.push_str(&format!(
                    "\n  {name} takes {} s",
                    result.virtual_ns / 1_000_000_000
                ));
            }
            let is_a_time = |what: &str, said: &str| {
                ["took_s", "virtual_s"].contains(&what) || said.contains("waited_ms")
            };
            for mismatch in &result.mismatches {
                if !is_a_time(&mismatch.what.to_string(), &mismatch.actual) {
                    wrong.push_str(&format!("\n  {name} step {:?}: {mismatch}", mismatch.step));
                }
            }
        }
        if wrong.is_empty() {
            Ok(())
        } else {
            Err(wrong.into())
        }
    })
}

/// Says once for each reason which scenarios are ignored.
fn report_skips(cases: &[Case]) {
    let mut skipped: BTreeMap<String, Vec<&str>> = BTreeMap::new();
    for case in cases {
        if let Some(reason) = obstacle(&case.scenario) {
            skipped.entry(reason.to_string()).or_default().push(&case.name);
        }
    }
    for (reason, names) in skipped {
        eprintln!("skipped, because {reason}:\n    {}", names.join(", "));
    }
}

/// Every scenario, in an order that is drawn; those that need another build of the driver together.
fn cases(seed: u64) -> Vec<Case> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let files = scenario_files(&root.join("scenarios")).unwrap();
    let cases: Vec<Case> = files
        .into_iter()
        .map(|file| Case {
            name: qualified_name(&file),
            scenario: read_scenario(&file).unwrap(),
            file,
        })
        .collect();
    let mut cases = drawn(cases, seed);
    cases.sort_by_key(|case| kit(&case.scenario));
    cases
}

fn trial(case: &Case) -> Trial {
    let (scenario, file) = (case.scenario.clone(), case.file.clone());
    let name = format!("{}::linux", case.name);
    match obstacle(&case.scenario) {
        Some(_) => Trial::test(name, || Err("Linux cannot run it".into())).with_ignored_flag(true),
        None => Trial::test(name.clone(), move || {
            let result = run_for_good(&name, &scenario, &file)?;
            match result.outcome {
                Outcome::Pass => Ok(()),
                _ => Err(report(&result).into()),
            }
        }),
    }
}

fn stream_trial(case: &Case) -> Trial {
    let (scenario, file) = (case.scenario.clone(), case.file.clone());
    Trial::test(format!("stream::{}", case.name), move || {
        let linux = run(RevisionName::Merged, &scenario, &file)?;
        let scaled = harness::stage::linux::scaling::scaled(&scenario);
        let ours = run_scenario(&scaled, "", RevisionName::Merged, &RunOptions::default());
        assert!(linux.commands.len() > 20, "a load takes more than 20 commands");
        match stream::first_difference(&linux.commands, &ours.commands) {
            None => Ok(()),
            Some(difference) => Err(difference.into()),
        }
    })
}

/// Why a scenario cannot be run on the builds that are there; none if it can.
fn obstacle(scenario: &ScenarioFile) -> Option<Obstacle> {
    static ABILITIES: Mutex<BTreeMap<KitOptions, Abilities>> = Mutex::new(BTreeMap::new());
    let kit = kit(scenario);
    let mut known = ABILITIES.lock().unwrap();
    // Where the tests have to run, the helper has to be there.
    let required = std::env::var_os(REQUIRED).is_some();
    let abilities = known.entry(kit.clone()).or_insert_with(|| {
        let abilities = Configuration::of(&kit).abilities(false);
        if required || Kit::locate(&kit).is_ok_and(|kit| kit.helper().is_some()) {
            with_helper(abilities)
        } else {
            abilities
        }
    });
    abilities.obstacle(scenario, RevisionName::Merged)
}

/// The kit with the build that a scenario needs, if it is there.
fn kit(scenario: &ScenarioFile) -> KitOptions {
    static THERE: Mutex<BTreeMap<KitOptions, bool>> = Mutex::new(BTreeMap::new());
    let has = |kit: &KitOptions| {
        *THERE
            .lock()
            .unwrap()
            .entry(kit.clone())
            .or_insert_with(|| is_there(kit))
    };
    kit_for(scenario, &KitOptions::default(), has)
}

static SHELF: Shelf = Shelf::new();

thread_local! {
    /// Each worker has a place of its own: QEMU ends with the thread that has started it.
    static WORKPLACE: RefCell<Workplace> = RefCell::new(Workplace::default());
}

/// Shared by all who run something; for one alone where something is run again.
static COMPANY: RwLock<()> = RwLock::new(());

fn run(judged_as: RevisionName, scenario: &ScenarioFile, file: &Path) -> Result<RunResult, Failed> {
    let _shared = COMPANY.read().unwrap_or_else(PoisonError::into_inner);
    run_here(judged_as, scenario, file)
}

/// Runs a scenario. Linux lives on the wall clock, and on a busy machine a race that the file decides by a second may end the other
/// way: what is not as expected beside other guests is told, and run once more on a fresh guest while nobody else runs.
/// That run counts.
fn run_for_good(name: &str, scenario: &ScenarioFile, file: &Path) -> Result<RunResult, Failed> {
    let first = run(RevisionName::Merged, scenario, file)?;
    if first.outcome == Outcome::Pass {
        return Ok(first);
    }
    let _alone = COMPANY.write().unwrap_or_else(PoisonError::into_inner);
    eprintln!(
        "{name}: beside others {}\n{name}: once more, alone",
        report(&first)
    );
    WORKPLACE.with_borrow_mut(|workplace| *workplace = Workplace::default());
    run_here(RevisionName::Merged, scenario, file)
}

fn run_here(judged_as: RevisionName, scenario: &ScenarioFile, file: &Path) -> Result<RunResult, Failed> {
    WORKPLACE.with_borrow_mut(|workplace| {
        let how = (judged_as, false);
        let linux = workplace.backend(&kit(scenario), how, &SHELF, |_| {}, |_| Ok(()))?;
        Ok(linux.run(scenario, &file.display().to_string(), None, &Silence)?)
    })
}

fn report(result: &RunResult) -> String {
    let mut text = result.reason.clone().unwrap_or_default();
    for mismatch in &result.mismatches {
        text.push_str(&format!("\n  step {:?}: {mismatch}", mismatch.step));
    }
    if let Some(comparison) = &result.comparison {
        text.push_str(&format!(
            "\nafter step {} ({}), Linux beside our driver:",
            comparison.step, comparison.what
        ));
        for row in &comparison.rows {
            text.push_str(&format!("\n  {:32} {:?} {:?}", row.name, row.linux, row.ours));
        }
    }
    text
}
