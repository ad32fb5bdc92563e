//! Subfunctions: allocating one, and the state a function is in.

use crate::command::{Command, StatusOutput, commands};
use crate::layout;
use crate::opcode::Opcode;
use crate::raw_enum::raw_enum;

raw_enum! {
    /// State of a function as its manager sees it (PRM "VHCA State"; `mlx5_vhca_event_arm`).
    pub enum VhcaState: u8 {
        /// Does not exist.
        Invalid = 0 "INVALID",
        /// Exists, not enabled.
        Allocated = 1 "ALLOCATED",
        /// Enabled; its driver may start.
        Active = 2 "ACTIVE",
        /// Its driver runs.
        InUse = 3 "IN_USE",
        /// Its driver is asked to stop.
        TeardownRequest = 4 "TEARDOWN_REQUEST",
    }
}

layout! {
    /// Input of ALLOC_SF (PRM "ALLOC_SF"; `mlx5_cmd_alloc_sf`).
    pub struct AllocSfIn: 16 {
        /// [`Opcode`] of the command.
        opcode: 16,
        /// User context that issues the command; 0 for the kernel.
        uid: 16,
        _: 16,
        /// Operation modifier.
        op_mod: 16,
        _: 16,
        /// Function id of the subfunction.
        function_id: 16,
        _: 32,
    }
}

layout! {
    /// Input of DEALLOC_SF (PRM "DEALLOC_SF"; `mlx5_cmd_dealloc_sf`).
    pub struct DeallocSfIn: 16 {
        /// [`Opcode`] of the command.
        opcode: 16,
        /// User context that issues the command; 0 for the kernel.
        uid: 16,
        _: 16,
        /// Operation modifier.
        op_mod: 16,
        _: 16,
        /// Function id of the subfunction.
        function_id: 16,
        _: 32,
    }
}

layout! {
    /// Input of QUERY_VHCA_STATE (PRM "QUERY_VHCA_STATE"; `mlx5_cmd_query_vhca_state`).
    pub struct QueryVhcaStateIn: 16 {
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
        /// Function asked for.
        function_id: 16,
        _: 32,
    }
}

layout! {
    /// Output of QUERY_VHCA_STATE.
    pub struct QueryVhcaStateOut: 32 {
        /// [`CommandStatus`](crate::CommandStatus) of the command.
        status: 8,
        _: 24,
        /// [`Syndrome`](crate::Syndrome): the firmware's own code for a failure.
        syndrome: 32,
        _: 64,
        /// The next change of the state posts VHCA_STATE_CHANGE.
        arm_change_event: 1,
        _: 11,
        /// [`VhcaState`] of the function.
        vhca_state: 4,
        _: 16,
        /// Number the user gave the subfunction.
        sw_function_id: 32,
        _: 64,
    }
}

layout! {
    /// Input of MODIFY_VHCA_STATE (PRM "MODIFY_VHCA_STATE"; `mlx5_cmd_modify_vhca_state`). The `select` bits
    /// tell which fields count.
    pub struct ModifyVhcaStateIn: 32 {
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
        /// Function to change.
        function_id: 16,
        _: 30,
        /// `sw_function_id` counts.
        select_sw_function_id: 1,
        /// `arm_change_event` counts.
        select_arm_change_event: 1,
        /// The next change of the state shall post VHCA_STATE_CHANGE.
        arm_change_event: 1,
        _: 11,
        /// [`VhcaState`] of the function.
        vhca_state: 4,
        _: 16,
        /// Number the user gives the subfunction.
        sw_function_id: 32,
        _: 64,
    }
}

commands! {
    /// Allocates a subfunction.
    AllocSf: Opcode::AllocSf, AllocSfIn => StatusOutput;
    /// Frees a subfunction.
    DeallocSf: Opcode::DeallocSf, DeallocSfIn => StatusOutput;
    /// Asks for the state of a function.
    QueryVhcaState: Opcode::QueryVhcaState, QueryVhcaStateIn => QueryVhcaStateOut;
    /// Changes the state of a function, or arms its event.
    ModifyVhcaState: Opcode::ModifyVhcaState, ModifyVhcaStateIn => StatusOutput;
}
