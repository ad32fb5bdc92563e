//! Another program of the image.

use super::refusal::{refuse, refused_io};
use guest_protocol::{Answer, Refusal};
use rustix::io::Errno;
use std::io::{self, BufRead, BufReader};
use std::process::{Command, Stdio};

/// How many of its last lines are told.
const LAST_LINES: usize = 8;

/// Runs a program to its end. It has nothing to read; what it writes goes to the console, and of its errors the last ones are told
/// too.
pub fn run(program: &str, arguments: &[String]) -> Result<Answer, Refusal> {
    let mut command = Command::new(program);
    command
        .args(arguments)
        .stdin(Stdio::null())
        .stderr(Stdio::piped());
    let mut child = command.spawn().map_err(refused_io(format!("run {program}")))?;
    let words = child.stderr.take().map(last_words).unwrap_or_default();
    // Orphans are reaped all the time, and so may this one have been.
    let ended = match child.wait() {
        Ok(status) if status.success() => return Ok(Answer::Done),
        Ok(status) => status.to_string(),
        Err(error) if is_reaped(&error) => "in a way that nobody has seen".to_owned(),
        Err(error) => return Err(refused_io(format!("wait for {program}"))(error)),
    };
    let words = words.join("\n");
    Err(refuse(
        Errno::CANCELED,
        format!("{program} ended, {ended}: {words}"),
    ))
}

fn is_reaped(error: &io::Error) -> bool {
    error.raw_os_error().map(Errno::from_raw_os_error) == Some(Errno::CHILD)
}

/// The last lines of what a program says until it ends; all of them go to the console.
fn last_words(says: impl io::Read) -> Vec<String> {
    let mut last = Vec::new();
    for line in BufReader::new(says).lines().map_while(Result::ok) {
        eprintln!("{line}");
        if last.len() == LAST_LINES {
            last.remove(0);
        }
        last.push(line);
    }
    last
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shell(script: &str) -> Result<Answer, Refusal> {
        run("/bin/sh", &["-c".to_owned(), script.to_owned()])
    }

    #[test]
    fn a_program_that_ends_well_is_done_and_another_is_told_with_its_last_words() {
        assert_eq!(shell("echo chatter >&2"), Ok(Answer::Done));
        let refusal =
            shell("for n in 1 2 3 4 5 6 7 8 9; do echo word $n >&2; done; exit 3").expect_err("it failed");
        let what = refusal.what;
        assert!(
            what.starts_with("/bin/sh ended, exit status: 3: word 2\nword 3\n"),
            "{what}"
        );
        assert!(what.ends_with("\nword 9"), "{what}");
    }

    #[test]
    fn a_program_that_is_not_there_is_named() {
        let refusal = run("/no/such/program", &[]).expect_err("refused");
        assert_eq!(refusal.errno, 2);
        assert!(refusal.what.contains("/no/such/program"), "{}", refusal.what);
    }
}
