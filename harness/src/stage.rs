//! Where a scenario is played.
//!
//! * [`inproc`] - our driver and the device in this process
//! * [`linux`] - the unmodified Linux driver in a guest

pub mod inproc;
pub mod linux;
