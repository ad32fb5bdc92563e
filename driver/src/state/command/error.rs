//! Why a command has no output, and outputs that come too late.

use crate::errno::Errno;
use parts::{NameOf, hash_name};
use prm::{CommandStatus, DeliveryStatus, Opcode, Syndrome};
use std::hash::{Hash, Hasher};

/// One execution of one command, unique in the life of a driver.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Ticket(pub u64);

impl Hash for Ticket {
    fn hash<H: Hasher>(&self, state: &mut H) {
        hash_name(state, NameOf::Ticket, self.0);
    }
}

/// Why a command has no output.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum CommandErrorKind {
    /// Firmware executed it and refused.
    Status {
        /// Firmware's status, never `Ok`.
        status: CommandStatus,
        /// Firmware's own code.
        syndrome: Syndrome,
    },
    /// The device did not execute it.
    Delivery(DeliveryStatus),
    /// It ran into its limit: nobody knows whether firmware executed it, or will.
    TimedOut(Ticket),
    /// The device is down. `execute_raw` only.
    DeviceGone,
    /// The gate is closed for this command: it was not sent. `execute_raw` only.
    GateClosed,
    /// The device is down or the gate closed, and the command is one of those that then fail.
    Emulated,
    /// The device is down or the gate closed, and the command is on no list.
    UnknownWhileDown,
    /// No memory for mailboxes: it was not sent.
    NoMemory,
    /// Every regular slot is held by a command that ran into its limit: it was not sent.
    SlotsStalled,
    /// No slot became free in time: it was not sent.
    NoSlot,
    /// The queue did not get to it in time: it was not sent.
    Canceled,
    /// The output does not have the length the command has.
    Malformed,
}

/// A failed command.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error, Hash)]
#[error("{opcode} failed: {kind:?}")]
pub struct CommandError {
    /// The command.
    pub opcode: Opcode,
    /// Why.
    pub kind: CommandErrorKind,
}

impl CommandError {
    /// What a caller of the kernel's function would get. A status is mapped by its own table.
    #[must_use]
    pub fn errno(&self) -> Errno {
        match self.kind {
            CommandErrorKind::Status { status, .. } => Errno::from_status(status).unwrap_or(Errno::EIO),
            CommandErrorKind::Delivery(delivery) => Errno::from_delivery(delivery).unwrap_or(Errno::EIO),
            CommandErrorKind::TimedOut(_) => Errno::ETIMEDOUT,
            CommandErrorKind::DeviceGone | CommandErrorKind::GateClosed => Errno::ENXIO,
            CommandErrorKind::Emulated => Errno::ENOLINK,
            CommandErrorKind::UnknownWhileDown => Errno::EINVAL,
            CommandErrorKind::NoMemory => Errno::ENOMEM,
            CommandErrorKind::SlotsStalled => Errno::EAGAIN,
            CommandErrorKind::NoSlot => Errno::EBUSY,
            CommandErrorKind::Canceled => Errno::ECANCELED,
            CommandErrorKind::Malformed => Errno::EIO,
        }
    }

    /// Whether firmware executed the command and refused it (the kernel's raw `-EREMOTEIO`).
    #[must_use]
    pub fn is_refusal(&self) -> bool {
        matches!(self.kind, CommandErrorKind::Status { .. })
    }

    /// Whether the kernel's raw call would return `-ENXIO`: firmware gone, or taken to be.
    #[must_use]
    pub fn is_gone(&self) -> bool {
        matches!(
            self.kind,
            CommandErrorKind::DeviceGone | CommandErrorKind::GateClosed
        )
    }

    /// An output that is not as long as it must be.
    pub(crate) fn malformed(opcode: Opcode) -> Self {
        Self {
            opcode,
            kind: CommandErrorKind::Malformed,
        }
    }
}

impl From<CommandError> for Errno {
    fn from(error: CommandError) -> Self {
        error.errno()
    }
}

/// A completion that came after its caller had given up.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct LateCompletion {
    /// Which execution.
    pub ticket: Ticket,
    /// The command.
    pub opcode: Opcode,
    /// Whether the device executed it at all.
    pub delivery: DeliveryStatus,
    /// The output: all of it if the mailboxes were kept, the first 16 bytes otherwise.
    pub output: Vec<u8>,
    /// Whether `output` is whole.
    pub whole: bool,
}
