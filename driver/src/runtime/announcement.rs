//! What a step says before it is taken, and what comes of it when that was not all.

use super::access::{Access, Object, Use};
use super::reach::Kind;
use serde::{Deserialize, Serialize};
use smallvec::SmallVec;
use std::fmt;
use thiserror::Error;

/// What a step is about to touch. What it does not name it may not touch, but for what was settled at load time.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Announcement(SmallVec<[Access; 4]>);

impl Announcement {
    /// Whether a use was announced.
    #[must_use]
    pub fn covers(&self, used: &Access) -> bool {
        if used.object == Object::LoadTime && used.usage == Use::Read {
            return true;
        }
        self.0.iter().any(|announced| {
            announced.driver == used.driver
                && (announced.object == used.object || announced.object.holds(used.object))
                && (announced.usage == Use::Write || used.usage == Use::Read)
        })
    }

    /// What was announced, in the order in which it was said.
    pub fn iter(&self) -> impl Iterator<Item = &Access> {
        self.0.iter()
    }

    /// Takes a kind of objects out of it.
    pub(super) fn forget(&mut self, kind: Kind) {
        self.0.retain(|access| access.object.kind() != kind);
    }

    /// Whether the order of two steps can matter.
    #[must_use]
    pub fn conflicts_with(&self, other: &Self) -> bool {
        let any = |access: &Access| other.0.iter().any(|other| access.conflicts_with(other));
        self.0.iter().any(any)
    }
}

impl From<Access> for Announcement {
    fn from(access: Access) -> Self {
        Self(SmallVec::from_iter([access]))
    }
}

impl<const N: usize> From<[Access; N]> for Announcement {
    fn from(accesses: [Access; N]) -> Self {
        Self(SmallVec::from_iter(accesses))
    }
}

impl fmt::Display for Announcement {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0.is_empty() {
            return f.write_str("nothing");
        }
        for (place, access) in self.0.iter().enumerate() {
            let comma = if place == 0 { "" } else { ", " };
            write!(f, "{comma}{access}")?;
        }
        Ok(())
    }
}

/// A step has done what nobody had been told: whatever is concluded from announcements and declarations would be wrong.
#[derive(Clone, Debug, Error, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Surprise {
    /// It touched what it had not announced.
    #[error("`{task}` {touched}, but had announced: {announced}")]
    Unannounced {
        /// Whose step.
        task: String,
        /// What was touched.
        touched: String,
        /// What the step had said.
        announced: String,
    },
    /// It announced what its task has not declared.
    #[error("`{task}` announces that it {announced}, which its declaration does not say of `{role}`")]
    Undeclared {
        /// Whose step.
        task: String,
        /// What it announced.
        announced: String,
        /// What its task is for.
        role: String,
    },
    /// It brought about what somebody waits for, and did not tell.
    #[error("`{task}` {written}, so that `{waiter}` could go on, but did not notify {told}")]
    Unnotified {
        /// Whose step.
        task: String,
        /// What it changed.
        written: String,
        /// Who waits.
        waiter: String,
        /// The object whose notice is waited for.
        told: String,
    },
}
