//! Problems of scenario files as a person sees them: the place, the line with the spot marked, and what would be right.

mod excerpt;

use crate::cli::exit::Exit;
use crate::cli::streams;
use crate::report::palette::colour_on_stderr;
use crate::scenario::{Problem, Problems, ReadError};
use excerpt::Excerpt;
use miette::{Diagnostic, GraphicalReportHandler, GraphicalTheme, LabeledSpan, SourceCode};
use std::fmt;

/// One problem with the text around it.
#[derive(Debug)]
struct Located<'a> {
    problem: &'a Problem,
    excerpt: Excerpt,
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
        Some(&self.excerpt)
    }

    fn labels(&self) -> Option<Box<dyn Iterator<Item = LabeledSpan> + '_>> {
        let label = Some(self.problem.label.clone());
        let label = LabeledSpan::new_primary_with_span(label, self.excerpt.mark());
        Some(Box::new(std::iter::once(label)))
    }
}

/// The problems of a file, each headed by `file:line:column`, in lines of `width` columns.
#[must_use]
pub fn render(problems: &Problems, colour: bool, width: usize) -> String {
    let theme = if colour {
        GraphicalTheme::unicode()
    } else {
        GraphicalTheme::unicode_nocolor()
    };
    let handler = GraphicalReportHandler::new_themed(theme)
        .with_width(width)
        .with_links(false);
    let mut text = String::new();
    for problem in &problems.problems {
        let (line, column) = problems.position(problem.span.start);
        text.push_str(&format!(
            "{}:{line}:{column}: {}\n",
            problems.file, problem.message
        ));
        let located = Located {
            problem,
            excerpt: Excerpt::of(problems, problem, width),
        };
        let mut picture = String::new();
        if handler.render_report(&mut picture, &located).is_ok() {
            text.push_str(body(&picture));
        }
        text.push('\n');
    }
    if problems.untold > 0 {
        text.push_str(&format!(
            "{}: and {} more problems\n\n",
            problems.file, problems.untold
        ));
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

/// Prints on stderr why a file yields no scenario.
pub fn print(error: &ReadError) {
    match error {
        ReadError::Invalid(problems) => {
            streams::err(render(problems, colour_on_stderr(), streams::err_width()));
        }
        ReadError::Unreadable { .. } | ReadError::TooLarge { .. } => streams::error(error),
    }
}

/// How a verb ends that needed this file alone.
#[must_use]
pub const fn exit(error: &ReadError) -> Exit {
    match error {
        ReadError::Invalid(_) | ReadError::TooLarge { .. } => Exit::InvalidScenario,
        ReadError::Unreadable { .. } => Exit::Usage,
    }
}
