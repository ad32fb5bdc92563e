//! What the host does: steps of the scenario, tasks of drivers, their locks and counters.

use super::marks::{Drawing, LaneKind, LaneNumber, Slice};
use crate::record::RunResult;
use crate::record::timeline::{Span, TaskSpan, Timeline};
use crate::report::books::signed;
use driver::runtime::Object;
use prm::{Cycles, Function};
use serde_json::json;
use std::collections::{BTreeMap, BTreeSet};

/// The scenario's steps, and what broke at the end of each.
pub(super) fn steps(drawing: &mut Drawing, result: &RunResult, timeline: &Timeline) {
    let mut began = timeline.began;
    let mut slices = Vec::new();
    for step in &result.steps {
        let ended = timeline.began.saturating_add(Cycles(step.after.virtual_ns));
        let slice = Slice::new(format!("{}. {}", step.number, step.what), began, ended);
        slices.push(slice.with(json!({
            "returns": step.returns,
            "warnings": step.warnings,
            "locks": step.after.locks,
            "commands": step.after.commands,
        })));
        began = ended;
    }
    drawing.draw(LaneKind::Steps, "steps", &slices);
    if result.violations.is_empty() && timeline.printed.is_empty() {
        return;
    }
    let lane = drawing.lane(LaneKind::Notices, "broken and printed");
    for step in &result.steps {
        let at = timeline.began.saturating_add(Cycles(step.after.virtual_ns));
        for violation in &step.violations {
            drawing.instant(lane, at, format!("{}: {}", violation.invariant, violation.detail));
        }
    }
    for printed in &timeline.printed {
        drawing.instant(lane, printed.at, &printed.words);
    }
}

/// A task that is drawn.
pub(super) struct DrawnTask<'a> {
    task: &'a TaskSpan,
    lane: LaneNumber,
}

impl DrawnTask<'_> {
    /// Where the task waits for the command in this slot that was rung at this time.
    pub(super) fn waits_for(
        &self,
        endpoint: Function,
        slot: u8,
        rung: Cycles,
    ) -> Option<(LaneNumber, Cycles)> {
        let mut waits = self.task.waits.iter();
        let object = Object::CommandSlot(slot);
        waits
            .any(|wait| wait.endpoint == endpoint && wait.object == object && wait.span.began == rung)
            .then_some((self.lane, rung))
    }
}

/// The tasks of drivers, each with what it waits for. Tasks of one name have one lane: they live one after another.
pub(super) fn tasks<'a>(drawing: &mut Drawing, timeline: &'a Timeline) -> Vec<DrawnTask<'a>> {
    let mut names: Vec<&str> = Vec::new();
    let mut seen = BTreeSet::new();
    for task in &timeline.tasks {
        if seen.insert(task.name.as_str()) {
            names.push(&task.name);
        }
    }
    let mut drawn = Vec::new();
    for name in names {
        let tasks: Vec<&TaskSpan> = timeline.tasks.iter().filter(|task| task.name == name).collect();
        let slices: Vec<Slice> = tasks.iter().map(|task| slice(task, timeline)).collect();
        let lanes = drawing.draw(LaneKind::Task, name, &slices);
        drawn.extend(
            tasks
                .into_iter()
                .zip(lanes)
                .map(|(task, lane)| DrawnTask { task, lane }),
        );
    }
    drawn
}

fn slice(task: &TaskSpan, timeline: &Timeline) -> Slice {
    let mut slice = lasting(&task.name, task.span, timeline);
    let waits = task.waits.iter().map(|wait| {
        let name = match wait.object {
            // The number of a task is its place among all that were ever started, which says nothing.
            Object::Task(_) => "waits for a task".to_owned(),
            object => format!("waits: {object:?}"),
        };
        lasting(&name, wait.span, timeline).with(json!({ "of": wait.endpoint.to_string() }))
    });
    slice.inner = waits.collect();
    slice
}

/// A slice of what lasted, to the end of the run where it has none.
fn lasting(name: &str, span: Span, timeline: &Timeline) -> Slice {
    Slice::new(name, span.began, span.ended.unwrap_or(timeline.ended))
}

/// Each lock with those who held it.
pub(super) fn locks(drawing: &mut Drawing, timeline: &Timeline) {
    let mut locks: BTreeMap<(Function, Object), Vec<Slice>> = BTreeMap::new();
    for lock in &timeline.locks {
        let slices = locks.entry((lock.endpoint, lock.object)).or_default();
        slices.push(lasting(&lock.holder, lock.span, timeline));
    }
    for ((endpoint, object), slices) in locks {
        drawing.draw(LaneKind::Lock, &format!("{endpoint} lock {object:?}"), &slices);
    }
}

/// The counters of drivers. One that was 0 all the time is left out.
pub(super) fn counters(drawing: &mut Drawing, timeline: &Timeline) {
    let samples = || timeline.counters.iter();
    let moved: BTreeSet<(Function, &str)> = samples()
        .filter(|sample| sample.value != 0)
        .map(|sample| (sample.endpoint, sample.name.as_str()))
        .collect();
    for sample in samples().filter(|sample| moved.contains(&(sample.endpoint, sample.name.as_str()))) {
        let name = format!("{} driver {}", sample.endpoint, sample.name);
        drawing.counter(&name, sample.at, signed(sample.value));
    }
}
