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
//! | [`build`] | which build of the driver a scenario runs on |
//! | [`boot_files`] | what every guest boots from |
//! | [`workplace`] | where one worker runs scenarios, on whichever build |
//! | [`guest`] | a booted guest with its device |
//! | `stage`, `operations` | the guest as a stage: what it does in a step and shows after it |
//! | `leaving` | a guest after a run: whether it can be used again |
//! | `waiting`, `settling`, `tasks` | when a step has ended |
//! | [`probes`] | what the driver keeps and does not show |
//! | `patience` | how long it waits for what |
//! | `forcing` | what is forced on the driver: chosen calls fail, it stops at others |
//! | [`kernel_log`] | what the kernel prints, as the driver's messages |
//! | `rate_limit` | lines that it may leave out |
//! | [`backend`] | from a scenario to its result, over as many boots as it takes |

pub mod abilities;
pub mod backend;
pub mod boot_files;
pub mod build;
pub mod error;
mod forcing;
pub mod guest;
pub mod kernel_log;
mod leaving;
mod operations;
mod patience;
pub mod probes;
pub mod profile;
mod rate_limit;
pub mod scaling;
mod settling;
mod stage;
mod tasks;
mod waiting;
pub mod workplace;

pub use backend::{Alone, LinuxBackend};
pub use boot_files::BootFiles;
pub use error::BackendError;
pub use workplace::{Shelf, Workplace};
