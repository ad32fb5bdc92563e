//! Results as JUnit XML: a suite for each revision, a case for each scenario.
//!
//! What XML forbids, and what a terminal would obey, is shown as an escape: the library would leave it out.

use crate::record::{Failure, Outcome};
use crate::report::case::{Finished, seconds};
use crate::report::human::{Close, Detail, HumanReport, Style};
use crate::report::palette::Palette;
use crate::report::stream::Report;
use crate::report::summary::Summary;
use crate::text::printable::{lines, one_line};
use quick_junit::{NonSuccessKind, TestCase, TestCaseStatus, TestSuite};
use std::collections::BTreeMap;
use std::io::{self, Write};
use std::time::Duration;

/// Collects runs as they finish.
#[derive(Debug, Default)]
pub struct JunitReport {
    order: Vec<String>,
    suites: BTreeMap<String, TestSuite>,
}

/// What else is known of a case.
fn properties(finished: Finished<'_>) -> Vec<(&'static str, String)> {
    let result = finished.result;
    let mut properties = vec![
        ("backend", result.backend.clone()),
        ("revision", result.revision.clone()),
    ];
    if let Some(scenario) = finished.scenario {
        properties.push(("row", scenario.row.clone()));
        properties.push(("reachability", scenario.reachability.name().to_owned()));
    }
    properties.push(("virtual_ns", result.virtual_ns.to_string()));
    if !result.replay.is_empty() {
        properties.push(("replay", result.replay.clone()));
    }
    properties
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
                    detail: Detail::Everything,
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
        let line = result
            .places
            .iter()
            .flatten()
            .next()
            .map_or(1, |place| place.line);
        case.extra.insert("line".into(), line.to_string().as_str().into());
        // Of the device's clock, as everything here: the same whatever the machine does besides.
        case.set_time(Duration::from_nanos(result.virtual_ns));
        for (name, value) in properties(finished) {
            case.add_property((name, &*one_line(&value)));
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
