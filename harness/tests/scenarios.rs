//! Every scenario under every revision it names, as tests of their own:
//!
//! * `folder/name::revision` runs as expected and has the checked-in snapshot;
//! * `...::repeats` runs twice to the same trace;
//! * `...::seeds` ends with the same books whatever the order of tasks, unless the scenario says that it matters;
//! * `...::can_fail` fails as soon as one expected number is another.

use driver::RevisionName;
use harness::cli::naming::qualified_name;
use harness::play::{RunOptions, run_scenario};
use harness::record::result::{Outcome, RunResult};
use harness::report::canonical::canonical_text;
use harness::scenario::{ReadError, ScenarioFile, read_scenario, scenario_files};
use insta::Settings;
use libtest_mimic::{Arguments, Failed, Trial};
use serde_json::Value;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::{Arc, OnceLock};

/// One run that is to be tested.
#[derive(Clone)]
struct Case {
    scenario: Arc<ScenarioFile>,
    revision: RevisionName,
    name: String,
    /// The run without a seed, which most tests look at.
    usual: Arc<OnceLock<RunResult>>,
}

fn main() -> ExitCode {
    let arguments = Arguments::from_args();
    let root = root();
    let mut trials = Vec::new();
    let mut snapshots = BTreeSet::new();
    let files = scenario_files(&root.join("scenarios")).expect("the scenarios lie in the project");
    trials.push(Trial::test("scenarios::exist", {
        let found = files.len();
        move || {
            if found > 0 {
                Ok(())
            } else {
                Err("there is no scenario to test".into())
            }
        }
    }));
    for file in files {
        let name = qualified_name(&file);
        match read_scenario(&file) {
            Ok(scenario) => {
                let scenario = Arc::new(scenario);
                for revision in scenario.revisions() {
                    let case = Case {
                        scenario: Arc::clone(&scenario),
                        revision,
                        name: name.clone(),
                        usual: Arc::default(),
                    };
                    snapshots.insert(case.snapshot_name());
                    trials.extend(case.trials());
                }
            }
            Err(error) => trials.push(Trial::test(format!("{name}::is_valid"), move || {
                Err(text(&error).into())
            })),
        }
    }
    trials.push(Trial::test("snapshots::belong_to_runs", move || {
        unreferenced(&root.join("snapshots"), &snapshots)
    }));
    libtest_mimic::run(&arguments, trials).exit_code()
}

/// The root of the project, without a way back in it.
fn root() -> PathBuf {
    let crate_root = Path::new(env!("CARGO_MANIFEST_DIR"));
    crate_root
        .parent()
        .map_or_else(|| crate_root.to_owned(), Path::to_owned)
}

fn text(error: &ReadError) -> String {
    error.to_string()
}

impl Case {
    fn trials(&self) -> Vec<Trial> {
        let name = format!("{}::{}", self.name, self.revision);
        let trial = |suffix: &str, test: fn(&Self) -> Result<(), Failed>| {
            let case = self.clone();
            Trial::test(format!("{name}{suffix}"), move || test(&case))
        };
        vec![
            trial("", Self::runs_as_expected),
            trial("::repeats", Self::repeats),
            trial("::seeds", Self::is_the_same_in_any_order),
            trial("::can_fail", Self::can_fail),
        ]
    }

    fn snapshot_name(&self) -> String {
        format!("{}@{}", self.name.replace('/', "__"), self.revision)
    }

    fn usual(&self) -> &RunResult {
        self.usual.get_or_init(|| self.run(None))
    }

    fn run(&self, seed: Option<u64>) -> RunResult {
        self.run_with(&self.scenario, seed)
    }

    fn run_with(&self, scenario: &ScenarioFile, seed: Option<u64>) -> RunResult {
        let file = format!("scenarios/{}.json", self.name);
        run_scenario(
            scenario,
            &file,
            self.revision,
            &RunOptions {
                seed,
                ..RunOptions::default()
            },
        )
    }

    fn runs_as_expected(&self) -> Result<(), Failed> {
        let result = self.usual();
        if result.outcome != Outcome::Pass {
            return Err(failure(result).into());
        }
        let mut settings = Settings::new();
        settings.set_snapshot_path(root().join("snapshots"));
        settings.set_prepend_module_to_snapshot(false);
        settings.set_omit_expression(true);
        settings.bind(|| insta::assert_snapshot!(self.snapshot_name(), canonical_text(result)));
        Ok(())
    }

    fn repeats(&self) -> Result<(), Failed> {
        let (first, second) = (self.usual(), self.run(None));
        if first.trace_hash.is_empty() {
            return Err("the run has no trace hash".into());
        }
        if *first == second {
            Ok(())
        } else {
            Err("the same run went two ways".into())
        }
    }

