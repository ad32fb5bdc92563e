//! Short words for steps, waits and mismatches.

use crate::record::result::Mismatch;
use crate::scenario::{Action, Step};
use serde::Serialize;
use serde_json::Value;

/// A step in a few words: its name, the actor, what it does.
pub(super) fn step(step: &Step) -> String {
    let what = match step.action() {
        Some(Action::Host(host)) => format!("host {}", words(host)),
        Some(Action::Firmware(order)) => format!("firmware {}", words(order)),
        Some(Action::Gate(gate)) => format!("gate {}", words(gate)),
        Some(Action::Fault(fault)) => format!("fault {}", words(fault)),
        Some(Action::Race(race)) => format!("race {}", words(race)),
        Some(Action::Time(time)) => format!("time {}", words(time)),
        Some(Action::Together(together)) => {
            let actors = together.lines().into_iter().map(|line| line.actor);
            format!("together {}", actors.collect::<Vec<_>>().join(", "))
        }
        None => "no action".to_owned(),
    };
    let background = if step.background { " in the background" } else { "" };
    match &step.name {
        Some(name) => format!("{name}: {what}{background}"),
        None => format!("{what}{background}"),
    }
}

/// A mismatch in one line.
pub(super) fn mismatch(mismatch: &Mismatch) -> String {
    let place = mismatch
        .step
        .map_or_else(|| "at the end".to_owned(), |step| format!("step {step}"));
    format!("{place}: {mismatch}")
}

/// A value of the file without its punctuation: `{"enable_vfs":2}` is `enable_vfs 2`.
pub(crate) fn words(value: &impl Serialize) -> String {
    serde_json::to_value(value)
        .map(|value| flat(&value))
        .unwrap_or_default()
}

fn flat(value: &Value) -> String {
    match value {
        Value::Object(members) => {
            let parts = members.iter().filter(|(_, member)| !is_empty(member));
            parts
                .map(|(name, member)| format!("{name} {}", flat(member)).trim_end().to_owned())
                .collect::<Vec<_>>()
                .join(", ")
        }
        Value::Array(elements) => format!("[{}]", elements.iter().map(flat).collect::<Vec<_>>().join("; ")),
        Value::String(text) => text.clone(),
        Value::Null => String::new(),
        other => other.to_string(),
    }
}

fn is_empty(value: &Value) -> bool {
    match value {
        Value::Null | Value::Bool(false) => true,
        Value::Number(number) => number.as_i64() == Some(0),
        Value::Array(elements) => elements.is_empty(),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scenario::HostStep;
    use driver::HostOperation;

    #[test]
    fn steps_read_like_orders() {
        let load = Step {
            host: Some(HostStep::Operation(HostOperation::Load)),
            ..Step::default()
        };
        assert_eq!(step(&load), "host load");
        let vfs = Step {
            host: Some(HostStep::Operation(HostOperation::EnableVfs(2))),
            name: Some("on".to_owned()),
            background: true,
            ..Step::default()
        };
        assert_eq!(step(&vfs), "on: host enable_vfs 2 in the background");
    }
}
