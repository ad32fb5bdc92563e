//! What lasted and what happened, by lane, in columns: a run has thousands of them, and names repeat.

use super::turn::Turn;
use super::words::{Word, Words};
use crate::report::drawing::{Drawing, LaneKind, Mark};
use prm::{Cycles, saturated};
use serde::Serialize;
use serde_json::Value;

/// Members of a command that its bar says by itself, or that differ for every command and help nobody.
const UNTOLD: [&str; 10] = [
    "n",
    "name",
    "op_mod",
    "slot",
    "endpoint",
    "rung",
    "cycles",
    "completion",
    "in_len",
    "out_len",
];

/// All lanes of a run. Times are in ns since its beginning.
#[derive(Clone, Debug, Default, Serialize)]
pub(super) struct Lanes {
    /// What each lane is about, and its name.
    kind: Vec<&'static str>,
    name: Vec<Word>,
    bars: Bars,
    points: Points,
    /// Each as lane, time, lane, time and so on.
    arrows: Vec<Vec<u64>>,
}

/// What lasted.
#[derive(Clone, Debug, Default, Serialize)]
struct Bars {
    lane: Vec<usize>,
    depth: Vec<u8>,
    /// Since the beginning of the bar before: short numbers.
    began: Vec<i64>,
    lasted: Vec<u64>,
    name: Vec<Word>,
    about: Vec<Word>,
}

/// What happened.
#[derive(Clone, Debug, Default, Serialize)]
struct Points {
    lane: Vec<usize>,
    /// Since the point before.
    at: Vec<i64>,
    name: Vec<Word>,
}

/// Times, each as what lies between it and the one before.
#[derive(Clone, Copy, Debug, Default)]
struct Pace(i64);

impl Pace {
    fn since_last(&mut self, time: u64) -> i64 {
        let time = saturated::<i64>(time);
        let since = time - self.0;
        self.0 = time;
        since
    }
}

impl Lanes {
    /// The lanes of a drawing.
    pub(super) fn of(drawing: &Drawing, words: &mut Words) -> Self {
        let since = |at: Cycles| at.saturating_sub(drawing.began).0;
        let mut lanes = Self::default();
        let (mut of_bars, mut of_points) = (Pace::default(), Pace::default());
        for lane in &drawing.lanes {
            lanes.kind.push(kind(lane.kind));
            lanes.name.push(words.number(&lane.name));
        }
        for mark in &drawing.marks {
            match mark {
                Mark::Slice { lane, depth, slice } => {
                    let bars = &mut lanes.bars;
                    bars.lane.push(lane.0);
                    bars.depth.push(*depth);
                    bars.began.push(of_bars.since_last(since(slice.began)));
                    bars.lasted.push(slice.ended.saturating_sub(slice.began).0);
                    bars.name.push(words.number(&slice.name));
                    // What there is to say of a step stands beside the lanes.
                    let about = match drawing.lanes[lane.0].kind {
                        LaneKind::Steps => String::new(),
                        _ => about(&slice.args),
                    };
                    bars.about.push(words.number(&about));
                }
                Mark::Instant { lane, at, name } => {
                    lanes.points.lane.push(lane.0);
                    lanes.points.at.push(of_points.since_last(since(*at)));
                    lanes.points.name.push(words.number(name));
                }
                Mark::Arrow { way } => {
                    let places = way
                        .iter()
                        .flat_map(|(lane, at)| [saturated::<u64>(lane.0), since(*at)]);
                    lanes.arrows.push(places.collect());
                }
                // Counters have charts of their own.
                Mark::Lane(_) | Mark::Counter { .. } => {}
            }
        }
        lanes
    }
}

impl Lanes {
    /// A lane for everybody who races, in the order in which they come in. A unit of time is a turn.
    pub(super) fn of_turns(turns: &[Turn], words: &mut Words) -> Self {
        let mut lanes = Self::default();
        let (mut of_bars, mut of_points) = (Pace::default(), Pace::default());
        let mut actors: Vec<&str> = Vec::new();
        for (at, turn) in (0..).zip(turns) {
            let known = actors.iter().position(|actor| *actor == turn.actor);
            let lane = known.unwrap_or_else(|| {
                actors.push(&turn.actor);
                lanes.kind.push(match turn.actor.as_str() {
                    "firmware" => "firmware",
                    _ => "task",
                });
                lanes.name.push(words.number(&turn.actor));
                actors.len() - 1
            });
            lanes.bars.lane.push(lane);
            lanes.bars.depth.push(0);
            lanes.bars.began.push(of_bars.since_last(at));
            lanes.bars.lasted.push(1);
            lanes.bars.name.push(words.number(&turn.does));
            lanes.bars.about.push(words.number(&turn.about));
            for wrong in &turn.wrong {
                lanes.points.lane.push(lane);
                lanes.points.at.push(of_points.since_last(at + 1));
                lanes.points.name.push(words.number(wrong));
            }
        }
        lanes
    }
}

const fn kind(kind: LaneKind) -> &'static str {
    match kind {
        LaneKind::Steps => "steps",
        LaneKind::Notices => "notices",
        LaneKind::Task => "task",
        LaneKind::Lock => "lock",
        LaneKind::Commands => "commands",
        LaneKind::Hold => "hold",
        LaneKind::Requests => "requests",
        LaneKind::Firmware => "firmware",
    }
}

/// `function_id 2, entries 512, status 0`.
fn about(args: &Value) -> String {
    let members = args.as_object().into_iter().flatten();
    let told = members.filter(|(name, value)| !value.is_null() && !UNTOLD.contains(&name.as_str()));
    let words = told.map(|(name, value)| match value.as_str() {
        Some(text) => format!("{name} {text}"),
        None => format!("{name} {value}"),
    });
    words.collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn times_are_told_by_what_lies_between_them() {
        let mut pace = Pace::default();
        assert_eq!([5, 9, 2].map(|time| pace.since_last(time)), [5, 4, -7]);
    }

    #[test]
    fn what_is_told_of_a_bar_is_what_its_place_does_not_say() {
        let args = json!({ "n": 4, "rung": 9, "entries": 512, "reg": "0x4", "status": null });
        assert_eq!(about(&args), "entries 512, reg 0x4");
        assert_eq!(about(&Value::Null), "");
    }
}
