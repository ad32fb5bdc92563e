//! The registers of a port, which ACCESS_REG reads and writes: packet length, link, state, counters.

use crate::layout;

layout! {
    /// Longest packets, register 0x5003 (PRM "PMTU"; `mlx5_query_port_mtu`). Lengths count the whole packet in bytes.
    pub struct PortMtu: 16 {
        _: 8,
        /// The port, from 1.
        local_port: 8,
        _: 16,
        /// Longest packet that can be asked for.
        max_mtu: 16,
        _: 16,
        /// Longest packet that was asked for.
        admin_mtu: 16,
        _: 16,
        /// Longest packet in force.
        oper_mtu: 16,
        _: 16,
    }
}

layout! {
    /// Link types and speeds, register 0x5004 (PRM "PTYS"; `mlx5_query_port_ptys`). Each bit of an Ethernet word is one
    /// type of link.
    pub struct PortTypeAndSpeed: 64 {
        _: 8,
        /// The port, from 1.
        local_port: 8,
        _: 13,
        /// Which words count: bit 0 InfiniBand, bit 2 Ethernet.
        proto_mask: 3,
        _: 16,
        /// Data rate in force, in units of 100 Mbit/s.
        data_rate_oper: 16,
        _: 32,
        /// Types of Ethernet link that the port can have.
        eth_proto_capability: 32,
        _: 64,
        /// Types of Ethernet link that were asked for.
        eth_proto_admin: 32,
        _: 64,
        /// The type of Ethernet link in force.
        eth_proto_oper: 32,
        _: 192,
    }
}

layout! {
    /// Whether a port is up, register 0x5006 (PRM "PAOS"; `mlx5_query_port_admin_status`). States: 1 up, 2 down.
    pub struct PortStatus: 16 {
        _: 8,
        /// The port, from 1.
        local_port: 8,
        _: 4,
        /// State that was asked for.
        admin_status: 4,
        _: 4,
        /// State in force.
        oper_status: 4,
        /// `admin_status` is written.
        admin_status_enable: 1,
        _: 95,
    }
}

layout! {
    /// Counters of one group, register 0x5008 (PRM "PPCNT"; `mlx5e_grp_802_3_update_stats`).
    pub struct PortCounters: 256 {
        _: 8,
        /// The port, from 1.
        local_port: 8,
        _: 10,
        /// Group of counters.
        group: 6,
        _: 27,
        /// Priority or traffic class, where the group has counters for each.
        priority: 5,
        _: 1984,
    }
}
