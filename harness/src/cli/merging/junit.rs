//! JUnit of parts as one: suites of one name are one suite.

use crate::cli::exit::Exit;
use crate::cli::streams;
use crate::record::Failure;
use quick_junit::{NonSuccessKind, Report, TestCaseStatus, TestSuite};
use std::collections::BTreeMap;
use std::path::Path;

/// Joins the suites of all parts; `output` gets them.
pub(super) fn merge(parts: Vec<Report>, output: Option<&Path>) -> Exit {
    let mut order: Vec<String> = Vec::new();
    let mut suites: BTreeMap<String, TestSuite> = BTreeMap::new();
    for suite in parts.into_iter().flat_map(|report| report.test_suites) {
        let name = suite.name.as_str().to_owned();
        if !order.contains(&name) {
            order.push(name.clone());
        }
        let all = suites.entry(name.clone()).or_insert_with(|| TestSuite::new(name));
        all.add_test_cases(suite.test_cases);
    }
    let mut report = Report::new("mlx5-cosim");
    report.add_test_suites(order.iter().filter_map(|name| suites.remove(name)));
    let mut worst = verdict(&report);
    streams::out(format_args!(
        "{} tests: {} failed, {} errors\n",
        report.tests, report.failures, report.errors
    ));
    if let Some(file) = output {
        let written = report
            .to_string()
            .map_err(std::io::Error::other)
            .and_then(|text| Ok(files::write(file, text)?));
        if let Err(error) = written {
            streams::error(error);
            worst = worst.max(Exit::Internal);
        }
    }
    worst
}

/// The worst that happened to a case.
fn verdict(report: &Report) -> Exit {
    let cases = || report.test_suites.iter().flat_map(|suite| &suite.test_cases);
    let mut worst = Exit::AsExpected;
    for case in cases() {
        let TestCaseStatus::NonSuccess { kind, ty, .. } = &case.status else {
            continue;
        };
        let named = ty.as_ref().and_then(|ty| Failure::named(ty.as_str()));
        let exit = named.map_or(
            match kind {
                NonSuccessKind::Failure => Exit::Failed,
                NonSuccessKind::Error => Exit::Internal,
            },
            Exit::from,
        );
        worst = worst.max(exit);
    }
    let is_skipped = |status: &TestCaseStatus| matches!(status, TestCaseStatus::Skipped { .. });
    match worst {
        Exit::AsExpected if cases().next().is_none() => Exit::NothingSelected,
        Exit::AsExpected if cases().all(|case| is_skipped(&case.status)) => Exit::AllSkipped,
        worst => worst,
    }
}
