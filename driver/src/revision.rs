//! The three revisions of the page code, as sets of named choices.
//!
//! * `reviewed` - the change as it was first posted
//! * `merged` - Linux 7.2
//! * `robust` - every concern answered
//!
//! `mistake` has what none of them does: tests seed it.
//!
//! `questions` is the list of what they are asked, `choices` what can be answered, `table` which name answers how.
//! Code asks for one choice by its name and never for the revision's.

mod choices;
mod merged;
mod mistake;
mod name;
mod questions;
mod reviewed;
mod robust;
mod table;

pub use choices::{
    Accounting, BootRoot, ClaimOverrun, ClampRemainder, ClosedGate, CountCheck, EmbeddedCpuBit,
    GiveWithoutDevice, Leftovers, LostRequest, MigrationOrder, ModeCheck, PageQueueDrain, PageSlotWait,
    ReclaimProgress, RequestIdentity, ReturnCheck, StaleRoots, TeardownCheck, TimedOutMailboxes, TypeLookup,
    TypeMapFailure, UnknownOutcome, UnknownRelease, UnmarkedVport, VportUnwind, WaitAttention, WaitTarget,
};
pub use merged::Merged;
pub use mistake::Mistake;
pub use name::{RevisionName, UnknownRevision};
pub use questions::Revision;
pub use reviewed::Reviewed;
pub use robust::Robust;
