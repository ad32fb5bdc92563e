//! `run --accept`: writes what was seen into the scenario's file and into its snapshot.
//!
//! A file is changed only where a number, a warning or a violation was not as expected, and only if the changed file is
//! valid and the run then passes; the difference is shown before it is written.

use crate::cli::backend::run_in_process;
use crate::cli::job::{Backend, Job, Loaded};
use crate::cli::library;
use crate::cli::snapshot_folder::{SnapshotFolder, Verdict};
use crate::cli::text_edit::{Element, set, set_list, spaced};
use crate::judge::location::{ALL, Locations, at_the_end, names};
use crate::play::RunOptions;
use crate::record::aspect::Aspect;
use crate::record::result::{Note, Outcome};
use crate::record::{Failure, Mismatch, RunResult, Violation};
use crate::report::canonical::canonical_text;
use crate::scenario::{COUNTERS, ExpectedWarning, ScenarioFile, parse_scenario};
use driver::RevisionName;
use prm::saturated;
use serde_json::{Value, json};
use similar::TextDiff;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// What became of a case that was to be accepted.
pub(super) struct Accepted {
    /// Its run: the new one where the file has been changed.
    pub(super) result: RunResult,
    /// What is shown of it.
    pub(super) shown: String,
}

/// How often a file is changed until its run passes: a change may bring up what it hid.
const ROUNDS: usize = 3;

/// Accepts what a run showed. `given` is the folder of snapshots that the user has named.
pub(super) fn accept(job: &Job, mut result: RunResult, given: Option<&Path>) -> Accepted {
    let mut shown = String::new();
    if result.failure() == Some(Failure::Expectation) {
        match changed_file(job, &result) {
            Ok((new, difference)) => {
                result = new;
                shown.push_str(&difference);
            }
            Err(why) => result.notes.push(note(format!("it cannot be accepted: {why}"))),
        }
    } else if result.outcome == Outcome::Fail {
        let why = "what did not come to its end is no result";
        result.notes.push(note(format!("it cannot be accepted: {why}")));
    }
    if result.outcome == Outcome::Pass
        && let Some(folder) = given.map(Path::to_owned).or_else(|| beside(&job.loaded.file))
        && let Err(error) = accept_snapshot(job, &folder, &mut result, &mut shown)
    {
        result.fail(Failure::Internal, error.to_string());
    }
    Accepted { result, shown }
}

fn note(text: String) -> Note {
    Note { step: None, text }
}

/// The folder `snapshots` beside the folder `scenarios` that a file lies in, where there is one.
fn beside(file: &Path) -> Option<PathBuf> {
    let scenarios = file
        .ancestors()
        .find(|folder| folder.file_name().is_some_and(|name| name == library::FOLDER))?;
    Some(scenarios.with_file_name("snapshots")).filter(|folder| folder.is_dir())
}

fn accept_snapshot(
    job: &Job,
    folder: &Path,
    result: &mut RunResult,
    shown: &mut String,
) -> std::io::Result<()> {
    let folder = SnapshotFolder::new(folder, true);
    let (name, text) = (job.file_name(), canonical_text(result));
    match folder.compare(&name, &text)? {
        Verdict::Same => return Ok(()),
        Verdict::Different(difference) => {
            let file = folder.file(&name);
            shown.push_str(&format!("{}:\n{difference}", file.display()));
        }
        Verdict::Missing | Verdict::Written => {}
    }
    folder.write(&name, &text)?;
    result.notes.push(note(format!("the snapshot {name} is written")));
    Ok(())
}

