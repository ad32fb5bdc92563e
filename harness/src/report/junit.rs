//! Results as JUnit XML: a suite for each revision, a case for each scenario.
//!
//! What XML forbids, and what a terminal would obey, is shown as an escape: the library would leave it out.

use crate::record::{Failure, Outcome};
use crate::report::case::{Finished, seconds};
use crate::report::human::{Close, HumanReport, Style};
use crate::report::palette::Palette;
use crate::report::stream::Report;
use crate::report::summary::Summary;
use crate::text::printable::{lines, one_line};
use quick_junit::{NonSuccessKind, TestCase, TestCaseStatus, TestSuite};
use std::collections::BTreeMap;
use std::io::{self, Write};

/// Collects runs as they finish.
#[derive(Debug, Default)]
pub struct JunitReport {
    order: Vec<String>,
    suites: BTreeMap<String, TestSuite>,
}

impl Report for JunitReport {
    fn finished(&mut self, finished: Finished<'_>, _: &mut dyn Write) -> io::Result<()> {
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
                let kind = if result.is_error() {
                    NonSuccessKind::Error
                } else {
                    NonSuccessKind::Failure
                };
                let mut status = TestCaseStatus::non_success(kind);
                let palette = Palette { colour: false };
                let style = Style {
                    palette,
                    verbose: true,
                    room: None,
                    close: Close::Nothing,
                };
                let details = HumanReport::new(style).run(finished);
                status.set_message(&*one_line(result.reason.as_deref().unwrap_or("failed")));
                let failure = result.failure().unwrap_or(Failure::Expectation);
                status.set_type(failure.name()).set_description(&*lines(&details));
                status
            }
        };
        let mut case = TestCase::new(&*one_line(&result.scenario), status);
        case.set_classname(&*one_line(&result.file));
        case.extra
            .insert("file".into(), (&*one_line(&result.file)).into());
        if let Some(place) = result.places.iter().flatten().next() {
            let line = place.line.to_string();
            case.extra.insert("line".into(), line.as_str().into());
        }
        let mut words = format!("virtual time {}\n", seconds(result.virtual_ns));
        for note in &result.notes {
            words.push_str(&format!("note: {note}\n"));
        }
        words.push_str(&format!("repeat: {}\n", result.replay));
        case.set_system_out(&*lines(&words));
        let suite = self.suites.entry(result.revision.clone());
        suite
            .or_insert_with(|| TestSuite::new(result.revision.clone()))
            .add_test_case(case);
        Ok(())
    }

    fn end(&mut self, _: &Summary, out: &mut dyn Write) -> io::Result<()> {
        let mut report = quick_junit::Report::new("mlx5-cosim");
        report.add_test_suites(
            self.order
                .iter()
                .filter_map(|revision| self.suites.remove(revision)),
        );
        report.serialize(out).map_err(io::Error::other)
    }
}
