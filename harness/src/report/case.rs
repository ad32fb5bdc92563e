//! A case that has finished, and what every report says of it in the same words.

use crate::record::result::RunResult;
use crate::report::books::{Entry, side_by_side};
use crate::scenario::ScenarioFile;

/// The revision of a case that stands for all runs of a file, because the file does not say which there are.
pub const EVERY_REVISION: &str = "all";

/// A finished case with the scenario it was a run of.
#[derive(Clone, Copy, Debug)]
pub struct Finished<'a> {
    /// The scenario; `None` where there is none, as of an invalid file.
    pub scenario: Option<&'a ScenarioFile>,
    /// What the run showed.
    pub result: &'a RunResult,
}

impl Finished<'_> {
    /// Both books after the last step, one entry for each counter that has a counterpart.
    #[must_use]
    pub fn books(self) -> Vec<Entry> {
        let last = self.scenario.zip(self.result.last());
        last.map(|(scenario, last)| side_by_side(last, scenario.device.kind))
            .unwrap_or_default()
    }
}

/// Virtual nanoseconds as a person reads them: `0.00 s`, `65.00 s`.
#[must_use]
pub fn seconds(nanoseconds: u64) -> String {
    let hundredths = nanoseconds / 10_000_000;
    format!("{}.{:02} s", hundredths / 100, hundredths % 100)
}
