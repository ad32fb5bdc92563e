//! Results as workflow commands of GitHub Actions: an error at its line of the scenario's file for everything that is not
//! as expected, and the totals as a notice.
//!
//! Source: "Workflow commands for GitHub Actions", `::error file=..,line=..,col=..,title=..::message`.

use crate::record::Failure;
use crate::record::result::{Place, RunResult};
use crate::report::case::Finished;
use crate::report::stream::Report;
use crate::report::summary::Summary;
use std::io::{self, Write};

/// Writes what is wrong with a case as soon as it has finished.
#[derive(Clone, Copy, Debug, Default)]
pub struct GithubReport;

impl Report for GithubReport {
    fn finished(&mut self, case: Finished<'_>, out: &mut dyn Write) -> io::Result<()> {
        let result = case.result;
        let Some(failure) = result.failure() else {
            return Ok(());
        };
        // Places are where expectations stand; a case that is wrong in another way has only its file.
        let is_told = failure == Failure::Expectation && !result.mismatches.is_empty();
        if !is_told {
            let reason = result.reason.as_deref().unwrap_or("failed");
            let difference = result.snapshot_difference.as_deref().unwrap_or_default();
            let words = format!("{}: {reason}\n{difference}", failure.name());
            error(result, None, &words, out)?;
        }
        for (mismatch, place) in result.located_mismatches() {
            let step = mismatch.step;
            let step = step.map_or_else(|| "at the end".to_owned(), |step| format!("step {step}"));
            error(result, place, &format!("{step}: {mismatch}"), out)?;
        }
        Ok(())
    }

    fn end(&mut self, summary: &Summary, out: &mut dyn Write) -> io::Result<()> {
        let totals = message(&summary.one_line());
        writeln!(out, "::notice title=mlx5-cosim::{totals}")
    }
}

/// One error, with the line that repeats the run.
fn error(result: &RunResult, place: Option<&Place>, words: &str, out: &mut dyn Write) -> io::Result<()> {
    let place = place.map_or_else(String::new, |Place { line, column }| {
        format!(",line={line},col={column}")
    });
    let file = property(&result.file);
    let title = property(&format!("{}@{}", result.scenario, result.revision));
    let repeat = if result.replay.is_empty() {
        String::new()
    } else {
        format!("\nrepeat: {}", result.replay)
    };
    let words = message(&format!("{}{repeat}", words.trim_end()));
    writeln!(out, "::error file={file}{place},title={title}::{words}")
}

/// A message as the runner takes it: one line, with nothing in it that ends the command.
fn message(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

/// A property's value, which ends at a comma or a colon.
fn property(text: &str) -> String {
    message(text).replace(':', "%3A").replace(',', "%2C")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::Mismatch;
    use crate::record::aspect::Aspect;

    fn lines(result: &RunResult) -> Vec<String> {
        let (mut out, mut summary) = (Vec::new(), Summary::default());
        let case = Finished {
            scenario: None,
            result,
        };
        summary.add(case);
        let mut report = GithubReport;
        report.finished(case, &mut out).unwrap();
        report.end(&summary, &mut out).unwrap();
        let text = String::from_utf8(out).unwrap();
        text.lines().map(str::to_owned).collect()
    }

    #[test]
    fn what_did_not_hold_is_an_error_at_its_place() {
        let mut result = RunResult::unrun("boot", "a,b/boot.json", "merged");
        result.fail(Failure::Expectation, "100% wrong\nand more");
        result.replay = "again".to_owned();
        result.mismatches.push(Mismatch {
            step: Some(2),
            what: Aspect::Counter("self".to_owned()),
            expected: "1".to_owned(),
            actual: "100%".to_owned(),
        });
        result.places.push(Some(Place { line: 9, column: 4 }));
        let told = lines(&result);
        assert_eq!(
            told,
            [
                "::error file=a%2Cb/boot.json,line=9,col=4,title=boot@merged::step 2: counters.self is 100%25, not 1\
                 %0Arepeat: again",
                "::notice title=mlx5-cosim::1 run of 1 scenario: 0 as expected, 1 failed, 0 skipped",
            ]
        );
    }

    #[test]
    fn what_nobody_could_judge_is_an_error_of_its_file() {
        let mut result = RunResult::unrun("boot", "boot.json", "merged");
        assert_eq!(lines(&result).len(), 1);
        result.fail(Failure::Budget, "too long\nby far");
        let told = lines(&result);
        assert_eq!(
            told[0],
            "::error file=boot.json,title=boot@merged::budget: too long%0Aby far"
        );
    }
}
