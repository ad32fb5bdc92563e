//! A run as a process of the file: its tracks, and the events on them in the order of time.

use super::event::{Event, Micros};
use prm::Cycles;
use serde_json::{Value, json};

/// A track of a process.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Track(u64);

/// Something that lasted.
#[derive(Clone, Debug)]
pub(super) struct Slice {
    pub(super) name: String,
    pub(super) began: Cycles,
    pub(super) ended: Cycles,
    pub(super) args: Value,
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
    tracks: u64,
    arrows: u64,
    events: Vec<(Cycles, Rank, Event)>,
}

impl Process {
    /// The run with this number, which began at this time.
    pub(super) const fn new(pid: u64, began: Cycles) -> Self {
        Self {
            pid,
            began,
            tracks: 0,
            arrows: 0,
            events: Vec::new(),
        }
    }

    /// Says what it is called, and where it stands among the others.
    pub(super) fn name(&mut self, name: &str) {
        self.metadata("process_name", None, json!({ "name": name }));
        self.metadata("process_sort_index", None, json!({ "sort_index": self.pid }));
    }

    /// A new track, below the others.
    pub(super) fn track(&mut self, name: &str) -> Track {
        self.tracks += 1;
        let tid = self.tracks;
        self.metadata("thread_name", Some(tid), json!({ "name": name }));
        self.metadata("thread_sort_index", Some(tid), json!({ "sort_index": tid }));
        Track(tid)
    }

    /// Draws slices that belong together: on one track as far as they follow each other, what overlaps on more of them.
    /// Returns the track of each.
    pub(super) fn draw(&mut self, name: &str, slices: &[Slice]) -> Vec<Track> {
        let mut order: Vec<usize> = (0..slices.len()).collect();
        order.sort_by_key(|&place| (slices[place].began, slices[place].ended));
        let mut lanes: Vec<(Track, Cycles)> = Vec::new();
        let mut drawn = vec![Track(0); slices.len()];
        for place in order {
            let slice = &slices[place];
            let free = lanes.iter().position(|(_, until)| *until <= slice.began);
            let lane = free.unwrap_or_else(|| {
                let track = match lanes.len() {
                    0 => self.track(name),
                    more => self.track(&format!("{name} ({})", more + 1)),
                };
                lanes.push((track, Cycles::ZERO));
                lanes.len() - 1
            });
            lanes[lane].1 = slice.ended;
            drawn[place] = lanes[lane].0;
            self.slice(lanes[lane].0, slice, (slice.began, slice.ended));
        }
        drawn
    }

    fn slice(&mut self, track: Track, slice: &Slice, within: (Cycles, Cycles)) {
        let began = slice.began.clamp(within.0, within.1);
        let ended = slice.ended.clamp(began, within.1);
        let event = Event {
            ph: "X",
            tid: Some(track.0),
            dur: Some(Micros(ended.saturating_sub(began))),
            name: slice.name.clone(),
            args: slice.args.clone(),
            ..Event::default()
        };
        self.push(began, Rank::Slice, event);
        let mut free = began;
        for inner in &slice.inner {
            self.slice(track, inner, (free, ended));
            free = inner.ended.clamp(free, ended);
        }
    }

    /// Something without length.
    pub(super) fn instant(&mut self, track: Track, at: Cycles, name: impl Into<String>) {
        let event = Event {
            ph: "i",
            tid: Some(track.0),
            name: name.into(),
            s: Some("t"),
            ..Event::default()
        };
        self.push(at, Rank::InSlice, event);
    }

    /// A counter has this value from now on.
    pub(super) fn counter(&mut self, name: &str, at: Cycles, value: i64) {
        let event = Event {
            ph: "C",
            name: name.to_owned(),
            args: json!({ "pages": value }),
            ..Event::default()
        };
        self.push(at, Rank::Counter, event);
    }

    /// An arrow through the slices that are at these times on these tracks, in the order of time.
    pub(super) fn arrow(&mut self, name: &str, cat: &'static str, way: &[(Track, Cycles)]) {
        let Some(last) = way.len().checked_sub(1).filter(|last| *last > 0) else {
            return;
        };
        self.arrows += 1;
        let id = self.pid << 32 | self.arrows;
        for (place, (track, at)) in way.iter().enumerate() {
            let event = Event {
                ph: match place {
                    0 => "s",
                    place if place == last => "f",
                    _ => "t",
                },
                tid: Some(track.0),
                name: name.to_owned(),
                cat: Some(cat),
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
