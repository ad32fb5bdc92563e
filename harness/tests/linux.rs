//! Every scenario that Linux can run, on the unmodified driver in a QEMU guest, as a test of its own:
//!
//! * `folder/name::linux`: the driver's counters and firmware's ledger equal those of our driver after every step;
//! * `judge::...`: judged as another revision, Linux fails;
//! * `scaling::...`: with scaled times, in process, files still hold;
//! * `stream::...`: the command stream of a plain load and unload equals that of our driver, command by command.
//!
//! They need the guest kit, which `mlx5-cosim setup` brings. Without it they are ignored, and say so. Where
//! [`REQUIRED`] is set they fail instead: a judge that does not sit must not look like one that agrees.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use driver::RevisionName;
use guest::kit::{Kit, KitOptions};
use harness::cli::naming::qualified_name;
use harness::judge::beside::stream;
use harness::play::{RunOptions, run_scenario};
use harness::record::result::{Outcome, RunResult};
use harness::scenario::{ScenarioFile, read_scenario, scenario_files};
use harness::stage::abilities::Abilities;
use harness::stage::linux::LinuxBackend;
use harness::stage::linux::abilities::{abilities as stock, with_helper};
use harness::stage::linux::profile::Profile;
use harness::stage::news::Silence;
use libtest_mimic::{Arguments, Failed, Trial};
use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::LazyLock;

/// Guests at a time, at the most.
const GUESTS: usize = 3;

/// Environment variable under which a missing kit is a failure.
const REQUIRED: &str = "MLX5_COSIM_REQUIRE_LINUX";

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

/// Whether the guest has the helper. Where the tests have to run, it has to.
static HAS_HELPER: LazyLock<bool> = LazyLock::new(|| {
    std::env::var_os(REQUIRED).is_some()
        || Kit::locate(&KitOptions::default()).is_ok_and(|kit| kit.helper().is_some())
});

/// What Linux can do with the kit that is there.
fn abilities(subfunctions: bool, full: bool) -> Abilities {
    let stock = stock(subfunctions, full);
    if *HAS_HELPER { with_helper(stock) } else { stock }
}

struct Case {
    name: String,
    file: PathBuf,
    scenario: ScenarioFile,
}

fn main() -> ExitCode {
    let mut arguments = Arguments::from_args();
    // A guest that boots takes a processor for itself, and one that starves acts late.
    let processors = std::thread::available_parallelism().map_or(1, usize::from);
    let guests = processors.min(GUESTS);
    arguments.test_threads = Some(arguments.test_threads.unwrap_or(guests).min(GUESTS));
    let kit = Kit::locate(&KitOptions::default()).map_err(|error| error.to_string());
    let cases = cases();
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
    if let Err(missing) = &kit {
        eprintln!("skipped, all of them: {missing}");
        trials = trials
            .into_iter()
            .map(|trial| without_kit(trial, missing))
            .collect();
    } else if !arguments.list {
        report_skips(&cases);
    }
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
    let runnable = cases.iter().filter(|case| {
        abilities(false, false)
            .obstacle(&case.scenario, RevisionName::Merged)
            .is_none()
    });
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
        let abilities = with_helper(stock(false, false));
        abilities.obstacle(&case.scenario, RevisionName::Merged).is_none()
    });
    let forced: BTreeSet<String> = forced.map(|case| case.scenario.name.clone()).collect();
    Trial::test("coverage::what_linux_can_run", move || {
        let demanded = DEMANDED.into_iter().filter(|name| !names.contains(*name));
        let demanded = demanded.chain(FORCED.into_iter().filter(|name| !forced.contains(*name)));
        let missing: Vec<&str> = demanded.collect();
        if !missing.is_empty() {
            return Err(format!("not run on Linux: {}", missing.join(", ")).into());
        }
        if rows.len() < DEMANDED_ROWS {
            return Err(format!("only {} rows are run on Linux: {rows:?}", rows.len()).into());
        }
        Ok(())
    })
}

/// That a scenario with scaled limits, delays and pauses still does what its file says, but for how long it takes.
fn scaling(cases: &[Case]) -> Trial {
    let runnable = cases.iter().filter(|case| {
        abilities(false, false)
            .obstacle(&case.scenario, RevisionName::Merged)
            .is_none()
    });
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

/// A test that cannot run: ignored with the reason, or failed where it has to run.
fn without_kit(trial: Trial, missing: &str) -> Trial {
    let name = trial.name().to_owned();
    let reason = missing.lines().next().unwrap_or_default().to_owned();
    if std::env::var_os(REQUIRED).is_some() {
        Trial::test(name, move || Err(reason.into()))
    } else {
        trial.with_ignored_flag(true)
    }
}

/// Says once for each reason which scenarios are ignored.
fn report_skips(cases: &[Case]) {
    let mut skipped: BTreeMap<String, Vec<&str>> = BTreeMap::new();
    for case in cases {
        if let Some(reason) = abilities(false, false).obstacle(&case.scenario, RevisionName::Merged) {
            skipped.entry(reason.to_string()).or_default().push(&case.name);
        }
    }
    for (reason, names) in skipped {
        eprintln!("skipped, because {reason}:\n    {}", names.join(", "));
    }
}

fn cases() -> Vec<Case> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let files = scenario_files(&root.join("scenarios")).unwrap();
    let mut cases: Vec<Case> = files
        .into_iter()
        .map(|file| Case {
            name: qualified_name(&file),
            scenario: read_scenario(&file).unwrap(),
            file,
        })
        .collect();
    cases.sort_by_key(|case| Profile::of(&case.scenario.device).rank());
    cases
}

fn trial(case: &Case) -> Trial {
    let (scenario, file) = (case.scenario.clone(), case.file.clone());
    let name = format!("{}::linux", case.name);
    match abilities(false, false).obstacle(&case.scenario, RevisionName::Merged) {
        Some(_) => Trial::test(name, || Err("Linux cannot run it".into())).with_ignored_flag(true),
        None => Trial::test(name, move || {
            let result = run(RevisionName::Merged, &scenario, &file)?;
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

thread_local! {
    /// Each worker has a backend of its own: QEMU ends with the thread that has started it.
    static BACKEND: RefCell<Option<LinuxBackend>> = const { RefCell::new(None) };
}

fn run(judged_as: RevisionName, scenario: &ScenarioFile, file: &Path) -> Result<RunResult, Failed> {
    BACKEND.with_borrow_mut(|backend| {
        let linux = match backend {
            Some(linux) => linux,
            None => backend.insert(LinuxBackend::new(&KitOptions::default(), judged_as, false)?),
        };
        linux.judge_as(judged_as);
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
