//! Exit codes. They are part of the command line's contract: scripts and CI rely on them.

use crate::explore::account::{Account, Outcome};
use crate::record::Failure;
use std::cmp::Ordering;
use std::process::ExitCode;

/// How a verb ended. The order is that of badness ([`Exit::badness`]).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exit {
    /// Everything was as expected.
    AsExpected,
    /// The tool itself failed.
    Internal,
    /// The command line makes no sense, or asks for what is not there.
    Usage,
    /// No scenario and revision was selected.
    NothingSelected,
    /// All that was selected was skipped.
    AllSkipped,
    /// An expectation or an invariant failed.
    Failed,
    /// A snapshot, or what `diff` compares, differs.
    Differs,
    /// The same run went two ways.
    NotDeterministic,
    /// A scenario file is not valid.
    InvalidScenario,
    /// The backend or the virtual machine failed.
    Backend,
    /// The budget of states, steps or time was used up.
    Budget,
    /// The user has ended it, by SIGINT or SIGTERM. What ran until then was reported.
    Interrupted,
    /// A program in a guest has ended with this code, which is the process's own, whatever it is.
    OfGuest(u8),
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
  103  a scenario or a patch is not valid
  104  the backend or the VM failed
  105  the budget is used up
  130  ended by SIGINT or SIGTERM
With a command `vm` ends as the command does.
Where several happened, the worst counts, from bad to worse: 101, 100, 102, 105, 103, 104, 1, 130.";

impl Exit {
    /// How a search came out.
    #[must_use]
    pub const fn of_search(account: &Account) -> Self {
        match account.outcome {
            Outcome::None => Self::AsExpected,
            Outcome::Violated => Self::Failed,
            // Who draws so many ways has what he asked for.
            Outcome::NotProved if account.walks > 0 => Self::AsExpected,
            Outcome::NotProved => Self::Budget,
        }
    }

    /// All of them, from good to bad.
    ///
    /// What was judged and found wanting comes before what could not be judged; what is wrong with one case before what
    /// is wrong with the machine and the tool; and who ends a run wants to know that it ended before its time.
    pub const BY_BADNESS: [Self; 12] = [
        Self::AsExpected,
        Self::AllSkipped,
        Self::NothingSelected,
        Self::Differs,
        Self::Failed,
        Self::NotDeterministic,
        Self::Budget,
        Self::InvalidScenario,
        Self::Backend,
        Self::Usage,
        Self::Internal,
        Self::Interrupted,
    ];

    /// How bad it is: its place in [`Exit::BY_BADNESS`].
    #[must_use]
    pub fn badness(self) -> usize {
        let place = Self::BY_BADNESS.iter().position(|exit| *exit == self);
        place.unwrap_or(usize::MAX)
    }

    /// The number.
    #[must_use]
    pub const fn code(self) -> u8 {
        match self {
            Self::AsExpected => 0,
            Self::Internal => 1,
            Self::Usage => 2,
            Self::NothingSelected => 4,
            Self::AllSkipped => 77,
            Self::Failed => 100,
            Self::Differs => 101,
            Self::NotDeterministic => 102,
            Self::InvalidScenario => 103,
            Self::Backend => 104,
            Self::Budget => 105,
            Self::Interrupted => 130,
            Self::OfGuest(code) => code,
        }
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit.code())
    }
}

impl Ord for Exit {
    fn cmp(&self, other: &Self) -> Ordering {
        self.badness().cmp(&other.badness())
    }
}

impl PartialOrd for Exit {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl From<Failure> for Exit {
    fn from(failure: Failure) -> Self {
        match failure {
            Failure::Snapshot => Self::Differs,
            Failure::Expectation => Self::Failed,
            Failure::Budget => Self::Budget,
            Failure::Invalid => Self::InvalidScenario,
            Failure::Backend => Self::Backend,
            Failure::Internal => Self::Internal,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_worst_of_several_is_the_one_that_counts() {
        for (one, other, worst) in [
            (Exit::AsExpected, Exit::AllSkipped, Exit::AllSkipped),
            (Exit::Differs, Exit::Failed, Exit::Failed),
            (Exit::Failed, Exit::Budget, Exit::Budget),
            (Exit::Budget, Exit::InvalidScenario, Exit::InvalidScenario),
            (Exit::InvalidScenario, Exit::Backend, Exit::Backend),
            (Exit::Backend, Exit::Internal, Exit::Internal),
            (Exit::Internal, Exit::Interrupted, Exit::Interrupted),
        ] {
            assert_eq!(one.max(other), worst);
            assert_eq!(other.max(one), worst);
        }
    }

    #[test]
    fn the_help_tells_the_same_order() {
        let told = HELP.rsplit("worse: ").next().unwrap().trim_end_matches('.');
        let told: Vec<u8> = told.split(", ").map(|code| code.parse().unwrap()).collect();
        let bad = Exit::BY_BADNESS.into_iter().skip(3);
        let ranked: Vec<u8> = bad.filter(|exit| *exit != Exit::Usage).map(Exit::code).collect();
        assert_eq!(told, ranked);
    }

    #[test]
    fn failures_and_their_exits_have_one_order() {
        assert!(Failure::ALL.is_sorted());
        assert!(Failure::ALL.map(Exit::from).is_sorted());
    }
}
