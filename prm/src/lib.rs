//! The language that driver and device speak: the layouts, operations, events and registers of the
//! Programmer's Reference Manual. No behaviour.
//!
//! | where | what |
//! |---|---|
//! | [`layout!`], [`mod@layout`], [`bits`] | how a bit-packed big-endian structure is declared, read and written |
//! | [`identity`] | functions, vports, addresses, time: a type for each |
//! | [`opcode`], [`status`], [`event`] | the enums, and the event queue entry with its data |
//! | [`init_segment`], [`uar`] | the registers of BAR 0 and the doorbells |
//! | [`command_queue`] | queue entry, mailbox, signatures |
//! | [`command`] | the heads of input and output, the [`Command`] trait |
//! | [`hca`], [`pages`], [`event_queue`], [`capability`], [`capability_area`] | the life of a function |
//! | [`link`], [`function`] | how host and device reach each other, and the functions by name |
//! | [`access_register`], [`port`] | registers behind a command: host byte order, default time-outs, the port |
//! | [`eswitch`], [`vport`], [`subfunction`], [`flow_table`] | other functions, their vports, and the tables between them |
//!
//! Everything is as on the wire: numbers are big-endian and reach the caller in host order, lengths are in
//! bytes.

pub mod access_register;
pub mod bits;
pub mod capability;
pub mod capability_area;
pub mod command;
pub mod command_queue;
pub mod component;
pub mod eswitch;
pub mod event;
pub mod event_queue;
pub mod flow_table;
pub mod function;
pub mod hca;
pub mod identity;
pub mod init_segment;
pub mod layout;
mod layout_macro;
pub mod link;
pub mod opcode;
pub mod pages;
pub mod port;
mod raw_enum;
pub mod saturation;
pub mod status;
pub mod subfunction;
pub mod uar;
pub mod vport;

pub use capability::{CapabilityMode, CapabilityType};
pub use command::Command;
pub use eswitch::EswitchMode;
pub use event::EventType;
pub use function::Function;
pub use identity::{
    ADAPTER_PAGE_SHIFT, ADAPTER_PAGE_SIZE, Cycles, EqNumber, FunctionId, Iova, PageCount, SlotIndex,
    Syndrome, Token, UarIndex, VhcaId, VportNumber,
};
pub use layout::{Field, Layout, LayoutError};
pub use opcode::Opcode;
pub use pages::{PageMode, PagesOp, QueryPagesPhase, WireIdentity};
pub use saturation::saturated;
pub use status::{CommandStatus, DeliveryStatus};

#[doc(hidden)]
pub use pastey::paste as __paste;
