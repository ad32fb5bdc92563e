//! A run as a process of the file: its tracks, and the events on them in the order of time.

use super::event::{Event, Micros};
use crate::report::drawing::{Drawing, LaneNumber, Mark, Slice};
use prm::Cycles;
use serde_json::{Value, json};

/// What stands in which order at one time: values, then slices, then what lies in them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Rank {
    Metadata,
    Counter,
    Slice,
    InSlice,
}

/// See the module's head.
#[derive(Debug)]
pub(super) struct Process {
    pid: u64,
    /// The beginning of the run on the device's clock: times of the file count from here.
    began: Cycles,
    arrows: u64,
    events: Vec<(Cycles, Rank, Event)>,
}

impl Process {
    /// The run with this number, which began at this time.
    pub(super) const fn new(pid: u64, began: Cycles) -> Self {
        Self {
            pid,
            began,
            arrows: 0,
            events: Vec::new(),
        }
    }

    /// Says what it is called, and where it stands among the others.
    pub(super) fn name(&mut self, name: &str) {
        self.metadata("process_name", None, json!({ "name": name }));
        self.metadata("process_sort_index", None, json!({ "sort_index": self.pid }));
    }

    /// Adds all that is drawn of the run.
    pub(super) fn add(&mut self, drawing: Drawing) {
        let lanes = drawing.lanes;
        for mark in drawing.marks {
            match mark {
                // INVARIANT: a lane is drawn after it was made.
                Mark::Lane(lane) => self.track(lane, &lanes[lane.0].name),
                Mark::Slice { lane, slice, .. } => self.slice(lane, slice),
                Mark::Instant { lane, at, name } => self.instant(lane, at, name),
                Mark::Counter { name, at, value } => self.counter(name, at, value),
                Mark::Arrow { way } => self.arrow(&way),
            }
        }
    }

    fn track(&mut self, lane: LaneNumber, name: &str) {
        let tid = tid(lane);
        self.metadata("thread_name", Some(tid), json!({ "name": name }));
        self.metadata("thread_sort_index", Some(tid), json!({ "sort_index": tid }));
    }

    fn slice(&mut self, lane: LaneNumber, slice: Slice) {
        let event = Event {
            ph: "X",
            tid: Some(tid(lane)),
            dur: Some(Micros(slice.ended.saturating_sub(slice.began))),
            name: slice.name,
            args: slice.args,
            ..Event::default()
        };
        self.push(slice.began, Rank::Slice, event);
    }

    fn instant(&mut self, lane: LaneNumber, at: Cycles, name: String) {
        let event = Event {
            ph: "i",
            tid: Some(tid(lane)),
            name,
            s: Some("t"),
            ..Event::default()
        };
        self.push(at, Rank::InSlice, event);
    }

    fn counter(&mut self, name: String, at: Cycles, value: i64) {
        let event = Event {
            ph: "C",
            name,
            args: json!({ "pages": value }),
            ..Event::default()
        };
        self.push(at, Rank::Counter, event);
    }

    fn arrow(&mut self, way: &[(LaneNumber, Cycles)]) {
        let last = way.len().saturating_sub(1);
        self.arrows += 1;
        let id = self.pid << 32 | self.arrows;
        for (place, (lane, at)) in way.iter().enumerate() {
            let event = Event {
                ph: match place {
                    0 => "s",
                    place if place == last => "f",
                    _ => "t",
                },
                tid: Some(tid(*lane)),
                name: "page request".to_owned(),
                cat: Some("pages"),
                id: Some(id),
                bp: (place > 0).then_some("e"),
                ..Event::default()
            };
            self.push(*at, Rank::InSlice, event);
        }
    }

    /// The events in the order of time.
    pub(super) fn into_events(mut self) -> Vec<Event> {
        // Stable: what is drawn first stands first, so that a slice stands before those in it.
        self.events.sort_by_key(|(at, rank, _)| (*at, *rank));
        self.events.into_iter().map(|(_, _, event)| event).collect()
    }

    fn metadata(&mut self, name: &str, tid: Option<u64>, args: Value) {
        let event = Event {
            ph: "M",
            pid: self.pid,
            tid,
            name: name.to_owned(),
            args,
            ..Event::default()
        };
        self.events.push((Cycles::ZERO, Rank::Metadata, event));
    }

    fn push(&mut self, at: Cycles, rank: Rank, event: Event) {
        let at = at.saturating_sub(self.began);
        let event = Event {
            pid: self.pid,
            ts: Some(Micros(at)),
            ..event
        };
        self.events.push((at, rank, event));
    }
}

/// Threads of the format count from 1.
fn tid(lane: LaneNumber) -> u64 {
    prm::saturated::<u64>(lane.0).saturating_add(1)
}
