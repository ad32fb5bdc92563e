//! `completions` and `man`: what packagers put beside the program, made from the command line itself.

use crate::cli::exit::Exit;
use crate::cli::streams;
use clap::Command;
use clap_complete::Shell;
use clap_mangen::Man;
use std::io;
use std::path::Path;

/// The program, as it is called.
const NAME: &str = "mlx5-cosim";

/// Prints what completes the words of `command` in a shell.
pub(super) fn completions(mut command: Command, shell: Shell) -> Exit {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut command, NAME, &mut script);
    streams::out(String::from_utf8_lossy(&script));
    Exit::AsExpected
}

/// Writes the manual pages of `command` and its verbs.
pub(super) fn manual(command: Command, folder: &Path) -> Exit {
    match written(command, folder) {
        Ok(pages) => {
            streams::out(format_args!("{pages} pages in {}\n", folder.display()));
            Exit::AsExpected
        }
        Err(error) => {
            streams::error(format_args!("{}: {error}", folder.display()));
            Exit::Internal
        }
    }
}

/// Writes all pages; returns how many.
fn written(command: Command, folder: &Path) -> io::Result<usize> {
    std::fs::create_dir_all(folder)?;
    let mut command = command.disable_help_subcommand(true);
    command.build();
    let mut pages = Vec::new();
    collect(&command, NAME, &mut pages)?;
    for (name, page) in &pages {
        files::write(&folder.join(format!("{name}.1")), page)?;
    }
    Ok(pages.len())
}

/// The page of a command and those of its verbs, by name.
fn collect(command: &Command, name: &str, pages: &mut Vec<(String, Vec<u8>)>) -> io::Result<()> {
    let mut page = Vec::new();
    Man::new(command.clone().display_name(name)).render(&mut page)?;
    pages.push((name.to_owned(), page));
    for verb in command.get_subcommands().filter(|verb| !verb.is_hide_set()) {
        collect(verb, &format!("{name}-{}", verb.get_name()), pages)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::CommandLine;
    use clap::CommandFactory;

    #[test]
    fn every_verb_has_a_page_that_names_its_options() {
        let scratch = files::Scratch::new().expect("a folder");
        let pages = written(CommandLine::command(), scratch.path()).expect("written");
        assert!(pages > CommandLine::command().get_subcommands().count());
        let page = |name: &str| {
            let file = scratch.path().join(format!("{name}.1"));
            std::fs::read_to_string(file).expect("a page")
        };
        assert!(page("mlx5-cosim-run").contains("backend"));
        assert!(page("mlx5-cosim-snapshots-review").contains("snapshots"));
        // roff: a line that begins with a dot is a request.
        assert!(
            page("mlx5-cosim").starts_with(".ie"),
            "{}",
            &page("mlx5-cosim")[..40]
        );
    }

    #[test]
    fn the_command_line_makes_sense_to_clap() {
        CommandLine::command().debug_assert();
    }
}
