//! What the host does with functions on its PCI bus: it takes them off and finds them again, and it brings them through an error.
//!
//! * `removal` - a function leaves the bus and is found again
//! * `errors` - an error that the port above reports

mod errors;
mod removal;

pub(crate) use errors::recover;
pub(crate) use removal::{remove, rescan};
