//! A broken invariant, and what makes two of them the same.

use crate::scenario::InvariantName;
use std::fmt;

/// What holds for every driver at rest, whatever a compliant firmware does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Invariant {
    /// The kernel complains: a WARN, an Oops, a lock cycle, a hung task.
    KernelIsQuiet,
    /// Firmware has no pages while no driver is bound: nobody could get them back, and they may be somebody else's by now.
    NothingIsLeft,
    /// `fw_pages_total` is what firmware's ledger adds up to.
    TotalMatchesLedger,
    /// A counter of a type of function is what firmware books on functions of that type.
    TypeMatchesLedger,
    /// No counter is below zero.
    NothingBelowZero,
    /// An operation of the host ends.
    OperationsEnd,
    /// An operation of the host succeeds where firmware keeps to the interface.
    OperationsSucceed,
    /// Once every fault has ended nothing waits any more: no command, no request, no lock.
    EverythingSettles,
    /// Neither driver nor device gives up by itself.
    NobodyPanics,
    /// What is checked after every step of our own driver.
    Checked(InvariantName),
}

impl Invariant {
    /// Its name in reports and in names of files.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::KernelIsQuiet => "kernel-is-quiet",
            Self::NothingIsLeft => "nothing-is-left",
            Self::TotalMatchesLedger => "total-matches-ledger",
            Self::TypeMatchesLedger => "type-matches-ledger",
            Self::NothingBelowZero => "nothing-below-zero",
            Self::OperationsEnd => "operations-end",
            Self::OperationsSucceed => "operations-succeed",
            Self::EverythingSettles => "everything-settles",
            Self::NobodyPanics => "nobody-panics",
            Self::Checked(invariant) => invariant.name(),
        }
    }
}

impl fmt::Display for Invariant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// What two findings have in common that are taken for the same: the invariant, and whom it concerns, without numbers.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Signature {
    /// Which.
    pub invariant: Invariant,
    /// Whom: a counter and the side that has more, an operation, a function of the kernel.
    pub subject: String,
}

impl fmt::Display for Signature {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { invariant, subject } = self;
        if subject.is_empty() {
            return invariant.fmt(f);
        }
        write!(f, "{invariant} ({subject})")
    }
}

/// A broken invariant of one run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// What it is.
    pub signature: Signature,
    /// The 1-based number of the step after which it was first seen.
    pub step: u32,
    /// In words.
    pub detail: String,
}

impl Finding {
    pub(super) fn new(invariant: Invariant, subject: impl Into<String>, step: u32, detail: String) -> Self {
        let subject = subject.into();
        Self {
            signature: Signature { invariant, subject },
            step,
            detail,
        }
    }
}
