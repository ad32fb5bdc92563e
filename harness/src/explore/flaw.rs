//! What must not happen in a race.

use crate::record::result::Violation;
use crate::scenario::{ExpectedViolation, InvariantName};
use std::fmt;

/// What kind of thing must not happen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum FlawKind {
    /// An invariant is broken.
    Broken(InvariantName),
    /// The driver looks for pages under a key under which it has none.
    MissingRoot,
    /// Firmware returns a page that the driver does not find in its book.
    PageNotFound,
    /// An operation of the host never ends.
    NeverEnds,
    /// Everybody goes on, and nothing comes of it.
    Livelock,
}

/// See the module's head. The same kind of thing about the same subject is one flaw, whatever the numbers.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Flaw {
    /// What kind.
    pub kind: FlawKind,
    /// Whom or what it concerns.
    pub subject: Option<String>,
}

impl Flaw {
    /// The flaw that a violation is.
    #[must_use]
    pub fn of(violation: &Violation) -> Self {
        Self {
            kind: FlawKind::Broken(violation.invariant),
            subject: violation.subject.clone(),
        }
    }

    /// Whether a file expects it: the same invariant and, where the file names whom or what it concerns, that.
    #[must_use]
    pub fn is_as(&self, expected: &ExpectedViolation) -> bool {
        self.kind == FlawKind::Broken(expected.invariant)
            && expected
                .subject()
                .is_none_or(|subject| self.subject.as_deref() == Some(subject))
    }

    /// What has happened.
    #[must_use]
    pub const fn says(&self) -> &'static str {
        match self.kind {
            FlawKind::Broken(invariant) => invariant.broken(),
            FlawKind::MissingRoot => "pages were looked for under a key that has none",
            FlawKind::PageNotFound => "firmware returned a page that the driver does not know",
            FlawKind::NeverEnds => "an operation of the host never ends",
            FlawKind::Livelock => "everybody goes on and nothing comes of it",
        }
    }
}

impl FlawKind {
    /// The name in reports.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Broken(invariant) => invariant.name(),
            Self::MissingRoot => "missing_root",
            Self::PageNotFound => "page_not_found",
            Self::NeverEnds => "never_ends",
            Self::Livelock => "livelock",
        }
    }
}

impl fmt::Display for Flaw {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.kind.name())?;
        match &self.subject {
            Some(subject) => write!(f, " ({subject})"),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn expected(function: Option<&str>) -> ExpectedViolation {
        ExpectedViolation {
            invariant: InvariantName::PagesMatchLedger,
            step: None,
            function: function.map(str::to_owned),
            counter: None,
            driver: None,
            firmware: None,
        }
    }

    #[test]
    fn what_a_file_expects_of_one_function_is_not_expected_of_another() {
        let flaw = Flaw {
            kind: FlawKind::Broken(InvariantName::PagesMatchLedger),
            subject: Some("vf1".to_owned()),
        };
        assert!(flaw.is_as(&expected(Some("vf1"))) && flaw.is_as(&expected(None)));
        assert!(!flaw.is_as(&expected(Some("vf2"))));
        let other = Flaw {
            kind: FlawKind::MissingRoot,
            ..flaw
        };
        assert!(!other.is_as(&expected(None)));
    }
}
