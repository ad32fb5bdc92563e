//! The command line: `mlx5-cosim <verb>`.
//!
//! What a verb produces (results for people and for machines, a schema, a list, an explanation, a difference) goes to
//! stdout; progress, the log and what is wrong with files and arguments go to stderr.

pub mod artifact;
pub mod backend;
mod checking;
mod clock;
mod comparing;
mod crew;
mod defect;
pub mod diagnostic;
mod drafting;
pub mod exit;
mod explore_arguments;
mod exploring;
pub mod filter;
pub mod job;
mod kit_arguments;
pub mod library;
mod logging;
mod merging;
pub mod naming;
mod outputs;
mod packaging;
mod page_file;
pub mod partition;
mod place;
mod progress;
mod recording;
mod replaying;
mod review_arguments;
mod reviewing;
mod run_arguments;
mod running;
pub mod selection;
mod serving;
mod setup;
mod showing;
mod signals;
pub mod snapshot_folder;
mod snapshots;
pub mod streams;
mod swarm_arguments;
mod swarming;
mod text_edit;
mod vm;

use crate::cli::exit::Exit;
use crate::report::palette::{colour_on_stderr, colour_on_stdout};
use clap::{CommandFactory, Parser, Subcommand};
use explore_arguments::ExploreArguments;
use logging::LogForm;
use merging::MergeArguments;
use review_arguments::ReviewArguments;
use run_arguments::RunArguments;
use std::ffi::OsString;
use std::path::PathBuf;

/// The version, and of a release build the commit.
const VERSION: &str = env!("MLX5_COSIM_VERSION");

/// Runs the page management of an mlx5 driver against a device and compares both books after every step.
#[derive(Debug, Parser)]
#[command(name = "mlx5-cosim", version = VERSION, after_help = exit::HELP)]
struct CommandLine {
    #[command(subcommand)]
    verb: Verb,
    /// More on stderr: -v for details of every run, -vv for the driver's and the device's own events.
    #[arg(short, long, action = clap::ArgAction::Count, global = true)]
    verbose: u8,
    #[command(flatten)]
    color: colorchoice_clap::Color,
    /// Form of the log on stderr.
    #[arg(long, value_enum, global = true, value_name = "FORM")]
    log: Option<LogForm>,
}

#[derive(Debug, Subcommand)]
enum Verb {
    /// Run scenarios, one line per scenario and revision, then a summary.
    Run(RunArguments),
    /// Build the Linux driver with a patch, run scenarios before and after, and say what is mended and what is broken.
    Review(ReviewArguments),
    /// List scenarios.
    List {
        /// Scenario files or folders, or names as this prints them.
        #[arg(default_value = library::FOLDER)]
        paths: Vec<PathBuf>,
        #[command(flatten)]
        filter: filter::Filter,
    },
    /// Validate scenario files without running them.
    Check {
        /// Scenario files or folders, or names as `list` prints them.
        #[arg(required = true)]
        paths: Vec<PathBuf>,
    },
    /// Print the JSON Schema of scenario files.
    Schema {
        /// That of the control protocol instead.
        #[arg(long)]
        control: bool,
    },
    /// Tell a scenario in numbered sentences.
    Explain {
        /// The scenario file, or its name as `list` prints it.
        file: PathBuf,
    },
    /// Compare two snapshots, or two outputs of `run --format json`, counter by counter.
    Diff {
        /// One file.
        a: PathBuf,
        /// The other.
        b: PathBuf,
    },
    /// Search all ways through a race: what it can come to, and whether anything goes wrong.
    Explore(ExploreArguments),
    /// Join what parts of a search have found into one verdict.
    Merge(MergeArguments),
    /// Repeat a recorded run, byte for byte.
    Replay {
        /// The artifact that `run --record` wrote.
        file: PathBuf,
        #[command(flatten)]
        output: outputs::OutputArguments,
    },
    /// Walk through snapshots that differ.
    #[command(subcommand)]
    Snapshots(snapshots::SnapshotVerb),
    /// Write a scenario of your own, like another one, with every step told in words.
    Init(drafting::InitArguments),
    /// Serve a device at vfio-user sockets, for a QEMU of your own.
    Serve(serving::ServeArguments),
    /// Boot a guest with a served device and its unmodified driver, on this terminal.
    Vm(vm::VmArguments),
    /// Fetch and check the guest kit: QEMU and a kernel with mlx5_core.
    Setup(setup::SetupArguments),
    /// Print what completes the words of this command line in a shell.
    Completions {
        /// The shell.
        shell: clap_complete::Shell,
    },
    /// Write the manual pages, one for each verb, into a folder.
    Man {
        /// The folder; it is made if it is not there.
        folder: PathBuf,
    },
}

