//! What a run showed, in a few numbers.

use crate::record::result::{Outcome, RunResult};
use crate::report::books::{readable, short_name, signed};
use crate::report::case::{Finished, seconds};
use crate::scenario::{InvariantName, Sign};
use std::collections::BTreeMap;

/// From this virtual time on, an operation or a command that does not end counts as stalled: the shortest give-up time
/// in the driver is that of startup reclaim.
pub const STALL_NS: u64 = 5_000_000_000;

/// Counters that grow as events happen and stand for no pages.
const EVENT_COUNTERS: [&str; 3] = [
    "fw_pages_alloc_failed",
    "fw_pages_give_dropped",
    "fw_pages_reclaim_discard",
];

/// Two numbers that should be equal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Drift {
    /// Whose they are, as `VF` or `vf1`.
    pub subject: String,
    /// The driver's.
    pub driver: i64,
    /// Firmware's.
    pub firmware: i64,
    /// Whether they still differed after the last step.
    pub lasting: bool,
}

/// What a run showed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Findings {
    /// The largest drift: one that lasts, if there is one.
    pub drift: Option<Drift>,
    /// Counters that went below zero, with the lowest value of each.
    pub underflows: BTreeMap<String, i64>,
    /// The longest stall: what, and for how long.
    pub stall: Option<(String, u64)>,
    /// Host pages or mappings left after unload; of another driver than ours, pages that firmware books with no driver bound.
    pub leaked: u64,
    /// Kinds of corruption.
    pub corruption: Vec<&'static str>,
    /// Whether a wait for pages ended too early.
    pub ended_early: bool,
}

impl Findings {
    /// What `finished` showed.
    #[must_use]
    pub fn of(finished: Finished<'_>) -> Self {
        let result = finished.result;
        let broke = |invariant: InvariantName| {
            result
                .violations
                .iter()
                .any(|violation| violation.invariant == invariant)
        };
        let signs = InvariantName::ALL
            .into_iter()
            .filter(|invariant| broke(*invariant));
        let signs: Vec<Sign> = signs.map(InvariantName::sign).collect();
        let stalled = result.longest_stall.clone().filter(|(_, time)| *time >= STALL_NS);
        let unnamed = || {
            signs.iter().find_map(|sign| match sign {
                Sign::Stall(what) => Some(((*what).to_owned(), 0)),
                _ => None,
            })
        };
        let left = result
            .measured
            .as_ref()
            .map_or(0, |measured| measured.left_with_firmware);
        let leaked = result.leaked_pages.max(result.leaked_mappings).max(left);
        Self {
            drift: drift(finished),
            underflows: underflows(result),
            stall: stalled.or_else(unnamed),
            leaked: if leaked == 0 && signs.contains(&Sign::Leak) {
                1
            } else {
                leaked
            },
            corruption: signs
                .iter()
                .filter_map(|sign| match sign {
                    Sign::Corruption(kind) => Some(*kind),
                    _ => None,
                })
                .collect(),
            ended_early: signs.contains(&Sign::EarlyEnd),
        }
    }

    /// Whether the run showed nothing of the kind.
    #[must_use]
    pub fn is_clean(&self) -> bool {
        *self == Self::default()
    }

    /// The findings as a few words each.
    #[must_use]
    pub fn words(&self) -> Vec<String> {
        let mut words = Vec::new();
        if !self.corruption.is_empty() {
            words.push("corruption".to_owned());
        }
        if let Some(drift) = &self.drift {
            let numbers = format!("{} {} of {}", drift.subject, drift.driver, drift.firmware);
            words.push(if drift.lasting {
                numbers
            } else {
                format!("({numbers})")
            });
        } else {
            let wrapped = self.underflows.iter();
            words.extend(wrapped.map(|(counter, value)| format!("{} {value}", short_name(counter))));
        }
        if self.ended_early {
            words.push("early end of wait".to_owned());
        }
        match &self.stall {
            Some((_, 0)) => words.push("stall".to_owned()),
            Some((_, time)) => words.push(format!("stall {} s", time / 1_000_000_000)),
            None => {}
        }
        if self.leaked > 0 {
            words.push(format!("leak {}", self.leaked));
        }
        words
    }

