//! Page requests that wait for the worker.

use super::owner::Owner;
use crate::books::OwnerKey;
use prm::{PageCount, PageMode, WireIdentity};

/// What the worker does (`struct mlx5_pages_req`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum PageWork {
    /// Serves a request.
    Serve {
        /// Who asks.
        wire: WireIdentity,
        /// The owner, where it was decided when the event came.
        owner: Option<Owner>,
        /// Positive: give; negative: take.
        count: PageCount,
        /// Drop everything the owner has; the count means nothing then.
        release_all: bool,
    },
    /// A request was lost: asks firmware what it wanted.
    Ask,
}

impl PageWork {
    /// Whose pages this drops, if it is a release of all.
    pub(crate) fn releases(&self, mode: PageMode) -> Option<OwnerKey> {
        match *self {
            Self::Serve {
                wire,
                owner,
                release_all: true,
                ..
            } => Some(owner.unwrap_or_else(|| Owner::named(wire, mode)).key),
            Self::Serve { .. } | Self::Ask => None,
        }
    }
}
