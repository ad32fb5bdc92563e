//! The one stream of events that feeds every report: the plan, then each case with its steps, then the end.
//!
//! A report is a [`Report`]; it learns of a run from nothing but these events, in this order, and writes what it has to
//! say into what it is handed. Several reports listen to one stream.

use crate::record::StepRecord;
use crate::report::case::Finished;
use crate::report::summary::Summary;
use std::io::{self, Write};

/// What is about to be run, in the order in which it will be reported.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Plan {
    /// The cases.
    pub cases: Vec<PlannedCase>,
}

/// A case that has not begun.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlannedCase {
    /// The file it comes from.
    pub file: String,
    /// The scenario's name.
    pub scenario: String,
}

/// Who reads a report.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Readers {
    /// People: it tells everything itself, the totals as well.
    People,
    /// Machines: nothing that is meant for people may stand between its lines.
    Machines,
}

/// A form of the results. What it writes at each event goes into `out`; a failed write is the error of the whole
/// command.
pub trait Report {
    /// Who reads it.
    fn readers(&self) -> Readers {
        Readers::Machines
    }

    /// Cases are about to run.
    ///
    /// # Errors
    /// Where it cannot be written.
    fn begin(&mut self, plan: &Plan, out: &mut dyn Write) -> io::Result<()> {
        let _ = (plan, out);
        Ok(())
    }

    /// A step of the case that will finish next.
    ///
    /// # Errors
    /// Where it cannot be written.
    fn step(&mut self, case: Finished<'_>, step: &StepRecord, out: &mut dyn Write) -> io::Result<()> {
        let _ = (case, step, out);
        Ok(())
    }

    /// A case has finished.
    ///
    /// # Errors
    /// Where it cannot be written.
    fn finished(&mut self, case: Finished<'_>, out: &mut dyn Write) -> io::Result<()>;

    /// No more cases come: all have finished, or somebody has ended the run.
    ///
    /// # Errors
    /// Where it cannot be written, or its form cannot say what it holds.
    fn end(&mut self, summary: &Summary, out: &mut dyn Write) -> io::Result<()>;
}