    /// The wrapped counters as the kernel would print them.
    #[must_use]
    pub fn underflow_words(&self) -> Vec<String> {
        self.underflows
            .iter()
            .map(|(counter, value)| format!("{counter} {}", readable(*value)))
            .collect()
    }
}

/// The largest difference that an invariant has found.
fn drift(finished: Finished<'_>) -> Option<Drift> {
    let broken = finished.result.violations.iter();
    let broken = broken.filter(|violation| violation.invariant.sign() == Sign::Drift);
    let found: Vec<Drift> = broken
        .map(|violation| Drift {
            subject: violation
                .subject
                .as_deref()
                .map_or_else(String::new, |subject| short_name(subject).to_owned()),
            driver: violation.driver.unwrap_or(0),
            firmware: violation.firmware.unwrap_or(0),
            lasting: false,
        })
        .collect();
    if found.is_empty() {
        return None;
    }
    let entries = finished.books();
    let lasting = entries
        .iter()
        .filter(|entry| entry.drift() != 0 && entry.counter != "none");
    let lasting = lasting.map(|entry| Drift {
        subject: short_name(entry.counter).to_owned(),
        driver: entry.driver.unwrap_or(0),
        firmware: entry.firmware,
        lasting: true,
    });
    let size = |drift: &Drift| (drift.driver - drift.firmware).abs();
    // Of equal ones the first found: `max_by_key` would take the last.
    let largest = |drifts: Vec<Drift>| drifts.into_iter().rev().max_by_key(size);
    let types: Vec<Drift> = lasting.clone().filter(|drift| drift.subject != "TOTAL").collect();
    largest(types)
        .or_else(|| largest(lasting.collect()))
        .or_else(|| largest(found))
}

fn underflows(result: &RunResult) -> BTreeMap<String, i64> {
    let mut lowest = BTreeMap::new();
    for step in &result.steps {
        for (counter, value) in &step.after.counters {
            let Some(value) = value.map(signed).filter(|value| *value < 0) else {
                continue;
            };
            if !EVENT_COUNTERS.contains(&counter.as_str()) {
                let entry = lowest.entry(counter.clone()).or_insert(value);
                *entry = value.min(*entry);
            }
        }
    }
    lowest
}

/// One line about a run, without its name: where the books parted, and what else there is to see.
#[must_use]
pub fn line(finished: Finished<'_>) -> String {
    let result = finished.result;
    if result.outcome == Outcome::Skip {
        return result.reason.clone().unwrap_or_else(|| "skipped".to_owned());
    }
    if result.steps.is_empty() && result.outcome == Outcome::Fail {
        let reason = result.reason.as_deref().unwrap_or("not run");
        return reason.lines().next().unwrap_or_default().to_owned();
    }
    let findings = Findings::of(finished);
    let mut parts = Vec::new();
    match &result.parting {
        Some(parting) => parts.push(format!(
            "books part at step {}: {} driver {}, firmware {}",
            parting.step, parting.function, parting.driver, parting.firmware
        )),
        None if findings.drift.is_none() => parts.push("books agree".to_owned()),
        None => {}
    }
    parts.extend(
        findings
            .drift
            .iter()
            .filter(|drift| drift.lasting)
            .map(|drift| format!("{} ends at {} of {}", drift.subject, drift.driver, drift.firmware)),
    );
    parts.extend(findings.underflow_words());
    if findings.ended_early {
        parts.push("a wait ended early".to_owned());
    }
    match &findings.stall {
        Some((what, 0)) => parts.push(what.clone()),
        Some((what, time)) => parts.push(format!("{what} stalls {}", seconds(*time))),
        None => {}
    }
    if findings.leaked > 0 {
        parts.push(format!("{} pages leak", findings.leaked));
    }
    parts.extend(findings.corruption.iter().map(|what| (*what).to_owned()));
    parts.join("; ")
}
