//! Records as lines of a log.

use super::Record;
use std::fmt;
use tracing::Level;

impl Record {
    /// Pages, gate and faults are what a run is about; commands are its detail, doorbells and interrupts its noise. A
    /// driver can have any number of accesses refused: only the first of them is worth a line.
    pub(crate) fn level(&self) -> Level {
        match self {
            Self::Doorbell { .. } | Self::Event { .. } | Self::Interrupt { .. } => Level::TRACE,
            Self::Command(_) | Self::Refused { .. } => Level::DEBUG,
            _ => Level::INFO,
        }
    }
}

impl fmt::Display for Record {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Command(command) => {
                write!(
                    f,
                    "command {} {} op_mod {}",
                    command.n, command.name, command.op_mod
                )?;
                write!(f, " in slot {} ({})", command.slot, command.completion.word())?;
                match command.status {
                    Some(status) => write!(f, ": status {status:#x}"),
                    None => f.write_str(": not executed"),
                }
            }
            Self::CommandUnfinished { why, command, .. } => {
                write!(f, "command {} {} never completes: {why}", command.n, command.name)
            }
            Self::Doorbell { endpoint, vector, .. } => write!(f, "{endpoint} rings slots {vector:#x}"),
            Self::Event {
                endpoint,
                eqn,
                event_type,
                ..
            } => {
                write!(f, "event {event_type:#x} on queue {eqn} of {endpoint}")
            }
            Self::EventLost {
                endpoint,
                event_type,
                why,
                ..
            } => {
                write!(f, "event {event_type:#x} for {endpoint} is lost: {why}")
            }
            Self::Interrupt { endpoint, vector, .. } => write!(f, "interrupt {vector} to {endpoint}"),
            Self::InterruptLost { endpoint, vector, .. } => {
                write!(f, "interrupt {vector} to {endpoint} is lost")
            }
            Self::PageRequestPosted {
                supplier,
                owner,
                release_all: true,
                ..
            } => {
                write!(f, "tells {supplier} to release all pages of {owner}")
            }
            Self::PageRequestPosted {
                supplier,
                owner,
                pages,
                ..
            } => {
                write!(f, "asks {supplier} for {pages:+} pages of {owner}")
            }
            Self::PagesGiven(moved) => write!(f, "has got {} pages for {}", moved.pages, moved.owner),
            Self::PagesTaken(moved) => write!(f, "has returned {} pages of {}", moved.pages, moved.owner),
            Self::PagesForgotten(moved) => {
                write!(f, "has forgotten {} pages of {}", moved.pages, moved.owner)
            }
            Self::GateCaught { name, n, .. } => write!(f, "gate `{name}` holds command {n}"),
            Self::GateReleased { name, .. } => write!(f, "gate `{name}` is open"),
            Self::FunctionReset { endpoint, .. } => write!(f, "{endpoint} is reset"),
            Self::Link { link, .. } => write!(f, "the link is {}", link.word()),
            Self::Refused { endpoint, why, .. } => write!(f, "refuses {endpoint}: {why}"),
            Self::Corruption { what, .. } => write!(f, "finds corruption: {what:?}"),
            Self::StrayDma { at, why, .. } => write!(f, "stray DMA at {at}: {why}"),
            Self::LateCompletion { n, after, .. } => write!(f, "command {n} completes late, after {after}"),
        }
    }
}
