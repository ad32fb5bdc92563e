//! Our driver in a QEMU guest, on functions that are plugged in there: real registers, an IOMMU, MSI-X.
//!
//! | where | what |
//! |---|---|
//! | `boot` | a guest is booted with the functions of a server |
//! | `booted`, `line_port` | the guest, and lines to the programs in it |
//! | [`backend`] | from a scenario to its result, over as many boots as it takes |
//! | `error` | why a guest cannot be used |
//!
//! The device is a server of its own, as on [`socket`](crate::stage::socket); its firmware is ordered about at the same
//! control socket.

pub mod backend;
mod boot;
mod booted;
mod error;
mod line_port;

pub use backend::GuestBackend;
pub use error::GuestError;
