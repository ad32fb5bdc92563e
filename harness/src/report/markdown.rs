//! Results in Markdown, for the summary that a CI shows of a job: the totals, and what is not as expected.

use crate::record::Outcome;
use crate::record::result::Place;
use crate::report::case::Finished;
use crate::report::stream::Report;
use crate::report::summary::Summary;
use crate::text::printable::one_line;
use std::io::{self, Write};

/// Rows of the table of what is not as expected: a job's summary may be a mebibyte long.
const MOST: usize = 200;

/// Collects what is not as expected.
#[derive(Clone, Debug, Default)]
pub struct MarkdownReport {
    rows: Vec<String>,
    /// Those that there is no room for.
    more: usize,
}

impl Report for MarkdownReport {
    fn finished(&mut self, case: Finished<'_>, _: &mut dyn Write) -> io::Result<()> {
        let result = case.result;
        if result.outcome != Outcome::Fail {
            return Ok(());
        }
        if self.rows.len() == MOST {
            self.more += 1;
            return Ok(());
        }
        let place = result.places.iter().flatten().next();
        let place = place.map_or_else(String::new, |Place { line, .. }| format!(":{line}"));
        let reason = result.reason.as_deref().unwrap_or("failed");
        self.rows.push(row(&[
            cell(&result.scenario),
            cell(&result.revision),
            cell(reason),
            code(&format!("{}{place}", result.file)),
            code(&result.replay),
        ]));
        Ok(())
    }

    fn end(&mut self, summary: &Summary, out: &mut dyn Write) -> io::Result<()> {
        writeln!(out, "### mlx5-cosim: {}\n", cell(&summary.one_line()))?;
        let rows = summary.totals();
        let heads = Summary::HEADS;
        writeln!(out, "{}\n|---|{}", row(&heads), "--:|".repeat(heads.len() - 1))?;
        for totals in rows {
            writeln!(out, "{}", row(&totals.map(|text| cell(&text))))?;
        }
        if self.rows.is_empty() {
            return Ok(());
        }
        let heads = [
            "scenario",
            "revision",
            "what is not as expected",
            "where",
            "repeat",
        ];
        writeln!(out, "\n{}\n{}|", row(&heads), "|---".repeat(heads.len()))?;
        for row in &self.rows {
            writeln!(out, "{row}")?;
        }
        match self.more {
            0 => Ok(()),
            more => writeln!(out, "\nand {more} more"),
        }
    }
}

fn row(cells: &[impl AsRef<str>]) -> String {
    let cells: Vec<&str> = cells.iter().map(AsRef::as_ref).collect();
    format!("| {} |", cells.join(" | "))
}

/// A text of which nothing is taken for Markdown or HTML.
fn cell(text: &str) -> String {
    let mut cell = String::new();
    for letter in one_line(text).chars() {
        match letter {
            '<' => cell.push_str("&lt;"),
            '>' => cell.push_str("&gt;"),
            '&' => cell.push_str("&amp;"),
            '|' | '`' | '*' | '_' | '\\' | '[' | ']' | '~' | '@' | '#' => {
                cell.push('\\');
                cell.push(letter);
            }
            _ => cell.push(letter),
        }
    }
    cell
}

/// A text as code, to be copied. In a table a bar ends the cell in code, too.
fn code(text: &str) -> String {
    if text.is_empty() {
        return String::new();
    }
    let text = one_line(text).replace('|', "\\|");
    if text.contains('`') {
        format!("`` {text} ``")
    } else {
        format!("`{text}`")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::{Failure, RunResult};

    fn text(results: &[RunResult]) -> String {
        let (mut out, mut summary, mut report) = (Vec::new(), Summary::default(), MarkdownReport::default());
        for result in results {
            let case = Finished {
                scenario: None,
                result,
            };
            summary.add(case);
            report.finished(case, &mut out).expect("written");
        }
        report.end(&summary, &mut out).expect("written");
        String::from_utf8(out).expect("UTF-8")
    }

    #[test]
    fn the_totals_stand_alone_where_everything_is_as_expected() {
        let text = text(&[RunResult::unrun("boot", "boot.json", "merged")]);
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!(
            lines[0],
            "### mlx5-cosim: 1 run of 1 scenario: 1 as expected, 0 failed, 0 skipped"
        );
        assert!(lines[2].starts_with("| revision | scenarios | pass |"), "{text}");
        assert!(lines[4].starts_with("| merged | 1 | 1 |"), "{text}");
        assert_eq!(lines.len(), 5);
    }

    #[test]
    fn nothing_that_a_file_says_is_taken_for_markdown() {
        let mut result = RunResult::unrun("a|b", "x`y.json", "merged");
        result.fail(Failure::Expectation, "<b>1</b> | *2*\n# 3");
        result.replay = "mlx5-cosim run 'x`y.json'".to_owned();
        let text = text(&[result]);
        let last = text.lines().last().expect("a row");
        assert_eq!(
            last,
            "| a\\|b | merged | &lt;b&gt;1&lt;/b&gt; \\| \\*2\\*\\\\n\\# 3 | `` x`y.json `` \
             | `` mlx5-cosim run 'x`y.json' `` |"
        );
    }

    #[test]
    fn of_very_many_failures_the_rest_is_counted() {
        let mut result = RunResult::unrun("a", "a.json", "merged");
        result.fail(Failure::Expectation, "no");
        let text = text(&vec![result; MOST + 3]);
        assert!(text.ends_with("\nand 3 more\n"), "{}", &text[text.len() - 40..]);
    }
}
