//! Where reports go: one form on standard output, others into files beside it.
//!
//! A file stands under its name only when it is whole. What cannot be written, wherever, is told once and ends the
//! command with [`Exit::Internal`]; the other outputs go on.

use crate::cli::exit::Exit;
use crate::cli::page_file;
use crate::cli::streams;
use crate::record::timeline::Keep;
use crate::report::Format;
use crate::report::case::Finished;
use crate::report::human::{Close, Detail, Style};
use crate::report::page::PageReport;
use crate::report::palette::Palette;
use crate::report::stream::{Plan, Readers, Report};
use crate::report::summary::Summary;
use crate::report::trace::TraceReport;
use crate::text::printable;
use clap::{Arg, ArgMatches, Args, Command, FromArgMatches, value_parser};
use files::OutputFile;
use std::fs;
use std::io::{self, Write};
use std::os::unix::fs::FileTypeExt;
use std::path::{Path, PathBuf};

/// Which reports are wanted, and where.
#[derive(Clone, Debug, Args)]
pub(super) struct OutputArguments {
    /// Form of the results on standard output.
    #[arg(long, value_enum, default_value = "human")]
    format: Format,
    /// Tell people only of what is not as expected, and the totals in one line.
    #[arg(short, long, conflicts_with = "verbose")]
    quiet: bool,
    #[command(flatten)]
    files: ReportFiles,
    /// Write when everything happened, on the device's clock, into this file, for ui.perfetto.dev or chrome://tracing.
    #[arg(long, value_name = "FILE")]
    trace: Option<PathBuf>,
    /// Write a page to look at into this folder: index.html, with everything in it.
    #[arg(long, value_name = "DIR")]
    report: Option<PathBuf>,
}

/// The forms that are wanted in a file: `--junit FILE` and its like, one for each form of the table.
#[derive(Clone, Debug, Default)]
struct ReportFiles(Vec<(Format, PathBuf)>);

impl FromArgMatches for ReportFiles {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, clap::Error> {
        let mut files = Self::default();
        files.update_from_arg_matches(matches)?;
        Ok(files)
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), clap::Error> {
        let file = |format: &Format| {
            let file = matches.get_one::<PathBuf>(format.name())?;
            Some((*format, file.clone()))
        };
        self.0 = Format::ALL.iter().filter_map(file).collect();
        Ok(())
    }
}

impl Args for ReportFiles {
    fn augment_args(command: Command) -> Command {
        let flags = Format::ALL.iter().map(|format| {
            let about = format.about().trim_end_matches('.');
            Arg::new(format.name())
                .long(format.name())
                .value_name("FILE")
                .value_parser(value_parser!(PathBuf))
                .help(format!("Write the results into this file as well: {about}"))
        });
        command.args(flags)
    }

    fn augment_args_for_update(command: Command) -> Command {
        Self::augment_args(command)
    }
}

impl OutputArguments {
    /// Every file that is to be written, with the flag that says so.
    fn files(&self) -> impl Iterator<Item = (String, PathBuf)> {
        let files = self.files.0.iter();
        let files = files.map(|(format, file)| (format!("--{}", format.name()), file.clone()));
        let trace = self.trace.iter();
        let files = files.chain(trace.map(|file| ("--trace".to_owned(), file.clone())));
        let page = self.report.iter();
        files.chain(page.map(|folder| ("--report".to_owned(), page_file::of(folder))))
    }

    /// Whether people want to be told of nothing but what is not as expected.
    pub(super) const fn quiet(&self) -> bool {
        self.quiet
    }

    /// What runs have to keep for these reports.
    pub(super) const fn keep(&self) -> Keep {
        match (&self.trace, &self.report) {
            (None, None) => Keep::Nothing,
            _ => Keep::Everything,
        }
    }
}

/// How a command's reports are to look.
#[derive(Clone, Copy, Debug)]
pub(super) struct Look {
    /// Whether people want the details of every run.
    pub(super) verbose: bool,
    /// What comes after the last case.
    pub(super) close: Close,
}

