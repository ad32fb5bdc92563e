//! Problems of scenario files as a person sees them: the place, the line with the spot marked, and what would be right.

use crate::cli::streams;
use crate::report::palette::colour_on_stderr;
use crate::scenario::{Problem, Problems, ReadError};
use miette::{Diagnostic, GraphicalReportHandler, GraphicalTheme, LabeledSpan, NamedSource, SourceCode};
use std::fmt;

/// One problem with the text around it.
#[derive(Debug)]
struct Located<'a> {
    problem: &'a Problem,
    source: NamedSource<String>,
}

impl fmt::Display for Located<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.problem.message)
    }
}

impl std::error::Error for Located<'_> {}

impl Diagnostic for Located<'_> {
    fn help<'b>(&'b self) -> Option<Box<dyn fmt::Display + 'b>> {
        self.problem
            .hint
            .as_ref()
            .map(|hint| Box::new(hint) as Box<dyn fmt::Display>)
    }

    fn source_code(&self) -> Option<&dyn SourceCode> {
        Some(&self.source)
    }

    fn labels(&self) -> Option<Box<dyn Iterator<Item = LabeledSpan> + '_>> {
        let span = &self.problem.span;
        let label = LabeledSpan::new_primary_with_span(Some(self.problem.label.clone()), span.clone());
        Some(Box::new(std::iter::once(label)))
    }
}

/// All problems of a file, each headed by `file:line:column`.
#[must_use]
pub fn render(problems: &Problems, colour: bool) -> String {
    let theme = if colour {
        GraphicalTheme::unicode()
    } else {
        GraphicalTheme::unicode_nocolor()
    };
    let handler = GraphicalReportHandler::new_themed(theme)
        .with_width(110)
        .with_links(false);
    let mut text = String::new();
    for problem in &problems.problems {
        let (line, column) = problems.position(problem.span.start);
        text.push_str(&format!(
            "{}:{line}:{column}: {}\n",
            problems.file, problem.message
        ));
        let shown = on_one_line(problem, &problems.text);
        let located = Located {
            problem: &shown,
            source: NamedSource::new(&problems.file, problems.text.clone()),
        };
        let mut picture = String::new();
        if handler.render_report(&mut picture, &located).is_ok() {
            text.push_str(body(&picture));
        }
        text.push('\n');
    }
    text
}

/// The picture without its first lines, which repeat the message.
fn body(picture: &str) -> &str {
    picture
        .find("╭─")
        .and_then(|at| picture[..at].rfind('\n'))
        .map_or(picture, |at| &picture[at + 1..])
}

/// The problem with its mark cut at the end of the line where it begins.
fn on_one_line(problem: &Problem, text: &str) -> Problem {
    let start = problem.span.start;
    let line_end = text
        .get(start..)
        .and_then(|rest| rest.find('\n'))
        .map_or(text.len(), |at| start + at);
    Problem {
        span: start..problem.span.end.min(line_end).max(start),
        ..problem.clone()
    }
}

/// Prints on stderr why a file yields no scenario.
pub fn print(error: &ReadError) {
    match error {
        ReadError::Invalid(problems) => streams::err(render(problems, colour_on_stderr())),
        ReadError::Unreadable { .. } => streams::error(error),
    }
}
