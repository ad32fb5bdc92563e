//! Reports: what a run showed, for people and for machines, and the table of their forms.
//!
//! | where | what |
//! |---|---|
//! | [`case`] | a case that has finished |
//! | [`findings`] | what a run shows, in a few numbers: drift, underflow, stall, leak, corruption |
//! | [`books`] | both books of one moment side by side |
//! | [`stream`] | the events that feed every report, and what a report is |
//! | [`human`], [`summary`], [`tally`] | lines, details and tables for people |
//! | [`json_lines`], [`junit`], [`ktap`], [`github`], [`markdown`] | the same for machines |
//! | `drawing` | when everything happened, as lanes |
//! | [`page`] | all of that to look at, in a browser |
//! | [`trace`] | when everything happened, for a viewer of traces |
//! | [`canonical`] | a run as snapshot |
//! | [`difference`] | two snapshots, or two outputs, counter by counter |
//! | [`exploration`] | what `explore` found |
//! | [`palette`], [`columns`] | colours and alignment |

pub mod books;
pub mod canonical;
pub mod case;
pub mod columns;
pub mod difference;
mod drawing;
pub mod exploration;
pub mod findings;
pub mod github;
pub mod human;
pub mod json_lines;
pub mod junit;
pub mod ktap;
pub mod markdown;
pub mod page;
pub mod palette;
pub mod stream;
pub mod summary;
pub mod tally;
pub mod trace;

use clap::ValueEnum;
use github::GithubReport;
use human::{HumanReport, Style};
use json_lines::JsonReport;
use junit::JunitReport;
use ktap::KtapReport;
use markdown::MarkdownReport;
use stream::Report;

/// The table of forms: what it is in a word of the command line, and what makes the report.
macro_rules! formats {
    ($(#[doc = $about:literal] $format:ident, $word:literal, $report:expr;)*) => {
        /// Forms of the results.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, ValueEnum)]
        pub enum Format {
            $(#[doc = $about] #[value(name = $word)] $format,)*
        }

        impl Format {
            /// All of them, in the order of the help.
            pub const ALL: &[Self] = &[$(Self::$format),*];

            /// Its word on the command line.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self { $(Self::$format => $word,)* }
            }

            /// What it is, in one line.
            #[must_use]
            pub const fn about(self) -> &'static str {
                match self { $(Self::$format => $about.trim_ascii(),)* }
            }

            /// A report of this form; `style` is for those that people read.
            #[must_use]
            pub fn report(self, style: Style) -> Box<dyn Report> {
                match self { $(Self::$format => make(style, $report),)* }
            }
        }
    };
}

formats! {
    /// Lines and tables.
    Human, "human", HumanReport::new;
    /// One JSON object per line.
    Json, "json", |_| JsonReport;
    /// JUnit XML.
    Junit, "junit", |_| JunitReport::default();
    /// The kernel's test anything protocol.
    Ktap, "ktap", |_| KtapReport::default();
    /// Annotations of GitHub Actions.
    Github, "github", |_| GithubReport;
    /// Markdown, for the summary of a CI job.
    Markdown, "markdown", |_| MarkdownReport::default();
}

fn make<R: Report + 'static>(style: Style, report: impl FnOnce(Style) -> R) -> Box<dyn Report> {
    Box::new(report(style))
}
