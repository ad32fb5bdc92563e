//! ACCESS_REG and the registers that are read and written through it.

use crate::command::{Command, commands};
use crate::init_segment::Timeout;
use crate::layout;
use crate::layout_macro::nested;
use crate::opcode::Opcode;
use crate::raw_enum::raw_enum;

raw_enum! {
    /// Which way ACCESS_REG goes: its operation modifier (PRM "ACCESS_REGISTER"; `mlx5_access_reg`).
    pub enum RegisterAccess: u16 {
        /// The host writes the register.
        Write = 0 "WRITE",
        /// The host reads the register.
        Read = 1 "READ",
    }
}

raw_enum! {
    /// A register behind ACCESS_REG (`enum mlx5_reg` of the driver).
    pub enum RegisterId: u16 {
        /// Longest packets of a port: [`PortMtu`](crate::port::PortMtu).
        PortMtu = 0x5003 "PMTU",
        /// Link types and speeds of a port: [`PortTypeAndSpeed`](crate::port::PortTypeAndSpeed).
        PortTypeAndSpeed = 0x5004 "PTYS",
        /// Whether a port is up: [`PortStatus`](crate::port::PortStatus).
        PortStatus = 0x5006 "PAOS",
        /// Counters of a port: [`PortCounters`](crate::port::PortCounters).
        PortCounters = 0x5008 "PPCNT",
        /// Byte order of the host: [`HostEndianness`].
        HostEndianness = 0x7004 "HOST_ENDIANNESS",
        /// The reset of firmware: [`FirmwareResetLevel`].
        FirmwareResetLevel = 0x9028 "MFRL",
        /// What a component of the firmware is: [`ComponentStatus`](crate::component::ComponentStatus).
        ComponentStatus = 0x9060 "MCQS",
        /// Version of a component: [`ComponentInformation`](crate::component::ComponentInformation).
        ComponentInformation = 0x9061 "MCQI",
        /// Which management registers there are:
        /// [`ManagementCapabilities`](crate::component::ManagementCapabilities).
        ManagementCapabilities = 0x907f "MCAM",
        /// Default time-outs: [`DefaultTimeouts`].
        DefaultTimeouts = 0xc00e "DTOR",
    }
}

layout! {
    /// Input of ACCESS_REG without the register, which follows from byte 16 (PRM "ACCESS_REGISTER";
    /// `mlx5_access_reg`). The operation modifier is a [`RegisterAccess`].
    pub struct AccessRegisterIn: 16 {
        /// [`Opcode`] of the command.
        opcode: 16,
        /// User context that issues the command; 0 for the kernel.
        uid: 16,
        _: 16,
        /// Operation modifier.
        op_mod: 16,
        _: 16,
        /// [`RegisterId`] of the register.
        register_id: 16,
        /// Meaning by register.
        argument: 32,
    }
}

layout! {
    /// Output of ACCESS_REG without the register, which follows from byte 16.
    pub struct AccessRegisterOut: 16 {
        /// [`CommandStatus`](crate::CommandStatus) of the command.
        status: 8,
        _: 24,
        /// [`Syndrome`](crate::Syndrome): the firmware's own code for a failure.
        syndrome: 32,
        _: 64,
    }
}

/// Byte offset of the register in the input and in the output of ACCESS_REG.
pub const REGISTER_DATA_OFFSET: usize = 16;

layout! {
    /// Byte order of the host, register 0x7004 (PRM "HOST_ENDIANNESS"; `set_hca_ctrl`).
    pub struct HostEndianness: 16 {
        /// The host is big-endian.
        big_endian: 1,
        _: 127,
    }
}

