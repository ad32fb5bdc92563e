//! Pages for firmware: what it was given, by owner.
//!
//! | where | what |
//! |---|---|
//! | `owner` | who owns pages: identity on the wire, key in the book |
//! | `book`, `root`, `page_table`, `host_page`, `free_list`, `counters` | the book |
//! | `quarantine` | pages of which nobody knows whether firmware uses them |
//! | `work` | page requests that wait for the worker |
//! | `reporting` | what has been printed |

mod book;
mod counters;
mod free_list;
mod host_page;
mod owner;
mod page_table;
mod quarantine;
mod reporting;
mod root;
mod work;

pub use book::{AllocationFailure, PageBook, PutReport, PutRules};
pub use owner::Owner;
pub use quarantine::{Quarantine, Unsettled};
pub(crate) use reporting::{BURST, OncePlace, Reporting, WINDOW};
pub use root::Root;
pub use work::PageWork;

use crate::books::{OwnerKey, PageWait};
use crate::runtime::{Object, WorkQueue};
use crate::state::noting::used;
use parts::{Part, Touch};
use prm::PageMode;
use std::hash::{Hash, Hasher};

/// The page code's part of the driver's state.
#[derive(Clone, Debug, Default)]
pub struct PagesState {
    /// Pages, owners, counters.
    pub book: Part<PageBook>,
    /// How owners are named now.
    pub mode: Part<PageMode>,
    /// Page requests that wait for the worker.
    pub queue: Part<WorkQueue<PageWork>>,
    /// Whether page requests are listened to.
    pub(crate) listening: Part<bool>,
    /// The key the boot pages went under.
    pub(crate) boot_key: Part<Option<OwnerKey>>,
    /// The worker met what would have crashed a kernel. It serves nothing any more.
    pub(crate) crashed: Part<bool>,
    /// What has been printed: it decides about nothing but messages.
    pub(crate) reporting: Reporting,
    /// Waits that have ended, oldest first: a record.
    pub(crate) waits: Vec<PageWait>,
}

impl Hash for PagesState {
    /// Without what was printed and which waits have ended: records.
    fn hash<H: Hasher>(&self, state: &mut H) {
        let Self {
            book,
            mode,
            queue,
            listening,
            boot_key,
            crashed,
            reporting: _,
            waits: _,
        } = self;
        (book, mode, queue, listening, boot_key, crashed).hash(state);
    }
}

impl PagesState {
    /// Notes of use, by object.
    pub(super) fn take_touches(&self, take: &mut dyn FnMut(Object, Touch)) {
        used(take, Object::PageBook, self.book.take_touch());
        used(take, Object::PageMode, self.mode.take_touch());
        used(take, Object::PageMode, self.boot_key.take_touch());
        used(take, Object::PageQueue, self.queue.take_touch());
        used(take, Object::PageQueue, self.listening.take_touch());
        used(take, Object::PageQueue, self.crashed.take_touch());
    }
}

#[cfg(test)]
mod tests;