/// Changes the file until the run passes, and writes it. Returns the new run and what was changed.
fn changed_file(job: &Job, first: &RunResult) -> Result<(RunResult, String), String> {
    let file = &job.loaded.file;
    if library::is_carried(file) {
        return Err("the scenario is inside the program; a copy of it in a file can be changed".to_owned());
    }
    let old = library::text(file).map_err(|error| error.to_string())?;
    let mut text = old.clone();
    let mut result = first.clone();
    let mut loaded = Arc::clone(&job.loaded);
    for _ in 0..ROUNDS {
        text = changed_text(&text, &loaded, job.revision, &result)?;
        let stem = file.file_stem().and_then(|stem| stem.to_str());
        let scenario = parse_scenario(&result.file, stem, text.clone())
            .map_err(|problems| format!("the changed file would not be valid: {problems}"))?;
        loaded = Arc::new(Loaded {
            file: file.clone(),
            scenario,
        });
        result = run(&loaded, job.revision)?;
        if result.outcome == Outcome::Pass {
            let shown = difference(&result.file, &old, &text);
            // A link to the file stays a link.
            let target = file.canonicalize().unwrap_or_else(|_| file.clone());
            files::write(&target, &text).map_err(|error| error.to_string())?;
            result
                .notes
                .push(note(format!("{} says now what was seen", result.file)));
            return Ok((result, shown));
        }
    }
    Err(format!(
        "the changed file would fail as well: {}",
        result.reason.unwrap_or_default()
    ))
}

fn run(loaded: &Arc<Loaded>, revision: RevisionName) -> Result<RunResult, String> {
    let job = Job {
        loaded: Arc::clone(loaded),
        revision,
        backend: Backend::Inproc,
        build: None,
    };
    run_in_process(&job, &RunOptions::default()).map_err(|error| error.to_string())
}

fn difference(file: &str, old: &str, new: &str) -> String {
    let lines = TextDiff::from_lines(old, new);
    let mut lines = lines.unified_diff();
    lines.context_radius(2).header(file, file).to_string()
}

/// The text with every expectation changed that did not hold.
fn changed_text(
    text: &str,
    loaded: &Arc<Loaded>,
    revision: RevisionName,
    result: &RunResult,
) -> Result<String, String> {
    let mut others: Option<Vec<(RevisionName, RunResult)>> = None;
    let mut changed = text.to_owned();
    let mut lists_are_done = [false; 2];
    for mismatch in &result.mismatches {
        let aspect = &mismatch.what;
        let new = match aspect {
            Aspect::Deed(_) | Aspect::KernelLog | Aspect::KernelHealth | Aspect::Other(_) => None,
            Aspect::Warning(_) if lists_are_done[0] => continue,
            Aspect::Warning(_) => {
                lists_are_done[0] = true;
                warnings(&changed, &loaded.scenario, revision, result)
            }
            Aspect::Violation(_) | Aspect::MissingViolation(_) if lists_are_done[1] => continue,
            Aspect::Violation(_) | Aspect::MissingViolation(_) => {
                lists_are_done[1] = true;
                violations(&changed, &loaded.scenario, revision, result)
            }
            _ => {
                let others = match &mut others {
                    Some(others) => others,
                    unknown => unknown.insert(of_others(loaded, revision)?),
                };
                number(&changed, revision, mismatch, others)
            }
        };
        let Some(new) = new else {
            return Err(mismatch.to_string());
        };
        changed = new;
    }
    Ok(changed)
}

/// The runs of the other revisions that the file names, as it stands.
fn of_others(loaded: &Arc<Loaded>, revision: RevisionName) -> Result<Vec<(RevisionName, RunResult)>, String> {
    let others = loaded.scenario.revisions().into_iter();
    let others = others.filter(|other| *other != revision);
    others.map(|other| Ok((other, run(loaded, other)?))).collect()
}

/// A number or a truth value.
fn number(
    text: &str,
    revision: RevisionName,
    mismatch: &Mismatch,
    others: &[(RevisionName, RunResult)],
) -> Option<String> {
    let is_plain = matches!(
        serde_json::from_str(&mismatch.actual),
        Ok(Value::Number(_) | Value::Bool(_))
    );
    if !is_plain {
        return None;
    }
    let names = names(&mismatch.what);
    let Some(step) = mismatch.step else {
        return set(text, &at_the_end(revision, &names), &mismatch.actual);
    };
    let locations = Locations::of(text)?;
    let mut path = locations.in_expectation(step, revision, &names);
    // What holds for all is changed where all agree; else this revision gets a number of its own.
    let is_shared = path.iter().any(|name| name == ALL);
    let agree = others.iter().all(|(other, result)| {
        let own = locations.in_expectation(step, *other, &names);
        let mut theirs = result.mismatches.iter();
        own != path
            || theirs.any(|theirs| {
                (theirs.step, &theirs.what, &theirs.actual)
                    == (mismatch.step, &mismatch.what, &mismatch.actual)
            })
    });
    if is_shared && !agree {
        for name in path.iter_mut().filter(|name| *name == ALL) {
            *name = revision.to_string();
        }
    }
    set(text, &path, &mismatch.actual)
}

