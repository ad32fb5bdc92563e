//! A run as it is drawn, by a viewer of traces and by the page alike: lanes, what lasted and what happened on them, counters,
//! arrows. Times are those of the device's clock.
//!
//! * `marks` - what a drawing is made of
//! * `host` - steps, tasks, locks and counters of drivers
//! * `firmware` - commands, holds, the ledger, and what else firmware tells
//! * `page_flow` - which commands answer which page request

mod firmware;
mod host;
mod marks;
mod page_flow;

use crate::record::RunResult;
use crate::record::timeline::Timeline;
pub(in crate::report) use marks::{Drawing, LaneKind, LaneNumber, Mark, Slice};

/// Everything that is known of when a run did what.
pub(in crate::report) fn drawing(result: &RunResult, timeline: &Timeline) -> Drawing {
    let mut drawing = Drawing::begun(timeline.began);
    host::steps(&mut drawing, result, timeline);
    let tasks = host::tasks(&mut drawing, timeline);
    host::locks(&mut drawing, timeline);
    let commands = firmware::commands(&mut drawing, timeline);
    firmware::holds(&mut drawing, timeline);
    page_flow::draw(&mut drawing, timeline, &tasks, &commands);
    firmware::notices(&mut drawing, timeline);
    firmware::ledger(&mut drawing, timeline);
    host::counters(&mut drawing, timeline);
    drawing
}