/// Why no report can be written.
#[derive(Debug, thiserror::Error)]
enum Refused {
    #[error("{}: {one} and {other} cannot write the same file", .file.display())]
    Same {
        file: PathBuf,
        one: String,
        other: String,
    },
    #[error("{}: it is a pipe, and a report stands in a file whole or not at all; --format writes as it goes", .file.display())]
    Pipe { file: PathBuf },
    #[error("{0}")]
    File(#[from] files::FileError),
    #[error("{0}")]
    Page(#[from] page_file::PageFileError),
}

/// The reports of a command.
pub(super) struct Outputs {
    outputs: Vec<Output>,
    summary: Summary,
    quiet: bool,
    /// The worst that happened to any of them.
    worst: Exit,
}

/// A report and where it goes.
struct Output {
    report: Box<dyn Report>,
    target: Target,
}

enum Target {
    Stdout,
    File(OutputFile),
    /// Something could not be written. What has been said is all that there will be.
    Lost,
}

impl Outputs {
    /// Begins every report that is asked for. `others` are files that the command writes besides, with their flags.
    ///
    /// # Errors
    /// [`Exit::Internal`], told, where a file cannot be begun.
    pub(super) fn begin(
        arguments: &OutputArguments,
        look: Look,
        plan: &Plan,
        others: &[(&str, &Path)],
    ) -> Result<Self, Exit> {
        let outputs = outputs(arguments, look, others).map_err(|refused| {
            streams::error(refused);
            Exit::Internal
        })?;
        let mut outputs = Self {
            outputs,
            summary: Summary::of(plan.cases.len()),
            quiet: arguments.quiet,
            worst: Exit::AsExpected,
        };
        outputs.tell(|report, out| report.begin(plan, out));
        Ok(outputs)
    }

    /// Tells every report of a case that has finished.
    pub(super) fn finished(&mut self, case: Finished<'_>) {
        self.summary.add(case);
        for step in &case.result.steps {
            self.tell(|report, out| report.step(case, step, out));
        }
        self.tell(|report, out| report.finished(case, out));
    }

    /// Says something to people that belongs between the cases.
    pub(super) fn aside(&self, words: &str) {
        match self.readers_of_stdout() {
            Readers::People => streams::out(words),
            Readers::Machines => streams::err(words),
        }
    }

    /// Whether nobody is there for what may still come.
    pub(super) fn are_unheard(&self) -> bool {
        let unheard = |output: &Output| match output.target {
            Target::Stdout => streams::out_is_closed(),
            Target::File(_) => false,
            Target::Lost => true,
        };
        // What is lost is worth the rest of the run all the same: it is written elsewhere, as snapshots are.
        streams::out_is_closed() && self.outputs.iter().all(unheard)
    }

    /// Ends every report. Returns the totals, and the worst that happened to a report.
    pub(super) fn end(mut self) -> (Summary, Exit) {
        let summary = std::mem::take(&mut self.summary);
        self.tell(|report, out| report.end(&summary, out));
        let readers = self.readers_of_stdout();
        for output in self.outputs {
            if let Target::File(file) = output.target
                && let Err(error) = file.finish()
            {
                streams::error(error);
                self.worst = self.worst.max(Exit::Internal);
            }
        }
        if readers == Readers::Machines && !self.quiet {
            streams::note(summary.one_line());
        }
        (summary, self.worst)
    }

    fn readers_of_stdout(&self) -> Readers {
        // INVARIANT: the first output is the one on standard output.
        self.outputs
            .first()
            .map_or(Readers::People, |output| output.report.readers())
    }

    fn tell(&mut self, event: impl Fn(&mut dyn Report, &mut dyn Write) -> io::Result<()>) {
        for output in &mut self.outputs {
            if let Err(error) = output.tell(&event) {
                streams::error(error);
                output.target = Target::Lost;
                self.worst = self.worst.max(Exit::Internal);
            }
        }
    }
}

impl Output {
    fn tell(&mut self, event: impl Fn(&mut dyn Report, &mut dyn Write) -> io::Result<()>) -> io::Result<()> {
        if matches!(self.target, Target::Lost) {
            return Ok(());
        }
        // In one piece, so that what others write into the same stream stands between events.
        let mut words = Vec::new();
        event(&mut *self.report, &mut words)?;
        let words = String::from_utf8_lossy(&words);
        match &mut self.target {
            Target::Stdout => streams::print(&words),
            Target::File(file) => file.write_all(printable::lines(&words).as_bytes()),
            Target::Lost => Ok(()),
        }
    }
}

fn outputs(
    arguments: &OutputArguments,
    look: Look,
    others: &[(&str, &Path)],
) -> Result<Vec<Output>, Refused> {
    let others = others
        .iter()
        .map(|(flag, file)| ((*flag).to_owned(), file.to_path_buf()));
    let written: Vec<(String, PathBuf)> = arguments.files().chain(others).collect();
    for (place, (one, file)) in written.iter().enumerate() {
        let mut rest = written.iter().skip(place + 1);
        if let Some((other, _)) = rest.find(|(_, other)| is_same(file, other)) {
            return Err(Refused::Same {
                file: file.clone(),
                one: one.clone(),
                other: other.clone(),
            });
        }
    }
    let style = |palette, room| Style {
        palette,
        detail: if arguments.quiet {
            Detail::Failures
        } else if look.verbose {
            Detail::Everything
        } else {
            Detail::Lines
        },
        room,
        close: look.close,
    };
    let on_stdout = style(Palette::for_stdout(), streams::out_room());
    let mut outputs = vec![Output {
        report: arguments.format.report(on_stdout),
        target: Target::Stdout,
    }];
    for (format, file) in &arguments.files.0 {
        let report = format.report(style(Palette { colour: false }, None));
        outputs.push(in_file(report, file)?);
    }
    if let Some(file) = &arguments.trace {
        outputs.push(in_file(Box::new(TraceReport::default()), file)?);
    }
    if let Some(folder) = &arguments.report {
        let target = Target::File(page_file::create(folder)?);
        let report = Box::new(PageReport::default());
        outputs.push(Output { report, target });
    }
    Ok(outputs)
}

fn in_file(report: Box<dyn Report>, file: &Path) -> Result<Output, Refused> {
    if fs::symlink_metadata(file).is_ok_and(|about| about.file_type().is_fifo()) {
        return Err(Refused::Pipe {
            file: file.to_owned(),
        });
    }
    let target = Target::File(OutputFile::create(file)?);
    Ok(Output { report, target })
}

/// Whether two paths are one file, which may not be there yet. A device takes what any number of reports write.
fn is_same(one: &Path, other: &Path) -> bool {
    let place = |file: &Path| {
        let folder = match file.parent() {
            Some(folder) if folder != Path::new("") => folder,
            _ => Path::new("."),
        };
        let folder = folder.canonicalize().ok()?;
        Some(folder.join(file.file_name()?))
    };
    let is_device = fs::metadata(one).is_ok_and(|about| !about.is_file());
    !is_device && (one == other || place(one).is_some_and(|one| Some(one) == place(other)))
}
