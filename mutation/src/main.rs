//! `cargo mutation`: tries the mutants of the plan.

use clap::Parser;
use mutation::campaign::{self, Places};
use mutation::error::MutationError;
use mutation::plan::Group;
use mutation::table::Table;
use mutation::{outcome::Outcome, plan};
use std::io::Write as _;
use std::path::PathBuf;
use std::process::ExitCode;

/// Tries the mutants of `mutation.toml`: all in one build, each in a run of its own.
#[derive(Parser)]
struct Arguments {
    /// The project's root.
    #[arg(long, default_value = ".")]
    root: PathBuf,
    /// Where the copy and the outcomes are. Outcomes that stand there are not tried again.
    #[arg(long, default_value = "target/mutation")]
    work: PathBuf,
    /// Only these groups.
    #[arg(long)]
    group: Vec<String>,
    /// Only the lines that this diff adds or changes, of all files whose mutants can be tried; of very many mutants, some.
    #[arg(long, conflicts_with = "group")]
    in_diff: Option<PathBuf>,
    /// How many mutants are tried at once.
    #[arg(short, long, default_value_t = 1)]
    jobs: usize,
}

fn main() -> ExitCode {
    match carry_out(&Arguments::parse()) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            // There is nobody else to tell.
            let _ = writeln!(std::io::stderr(), "{error}");
            ExitCode::FAILURE
        }
    }
}

fn carry_out(arguments: &Arguments) -> Result<bool, MutationError> {
    let mut plan = plan::read(&arguments.root)?;
    if !arguments.group.is_empty() {
        plan.groups.retain(|group| arguments.group.contains(&group.name));
    }
    if arguments.in_diff.is_some() {
        plan.groups = vec![Group::of_a_change()];
    }
    let copy = arguments.work.join("copy");
    let file = |path: &PathBuf| {
        let path = path.clone();
        move |cause| MutationError::File { path, cause }
    };
    std::fs::create_dir_all(&copy).map_err(file(&copy))?;
    let copy = copy.canonicalize().map_err(file(&copy))?;
    let outcomes = arguments.work.join(match arguments.in_diff {
        Some(_) => "outcomes-of-the-change.jsonl",
        None => "outcomes.jsonl",
    });
    let places = Places {
        root: &arguments.root,
        copy: &copy,
        outcomes: &outcomes,
        diff: arguments.in_diff.as_deref(),
    };
    let tell = |outcome: &Outcome| {
        // Who does not read on is told the table's exit code all the same.
        let _ = writeln!(std::io::stderr(), "{:?} {}", outcome.verdict, outcome.mutant);
    };
    let outcomes = campaign::run(&plan, places, arguments.jobs, &tell)?;
    let table = Table {
        plan: &plan,
        outcomes: &outcomes,
    };
    let stdout = PathBuf::from("stdout");
    write!(std::io::stdout(), "{table}").map_err(file(&stdout))?;
    Ok(table.is_as_wanted())
}