layout! {
    /// Default time-outs, register 0xc00e (PRM "DTOR"; `mlx5_tout_query_dtor`). Each word is a [`Timeout`]; 0
    /// leaves the driver's own value.
    pub struct DefaultTimeouts: 64 {
        _: 32,
        /// The PCIe link is switched off and on.
        pcie_toggle: 32,
        _: 96,
        /// Interval of the health poll.
        health_poll_interval: 32,
        /// A full crash dump is taken.
        full_crdump: 32,
        /// The firmware is reset.
        firmware_reset: 32,
        /// Commands are flushed after an error.
        flush_on_error: 32,
        /// The firmware's update is coordinated.
        pci_sync_update: 32,
        /// The device is torn down in haste.
        tear_down: 32,
        /// The flash is activated again.
        fsm_reactivate: 32,
        /// All pages are taken back at unload.
        reclaim_pages: 32,
        /// The pages of other functions come back after these were disabled.
        reclaim_vfs_pages: 32,
        /// The driver unloads for a reset.
        reset_unload: 32,
        _: 32,
    }
}

layout! {
    /// The reset of firmware that all hosts agree on, register 0x9028 (PRM "MFRL"; `mlx5_reg_mfrl_set`).
    pub struct FirmwareResetLevel: 8 {
        _: 32,
        _: 2,
        /// Written: firmware is to ask all hosts for it.
        start: 1,
        /// Written: this host's answer, 1 yes, 2 no.
        response: 2,
        /// Written: which type of reset.
        reset_type_selected: 3,
        /// How a function is reset on its bus: a [`ResetMethod`].
        method: 3,
        _: 1,
        /// How far it is: a [`ResetStatus`].
        state: 4,
        /// Types of reset that are possible.
        reset_type: 8,
        /// Read: levels that are possible. Written: the level that is meant. One bit each, as [`RESET_LEVEL_3`].
        reset_level: 8,
    }
}

/// `reset_level`: firmware is replaced while it runs.
pub const RESET_LEVEL_0: u8 = 1 << 0;
/// `reset_level`: all drivers unload, firmware is reset, all load again.
pub const RESET_LEVEL_3: u8 = 1 << 3;
/// `reset_level`: the machine has to start again.
pub const RESET_LEVEL_6: u8 = 1 << 6;

raw_enum! {
    /// How a function is reset on its bus, once firmware wants that (`MLX5_MFRL_REG_PCI_RESET_METHOD_*`).
    pub enum ResetMethod: u8 {
        /// The bridge switches its link off and on.
        LinkToggle = 0 "LINK_TOGGLE",
        /// The bridge resets its bus.
        HotReset = 1 "HOT_RESET",
    }
}

raw_enum! {
    /// How far a reset of firmware is (`MLX5_MFRL_REG_RESET_STATE_*`).
    pub enum ResetStatus: u8 {
        /// There is none, or it is over.
        Idle = 0 "IDLE",
        /// Hosts are being asked.
        InNegotiation = 1 "IN_NEGOTIATION",
        /// Hosts unload, or firmware starts.
        InProgress = 2 "IN_PROGRESS",
        /// A host has not answered.
        NegotiationTimedOut = 3 "NEGOTIATION_TIMED_OUT",
        /// A host has said no.
        Refused = 4 "REFUSED",
        /// A host has not unloaded.
        UnloadTimedOut = 5 "UNLOAD_TIMED_OUT",
    }
}

nested!(DefaultTimeouts { pcie_toggle_timeout, set_pcie_toggle_timeout: Timeout at 0x4 });
nested!(DefaultTimeouts { firmware_reset_timeout, set_firmware_reset_timeout: Timeout at 0x1c });
nested!(DefaultTimeouts { reclaim_pages_timeout, set_reclaim_pages_timeout: Timeout at 0x30 });
nested!(DefaultTimeouts { reclaim_vfs_pages_timeout, set_reclaim_vfs_pages_timeout: Timeout at 0x34 });

commands! {
    /// Reads or writes a register, which follows the heads and is as long in the input as in the output.
    AccessRegister: Opcode::AccessReg, AccessRegisterIn => AccessRegisterOut;
}
