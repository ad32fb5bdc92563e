//! Devices to attack: one of each kind, and what firmware may make of what the interface leaves open.

use crate::draw::Draw;
use emulator::DeviceConfig;
use emulator::config::{
    CommandExecution, GiveAfterRelease, ModeClearedAt, ModeEffectiveAt, OnDisable, OnHaste, OnLinkDown,
    OnReset, QueryPagesId, ReturnOrder, TakeUnknownId, ZeroMailboxPointer,
};
use prm::PageMode;
use serde_json::{Value, json};

fn bases() -> [Value; 6] {
    [
        json!({ "kind": "pf", "vhca_id": 5, "page_mode": "vhca_id",
            "eswitch": { "manager": true, "vport_group_manager": true },
            "vfs": { "total": 3, "first_vhca_id": 16 },
            "sfs": { "max": 3, "base_id": 128, "first_vhca_id": 256 } }),
        json!({ "kind": "ecpf", "vhca_id": 2, "page_mode": "vhca_id",
            "eswitch": { "manager": true, "vport_group_manager": true, "ecpf_vport_exists": true },
            "external_host": { "pf_vhca_id": 0, "vfs": { "total": 2, "first_vhca_id": 16 },
                "sfs": { "max": 2, "base_id": 160, "first_vhca_id": 320 }, "enabled_vfs": 1 },
            "ec_vfs": { "total": 2, "first_vhca_id": 64 },
            "satellite_pfs": [{ "vhca_id": 100 }],
            "adjacent_vfs": [{ "vhca_id": 70, "vport": 900 }] }),
        json!({ "kind": "pf", "vhca_id": 5, "page_mode": "func_id", "port": "ethernet",
            "demand": { "profile": "modelled" }, "vfs": { "total": 2, "first_vhca_id": 16 },
            "second_pf": { "vhca_id": 9 }, "teardown": { "fast": true, "force": true }, "sync_reset": "hot_reset" }),
        json!({ "kind": "vf", "vhca_id": 9, "page_mode": "vhca_id" }),
        json!({ "kind": "pf", "vhca_id": 5, "page_mode": "vhca_id", "port": "infiniband",
            "demand": { "profile": "trace", "boot": -3, "init": 0 },
            "eswitch": { "manager": true, "vport_group_manager": true, "ecpf_vhca_id": 2 },
            "sync_reset": "link_toggle" }),
        json!({ "kind": "ecpf", "vhca_id": 2, "page_mode": "func_id",
            "external_host": { "pf_vhca_id": 0, "vfs": { "total": 2, "first_vhca_id": 16 } } }),
    ]
}

/// Draws a device.
///
/// # Panics
/// If one of those above is none.
pub fn device(draw: &mut Draw<'_>) -> DeviceConfig {
    let bases = bases();
    let base = bases[draw.below(bases.len())].clone();
    let mut device: DeviceConfig = serde_json::from_value(base).expect("a device");
    let knobs = &mut device.firmware;
    // The choices are of two or three; two to a byte.
    let open = draw.half();
    let bit = |place: u32| open >> place & 1 == 1;
    knobs.mode_effective_at = if bit(0) {
        ModeEffectiveAt::InitHca
    } else {
        ModeEffectiveAt::SetHcaCap
    };
    knobs.mode_cleared_at = match open >> 1 & 3 {
        0 | 3 => ModeClearedAt::DisableHca,
        1 => ModeClearedAt::EnableHca,
        _ => ModeClearedAt::TeardownHca,
    };
    knobs.take_unknown_id = if bit(3) {
        TakeUnknownId::ZeroPages
    } else {
        TakeUnknownId::BadResource
    };
    knobs.query_pages_id = match open >> 4 & 3 {
        0 | 3 => QueryPagesId::Ignore,
        1 => QueryPagesId::Reject,
        _ => QueryPagesId::Literal,
    };
    knobs.command_execution = if bit(6) {
        CommandExecution::Serial
    } else {
        CommandExecution::Parallel
    };
    knobs.return_order = match open >> 7 & 3 {
        0 | 3 => ReturnOrder::Newest,
        1 => ReturnOrder::Oldest,
        _ => ReturnOrder::Seeded,
    };
    knobs.on_disable = if bit(9) {
        OnDisable::Silent
    } else {
        OnDisable::ReturnPages { after_ms: 0 }
    };
    knobs.on_reset = match open >> 10 & 3 {
        0 | 3 => OnReset::ReleaseAll,
        1 => OnReset::ReturnPages,
        _ => OnReset::Silent,
    };
    knobs.on_haste = if bit(12) { OnHaste::Keep } else { OnHaste::Forget };
    knobs.on_link_down = if bit(13) {
        OnLinkDown::Keep
    } else {
        OnLinkDown::Reset
    };
    knobs.takes_reset_requests = bit(14);
    knobs.boot_pages_keep_their_id = bit(15);
    if draw.flag() {
        let open = draw.byte();
        knobs.returns_at_most = draw.hurting();
        knobs.boot_function_id = draw.half();
        knobs.ignores_page_mode = open & 1 == 1;
        knobs.zero_mailbox_pointer = match open >> 1 & 1 {
            0 => ZeroMailboxPointer::default(),
            _ => ZeroMailboxPointer::Refuse,
        };
        knobs.give_after_release = match open >> 2 & 1 {
            0 => GiveAfterRelease::default(),
            _ => GiveAfterRelease::Accept,
        };
        if open & 8 == 8 {
            device.page_mode = PageMode::FuncId;
        }
        device.demand.boot = small(draw);
        device.demand.init = small(draw);
    }
    device
}

/// A count of pages of either sign.
fn small(draw: &mut Draw<'_>) -> i32 {
    i32::from(i16::from_le_bytes(draw.half().to_le_bytes()) % 600)
}
