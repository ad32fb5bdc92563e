//! Patches as people send them: an mbox, a series as `git format-patch` or `b4 am` write it, a mail, a plain diff.
//!
//! * `reading` - from files and folders to a series in its order
//! * `mail` - messages out of an mbox, and the text in them
//! * `subject` - what `[PATCH net v2 3/5]` says
//! * `diff`, `hunk` - the files and hunks of a diff
//! * `function` - which functions a hunk is about
//!
//! What is read was written by others: nothing of it is executed, no path of it is opened, and whatever the bytes are,
//! there is a patch or an error.

mod diff;
mod error;
mod function;
mod hunk;
mod mail;
mod reading;
mod subject;

pub use diff::{FileDiff, Kind};
pub use error::PatchError;
pub use hunk::Hunk;
pub use reading::{Patch, Series, read};
