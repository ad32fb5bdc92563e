//! The functions that an eswitch manager looks after.

use parts::Parts;
use prm::Function;
use prm::subfunction::VhcaState;

/// What the manager knows and wants of one function.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Managed {
    pub(crate) state: VhcaState,
    /// The next change of the state posts an event.
    pub(crate) armed: bool,
    /// The user's number of a subfunction.
    pub(crate) user_number: u32,
}

/// The managed functions.
#[derive(Clone, Debug, Default, PartialEq, Hash)]
pub(crate) struct Subfunctions {
    pub(crate) managed: Parts<Function, Managed>,
}

impl Subfunctions {
    pub(crate) fn clear(&mut self) {
        *self = Self::default();
    }
}
