//! This program under the name of a command: what it does is in its name, as with busybox.

use crate::session::enter;
use crate::shell;
use std::path::Path;
use std::process::ExitCode;

/// Runs the command that the first of these words names.
pub fn run(words: impl Iterator<Item = String>) -> ExitCode {
    let mut words = words;
    let path = words.next().unwrap_or_default();
    let rest: Vec<String> = words.collect();
    let name = Path::new(&path).file_name().unwrap_or_default();
    let code = match name.to_str().unwrap_or_default() {
        enter::NAME => enter::run(&rest),
        "sh" => shell::run(&rest),
        name if shell::COMMANDS.contains(&name) || shell::WITHOUT_BUSYBOX.contains(&name) => {
            let line: Vec<&str> = [name]
                .into_iter()
                .chain(rest.iter().map(String::as_str))
                .collect();
            shell::obey_line(&line.join(" "))
        }
        _ => {
            eprintln!("guest-init is the first program of a guest and does nothing elsewhere");
            1
        }
    };
    ExitCode::from(code)
}
