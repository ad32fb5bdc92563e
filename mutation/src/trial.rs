//! One mutant's run.

use crate::error::MutationError;
use crate::outcome::Verdict;
use crate::weaving::Number;
use std::os::unix::process::ExitStatusExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus, Output};

/// Processor time that a test may take, in seconds. The longest took 34 on a slow machine, with all mutants woven in.
const LIMIT_S: u32 = 90;

/// Time of the wall clock that a test may take, in seconds: for one that waits.
const PATIENCE_S: u32 = 900;

/// Memory that a test may take, in KiB: a mutant that allocates for ever must not take the machine with it.
const MEMORY_KIB: u32 = 4 << 20;

/// What `timeout` ends with when it had to end the program.
const ENDED: i32 = 124;

/// What the kernel ends a program with that has had its processor time, and what it does a moment later.
const OUT_OF_TIME: [i32; 2] = [24, 9];

/// One test program.
#[derive(Clone, Debug)]
pub struct Test {
    /// The package that it tests.
    pub package: String,
    /// Its name.
    pub name: String,
    /// The program.
    pub program: PathBuf,
}

/// What became of a mutant in its run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tried {
    /// The verdict.
    pub verdict: Verdict,
    /// Which test noticed.
    pub by: Option<String>,
    /// Which scenario differed, where it was that test.
    pub scenario: Option<String>,
}

/// Runs every test without a mutant.
///
/// # Errors
/// [`MutationError::Baseline`] when one fails.
pub fn baseline(tests: &[Test], copy: &Path) -> Result<(), MutationError> {
    for test in tests {
        let output = run(test, 0, copy, &[])?;
        if !output.status.success() {
            return Err(MutationError::Baseline {
                program: test.name.clone(),
                said: said(&output),
            });
        }
    }
    Ok(())
}

/// Runs the tests with one mutant until one fails. The scenarios `first` are played before others.
///
/// # Errors
/// [`MutationError::Program`] when a test cannot be started.
pub fn try_mutant(
    tests: &[&Test],
    number: Number,
    copy: &Path,
    first: &[String],
) -> Result<Tried, MutationError> {
    for test in tests {
        let output = run(test, number, copy, first)?;
        if output.status.success() {
            continue;
        }
        return Ok(Tried {
            verdict: if is_out_of_time(output.status) {
                Verdict::TimedOut
            } else {
                Verdict::Caught
            },
            by: Some(test.name.clone()),
            scenario: differing(&said(&output)).map(ToOwned::to_owned),
        });
    }
    Ok(Tried {
        verdict: Verdict::Missed,
        by: None,
        scenario: None,
    })
}

fn is_out_of_time(status: ExitStatus) -> bool {
    status.code() == Some(ENDED)
        || status
            .signal()
            .is_some_and(|signal| OUT_OF_TIME.contains(&signal))
}

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr)
}

/// The scenario in `differs: folder/name (revision): how`.
fn differing(said: &str) -> Option<&str> {
    let (_, rest) = said.split_once("differs: ")?;
    rest.split_once(' ').map(|(name, _)| name)
}

fn run(test: &Test, number: Number, copy: &Path, first: &[String]) -> Result<Output, MutationError> {
    let hard = LIMIT_S + 1;
    let mut command = Command::new("sh");
    command.arg("-c").arg(format!(
        "ulimit -v {MEMORY_KIB}; ulimit -S -t {LIMIT_S}; ulimit -H -t {hard}; \
         exec timeout {PATIENCE_S} \"$0\" --test-threads 1"
    ));
    command.arg(&test.program);
    // A property that fails writes its case down otherwise.
    command.env("PROPTEST_DISABLE_FAILURE_PERSISTENCE", "true");
    // The same cases for every mutant, and whether one fails is enough.
    command
        .env("PROPTEST_RNG_SEED", "1")
        .env("PROPTEST_MAX_SHRINK_ITERS", "0");
    command.env("SUITE_FIRST", first.join(" "));
    command
        .env("MUTANT", number.to_string())
        .env("INSTA_UPDATE", "no");
    command.env("RUST_BACKTRACE", "0").current_dir(copy);
    command.output().map_err(|error| MutationError::Program {
        program: test.program.display().to_string(),
        said: error.to_string(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_scenario_that_differed_is_read_from_what_the_suite_says() {
        let said = "panicked at x:1:2:\ndiffers: locks/lock (merged): it is not as its snapshot says\n";
        assert_eq!(differing(said), Some("locks/lock"));
        assert_eq!(differing("a test failed"), None);
    }

    #[test]
    fn whoever_runs_out_of_time_is_told_from_whoever_fails() {
        assert!(is_out_of_time(ExitStatus::from_raw(ENDED << 8)));
        assert!(is_out_of_time(ExitStatus::from_raw(24)));
        assert!(!is_out_of_time(ExitStatus::from_raw(101 << 8)));
        assert!(!is_out_of_time(ExitStatus::from_raw(6)), "an abort is a failure");
    }
}