    fn is_the_same_in_any_order(&self) -> Result<(), Failed> {
        if self.scenario.schedule_matters {
            return Ok(());
        }
        let books = |result: &RunResult| {
            result
                .last()
                .map(|last| (last.counters.clone(), last.ledger.clone()))
        };
        let usual = books(self.usual());
        for seed in 1..=3 {
            let drawn = books(&self.run(Some(seed)));
            if drawn != usual {
                return Err(format!("with seed {seed} the books end at {drawn:?}, not at {usual:?}").into());
            }
        }
        Ok(())
    }

    /// Wrong expectations have to be noticed: one at the end, and one of the last step that has any.
    fn can_fail(&self) -> Result<(), Failed> {
        let written = serde_json::to_value(&*self.scenario)?;
        let numbers = self.expected_numbers(&written);
        let (at_the_end, in_steps): (Vec<&String>, Vec<&String>) = numbers
            .iter()
            .partition(|pointer| pointer.starts_with("/expect/"));
        let chosen: Vec<&String> = at_the_end
            .first()
            .into_iter()
            .chain(in_steps.last())
            .copied()
            .collect();
        if chosen.is_empty() {
            return Err("no number is expected of this revision".into());
        }
        for pointer in chosen {
            let mut inverted = written.clone();
            invert(inverted.pointer_mut(pointer).ok_or("the number is gone")?);
            let result = self.run_with(&serde_json::from_value(inverted)?, None);
            if result.outcome != Outcome::Fail {
                return Err(format!("it passes although {pointer} is wrong").into());
            }
        }
        Ok(())
    }

    /// Where the file expects a number of this revision, as JSON pointers.
    fn expected_numbers(&self, written: &Value) -> Vec<String> {
        let revision = self.revision.to_string();
        let mut pointers = Vec::new();
        collect(
            &written["expect"][&revision],
            &format!("/expect/{revision}"),
            &mut pointers,
        );
        for (index, step) in written["steps"].as_array().into_iter().flatten().enumerate() {
            let place = format!("/steps/{index}/expect");
            let (mut all, mut own) = (Vec::new(), Vec::new());
            collect(&step["expect"]["all"], "", &mut all);
            collect(&step["expect"][&revision], "", &mut own);
            all.retain(|pointer| !own.contains(pointer));
            pointers.extend(all.iter().map(|pointer| format!("{place}/all{pointer}")));
            pointers.extend(own.iter().map(|pointer| format!("{place}/{revision}{pointer}")));
        }
        pointers
    }
}

/// The pointers of all numbers and truth values below `value`.
fn collect(value: &Value, pointer: &str, pointers: &mut Vec<String>) {
    match value {
        Value::Number(_) | Value::Bool(_) => pointers.push(pointer.to_owned()),
        // Data of warnings may be left out and added at will, and a range holds for many numbers; what counts is in the books.
        Value::Object(object) => object
            .iter()
            .filter(|(name, _)| !["warnings", "took_ms"].contains(&name.as_str()))
            .for_each(|(name, inner)| collect(inner, &format!("{pointer}/{name}"), pointers)),
        Value::Array(elements) => {
            (0..).zip(elements).for_each(|(index, inner): (usize, _)| {
                collect(inner, &format!("{pointer}/{index}"), pointers)
            });
        }
        Value::String(_) | Value::Null => {}
    }
}

fn invert(value: &mut Value) {
    *value = match &*value {
        Value::Bool(truth) => Value::Bool(!truth),
        other => Value::from(other.as_i64().unwrap_or(0) ^ 1),
    };
}

fn failure(result: &RunResult) -> String {
    let mut lines = vec![result.reason.clone().unwrap_or_else(|| "failed".to_owned())];
    for mismatch in &result.mismatches {
        let place = mismatch
            .step
            .map_or_else(|| "at the end".to_owned(), |step| format!("step {step}"));
        lines.push(format!("{place}: {mismatch}"));
    }
    let unexpected = result.violations.iter().filter(|violation| !violation.expected);
    lines.extend(
        unexpected.map(|broken| format!("step {}: {}: {}", broken.step, broken.invariant, broken.detail)),
    );
    lines.push(result.replay.clone());
    lines.join("\n")
}

/// Fails where a snapshot belongs to no run.
fn unreferenced(folder: &Path, referenced: &BTreeSet<String>) -> Result<(), Failed> {
    let mut stale = Vec::new();
    for entry in std::fs::read_dir(folder)? {
        let file = entry?.file_name().to_string_lossy().into_owned();
        if file
            .strip_suffix(".snap")
            .is_some_and(|name| !referenced.contains(name))
        {
            stale.push(file);
        }
    }
    stale.sort();
    if stale.is_empty() {
        Ok(())
    } else {
        Err(format!("no run has these snapshots: {}", stale.join(", ")).into())
    }
}
