//! What a drawing is made of: lanes, and marks on them.

use prm::Cycles;
use serde_json::Value;

/// A lane, by its place from the top.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(in crate::report) struct LaneNumber(pub(in crate::report) usize);

/// What a lane is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::report) enum LaneKind {
    /// Steps of the scenario.
    Steps,
    /// Broken invariants and messages.
    Notices,
    /// A task of a driver.
    Task,
    /// A lock.
    Lock,
    /// A slot of a command interface.
    Commands,
    /// A hold of the gate.
    Hold,
    /// What firmware asks of whom.
    Requests,
    /// What else firmware tells.
    Firmware,
}

/// A lane of its own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::report) struct Lane {
    pub(in crate::report) kind: LaneKind,
    pub(in crate::report) name: String,
}

/// Something that lasted.
#[derive(Clone, Debug)]
pub(in crate::report) struct Slice {
    pub(in crate::report) name: String,
    pub(in crate::report) began: Cycles,
    pub(in crate::report) ended: Cycles,
    pub(in crate::report) args: Value,
    /// What happened within it, one after another. What reaches beyond it is cut.
    pub(super) inner: Vec<Self>,
}

impl Slice {
    /// A slice with nothing in it.
    pub(super) fn new(name: impl Into<String>, began: Cycles, ended: Cycles) -> Self {
        Self {
            name: name.into(),
            began,
            ended: ended.max(began),
            args: Value::Null,
            inner: Vec::new(),
        }
    }

    /// The same with more about it.
    pub(super) fn with(self, args: Value) -> Self {
        Self { args, ..self }
    }
}

/// Something that is drawn.
#[derive(Clone, Debug)]
pub(in crate::report) enum Mark {
    /// A new lane, below the others.
    Lane(LaneNumber),
    /// Something that lasted, so deep within others.
    Slice {
        lane: LaneNumber,
        depth: u8,
        slice: Slice,
    },
    /// Something without length.
    Instant {
        lane: LaneNumber,
        at: Cycles,
        name: String,
    },
    /// A counter has this value from now on.
    Counter { name: String, at: Cycles, value: i64 },
    /// An arrow through what is at these times on these lanes, in the order of time.
    Arrow { way: Vec<(LaneNumber, Cycles)> },
}

/// See the module's head.
#[derive(Debug)]
pub(in crate::report) struct Drawing {
    /// The beginning of the run.
    pub(in crate::report) began: Cycles,
    /// The lanes from top to bottom.
    pub(in crate::report) lanes: Vec<Lane>,
    /// What is drawn, in the order in which it is: what lasts stands before what lies in it.
    pub(in crate::report) marks: Vec<Mark>,
}

impl Drawing {
    pub(super) const fn begun(began: Cycles) -> Self {
        Self {
            began,
            lanes: Vec::new(),
            marks: Vec::new(),
        }
    }

    /// A new lane, below the others.
    pub(super) fn lane(&mut self, kind: LaneKind, name: &str) -> LaneNumber {
        let lane = LaneNumber(self.lanes.len());
        self.lanes.push(Lane {
            kind,
            name: name.to_owned(),
        });
        self.marks.push(Mark::Lane(lane));
        lane
    }

    /// Draws slices that belong together: on one lane as far as they follow each other, what overlaps on more of them.
    /// Returns the lane of each.
    pub(super) fn draw(&mut self, kind: LaneKind, name: &str, slices: &[Slice]) -> Vec<LaneNumber> {
        let mut order: Vec<usize> = (0..slices.len()).collect();
        order.sort_by_key(|&place| (slices[place].began, slices[place].ended));
        let mut lanes: Vec<(LaneNumber, Cycles)> = Vec::new();
        let mut drawn = vec![LaneNumber(0); slices.len()];
        for place in order {
            let slice = &slices[place];
            let free = lanes.iter().position(|(_, until)| *until <= slice.began);
            let lane = free.unwrap_or_else(|| {
                let lane = match lanes.len() {
                    0 => self.lane(kind, name),
                    more => self.lane(kind, &format!("{name} ({})", more + 1)),
                };
                lanes.push((lane, Cycles::ZERO));
                lanes.len() - 1
            });
            lanes[lane].1 = slice.ended;
            drawn[place] = lanes[lane].0;
            self.slice(lanes[lane].0, 0, slice, (slice.began, slice.ended));
        }
        drawn
    }

    fn slice(&mut self, lane: LaneNumber, depth: u8, slice: &Slice, within: (Cycles, Cycles)) {
        let began = slice.began.clamp(within.0, within.1);
        let ended = slice.ended.clamp(began, within.1);
        let outer = Slice {
            name: slice.name.clone(),
            began,
            ended,
            args: slice.args.clone(),
            inner: Vec::new(),
        };
        self.marks.push(Mark::Slice {
            lane,
            depth,
            slice: outer,
        });
        let mut free = began;
        for inner in &slice.inner {
            self.slice(lane, depth + 1, inner, (free, ended));
            free = inner.ended.clamp(free, ended);
        }
    }

    pub(super) fn instant(&mut self, lane: LaneNumber, at: Cycles, name: impl Into<String>) {
        let name = name.into();
        self.marks.push(Mark::Instant { lane, at, name });
    }

    pub(super) fn counter(&mut self, name: &str, at: Cycles, value: i64) {
        let name = name.to_owned();
        self.marks.push(Mark::Counter { name, at, value });
    }

    pub(super) fn arrow(&mut self, way: Vec<(LaneNumber, Cycles)>) {
        if way.len() > 1 {
            self.marks.push(Mark::Arrow { way });
        }
    }
}
