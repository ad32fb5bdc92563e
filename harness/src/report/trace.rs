//! When everything happened, as a file that <https://ui.perfetto.dev> and `chrome://tracing` show: JSON in the trace event
//! format. Times are those of the device's clock, in microseconds.
//!
//! A process of the file is a run, a thread of it a track: the steps of the scenario, each task of a driver, each lock,
//! each slot of a command interface, each hold, and what firmware asks of whom. Counters have tracks of their own;
//! arrows lead from a page request to the commands that answer it.
//!
//! * `event` - a line of the file
//! * `process` - a run's tracks, and the events on them in the order of time
//!
//! Source: "Trace Event Format" (Google), and the `JsonTraceParser` of Perfetto, which wants arrows to start and end in
//! slices.

mod event;
mod process;

use crate::report::case::Finished;
use crate::report::drawing::drawing;
use crate::report::stream::{Plan, Report};
use crate::report::summary::Summary;
use event::Event;
use process::Process;
use std::io::{self, Write};

/// Writes a run as soon as it has finished. Runs that have kept no timeline have no place in it.
#[derive(Debug, Default)]
pub struct TraceReport {
    /// Cases that have finished: the place of a run in the plan is its process.
    finished: u64,
    /// Whether an event has been written that the next one follows.
    follows: bool,
}

impl Report for TraceReport {
    fn begin(&mut self, _: &Plan, out: &mut dyn Write) -> io::Result<()> {
        out.write_all(b"{\"displayTimeUnit\":\"ns\",\"traceEvents\":[")
    }

    fn finished(&mut self, case: Finished<'_>, out: &mut dyn Write) -> io::Result<()> {
        self.finished += 1;
        let result = case.result;
        let Some(timeline) = &result.timeline else {
            return Ok(());
        };
        let mut process = Process::new(self.finished, timeline.began);
        process.name(&format!("{}@{}", result.scenario, result.revision));
        process.add(drawing(result, timeline));
        for event in process.into_events() {
            self.write(&event, out)?;
        }
        Ok(())
    }

    fn end(&mut self, _: &Summary, out: &mut dyn Write) -> io::Result<()> {
        out.write_all(b"\n]}\n")
    }
}

impl TraceReport {
    fn write(&mut self, event: &Event, out: &mut dyn Write) -> io::Result<()> {
        let before: &[u8] = if self.follows { b",\n" } else { b"\n" };
        self.follows = true;
        out.write_all(before)?;
        Ok(serde_json::to_writer(out, event)?)
    }
}
