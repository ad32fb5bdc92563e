//! The judge: the unmodified Linux driver in a QEMU guest, on the same device, with the same scenario.
//!
//! A scenario runs twice: on Linux, and in this process with our driver of the revision that is judged. After every
//! step both books have to be the same. Where they are not, our driver is wrong.
//!
//! | where | what |
//! |---|---|
//! | [`abilities`] | what it can do and shows |
//! | [`scaling`] | the same scenario with waits that a wall clock bears |
//! | [`profile`] | what a guest has to find plugged in: scenarios that need the same share a boot |
//! | [`guest`] | a booted guest with its device |
//! | `stage`, `operations` | the guest as a stage: what it does in a step and shows after it |
//! | `settling` | when a step has ended |
//! | `patience` | how long it waits for what |
//! | `forcing` | what is forced on the driver: chosen calls fail, it stops at others |
//! | [`kernel_log`] | what the kernel prints, as the driver's messages |
//! | [`backend`] | from a scenario to its result, over as many boots as it takes |

pub mod abilities;
pub mod backend;
mod forcing;
pub mod guest;
pub mod kernel_log;
mod operations;
mod patience;
pub mod profile;
pub mod scaling;
mod settling;
mod stage;

pub use backend::{BackendError, LinuxBackend};
