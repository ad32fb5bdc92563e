//! The judge: the unmodified Linux driver in a QEMU guest, on the same device, with the same scenario.
//!
//! A scenario runs twice: on Linux, and in this process with our driver of the revision that is judged. After every
//! step both books have to be the same. Where they are not, our driver is wrong.
//!
//! | where | what |
//! |---|---|
//! | [`reach`] | which scenarios can be run on Linux, and why the others cannot |
//! | [`scaling`] | the same scenario with waits that a wall clock bears |
//! | [`profile`] | what a guest has to find plugged in: scenarios that need the same share a boot |
//! | [`guest`] | a booted guest with its device |
//! | [`execution`], `actions`, `operations` | the steps of a scenario, on the guest |
//! | `foresight`, `settling` | what a step was like in our driver's run, and when it has ended |
//! | [`kernel_log`] | what the kernel prints, as the driver's messages |
//! | `outcomes` | which of the outcomes that a file allows are still possible |
//! | [`comparison`], [`stream`] | both runs side by side: books, commands |
//! | [`backend`] | from a scenario to its result, over as many boots as it takes |

mod actions;
pub mod backend;
pub mod comparison;
pub mod execution;
mod foresight;
pub mod guest;
pub mod kernel_log;
mod operations;
mod outcomes;
pub mod profile;
pub mod reach;
pub mod scaling;
mod settling;
pub mod stream;

pub use backend::{BackendError, LinuxBackend};
pub use comparison::Comparison;
