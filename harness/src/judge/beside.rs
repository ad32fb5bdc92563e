//! What another driver's run is compared with: our driver's run of the same scenario, and what a file leaves open.
//!
//! * `reference` - our driver's run, and what it says of each step and of the end
//! * `books` - both runs' books side by side
//! * `messages` - what was printed in both runs
//! * `outcomes` - which of the outcomes that a file allows are still possible
//! * [`stream`] - two command streams side by side

mod books;
pub(crate) mod messages;
mod outcomes;
mod reference;
pub mod stream;

pub(crate) use reference::Reference;
