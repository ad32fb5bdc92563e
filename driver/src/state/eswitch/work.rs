//! Vport and function changes that wait for the worker.

use parts::{NameOf, hash_name};
use std::hash::{Hash, Hasher};

/// A life of the eswitch. Work of an earlier one is stale.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Generation(u64);

impl Generation {
    /// The one that follows.
    #[must_use]
    pub const fn next(self) -> Self {
        Self(self.0 + 1)
    }
}

impl Hash for Generation {
    fn hash<H: Hasher>(&self, state: &mut H) {
        hash_name(state, NameOf::Generation, self.0);
    }
}

/// What the worker does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum EswitchWork {
    /// A vport's context changed.
    VportChange(u16),
    /// The functions behind the eswitch changed.
    FunctionsChanged {
        /// The eswitch's generation when the event came.
        generation: Generation,
    },
}
