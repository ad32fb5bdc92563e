//! The commands by which the firmware gets its pages of host memory and gives them back.
//!
//! Every page is [`ADAPTER_PAGE_SIZE`](crate::ADAPTER_PAGE_SIZE) bytes. A function is named by its function
//! id and the
//! `ec_function` bit, or by its VHCA id alone (capability `icm_mng_function_id_mode`).

use crate::command::{Command, commands};
use crate::identity::VhcaId;
use crate::layout;
use crate::opcode::Opcode;
use crate::raw_enum::{raw_enum, serde_by_name};
use serde::{Deserialize, Serialize};

/// How page owners are named on the wire.
// `icm_mng_function_id_mode` of SET_HCA_CAP chooses it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum PageMode {
    /// `(function_id, embedded_cpu_function)`.
    #[default]
    FuncId,
    /// `vhca_id`.
    VhcaId,
}

impl PageMode {
    /// Its word in scenario files.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::FuncId => "func_id",
            Self::VhcaId => "vhca_id",
        }
    }
}

/// An owner as it stands in an event or a command.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct WireIdentity {
    /// function_id, or vhca_id in vhca_id mode.
    pub id: u16,
    // Not sent and not looked at where `id` is a VHCA id.
    /// embedded_cpu_function.
    #[serde(default)]
    pub ec: bool,
}

impl WireIdentity {
    /// A function by its VHCA id.
    #[must_use]
    pub const fn vhca(id: VhcaId) -> Self {
        Self { id: id.0, ec: false }
    }

    /// The identity as it is put on the wire in this mode.
    #[must_use]
    pub const fn sent(self, mode: PageMode) -> Self {
        match mode {
            PageMode::FuncId => self,
            PageMode::VhcaId => Self {
                id: self.id,
                ec: false,
            },
        }
    }
}

raw_enum! {
    /// What MANAGE_PAGES does: its operation modifier (PRM "MANAGE_PAGES"; `give_pages`, `reclaim_pages`).
    pub enum PagesOp: u16 {
        /// The host has no pages to give for a request.
        CannotGive = 0 "CANNOT_GIVE",
        /// The host gives pages.
        Give = 1 "GIVE",
        /// The host takes pages back.
        Take = 2 "TAKE",
    }
}

serde_by_name!(PagesOp: u16, "way of pages");

raw_enum! {
    /// Which pages QUERY_PAGES asks for: its operation modifier (PRM "QUERY_PAGES"; `mlx5_cmd_query_pages`).
    pub enum QueryPagesPhase: u16 {
        /// Pages for the boot of the function, before its capabilities are set.
        Boot = 1 "BOOT",
        /// Pages for INIT_HCA.
        Init = 2 "INIT",
        /// Pages while the function runs.
        Regular = 3 "REGULAR",
    }
}

layout! {
    /// Input of QUERY_PAGES (PRM "QUERY_PAGES"; `mlx5_cmd_query_pages`). The operation modifier is a
    /// [`QueryPagesPhase`].
    pub struct QueryPagesIn: 16 {
        /// [`Opcode`] of the command.
        opcode: 16,
        /// User context that issues the command; 0 for the kernel.
        uid: 16,
        _: 16,
        /// Operation modifier.
        op_mod: 16,
        /// The function is one of the embedded CPU.
        ec_function: 1,
        _: 15,
        /// Function asked for: function id, or VHCA id.
        function_id: 16,
        _: 32,
    }
}

layout! {
    /// Output of QUERY_PAGES.
    pub struct QueryPagesOut: 16 {
        /// [`CommandStatus`](crate::CommandStatus) of the command.
        status: 8,
        _: 24,
        /// [`Syndrome`](crate::Syndrome): the firmware's own code for a failure.
        syndrome: 32,
        /// The function is one of the embedded CPU.
        ec_function: 1,
        _: 15,
        /// Function that needs the pages.
        function_id: 16,
        /// [`PageCount`](crate::PageCount) wanted, two's complement.
        page_count: 32,
    }
}

layout! {
    /// Input of MANAGE_PAGES without the list of pages (PRM "MANAGE_PAGES"; `give_pages`). The operation
    /// modifier is a [`PagesOp`]. When giving, 64-bit bus addresses follow from byte 16.
    pub struct ManagePagesIn: 16 {
        /// [`Opcode`] of the command.
        opcode: 16,
        /// User context that issues the command; 0 for the kernel.
        uid: 16,
        _: 16,
        /// Operation modifier.
        op_mod: 16,
        /// The function is one of the embedded CPU.
        ec_function: 1,
        _: 15,
        /// Function whose pages these are: function id, or VHCA id.
        function_id: 16,
        /// Number of pages given, or wanted back.
        entry_count: 32,
    }
}

layout! {
    /// Output of MANAGE_PAGES without the list of pages (`reclaim_pages`). When taking, 64-bit bus addresses
    /// follow from byte 16.
    pub struct ManagePagesOut: 16 {
        /// [`CommandStatus`](crate::CommandStatus) of the command.
        status: 8,
        _: 24,
        /// [`Syndrome`](crate::Syndrome): the firmware's own code for a failure.
        syndrome: 32,
        /// Number of pages handed back.
        entry_count: 32,
        _: 32,
    }
}

/// Size in bytes of one page address in the lists of MANAGE_PAGES and CREATE_EQ: a big-endian 64-bit bus
/// address.
pub const PAGE_ADDRESS_LENGTH: usize = 8;

commands! {
    /// Asks how many pages the firmware wants before the next step of the load.
    QueryPages: Opcode::QueryPages, QueryPagesIn => QueryPagesOut;
    /// Gives pages or takes them back; the list follows the input or the output.
    ManagePages: Opcode::ManagePages, ManagePagesIn => ManagePagesOut;
}
