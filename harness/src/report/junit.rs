//! Results as JUnit XML: a suite for each revision, a case for each scenario.
//!
//! What XML forbids, and what a terminal would obey, is shown as an escape: the library would leave it out.

use crate::report::human::HumanReport;
use crate::report::palette::Palette;
use crate::report::{Finished, seconds};
use crate::run::result::Outcome;
use crate::text::printable::{lines, one_line};
use quick_junit::{NonSuccessKind, Report, TestCase, TestCaseStatus, TestSuite};
use std::collections::BTreeMap;

/// Collects runs as they finish.
#[derive(Debug, Default)]
pub struct JunitReport {
    order: Vec<String>,
    suites: BTreeMap<String, TestSuite>,
}

impl JunitReport {
    /// Adds a run.
    pub fn add(&mut self, finished: Finished<'_>) {
        let result = finished.result;
        if !self.order.contains(&result.revision) {
            self.order.push(result.revision.clone());
        }
        let status = match result.outcome {
            Outcome::Pass => TestCaseStatus::success(),
            Outcome::Skip => {
                let mut status = TestCaseStatus::skipped();
                status.set_message(&*one_line(result.reason.as_deref().unwrap_or_default()));
                status
            }
            Outcome::Fail => {
                let mut status = TestCaseStatus::non_success(NonSuccessKind::Failure);
                let palette = Palette { colour: false };
                let details = HumanReport {
                    palette,
                    name_width: 0,
                    verbose: true,
                }
                .run(finished);
                status.set_message(&*one_line(result.reason.as_deref().unwrap_or("failed")));
                status.set_type("expectation").set_description(&*lines(&details));
                status
            }
        };
        let mut case = TestCase::new(&*one_line(&result.scenario), status);
        case.set_classname(&*one_line(&result.file));
        case.set_system_out(&*lines(&format!(
            "virtual time {}\nrepeat: {}\n",
            seconds(result.virtual_ns),
            result.replay
        )));
        let suite = self.suites.entry(result.revision.clone());
        suite
            .or_insert_with(|| TestSuite::new(result.revision.clone()))
            .add_test_case(case);
    }

    /// The document.
    ///
    /// # Errors
    /// Where a text cannot be written as XML.
    pub fn finish(mut self) -> Result<String, quick_junit::SerializeError> {
        let mut report = Report::new("mlx5-cosim");
        report.add_test_suites(
            self.order
                .iter()
                .filter_map(|revision| self.suites.remove(revision)),
        );
        report.to_string()
    }
}
