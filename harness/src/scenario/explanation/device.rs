//! The device and the host in words.

use super::wording::{count, enumeration};
use crate::scenario::model::HostConfig;
use emulator::config::{DeviceConfig, DeviceKind, FirmwareKnobs, Port, Timeouts, VirtualFunctions};
use prm::PageMode;
use prm::saturated;

pub(super) fn sentence(device: &DeviceConfig) -> String {
    let kind = match device.kind {
        DeviceKind::Pf => "a PF",
        DeviceKind::Ecpf => "an ECPF (the Arm side of a BlueField)",
        DeviceKind::Vf => "a VF that is passed through alone",
    };
    let mode = match device.page_mode {
        PageMode::FuncId => "names page owners by function id",
        PageMode::VhcaId => "offers to name page owners by vhca_id",
    };
    let demand = &device.demand;
    let mut text = format!(
        "{kind} with vhca_id {} that {mode} and asks for {} boot and {} init pages.",
        device.vhca_id, demand.boot, demand.init
    );
    let roster = roster(device);
    if !roster.is_empty() {
        text.push_str(&format!(" It has {}.", enumeration(&roster)));
    }
    text.push_str(
        match (device.eswitch.manager, device.eswitch.vport_group_manager) {
            (true, true) => " It manages its eswitch.",
            (true, false) => " It manages its eswitch, but not the vport group.",
            (false, true) => " It manages the vport group, but not its eswitch.",
            (false, false) => " It manages no eswitch.",
        },
    );
    text.push_str(match device.port {
        Port::Infiniband => " The port is InfiniBand.",
        Port::EthernetBare => "",
        Port::Ethernet => " The port is Ethernet with offloads.",
    });
    if !device.timeouts.are_driver_defaults() {
        text.push_str(&timeouts(device.timeouts));
    }
    if let Some(quirks) = knobs(&device.firmware) {
        text.push_str(&format!(" Its firmware differs from the usual in {quirks}."));
    }
    text
}

pub(super) fn host_sentence(host: HostConfig) -> String {
    let pages = format!("pages of {} KiB", host.page_size / 1024);
    let eswitch = if host.eswitch_support {
        ""
    } else {
        ", and a driver built without eswitch support"
    };
    format!("{pages}{eswitch}.")
}

fn roster(device: &DeviceConfig) -> Vec<String> {
    let mut roster = Vec::new();
    let mut functions = |number: usize, name: &str, ids: Vec<u16>| {
        if number > 0 {
            let ids: Vec<String> = ids.iter().map(u16::to_string).collect();
            let word = if number == 1 { "vhca_id" } else { "vhca_ids" };
            let shown = if ids.len() > 4 {
                format!("{} to {}", ids[0], ids[ids.len() - 1])
            } else {
                enumeration(&ids)
            };
            let number = saturated::<i64>(number);
            roster.push(format!("{} ({word} {shown})", count(number, name)));
        }
    };
    let ids = |vfs: &VirtualFunctions| {
        (1..=vfs.total)
            .map(|number| vfs.vhca_id(number))
            .collect::<Vec<_>>()
    };
    functions(device.vfs.total.into(), "VF", ids(&device.vfs));
    if device.kind == DeviceKind::Ecpf {
        functions(1, "host PF", vec![device.external_host.pf_vhca_id]);
    }
    let second: Vec<u16> = device.second_pf.iter().map(|pf| pf.vhca_id).collect();
    functions(second.len(), "PF of a second host", second);
    let host = &device.external_host.vfs;
    functions(host.total.into(), "host VF", ids(host));
    functions(device.ec_vfs.total.into(), "EC VF", ids(&device.ec_vfs));
    let satellites: Vec<u16> = device.satellite_pfs.iter().map(|spf| spf.vhca_id).collect();
    functions(satellites.len(), "satellite PF", satellites);
    let first = device.sfs.first_vhca_id;
    functions(
        device.sfs.max.into(),
        "possible SF",
        (0..device.sfs.max).map(|n| first.wrapping_add(n)).collect(),
    );
    let host = device.external_host.sfs;
    functions(
        host.max.into(),
        "possible SF of the host",
        (0..host.max)
            .map(|n| host.first_vhca_id.wrapping_add(n))
            .collect(),
    );
    let adjacent: Vec<u16> = device.adjacent_vfs.iter().map(|vf| vf.vhca_id).collect();
    functions(adjacent.len(), "adjacent VF", adjacent);
    if device.external_host.enabled_vfs > 0 {
        roster.push(format!(
            "{} enabled on the host at the start",
            device.external_host.enabled_vfs
        ));
    }
    roster
}

fn timeouts(timeouts: Timeouts) -> String {
    format!(
        " It prescribes a command limit of {} ms, {} ms for startup reclaim and {} ms for a wait for pages.",
        timeouts.command_ms, timeouts.reclaim_pages_ms, timeouts.reclaim_vfs_pages_ms
    )
}

/// The knobs that are not at their defaults, as `name = value`.
fn knobs(knobs: &FirmwareKnobs) -> Option<String> {
    let plain = |knobs: &FirmwareKnobs| serde_json::to_value(knobs).unwrap_or_default();
    let (given, usual) = (plain(knobs), plain(&FirmwareKnobs::default()));
    let given = given
        .as_object()?
        .iter()
        .filter(|(name, value)| usual.get(name.as_str()) != Some(*value));
    let given: Vec<String> = given.map(|(name, value)| format!("`{name}` = {value}")).collect();
    (!given.is_empty()).then(|| enumeration(&given))
}
