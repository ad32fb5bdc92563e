//! Where results go: standard output, in one of the formats.

use crate::cli::Format;
use crate::cli::running::plan::Case;
use crate::cli::streams;
use crate::report::case::Finished;
use crate::report::human::HumanReport;
use crate::report::junit::JunitReport;
use crate::report::palette::Palette;
use crate::report::summary::Summary;
use crate::report::{json_lines, ktap};
use crate::run::result::{Outcome, RunResult};
use std::io;

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
    Ktap { number: usize, results: Vec<RunResult> },
}

impl Output {
    pub(super) fn new(format: Format, cases: &[Case], verbose: bool) -> Self {
        let names = cases.iter().map(|case| case.scenario().chars().count());
        let form = match format {
            Format::Human => Form::Human,
            Format::Json => Form::Json,
            Format::Junit => Form::Junit(JunitReport::default()),
            Format::Ktap => {
                let files = cases.chunk_by(|one, other| one.file() == other.file());
                streams::out(ktap::head(files.count()));
                Form::Ktap {
                    number: 0,
                    results: Vec::new(),
                }
            }
        };
        let human = HumanReport {
            palette: Palette::for_stdout(),
            name_width: names.max().unwrap_or(0),
            verbose,
            room: streams::out_room(),
        };
        Self {
            form,
            human,
            summary: Summary::within(streams::out_room()),
        }
    }

    /// Takes a result in. Returns what is to be written of it now.
    pub(super) fn result(&mut self, case: &Case, result: RunResult, last_of_file: bool) -> String {
        let finished = Finished {
            scenario: match case {
                Case::Run(job) => Some(&job.loaded.scenario),
                Case::Wrong(_) => None,
            },
            result: &result,
        };
        self.summary.add(finished);
        match &mut self.form {
            Form::Human => self.human.run(finished),
            Form::Json => json_lines::line(&result),
            Form::Junit(report) => {
                report.add(finished);
                String::new()
            }
            Form::Ktap { number, results } => {
                results.push(result);
                if !last_of_file {
                    return String::new();
                }
                *number += 1;
                ktap::scenario(*number, &std::mem::take(results))
            }
        }
    }

    /// Ends the reports. Returns how many runs were skipped.
    pub(super) fn finish(self) -> io::Result<usize> {
        let skipped = self.summary.count(Outcome::Skip);
        match self.form {
            Form::Human => streams::out(self.summary),
            Form::Junit(report) => {
                streams::out(report.finish().map_err(io::Error::other)?);
                streams::note(self.summary.one_line());
            }
            Form::Json | Form::Ktap { .. } => streams::note(self.summary.one_line()),
        }
        Ok(skipped)
    }
}
