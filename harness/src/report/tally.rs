//! The totals of runs in one line.

use std::fmt;

/// How many runs there were, and how they ended.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// All that have finished.
    pub runs: usize,
    /// Of how many scenarios.
    pub scenarios: usize,
    /// Those that were as expected.
    pub pass: usize,
    /// Those that were judged and found wanting.
    pub fail: usize,
    /// Those that nobody could judge.
    pub errors: usize,
    /// Those that were skipped.
    pub skip: usize,
    /// Those that were to be run and were not.
    pub not_run: usize,
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let plural =
            |number: usize, thing: &str| format!("{number} {thing}{}", if number == 1 { "" } else { "s" });
        let (runs, scenarios) = (plural(self.runs, "run"), plural(self.scenarios, "scenario"));
        write!(
            f,
            "{runs} of {scenarios}: {} as expected, {} failed",
            self.pass, self.fail
        )?;
        if self.errors > 0 {
            write!(f, ", {}", plural(self.errors, "error"))?;
        }
        write!(f, ", {} skipped", self.skip)?;
        if self.not_run > 0 {
            write!(f, ", {} not run", self.not_run)?;
        }
        Ok(())
    }
}
