//! A run as snapshot: canonical JSON, sorted, without anything that another run of the same scenario might change.
//!
//! Of each step it holds what the step changed, of the end it holds everything.

use crate::record::result::{RunResult, Snapshot};
use serde_json::{Map, Value, json};

/// What Linux has no window for: null in its snapshots, never 0. Its times are those of a wall clock.
const UNSEEN_ON_LINUX: [&str; 5] = ["roots", "vhca_map", "page_queue", "locks", "virtual_ns"];

/// The snapshot of a run.
#[must_use]
pub fn canonical(result: &RunResult) -> Value {
    let on_linux = result.backend == "linux";
    let mut before = Snapshot::default();
    let mut steps = Vec::new();
    for step in &result.steps {
        let mut entry = Map::new();
        entry.insert("step".into(), json!(format!("{}. {}", step.number, step.what)));
        if let Some(returns) = step.returns {
            entry.insert("returns".into(), json!(returns));
        }
        if let Some(took) = step.took_ns.filter(|_| !on_linux) {
            entry.insert("took_ns".into(), json!(took));
        }
        for (name, list) in [
            ("warnings", json!(step.warnings)),
            ("violations", json!(violations(&step.violations))),
        ] {
            if list.as_array().is_some_and(|list| !list.is_empty()) {
                entry.insert(name.into(), list);
            }
        }
        let changes = changes(&before, &step.after);
        if !changes.is_empty() {
            entry.insert("changes".into(), Value::Object(changes));
        }
        before = step.after.clone();
        steps.push(Value::Object(entry));
    }
    let mut end = serde_json::to_value(result.last()).unwrap_or_default();
    if on_linux {
        for name in UNSEEN_ON_LINUX {
            if let Some(value) = end.get_mut(name) {
                *value = Value::Null;
            }
        }
    }
    let seen = |number: u64| (!on_linux).then_some(number);
    json!({
        "scenario": result.scenario,
        "revision": result.revision,
        "steps": steps,
        "end": end,
        "leaked_pages": seen(result.leaked_pages),
        "leaked_mappings": seen(result.leaked_mappings),
        "virtual_ns": seen(result.virtual_ns),
    })
}

/// The snapshot as text, ending with a line end.
#[must_use]
pub fn canonical_text(result: &RunResult) -> String {
    format!("{:#}\n", canonical(result))
}

fn violations(violations: &[crate::record::result::Violation]) -> Vec<String> {
    violations
        .iter()
        .map(|violation| format!("{}: {}", violation.invariant, violation.detail))
        .collect()
}

/// Every number that differs, by its place, as `before -> after`.
fn changes(before: &Snapshot, after: &Snapshot) -> Map<String, Value> {
    let plain = |snapshot: &Snapshot| serde_json::to_value(snapshot).unwrap_or_default();
    let (before, after) = (flat(&plain(before)), flat(&plain(after)));
    let mut changes = Map::new();
    for (place, new) in &after {
        let old = before.get(place);
        if old != Some(new) && place != "virtual_ns" && !(old.is_none() && nothing(new)) {
            let old = old.map_or_else(|| "none".to_owned(), show);
            changes.insert(place.clone(), json!(format!("{old} -> {}", show(new))));
        }
    }
    for (place, old) in before.iter().filter(|(place, _)| !after.contains_key(*place)) {
        changes.insert(place.clone(), json!(format!("{} -> none", show(old))));
    }
    changes
}

fn nothing(value: &Value) -> bool {
    value.is_null() || *value == json!(0) || *value == json!([])
}

fn show(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

/// The leaves of nested objects, by their names joined with dots.
pub(crate) fn flat(value: &Value) -> Map<String, Value> {
    let mut leaves = Map::new();
    let Value::Object(object) = value else {
        return leaves;
    };
    for (name, inner) in object {
        if inner.is_object() {
            leaves.extend(
                flat(inner)
                    .into_iter()
                    .map(|(place, leaf)| (format!("{name}.{place}"), leaf)),
            );
        } else {
            leaves.insert(name.clone(), inner.clone());
        }
    }
    leaves
}
