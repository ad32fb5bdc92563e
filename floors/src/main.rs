//! `cargo floors`: holds the code against `floors.toml`, or draws the floors anew.

use clap::{Parser, ValueEnum};
use floors::error::FloorsError;
use floors::{judgement, picture, plan, reading};
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// Reads which file uses which, and holds it against the floors of the house.
#[derive(Parser)]
struct Arguments {
    /// What to do.
    #[arg(value_enum, default_value_t = Task::Check)]
    task: Task,
    /// The project's root.
    #[arg(long, default_value = ".")]
    root: PathBuf,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Task {
    /// Says what is not as the floors say; the picture in the docs has to be the present one.
    Check,
    /// Draws the picture into the docs.
    Draw,
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let (text, code) = match carry_out(&arguments) {
        Ok(complaints) if complaints.is_empty() => (String::from("the floors hold\n"), ExitCode::SUCCESS),
        Ok(complaints) => (complaints.join("\n") + "\n", ExitCode::FAILURE),
        Err(error) => (format!("{error}\n"), ExitCode::FAILURE),
    };
    match std::io::stdout().write_all(text.as_bytes()) {
        Ok(()) => code,
        Err(_) => ExitCode::FAILURE,
    }
}

fn carry_out(arguments: &Arguments) -> Result<Vec<String>, FloorsError> {
    let root = &arguments.root;
    let house = plan::read(root)?;
    let readings = reading::read(root, &house)?;
    let document = picture::document(root);
    let present = std::fs::read_to_string(&document).map_err(in_file(&document))?;
    let drawn = picture::hang(&document, &present, &picture::draw(&house, &readings))?;
    if arguments.task == Task::Draw {
        std::fs::write(&document, drawn).map_err(in_file(&document))?;
        return Ok(Vec::new());
    }
    let mut complaints: Vec<String> = judgement::judge(&house, &readings)
        .iter()
        .map(ToString::to_string)
        .collect();
    if drawn != present {
        let document = document.display();
        complaints.push(format!(
            "the picture in {document} is not the present one: cargo floors draw"
        ));
    }
    Ok(complaints)
}

fn in_file(path: &Path) -> impl FnOnce(std::io::Error) -> FloorsError + '_ {
    |cause| FloorsError::File {
        path: path.to_path_buf(),
        cause,
    }
}
