//! A device from a seed: its kind, its functions, how firmware names them, its ports, what it demands, its firmware's ways.

use crate::swarm::dice::Dice;
use emulator::config::{
    CommandExecution, Demand, DemandProfile, DeviceConfig, DeviceKind, Eswitch, ExternalHost, FirmwareKnobs,
    ModeClearedAt, ModeEffectiveAt, OnDisable, Port, ReturnOrder, SatellitePf, ScalableFunctions,
    TakeUnknownId, VirtualFunctions, ZeroMailboxPointer,
};
use prm::PageMode;

/// Pages for the boot, sizes around what a mailbox holds.
const BOOT: [i32; 6] = [0, 1, 7, 40, 130, 512];

/// Pages for the initialisation.
const INIT: [i32; 6] = [0, 1, 9, 200, 511, 700];

/// Identities of functions, far enough from each other that their numbers never meet.
const SELF_OF_PF: u16 = 5;
const SELF_OF_ECPF: u16 = 2;
const SATELLITE: u16 = 8;
const VFS: u16 = 16;
const EC_VFS: u16 = 64;
const SCALABLE: u16 = 128;
const SCALABLE_BASE: u16 = 256;

/// A device. With `odd`, some devices manage no embedded switch, some have satellite PFs, and some demand pages of a function before
/// its driver can know it: all of that is known to break a rule under one revision or another.
#[must_use]
pub fn draw_device(dice: &mut Dice, odd: bool) -> DeviceConfig {
    let kind = dice
        .weighed(&[(6, DeviceKind::Pf), (5, DeviceKind::Ecpf)])
        .unwrap_or(DeviceKind::Pf);
    let page_mode = dice
        .weighed(&[(3, PageMode::VhcaId), (1, PageMode::FuncId)])
        .unwrap_or(PageMode::VhcaId);
    let is_odd = odd && dice.chance(15);
    let ports = [
        (6, Port::Ethernet),
        (3, Port::EthernetBare),
        (usize::from(is_odd) * 6, Port::Infiniband),
    ];
    let port = dice.weighed(&ports).unwrap_or_default();
    let manages = !is_odd && port != Port::Infiniband;
    let mut device = DeviceConfig {
        kind,
        vhca_id: SELF_OF_PF,
        page_mode,
        demand: demand(dice, odd),
        port,
        eswitch: Eswitch {
            manager: manages,
            vport_group_manager: manages || (is_odd && port != Port::Infiniband && dice.chance(50)),
            ..Eswitch::default()
        },
        vfs: VirtualFunctions::default(),
        ec_vfs: VirtualFunctions::default(),
        external_host: ExternalHost::default(),
        model: None,
        second_pf: None,
        satellite_pfs: Vec::new(),
        sfs: ScalableFunctions::default(),
        adjacent_vfs: Vec::new(),
        timeouts: super::frame::TIMEOUTS,
        teardown: emulator::config::Teardown::default(),
        sync_reset: emulator::config::SyncReset::default(),
        firmware: knobs(dice, page_mode),
    };
    match kind {
        DeviceKind::Ecpf => embedded(&mut device, dice, odd),
        DeviceKind::Pf | DeviceKind::Vf => plain(&mut device, dice),
    }
    if manages && port == Port::Ethernet && page_mode == PageMode::VhcaId && dice.chance(30) {
        device.sfs = ScalableFunctions {
            max: 4,
            base_id: SCALABLE_BASE,
            first_vhca_id: SCALABLE,
        };
    }
    device
}

fn some(total: u32, first_vhca_id: u16) -> VirtualFunctions {
    VirtualFunctions {
        total: u16::try_from(total).unwrap_or(1),
        first_vhca_id,
        ..VirtualFunctions::default()
    }
}

fn plain(device: &mut DeviceConfig, dice: &mut Dice) {
    device.vfs = some(dice.between(1, 4), VFS);
    if device.page_mode == PageMode::VhcaId && device.eswitch.manager && dice.chance(12) {
        device.eswitch.ecpf_vport_exists = true;
        device.eswitch.ecpf_vhca_id = Some(SELF_OF_ECPF);
    }
}

