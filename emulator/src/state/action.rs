//! What a device does, by name.

use crate::order::{FirmwareOrder, GateOrder};
use prm::init_segment as segment;
use prm::{Function, Opcode};
use std::fmt;

/// An action of the device. What happens inside one call may be several of them: a doorbell, the fetching of a command, and the
/// beginning of its service. That time passes is none: what is due then are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Action {
    /// A driver reads a register.
    Read(Register),
    /// A driver writes a register that is no doorbell.
    Write(Register),
    /// A driver rings the command doorbell.
    CommandDoorbell,
    /// The entry of a slot is read, and its chains are followed.
    Fetch,
    /// Firmware begins with a command or goes on with it: rules and holds are matched, pages asked for, its execution entered.
    Service(Opcode),
    /// A command is executed, and what follows from it is chosen.
    Execution(Opcode),
    /// The outputs of a command are written, its event is posted.
    Completion(Opcode),
    /// A portion of a long list of pages is gone through.
    Portion,
    /// A rule's orders are carried out.
    Reaction,
    /// A supplier is asked to take back the pages of a function that it disabled.
    ReturnPages,
    /// A page request is posted, whoever wants it.
    PageRequest,
    /// An interrupt comes that a rule has put off.
    LateInterrupt,
    /// A driver rings the doorbell of an event queue.
    EventDoorbell,
    /// Firmware or the gate carries out an order.
    Order(OrderKind),
    /// A function is reset.
    Reset,
}

/// Which register is accessed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Register {
    /// The upper half of the command queue's address.
    QueueAddress,
    /// The lower half of the command queue's address, with the state of the NIC interface; whether the device initialises.
    Interface,
    /// Health counter and health buffer.
    Health,
    /// Any other: constants, the timer, what does not exist.
    Other,
}

/// Which order is carried out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum OrderKind {
    /// Post a page request.
    RequestPages,
    /// Install a rule for answers.
    Answer,
    /// Install a rule for reactions.
    When,
    /// Forget pages and page mode.
    Reset,
    /// Report an error through the health buffer.
    DeviceError,
    /// The link goes down or comes back.
    Link,
    /// Post a vport change event.
    VportChange,
    /// Change what other hosts have.
    FunctionsChanged,
    /// Change the state of a function.
    VhcaState,
    /// Post an event about what is not there.
    StrayEvent,
    /// Install a rule for interrupts.
    Interrupts,
    /// Raise a vector without an event.
    SpuriousInterrupt,
    /// Go on with a reset that hosts agree on.
    SyncReset,
    /// Change what the device is.
    Reconfigure,
    /// Carry out an order elsewhere.
    At,
    /// Install a hold.
    Hold,
    /// Release a hold.
    Release,
}

impl Action {
    /// Of which command this is a part.
    #[must_use]
    pub const fn opcode(self) -> Option<Opcode> {
        match self {
            Self::Service(opcode) | Self::Execution(opcode) | Self::Completion(opcode) => Some(opcode),
            _ => None,
        }
    }
}

impl Register {
    /// The register at this offset of an endpoint's window, in bytes.
    pub(crate) const fn at(offset: u64) -> Self {
        const HEALTH_BUFFER_END: u64 = segment::HEALTH_BUFFER + 0x40;
        match offset {
            segment::QUEUE_ADDRESS_HIGH => Self::QueueAddress,
            segment::QUEUE_ADDRESS_LOW | segment::INITIALIZING => Self::Interface,
            segment::HEALTH_COUNTER | segment::HEALTH_BUFFER..HEALTH_BUFFER_END => Self::Health,
            _ => Self::Other,
        }
    }
}

impl From<&FirmwareOrder> for OrderKind {
    fn from(order: &FirmwareOrder) -> Self {
        match order {
            FirmwareOrder::RequestPages(_) => Self::RequestPages,
            FirmwareOrder::Answer(_) => Self::Answer,
            FirmwareOrder::When(_) => Self::When,
            FirmwareOrder::Reset {} => Self::Reset,
            FirmwareOrder::DeviceError(_) => Self::DeviceError,
            FirmwareOrder::Link(_) => Self::Link,
            FirmwareOrder::VportChange { .. } => Self::VportChange,
            FirmwareOrder::FunctionsChanged(_) => Self::FunctionsChanged,
            FirmwareOrder::VhcaState(_) => Self::VhcaState,
            FirmwareOrder::StrayEvent(_) => Self::StrayEvent,
            FirmwareOrder::SyncReset(_) => Self::SyncReset,
            FirmwareOrder::Interrupts(_) => Self::Interrupts,
            FirmwareOrder::SpuriousInterrupt(_) => Self::SpuriousInterrupt,
            FirmwareOrder::Reconfigure(_) => Self::Reconfigure,
            FirmwareOrder::At(_) => Self::At,
        }
    }
}