/// The list of warnings: what fits at its beginning and at its end stays as it is written.
fn warnings(
    text: &str,
    scenario: &ScenarioFile,
    revision: RevisionName,
    result: &RunResult,
) -> Option<String> {
    let old: &[ExpectedWarning] = scenario
        .expect
        .get(revision)
        .map_or(&[], |end| end.warnings.as_slice());
    let seen: Option<Vec<Value>> = result
        .warnings
        .iter()
        .map(|warning| serde_json::from_str(warning).ok())
        .collect();
    let seen = seen?;
    let fits = |(old, seen): &(&ExpectedWarning, &Value)| old.matches(seen);
    let before = old.iter().zip(&seen).take_while(fits).count();
    let rest = old.len().min(seen.len()) - before;
    let after = old.iter().rev().zip(seen.iter().rev()).take(rest);
    let after = after.take_while(fits).count();
    let mut elements: Vec<Element> = (0..before).map(Element::Kept).collect();
    let new = seen[before..seen.len() - after].iter();
    elements.extend(new.map(|warning| Element::New(spaced(warning))));
    elements.extend((old.len() - after..old.len()).map(Element::Kept));
    set_list(text, &at_the_end(revision, &["warnings"]), &elements)
}

/// The list of violations: those that did not happen go, and those that happened come, in the places of ones of their
/// kind where there are such.
fn violations(
    text: &str,
    scenario: &ScenarioFile,
    revision: RevisionName,
    result: &RunResult,
) -> Option<String> {
    let old = scenario
        .expect
        .get(revision)
        .map_or(&[][..], |end| end.violations.as_slice());
    let missing: Vec<usize> = result
        .mismatches
        .iter()
        .filter_map(|mismatch| match mismatch.what {
            Aspect::MissingViolation(place) => Some(place),
            _ => None,
        })
        .collect();
    let mut new: Vec<&Violation> = result
        .violations
        .iter()
        .filter(|violation| !violation.expected)
        .collect();
    let mut elements = Vec::new();
    for (place, expected) in old.iter().enumerate() {
        if !missing.contains(&place) {
            elements.push(Element::Kept(place));
        } else if let Some(at) = new
            .iter()
            .position(|violation| violation.invariant == expected.invariant)
        {
            elements.push(Element::New(as_expected(scenario, new.remove(at))));
        }
    }
    let rest = new.into_iter();
    elements.extend(rest.map(|violation| Element::New(as_expected(scenario, violation))));
    set_list(text, &at_the_end(revision, &["violations"]), &elements)
}

/// A violation as a file expects it.
fn as_expected(scenario: &ScenarioFile, violation: &Violation) -> String {
    let index = saturated::<usize>(violation.step.saturating_sub(1));
    let name = scenario.steps.get(index).and_then(|step| step.name.as_ref());
    let name = name.filter(|name| scenario.step_index(name) == Some(index));
    let step = name.map_or_else(|| json!(violation.step), |name| json!(name));
    let mut fields = vec![("invariant", json!(violation.invariant)), ("step", step)];
    if let Some(subject) = &violation.subject {
        // What concerns a second driver has its function in front.
        let name = subject.split_once(':').map_or(subject.as_str(), |(_, name)| name);
        let is_counter = COUNTERS.contains(&name);
        fields.push((if is_counter { "counter" } else { "function" }, json!(subject)));
    }
    fields.extend(violation.driver.map(|number| ("driver", json!(number))));
    fields.extend(violation.firmware.map(|number| ("firmware", json!(number))));
    let fields: Vec<String> = fields
        .into_iter()
        .map(|(name, value)| format!("\"{name}\": {value}"))
        .collect();
    format!("{{ {} }}", fields.join(", "))
}
