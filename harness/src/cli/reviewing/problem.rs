//! Why there is no review, as a person sees it.

use crate::cli::exit::Exit;
use crate::cli::{setup, streams};
use crate::report::palette::colour_on_stderr;
use crate::review::applying::{ApplyError, FailedHunk};
use crate::text::printable::one_line;
use guest::kit::{BuildError, KitError};
use miette::{Diagnostic, GraphicalReportHandler, GraphicalTheme, LabeledSpan, NamedSource, SourceCode};
use patches::PatchError;
use std::fmt;
use std::io;

/// Hunks, and lines of a compiler, that are shown.
const MOST_HUNKS: usize = 8;
const MOST_LINES: usize = 40;

/// A tab in a hunk. The sign before it takes a column of it, as on a terminal.
const TAB: &str = "        ";

/// Lines of a hunk around its head: all that it has.
const WHOLE: usize = 400;

/// Why there is no review.
#[derive(Debug, thiserror::Error)]
pub(super) enum ReviewError {
    /// The command line asks for what is not there, or for what makes no sense.
    #[error("{0}")]
    Usage(String),
    /// What is given is no patch.
    #[error(transparent)]
    Patch(#[from] PatchError),
    /// It does not apply.
    #[error(transparent)]
    Apply(#[from] ApplyError),
    /// It does not compile, or nothing can be built.
    #[error(transparent)]
    Build(#[from] BuildError),
    /// There is no kit.
    #[error(transparent)]
    Kit(#[from] KitError),
    /// A file cannot be read.
    #[error("{what}: {cause}")]
    Io {
        /// Which.
        what: String,
        /// Why.
        cause: io::Error,
    },
}

impl ReviewError {
    /// How the process ends: the patch is invalid input, as a scenario may be.
    pub(super) const fn exit(&self) -> Exit {
        match self {
            Self::Usage(_) | Self::Patch(PatchError::Unreadable { .. }) => Exit::Usage,
            Self::Patch(_) | Self::Build(BuildError::DoesNotCompile { .. }) => Exit::InvalidScenario,
            Self::Apply(ApplyError::Io(_)) | Self::Io { .. } => Exit::Internal,
            Self::Apply(_) => Exit::InvalidScenario,
            Self::Build(BuildError::Kit(_)) | Self::Kit(_) => Exit::Backend,
        }
    }

    /// What belongs to it, for machines: hunks, or lines of the compiler.
    pub(super) fn details(&self) -> Vec<String> {
        match self {
            Self::Apply(ApplyError::DoesNotApply { hunks, .. }) => hunks
                .iter()
                .map(|hunk| format!("{}: {}\n{}", hunk.path.display(), hunk.why, hunk.text))
                .collect(),
            Self::Build(BuildError::DoesNotCompile { said, log, .. }) => {
                let log = format!("log: {}", log.display());
                said.iter().cloned().chain([log]).collect()
            }
            Self::Patch(PatchError::Broken { excerpt, .. }) => vec![excerpt.clone()],
            _ => Vec::new(),
        }
    }

    fn help(&self) -> Option<String> {
        match self {
            Self::Patch(error) => error.help().map(str::to_owned),
            Self::Apply(ApplyError::DoesNotApply { .. }) => Some(
                "it may be for another kernel: give that one's tree by --tree, or the patches before it in front of it"
                    .to_owned(),
            ),
            Self::Apply(ApplyError::AlreadyThere { .. }) => Some(
                "there is nothing to review: what it does is what runs before. Revert it (`git show -R`) to see what it mends"
                    .to_owned(),
            ),
            Self::Apply(ApplyError::NotTheModule { .. }) => Some(
                "mlx5_core is drivers/net/ethernet/mellanox/mlx5/core and include/linux/mlx5; other parts of the kernel are \
                 not built"
                    .to_owned(),
            ),
            Self::Apply(ApplyError::Binary { .. }) => {
                Some("make it with `git diff --text`, or give the tree by --tree".to_owned())
            }
            Self::Build(BuildError::DoesNotCompile { log, .. }) => {
                Some(format!("all that make said is in {}", log.display()))
            }
            _ => None,
        }
    }
}

/// Prints on standard error what is wrong and what would help.
pub(super) fn print(error: &ReviewError) {
    match error {
        ReviewError::Kit(error) | ReviewError::Build(BuildError::Kit(error)) => return setup::print(error),
        ReviewError::Usage(message) => return streams::error(message),
        _ => {}
    }
    let mut pictures = String::new();
    match error {
        ReviewError::Apply(ApplyError::DoesNotApply { hunks, .. }) => {
            for hunk in hunks.iter().take(MOST_HUNKS) {
                pictures.push_str(&picture(&of_hunk(hunk)));
            }
            let more = hunks.len().saturating_sub(MOST_HUNKS);
            if more > 0 {
                pictures.push_str(&format!("  and {more} more hunks\n"));
            }
        }
        ReviewError::Build(BuildError::DoesNotCompile { said, .. }) => {
            for line in said.iter().take(MOST_LINES) {
                pictures.push_str(&format!("  {}\n", one_line(line)));
            }
            let more = said.len().saturating_sub(MOST_LINES);
            if more > 0 {
                pictures.push_str(&format!("  and {more} more lines\n"));
            }
        }
        ReviewError::Patch(PatchError::Broken { excerpt, .. }) => {
            for line in excerpt.lines() {
                pictures.push_str(&format!("  | {}\n", one_line(line)));
            }
        }
        _ => {}
    }
    let head = picture(&Told {
        message: error.to_string(),
        help: error.help(),
        source: None,
    });
    streams::error(format_args!("{}", head.trim_start().trim_start_matches("× ")));
    streams::err(pictures);
}

/// A message, with help or with a text that it is about.
#[derive(Debug)]
struct Told {
    message: String,
    help: Option<String>,
    /// The text and the length of its first line.
    source: Option<(NamedSource<String>, usize)>,
}

fn of_hunk(hunk: &FailedHunk) -> Told {
    let path = hunk.path.display().to_string();
    let lines = hunk
        .text
        .lines()
        .map(|line| one_line(&line.replace('\t', TAB)).into_owned());
    let text: String = lines.map(|line| line + "\n").collect();
    let head = text.lines().next().map_or(0, str::len);
    Told {
        message: format!("{}: {}", one_line(&path), hunk.why),
        help: None,
        source: (!text.is_empty()).then(|| (NamedSource::new(one_line(&path), text), head)),
    }
}

fn picture(told: &Told) -> String {
    let theme = if colour_on_stderr() {
        GraphicalTheme::unicode()
    } else {
        GraphicalTheme::unicode_nocolor()
    };
    let handler = GraphicalReportHandler::new_themed(theme)
        .with_width(streams::err_width())
        .with_context_lines(WHOLE)
        .with_links(false);
    let mut text = String::new();
    match handler.render_report(&mut text, told) {
        Ok(()) => text,
        Err(_) => format!("{}\n", told.message),
    }
}

impl fmt::Display for Told {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Told {}

impl Diagnostic for Told {
    fn help<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        let help = self.help.as_ref()?;
        Some(Box::new(help))
    }

    fn source_code(&self) -> Option<&dyn SourceCode> {
        self.source.as_ref().map(|(source, _)| source as &dyn SourceCode)
    }

    fn labels(&self) -> Option<Box<dyn Iterator<Item = LabeledSpan> + '_>> {
        let (_, length) = self.source.as_ref()?;
        let label = LabeledSpan::new_primary_with_span(Some("this hunk".to_owned()), (0, *length));
        Some(Box::new(std::iter::once(label)))
    }
}
