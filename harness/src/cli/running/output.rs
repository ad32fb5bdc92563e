//! Where results go: lines on stderr for people, one of the formats on stdout for machines.

use crate::cli::Format;
use crate::cli::selection::Job;
use crate::cli::streams;
use crate::report::human::HumanReport;
use crate::report::junit::JunitReport;
use crate::report::palette::Palette;
use crate::report::summary::Summary;
use crate::report::{Finished, json_lines, ktap};
use crate::run::result::{Outcome, RunResult};
use std::collections::BTreeSet;
use std::io;
use std::path::PathBuf;

/// The reports of a session.
pub(super) struct Output {
    form: Form,
    human: HumanReport,
    summary: Summary,
}

enum Form {
    Human,
    Json,
    Junit(JunitReport),
    Ktap {
        number: usize,
        scenarios: usize,
        results: Vec<RunResult>,
    },
}

impl Output {
    pub(super) fn new(format: Format, jobs: &[Job], verbose: bool) -> Self {
        let scenarios: BTreeSet<&PathBuf> = jobs.iter().map(|job| &job.loaded.file).collect();
        let name_width = jobs
            .iter()
            .map(|job| job.loaded.scenario.name.chars().count())
            .max()
            .unwrap_or(0);
        let form = match format {
            Format::Human => Form::Human,
            Format::Json => Form::Json,
            Format::Junit => Form::Junit(JunitReport::default()),
            Format::Ktap => Form::Ktap {
                number: 0,
                scenarios: scenarios.len(),
                results: Vec::new(),
            },
        };
        let human = HumanReport {
            palette: Palette::for_stderr(),
            name_width,
            verbose,
        };
        Self {
            form,
            human,
            summary: Summary::default(),
        }
    }

    /// Takes a result in. Returns what a person is to read.
    pub(super) fn result(
        &mut self,
        job: &Job,
        result: RunResult,
        last_of_scenario: bool,
    ) -> io::Result<String> {
        let finished = Finished {
            scenario: &job.loaded.scenario,
            result: &result,
        };
        self.summary.add(finished);
        match &mut self.form {
            Form::Human => return Ok(self.human.run(finished)),
            Form::Json => streams::out(json_lines::line(&result)?),
            Form::Junit(report) => report.add(finished),
            Form::Ktap { results, .. } => {
                results.push(result);
                self.close_scenario(last_of_scenario)?;
            }
        }
        Ok(String::new())
    }

    /// Closes a scenario where this was its last run.
    pub(super) fn close_scenario(&mut self, last_of_scenario: bool) -> io::Result<()> {
        let Form::Ktap {
            number,
            scenarios,
            results,
        } = &mut self.form
        else {
            return Ok(());
        };
        if last_of_scenario {
            if *number == 0 {
                streams::out(ktap::head(*scenarios));
            }
            *number += 1;
            streams::out(ktap::scenario(*number, results));
            results.clear();
        }
        Ok(())
    }

    /// Ends the reports. Returns how many runs were skipped.
    pub(super) fn finish(self) -> io::Result<usize> {
        let skipped = self.summary.count(Outcome::Skip);
        match self.form {
            Form::Human => streams::err(self.summary),
            Form::Junit(report) => {
                streams::out(report.finish().map_err(io::Error::other)?);
                streams::note(self.summary.one_line());
            }
            Form::Json | Form::Ktap { .. } => streams::note(self.summary.one_line()),
        }
        Ok(skipped)
    }
}
