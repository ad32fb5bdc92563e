//! Whether another kernel follows an operation, and how it finds the device.

use driver::HostOperation;

/// How the next kernel finds the device.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum NextKernel {
    /// As the last one has left it.
    AsLeft,
    /// Reset with the machine.
    Reset,
}

impl NextKernel {
    /// Whether another kernel follows an operation, and how it finds the device.
    pub(crate) const fn after(operation: HostOperation) -> Option<Self> {
        match operation {
            HostOperation::Kexec => Some(Self::AsLeft),
            HostOperation::Reboot => Some(Self::Reset),
            _ => None,
        }
    }
}