/// Runs the command line `arguments` (the program's name first) and says how it went.
pub fn run_command_line<I, T>(arguments: I) -> Exit
where
    I: IntoIterator<Item = T>,
    T: Into<OsString> + Clone,
{
    defect::announce();
    signals::take_limits_as_errors();
    let arguments: Vec<OsString> = arguments.into_iter().map(Into::into).collect();
    // What is wrong with the arguments, and the help, are told in the colours that they ask for, too.
    if let Some(color) = colour_asked_for(&arguments) {
        color.write_global();
    }
    let command_line = match CommandLine::try_parse_from(arguments) {
        Ok(command_line) => command_line,
        Err(error) => {
            let text = error.render();
            return streams::verdict(if error.use_stderr() {
                let coloured = colour_on_stderr().then(|| text.ansi().to_string());
                streams::err(coloured.unwrap_or_else(|| text.to_string()));
                Exit::Usage
            } else {
                let coloured = colour_on_stdout().then(|| text.ansi().to_string());
                streams::out(coloured.unwrap_or_else(|| text.to_string()));
                Exit::AsExpected
            });
        }
    };
    // A server says what it serves without being asked.
    let at_least = u8::from(matches!(command_line.verb, Verb::Serve(_)));
    logging::start(command_line.verbose.saturating_add(at_least), command_line.log);
    streams::verdict(defect::contained(|| carry_out(command_line)))
}

/// What `--color` says, before anybody has understood the arguments.
fn colour_asked_for(arguments: &[OsString]) -> Option<anstream::ColorChoice> {
    let mut words = arguments.iter().skip(1).filter_map(|word| word.to_str());
    let mut said = None;
    while let Some(word) = words.next() {
        said = match word.strip_prefix("--color") {
            Some("") => words.next(),
            Some(rest) => rest.strip_prefix('='),
            None if word == "--" => break,
            None => None,
        }
        .or(said);
    }
    match said {
        Some("always") => Some(anstream::ColorChoice::Always),
        Some("never") => Some(anstream::ColorChoice::Never),
        _ => None,
    }
}

fn carry_out(command_line: CommandLine) -> Exit {
    match command_line.verb {
        Verb::Run(arguments) => running::run(&arguments, command_line.verbose > 0),
        Verb::Review(arguments) => reviewing::review(&arguments, command_line.verbose > 0),
        Verb::List { paths, filter } => showing::list(&paths, &filter),
        Verb::Check { paths } => checking::check(&paths),
        Verb::Schema { control } => showing::schema(control),
        Verb::Explain { file } => showing::explain(&file),
        Verb::Diff { a, b } => comparing::diff(&a, &b),
        Verb::Explore(arguments) => exploring::explore(&arguments),
        Verb::Merge(arguments) => merging::merge(&arguments),
        Verb::Replay { file, output } => replaying::replay(&file, &output),
        Verb::Snapshots(verb) => snapshots::carry_out(&verb),
        Verb::Init(arguments) => drafting::init(&arguments),
        Verb::Serve(arguments) => serving::serve(&arguments),
        Verb::Vm(arguments) => vm::boot(&arguments, command_line.verbose > 0),
        Verb::Setup(arguments) => setup::set_up(&arguments),
        Verb::Completions { shell } => packaging::completions(CommandLine::command(), shell),
        Verb::Man { folder } => packaging::manual(CommandLine::command(), &folder),
    }
}
