//! Exit codes. They are part of the command line's contract: scripts and CI rely on them.

use std::process::ExitCode;

/// How a verb ended. The numbers are the process's exit codes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u8)]
pub enum Exit {
    /// Everything was as expected.
    AsExpected = 0,
    /// The tool itself failed.
    Internal = 1,
    /// The command line makes no sense, or asks for what is not there.
    Usage = 2,
    /// No scenario and revision was selected.
    NothingSelected = 4,
    /// All that was selected was skipped.
    AllSkipped = 77,
    /// An expectation or an invariant failed.
    Failed = 100,
    /// A snapshot, or what `diff` compares, differs.
    Differs = 101,
    /// The same run went two ways.
    NotDeterministic = 102,
    /// A scenario file is not valid.
    InvalidScenario = 103,
    /// The backend or the virtual machine failed.
    Backend = 104,
    /// The budget of states, steps or time was used up.
    Budget = 105,
    /// The user has ended it, by SIGINT or SIGTERM. What ran until then was reported.
    Interrupted = 130,
}

/// The codes as the help shows them.
pub const HELP: &str = "\
Exit codes:
    0  as expected
    1  internal error
    2  usage
    4  nothing selected
   77  all that was selected was skipped
  100  an expectation or an invariant failed
  101  a snapshot differs
  102  not deterministic
  103  a scenario is not valid
  104  the backend or the VM failed
  105  the budget is used up
  130  ended by SIGINT or SIGTERM";

impl Exit {
    /// The number.
    #[must_use]
    pub const fn code(self) -> u8 {
        self as u8
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit.code())
    }
}
