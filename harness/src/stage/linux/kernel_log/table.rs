//! What the driver never prints: texts of a kernel's that are no message of ours.
//!
//! The first row that fits counts: what is harmless, then effects. The driver's own texts come before both.

mod effects;
mod harmless;
mod row;

pub(super) use effects::EFFECTS;
pub(super) use harmless::HARMLESS;
pub(super) use row::Says;
