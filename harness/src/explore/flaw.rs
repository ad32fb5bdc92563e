//! What must not happen in a race.

use crate::record::result::Violation;
use crate::scenario::InvariantName;
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

    /// The invariant that it breaks, where it is one.
    #[must_use]
    pub const fn invariant(&self) -> Option<InvariantName> {
        match self.kind {
            FlawKind::Broken(invariant) => Some(invariant),
            FlawKind::MissingRoot | FlawKind::PageNotFound | FlawKind::NeverEnds | FlawKind::Livelock => None,
        }
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
