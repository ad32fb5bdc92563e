//! What a scenario, or a person at the control socket, can tell firmware to do: page requests, holds, answers
//! that are not the usual ones.
//!
//! Orders are data. They reach a device that any driver may be bound to, the Linux one included: nothing
//! in them needs a look into the driver.

mod answer;
mod error;
mod firmware;
mod interrupts;
mod limits;
mod other_functions;
mod page_request;
mod stray_event;

pub use answer::Answer;
pub use error::OrderError;
pub use firmware::{
    AnswerRule, CommandMatch, DeviceError, FirmwareOrder, GateOrder, Hold, HoldPoint, LinkState, OrderAt,
    ReactionRule, Reconfigure, SyncResetOrder,
};
pub use interrupts::{InterruptFate, InterruptRule, QueueKind, SpuriousInterrupt};
pub use limits::{LONGEST_NAME, MAX_ORDERS, MAX_PENDING, MAX_RULES};
pub use other_functions::{FunctionsChanged, HostPfState, VhcaStateName, VhcaStateOrder};
pub use page_request::PageRequest;
pub use stray_event::StrayEvent;