fn embedded(device: &mut DeviceConfig, dice: &mut Dice, odd: bool) {
    device.vhca_id = SELF_OF_ECPF;
    device.eswitch.ecpf_vport_exists = true;
    if dice.chance(70) {
        device.ec_vfs = some(dice.between(1, 3), EC_VFS);
    }
    let total = dice.between(1, 4);
    let enabled = dice.pick(&[0, 0, 1, total]).unwrap_or(0);
    device.external_host = ExternalHost {
        pf_vhca_id: 0,
        vfs: some(total, VFS),
        enabled_vfs: u16::try_from(enabled).unwrap_or(0),
        ..ExternalHost::default()
    };
    if odd && device.page_mode == PageMode::VhcaId && dice.chance(15) {
        device.satellite_pfs = vec![SatellitePf { vhca_id: SATELLITE }];
    }
}

fn demand(dice: &mut Dice, odd: bool) -> Demand {
    let usual = Demand::default();
    Demand {
        profile: if odd && dice.chance(20) {
            DemandProfile::Modelled
        } else {
            DemandProfile::Catalogue
        },
        boot: dice.pick(&BOOT).filter(|_| dice.chance(40)).unwrap_or(usual.boot),
        init: dice.pick(&INIT).filter(|_| dice.chance(40)).unwrap_or(usual.init),
    }
}

/// What the interface leaves to firmware.
fn knobs(dice: &mut Dice, page_mode: PageMode) -> FirmwareKnobs {
    let orders = [ReturnOrder::Newest, ReturnOrder::Oldest, ReturnOrder::Seeded];
    let on_disable = match dice.below(9) {
        0..4 => OnDisable::default(),
        4..7 => OnDisable::Silent,
        _ => OnDisable::ReturnPages {
            after_ms: dice.pick(&[1, 50, 500, 1_400]).unwrap_or(1),
        },
    };
    let by_vhca_id = page_mode == PageMode::VhcaId;
    FirmwareKnobs {
        return_order: dice.pick(&orders).unwrap_or_default(),
        returns_at_most: dice.weighed(&[(8, 0), (1, 1), (1, 16), (1, 64)]).unwrap_or(0),
        on_disable,
        command_execution: if dice.chance(30) {
            CommandExecution::Serial
        } else {
            CommandExecution::Parallel
        },
        mode_effective_at: match by_vhca_id && dice.chance(15) {
            true => ModeEffectiveAt::InitHca,
            false => ModeEffectiveAt::default(),
        },
        mode_cleared_at: match by_vhca_id && dice.chance(15) {
            true => ModeClearedAt::EnableHca,
            false => ModeClearedAt::default(),
        },
        take_unknown_id: match dice.chance(15) {
            true => TakeUnknownId::ZeroPages,
            false => TakeUnknownId::default(),
        },
        zero_mailbox_pointer: match dice.chance(10) {
            true => ZeroMailboxPointer::Refuse,
            false => ZeroMailboxPointer::default(),
        },
        ..FirmwareKnobs::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn devices_of_all_kinds_are_drawn_and_each_can_be_built() {
        let mut kinds = BTreeSet::new();
        for seed in 0..400 {
            // Four seeds in a row draw the same device.
            let device = draw_device(&mut Dice::new(seed * 4), true);
            kinds.insert((
                format!("{:?}", device.kind),
                format!("{:?}", device.page_mode),
                format!("{:?}", device.port),
                device.eswitch.manager,
            ));
            assert!(
                emulator::Silicon::new(device.clone(), seed).is_ok(),
                "seed {seed}"
            );
        }
        assert!(kinds.len() >= 12, "{kinds:?}");
    }

    #[test]
    fn without_odd_ones_every_device_manages_its_switch() {
        assert!((0..400).all(|seed| draw_device(&mut Dice::new(seed * 4), false).eswitch.manager));
    }
}
