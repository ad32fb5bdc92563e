//! Long lists of pages that firmware still has to go through.

use crate::owner::Owner;
use crate::state::ledger::OwnedPage;
use crate::state::numbers::CommandNumber;

/// What is done with each page.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum PageWork {
    /// Its signature is written.
    Sign,
    /// Its signature is looked for.
    Check,
}

/// Pages that are in the book, or out of it, and still have to be gone through. A supplier has one such list at a time:
/// its page commands wait for each other.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct PageChore {
    /// The command that it belongs to.
    pub(crate) command: CommandNumber,
    pub(crate) owner: Owner,
    pub(crate) work: PageWork,
    pub(crate) pages: Vec<OwnedPage>,
    pub(crate) done: usize,
}
