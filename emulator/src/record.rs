//! What happened, in order: the firmware's own account of a run.

mod command_record;
mod words;

pub use command_record::{CapabilityValues, CommandFields, CommandRecord, Completion, Hex};

use crate::order::LinkState;
use crate::owner::Owner;
use prm::{Cycles, Function, Iova, WireIdentity};
use serde::{Deserialize, Serialize};
use std::borrow::Cow;

/// One thing that happened. Every record carries the time on the device's clock.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "record", rename_all = "snake_case")]
pub enum Record {
    /// A command completed: outputs and owner bit are written.
    Command(Box<CommandRecord>),
    /// A command will never complete.
    CommandUnfinished {
        /// When that became certain.
        cycles: Cycles,
        /// Why.
        why: Cow<'static, str>,
        /// The command; its `status` is absent.
        command: Box<CommandRecord>,
    },
    /// The driver rang the command doorbell.
    Doorbell {
        /// When.
        cycles: Cycles,
        /// Whose.
        endpoint: Function,
        /// Bit n: the entry in slot n.
        vector: u32,
    },
    /// An event queue entry was written.
    Event {
        /// When.
        cycles: Cycles,
        /// Whose queue.
        endpoint: Function,
        /// The queue.
        eqn: u8,
        /// Event type.
        event_type: u8,
    },
    /// An event was lost: no queue takes its type, the queue was full, or its memory could not be written.
    EventLost {
        /// When.
        cycles: Cycles,
        /// Whose event.
        endpoint: Function,
        /// Event type.
        event_type: u8,
        /// Why.
        why: Cow<'static, str>,
    },
    /// An interrupt vector was raised.
    Interrupt {
        /// When.
        cycles: Cycles,
        /// Whose.
        endpoint: Function,
        /// MSI-X vector.
        vector: u16,
    },
    /// An interrupt was raised and lost.
    InterruptLost {
        /// When.
        cycles: Cycles,
        /// Whose.
        endpoint: Function,
        /// MSI-X vector.
        vector: u16,
    },
    /// A page request event was posted.
    PageRequestPosted {
        /// When.
        cycles: Cycles,
        /// Who is asked.
        supplier: Function,
        /// Whom the pages are for.
        owner: Owner,
        /// The identity on the wire.
        identity: WireIdentity,
        /// Signed count of 4 KiB pages.
        pages: i32,
        /// Whether it was a release-all.
        release_all: bool,
    },
    /// Firmware accepted pages.
    PagesGiven(PagesMoved),
    /// Firmware gave pages back.
    PagesTaken(PagesMoved),
    /// Firmware forgot pages: release-all, reset.
    PagesForgotten(PagesMoved),
    /// A hold caught its command.
    GateCaught {
        /// When.
        cycles: Cycles,
        /// The hold's name.
        name: String,
        /// Number of the command.
        n: u64,
    },
    /// A hold was released.
    GateReleased {
        /// When.
        cycles: Cycles,
        /// The hold's name.
        name: String,
        /// Number of the command, if the hold had caught one.
        n: Option<u64>,
    },
    /// A function was reset that a driver had enabled: what that driver had set up is gone.
    FunctionReset {
        /// When.
        cycles: Cycles,
        /// Which function.
        endpoint: Function,
    },
    /// The link to the host went down or came back.
    Link {
        /// When.
        cycles: Cycles,
        /// The function that the device is described from.
        endpoint: Function,
        /// Which of the two.
        link: LinkState,
    },
    /// Something the driver or a scenario did was not accepted, and no command status says so.
    Refused {
        /// When.
        cycles: Cycles,
        /// At whose interface.
        endpoint: Function,
        /// Why.
        why: Cow<'static, str>,
    },
    /// Memory that firmware relies on was not what it must be.
    Corruption {
        /// When.
        cycles: Cycles,
        /// Through whose interface.
        endpoint: Function,
        /// What was found.
        #[serde(flatten)]
        what: Corruption,
    },
    /// A DMA access that no correct driver causes: a null mailbox pointer, a queue that is not mapped.
    StrayDma {
        /// When.
        cycles: Cycles,
        /// Through whose interface.
        endpoint: Function,
        /// First address of the access that is not mapped.
        at: Iova,
        /// What the access was for.
        why: Cow<'static, str>,
    },
    /// A command completed after the limit that the device announces to its driver.
    LateCompletion {
        /// When.
        cycles: Cycles,
        /// Whose command.
        endpoint: Function,
        /// Number of the command.
        n: u64,
        /// Time since its doorbell.
        after: Cycles,
    },
}

/// Pages that changed hands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PagesMoved {
    /// When.
    pub cycles: Cycles,
    /// Whose book.
    pub supplier: Function,
    /// Whose pages.
    pub owner: Owner,
    /// How many.
    pub pages: u64,
}

/// Kinds of corruption.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "what", rename_all = "snake_case")]
pub enum Corruption {
    /// A page that firmware holds does not carry its signature any more.
    SignatureLost {
        /// Whose page.
        owner: Owner,
        /// Where.
        page: Iova,
    },
    /// A page that firmware holds is not mapped.
    PageNotMapped {
        /// Whose page.
        owner: Owner,
        /// Where.
        page: Iova,
    },
    /// A page was given that firmware holds already; the command was refused.
    GivenTwice {
        /// Who was to get it.
        owner: Owner,
        /// Who holds it.
        holder: Owner,
        /// Where.
        page: Iova,
    },
    /// Output could not be written into a mailbox that had been handed over.
    MailboxNotMapped {
        /// Where.
        mailbox: Iova,
    },
}

impl Record {
    /// When it happened.
    #[must_use]
    pub fn cycles(&self) -> Cycles {
        match self {
            Self::Command(command) => command.cycles,
            Self::PagesGiven(moved) | Self::PagesTaken(moved) | Self::PagesForgotten(moved) => moved.cycles,
            Self::CommandUnfinished { cycles, .. }
            | Self::Doorbell { cycles, .. }
            | Self::Event { cycles, .. }
            | Self::EventLost { cycles, .. }
            | Self::Interrupt { cycles, .. }
            | Self::InterruptLost { cycles, .. }
            | Self::PageRequestPosted { cycles, .. }
            | Self::GateCaught { cycles, .. }
            | Self::GateReleased { cycles, .. }
            | Self::FunctionReset { cycles, .. }
            | Self::Link { cycles, .. }
            | Self::Refused { cycles, .. }
            | Self::Corruption { cycles, .. }
            | Self::StrayDma { cycles, .. }
            | Self::LateCompletion { cycles, .. } => *cycles,
        }
    }
}
