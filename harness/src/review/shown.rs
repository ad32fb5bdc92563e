//! What is kept of a run on Linux: all that two runs are compared by, and nothing that differs from run to run.

use crate::record::aspect::{Aspect, Deed};
use crate::record::result::{Outcome, RunResult};
use crate::review::mark::{Mark, in_words, marks, without_numbers};
use crate::scenario::ScenarioFile;
use prm::saturated;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::BTreeMap;

/// Data of messages that are times.
const TIMES: [&str; 2] = ["waited_ms", "took_ms"];

/// See the module's head.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Shown {
    /// Why Linux cannot run it.
    pub skipped: Option<String>,
    /// Whether it was as the file says of the revision that it was judged as.
    pub as_the_file_says: bool,
    /// Every step that was done.
    pub steps: Vec<ShownStep>,
    /// What was printed, in order: messages in words, other lines without their numbers.
    pub printed: Vec<String>,
    /// What a step could not do, as a sentence.
    pub undone: Vec<String>,
    /// What is wrong by itself.
    pub marks: Vec<Mark>,
}

/// A step.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ShownStep {
    /// From 1.
    pub number: u32,
    /// In words.
    pub what: String,
    /// Result of its operation; none where it has none, or runs beside the steps.
    pub returns: Option<i32>,
    /// How long the operation took, in ms.
    pub took_ms: Option<u64>,
    /// Whether an operation still ran after a step in which time passes. After others that is timing.
    pub runs_on: bool,
    /// The driver's counters that it shows, read as signed numbers, and firmware's ledger where it is not 0; by names as
    /// `fw_pages_vfs` and `ledger.vf1`.
    pub books: BTreeMap<String, i64>,
}

impl Shown {
    /// What a run has shown.
    #[must_use]
    pub fn of(scenario: &ScenarioFile, result: &RunResult) -> Self {
        if result.outcome == Outcome::Skip {
            return Self {
                skipped: Some(result.reason.clone().unwrap_or_default()),
                ..Self::default()
            };
        }
        let steps = scenario.steps.iter().zip(&result.steps).map(|(step, record)| {
            let counters = record.after.counters.iter();
            let counters = counters.filter_map(|(name, value)| {
                let value = i64::from((*value)?.cast_signed());
                Some((name.clone(), value))
            });
            let ledger = record.after.ledger.iter().filter(|(_, pages)| **pages > 0);
            let ledger = ledger.map(|(owner, pages)| (format!("ledger.{owner}"), saturated::<i64>(*pages)));
            ShownStep {
                number: record.number,
                what: record.what.clone(),
                // Whether a step beside the others has ended by the time it is looked at is timing.
                returns: record.returns.filter(|_| !step.background),
                took_ms: record
                    .took_ns
                    .filter(|_| !step.background)
                    .map(|took| took / 1_000_000),
                runs_on: record.pending && step.time.is_some(),
                books: counters.chain(ledger).collect(),
            }
        });
        let mut printed: Vec<String> = result.warnings.iter().map(|warning| told(warning)).collect();
        let mut undone = Vec::new();
        for mismatch in &result.mismatches {
            match mismatch.what {
                Aspect::KernelLog => printed.push(without_numbers(&mismatch.actual)),
                Aspect::Deed(Deed::Operation | Deed::Quiesce) => {}
                Aspect::Deed(_) => undone.push(match mismatch.step {
                    Some(step) => format!("step {step}: {mismatch}"),
                    None => mismatch.to_string(),
                }),
                _ => {}
            }
        }
        Self {
            skipped: None,
            as_the_file_says: result.outcome == Outcome::Pass,
            steps: steps.collect(),
            printed,
            undone,
            marks: marks(scenario, result),
        }
    }
}

/// A warning in words, without times.
fn told(warning: &str) -> String {
    let Ok(mut message) = serde_json::from_str::<Value>(warning) else {
        return without_numbers(warning);
    };
    let data = message
        .as_object_mut()
        .and_then(|object| object.values_mut().next()?.as_object_mut());
    if let Some(data) = data {
        data.retain(|name, _| !TIMES.contains(&name.as_str()));
    }
    in_words(&message)
}
