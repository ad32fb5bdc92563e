//! What a function is to the others of its device.

/// What a function is to the others of its device.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// The PF, with or without VFs.
    Physical,
    /// A VF of the device's PF.
    Virtual,
    /// A VF that was passed through alone: there is no other function.
    Lone,
    /// The PF of a second host, at the same port as the first one's.
    Second,
}
