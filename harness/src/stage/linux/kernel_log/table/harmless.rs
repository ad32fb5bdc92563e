//! What says nothing of the driver's work with pages: what a small device makes a kernel say, what happened to go along, and
//! what the bus says of a request that it turned down, whose result is compared.

use super::row::{Row, nothing};

#[rustfmt::skip]
pub(in crate::stage::linux::kernel_log) const HARMLESS: &[Row] = &[
    // PCI's core about `sriov_numvfs`. Whoever wrote there got an error number.
    nothing(r"^\d+ VFs already enabled\. Disable before enabling"),
    nothing(r"^\d+ VFs requested; only \d+ enabled"),
    nothing(r"^(?:not enough MMIO resources for SR-IOV|can't enable \d+ VFs|SR-IOV: IOV BARS not allocated|failure -?\d+ from pcibios_sriov_enable)"),
    nothing(r"^(?:no driver bound to device; cannot configure SR-IOV|driver does not support SR-IOV configuration)"),
    nothing(r"^(?:Cannot modify SR-IOV while VFs are assigned|driver left SR-IOV enabled after remove)"),
    // The bus about resets, resources and power.
    nothing(r"^(?:resetting|reset done|All device reset methods disabled by user|Device-specific reset disabled)"),
    nothing(r"^(?:timed out waiting for pending transaction|not ready \d+ms after|ready \d+ms after)"),
    nothing(r"^(?:BAR \d+|VF BAR \d+|ROM)(?: \[| \w+: | can't|: )"),
    nothing(r"^(?:enabling|disabling) device"),
    nothing(r"^(?:VF|PF)?\s*\[[0-9a-f]{4}:[0-9a-f]{4}\] type "),
    nothing(r"^(?:device already bound|\w+: device already bound)"),
    nothing(r"available PCIe bandwidth"),
    nothing(r"^PCIe? (?:slot|link)"),
    nothing(r"^(?:Detected insufficient power on the PCIe slot|PCIe slot (?:power capability|advertised))"),
    nothing(r"^(?:Shutdown was called|Warning: couldn't set 64-bit PCI DMA mask)"),
    nothing(r"^\w+ Device state = \d+ "),

    // Information about the eswitch; some kernels print it as a warning.
    nothing(r"^E-Switch: (?:Total vports|Enable|Disable|Unload vfs|cleanup|Supported tc chains|MPFS/FDB)"),
    nothing(r"^E-Switch: .*Tc chains and priorities offload aren't supported"),
    nothing(r"^E-Switch: (?:e|in)gress ACL is not supported by FW"),
    nothing(r"^E-Switch: Devlink can't get param"),

    // Information about flow steering.
    nothing(r"^Flow counters bulk query buffer size increased"),

    // What a network interface says of itself.
    nothing(r"^Dropping C-tag vlan stripping offload due to S-tag vlan"),
    nothing(r"^(?:Disabling|Keeping) .*, (?:not supported|TCP header-data split)"),
    nothing(r"^MLX5E: "),
    nothing(r"^Assigned random MAC address"),
    nothing(r"^Link (?:up|down)"),
    nothing(r"^\w+: (?:renamed from|entered|left)\b|^(?:renamed from|entered|left) "),
    nothing(r"^\w+: VPort MTU \d+ is different"),
    nothing(r"^Port module event"),
    nothing(r"^lag map|^shared_fdb:|^Operation mode is single FDB"),

    // What a device without Ethernet, clock and the rest makes the kernel say.
    nothing(r"^firmware version: "),
    nothing(r"^Failed to get valid vendor specific ID"),
    // GUIDs of VFs on InfiniBand; only a manager of vport groups may restore them.
    nothing(r"^modify vport context failed, unable to restore VF \d+ settings"),
    nothing(r"^failed to restore VF \d+ settings, err -1$"),
    nothing(r"^invalid device_frequency_khz"),
    nothing(r"^Missing \w+ capability"),
    nothing(r"^(?:max_ft_level < 3|Self loop back prevention is not supported|CQ moderation is not supported)"),
    nothing(r"^IPoIB enhanced offloads are not supported"),
    nothing(r"^Rate limit: "),
    nothing(r"^Query ISSI is not supported by FW"),
    nothing(r"^log_max_qp value in current profile is"),
    nothing(r"^fw query isn't supported by the FW"),
    nothing(r"^wait vital counter value"),
];