impl From<&GateOrder> for OrderKind {
    fn from(order: &GateOrder) -> Self {
        match order {
            GateOrder::Hold(_) => Self::Hold,
            GateOrder::Release { .. } => Self::Release,
        }
    }
}

impl fmt::Display for Register {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::QueueAddress => "the queue address",
            Self::Interface => "the interface register",
            Self::Health => "the health registers",
            Self::Other => "another register",
        })
    }
}

impl fmt::Display for OrderKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::RequestPages => "request_pages",
            Self::Answer => "answer",
            Self::When => "when",
            Self::Reset => "reset",
            Self::DeviceError => "device_error",
            Self::Link => "link",
            Self::VportChange => "vport_change",
            Self::FunctionsChanged => "functions_changed",
            Self::VhcaState => "vhca_state",
            Self::StrayEvent => "stray_event",
            Self::Interrupts => "interrupts",
            Self::SpuriousInterrupt => "spurious_interrupt",
            Self::SyncReset => "sync_reset",
            Self::Reconfigure => "reconfigure",
            Self::At => "at",
            Self::Hold => "hold",
            Self::Release => "release",
        })
    }
}

impl fmt::Display for Action {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Read(register) => write!(f, "reading of {register}"),
            Self::Write(register) => write!(f, "writing of {register}"),
            Self::CommandDoorbell => f.write_str("a command doorbell"),
            Self::Fetch => f.write_str("fetching of a command"),
            Self::Service(opcode) => write!(f, "service of {}", opcode.name()),
            Self::Execution(opcode) => write!(f, "execution of {}", opcode.name()),
            Self::Completion(opcode) => write!(f, "completion of {}", opcode.name()),
            Self::Portion => f.write_str("a portion of pages"),
            Self::Reaction => f.write_str("a reaction"),
            Self::ReturnPages => f.write_str("return of pages"),
            Self::PageRequest => f.write_str("a page request"),
            Self::LateInterrupt => f.write_str("a late interrupt"),
            Self::EventDoorbell => f.write_str("an event queue doorbell"),
            Self::Order(order) => write!(f, "the order {order}"),
            Self::Reset => f.write_str("a reset"),
        }
    }
}

/// An action, and where.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Act {
    /// What is done.
    pub action: Action,
    /// At which endpoint: whose command, whose register, who is asked for pages.
    pub endpoint: Function,
    /// Of which slot, for a command.
    pub slot: Option<u8>,
}

impl Act {
    /// An action at an endpoint.
    #[must_use]
    pub const fn at(endpoint: Function, action: Action) -> Self {
        Self {
            action,
            endpoint,
            slot: None,
        }
    }

    /// What is done to a command in this slot.
    #[must_use]
    pub const fn in_slot(self, slot: u8) -> Self {
        Self {
            slot: Some(slot),
            ..self
        }
    }
}

/// Two commands of one opcode can be in service at once: the one in a higher slot than the first says so, since a recorded schedule
/// finds its acts by these words. Commands about pages have one slot, and say nothing.
impl fmt::Display for Act {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} at {}", self.action, self.endpoint)?;
        match (self.action.opcode(), self.slot) {
            (Some(opcode), Some(slot)) if slot > 0 && opcode != Opcode::ManagePages => {
                write!(f, ", slot {slot}")
            }
            _ => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_commands_of_one_opcode_in_service_have_words_of_their_own() {
        let execution = Act::at(Function::Pf, Action::Execution(Opcode::QueryVhcaState));
        let words: Vec<String> = [0, 1, 2].map(|slot| execution.in_slot(slot).to_string()).into();
        assert_eq!(
            words,
            [
                "execution of QUERY_VHCA_STATE at pf",
                "execution of QUERY_VHCA_STATE at pf, slot 1",
                "execution of QUERY_VHCA_STATE at pf, slot 2"
            ]
        );
    }

    #[test]
    fn commands_about_pages_have_one_slot_and_do_not_name_it() {
        let execution = Act::at(Function::Pf, Action::Execution(Opcode::ManagePages));
        assert_eq!(
            execution.in_slot(31).to_string(),
            "execution of MANAGE_PAGES at pf"
        );
    }
}
