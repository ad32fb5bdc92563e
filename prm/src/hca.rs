//! The commands that bring a function up and down.

use crate::command::{Command, ShortStatusOutput, StatusOutput, commands};
use crate::layout;
use crate::opcode::Opcode;
use crate::raw_enum::raw_enum;

layout! {
    /// Input of ENABLE_HCA (PRM "ENABLE_HCA"; `mlx5_core_enable_hca`).
    pub struct EnableHcaIn: 16 {
        /// [`Opcode`] of the command.
        opcode: 16,
        /// User context that issues the command; 0 for the kernel.
        uid: 16,
        _: 16,
        /// Operation modifier.
        op_mod: 16,
        /// The function is one of the embedded CPU.
        ec_function: 1,
        _: 2,
        /// Set: `function_id` is a VHCA id.
        function_id_type: 1,
        _: 12,
        /// Function to enable; 0 is the one that asks.
        function_id: 16,
        _: 32,
    }
}

layout! {
    /// Input of DISABLE_HCA (PRM "DISABLE_HCA"; `mlx5_core_disable_hca`).
    pub struct DisableHcaIn: 16 {
        /// [`Opcode`] of the command.
        opcode: 16,
        /// User context that issues the command; 0 for the kernel.
        uid: 16,
        _: 16,
        /// Operation modifier.
        op_mod: 16,
        /// The function is one of the embedded CPU.
        ec_function: 1,
        _: 2,
        /// Set: `function_id` is a VHCA id.
        function_id_type: 1,
        _: 12,
        /// Function to disable; 0 is the one that asks.
        function_id: 16,
        _: 32,
    }
}

layout! {
    /// Input of INIT_HCA (PRM "INIT_HCA"; `mlx5_cmd_init_hca`).
    pub struct InitHcaIn: 32 {
        /// [`Opcode`] of the command.
        opcode: 16,
        /// User context that issues the command; 0 for the kernel.
        uid: 16,
        _: 16,
        /// Operation modifier.
        op_mod: 16,
        _: 34,
        /// Number the host gives the function, where the capability `sw_vhca_id_valid` allows it.
        sw_vhca_id: 14,
        _: 16,
        /// First half of the number that is common to the functions of one host owner.
        sw_owner_id_high: 64,
        /// Second half of it.
        sw_owner_id_low: 64,
    }
}

layout! {
    /// Input of TEARDOWN_HCA (PRM "TEARDOWN_HCA"; `mlx5_cmd_teardown_hca`).
    pub struct TeardownHcaIn: 16 {
        /// [`Opcode`] of the command.
        opcode: 16,
        /// User context that issues the command; 0 for the kernel.
        uid: 16,
        _: 16,
        /// Operation modifier.
        op_mod: 16,
        _: 16,
        /// How: a [`TeardownProfile`].
        profile: 16,
        _: 32,
    }
}

raw_enum! {
    /// How TEARDOWN_HCA stops a function: its field `profile` (PRM "TEARDOWN_HCA"; `mlx5_cmd_teardown_hca` and its kin).
    pub enum TeardownProfile: u16 {
        /// Everything was destroyed before; pages go back by commands that follow.
        Graceful = 0 "graceful",
        /// Everything is closed as it is; nothing follows.
        Force = 1 "force",
        /// The function is made ready to be switched off by its interface register; nothing follows.
        PrepareFast = 2 "prepare fast",
    }
}

layout! {
    /// Output of TEARDOWN_HCA.
    pub struct TeardownHcaOut: 16 {
        /// [`CommandStatus`](crate::CommandStatus) of the command.
        status: 8,
        _: 24,
        /// [`Syndrome`](crate::Syndrome): the firmware's own code for a failure.
        syndrome: 32,
        _: 63,
        /// Set: a teardown by force or in haste did not succeed.
        state: 1,
    }
}

layout! {
    /// Input of QUERY_ISSI (PRM "QUERY_ISSI"; `mlx5_core_set_issi`).
    pub struct QueryIssiIn: 16 {
        /// [`Opcode`] of the command.
        opcode: 16,
        /// User context that issues the command; 0 for the kernel.
        uid: 16,
        _: 16,
        /// Operation modifier.
        op_mod: 16,
        _: 64,
    }
}

layout! {
    /// Output of QUERY_ISSI: which interface step sequences the device knows.
    pub struct QueryIssiOut: 112 {
        /// [`CommandStatus`](crate::CommandStatus) of the command.
        status: 8,
        _: 24,
        /// [`Syndrome`](crate::Syndrome): the firmware's own code for a failure.
        syndrome: 32,
        _: 16,
        /// Sequence in use.
        current_issi: 16,
        _: 768,
        /// Bit n is set if sequence n is known.
        supported_issi: 32,
    }
}

layout! {
    /// Input of SET_ISSI (PRM "SET_ISSI"; `mlx5_core_set_issi`).
    pub struct SetIssiIn: 16 {
        /// [`Opcode`] of the command.
        opcode: 16,
        /// User context that issues the command; 0 for the kernel.
        uid: 16,
        _: 16,
        /// Operation modifier.
        op_mod: 16,
        _: 16,
        /// Sequence to use.
        current_issi: 16,
        _: 32,
    }
}

layout! {
    /// Input of QUERY_ADAPTER (PRM "QUERY_ADAPTER"; `mlx5_query_board_id`).
    pub struct QueryAdapterIn: 16 {
        /// [`Opcode`] of the command.
        opcode: 16,
        /// User context that issues the command; 0 for the kernel.
        uid: 16,
        _: 16,
        /// Operation modifier.
        op_mod: 16,
        _: 64,
    }
}

layout! {
    /// Output of QUERY_ADAPTER: vendor and board.
    pub struct QueryAdapterOut: 272 {
        /// [`CommandStatus`](crate::CommandStatus) of the command.
        status: 8,
        _: 24,
        /// [`Syndrome`](crate::Syndrome): the firmware's own code for a failure.
        syndrome: 32,
        _: 264,
        /// The vendor's number at the IEEE.
        ieee_vendor_id: 24,
        _: 16,
        /// The vendor's number at the PCI-SIG, for the vendor-specific data.
        vsd_vendor_id: 16,
        _: 1792,
    }
}

/// Byte offset of the board id in [`QueryAdapterOut`], 16 characters.
pub const BOARD_ID_OFFSET: usize = 0x100;

impl QueryAdapterOut {
    /// The board id: 16 characters, padded with zeros.
    #[must_use]
    pub fn board_id(&self) -> &[u8] {
        &self.0[BOARD_ID_OFFSET..]
    }

    /// The board id, to be written.
    pub fn board_id_mut(&mut self) -> &mut [u8] {
        &mut self.0[BOARD_ID_OFFSET..]
    }
}

commands! {
    /// Enables a function.
    EnableHca: Opcode::EnableHca, EnableHcaIn => ShortStatusOutput;
    /// Disables a function.
    DisableHca: Opcode::DisableHca, DisableHcaIn => ShortStatusOutput;
    /// Starts the function that asks.
    InitHca: Opcode::InitHca, InitHcaIn => StatusOutput;
    /// Stops the function that asks.
    TeardownHca: Opcode::TeardownHca, TeardownHcaIn => TeardownHcaOut;
    /// Asks for the interface step sequences.
    QueryIssi: Opcode::QueryIssi, QueryIssiIn => QueryIssiOut;
    /// Chooses an interface step sequence.
    SetIssi: Opcode::SetIssi, SetIssiIn => StatusOutput;
    /// Asks for vendor and board.
    QueryAdapter: Opcode::QueryAdapter, QueryAdapterIn => QueryAdapterOut;
}
