//! A host for tests: memory, interrupts, and a driver just big enough to ring commands.

#![expect(
    clippy::cast_possible_truncation,
    reason = "tests run where usize has 64 bits, on small numbers"
)]

mod driver;
mod host;
mod load;
mod seat;

pub(crate) use driver::{Bench, Output, PAGE_SLOT, request};
pub(crate) use host::{Host, Hosts};
pub(crate) use seat::Seat;

use crate::config::{DeviceConfig, DeviceKind, Eswitch, ExternalHost, ScalableFunctions, VirtualFunctions};
use crate::order::{CommandMatch, FirmwareOrder, FunctionsChanged};
use prm::PageMode;

/// Every command of this name.
pub(crate) fn to(command: &str) -> CommandMatch {
    CommandMatch {
        command: command.into(),
        ..Default::default()
    }
}

/// The order by which the external host has so many VFs.
pub(crate) fn functions_changed(host_vfs: u16) -> FirmwareOrder {
    FirmwareOrder::FunctionsChanged(FunctionsChanged {
        host_vfs: Some(host_vfs),
        ..FunctionsChanged::default()
    })
}

/// A PF with vhca_id 5, an eswitch and three VFs from vhca_id 16.
pub(crate) fn pf_config() -> DeviceConfig {
    DeviceConfig {
        eswitch: Eswitch {
            manager: true,
            vport_group_manager: true,
            ..Eswitch::default()
        },
        vfs: VirtualFunctions {
            total: 3,
            first_vhca_id: 16,
            ..Default::default()
        },
        ..plain(DeviceKind::Pf, 5)
    }
}

/// An ECPF with vhca_id 2, host PF 0, host VFs from 16, its own VFs from 64.
pub(crate) fn ecpf_config() -> DeviceConfig {
    DeviceConfig {
        eswitch: Eswitch {
            manager: true,
            vport_group_manager: true,
            ecpf_vport_exists: true,
            ecpf_vhca_id: None,
        },
        external_host: ExternalHost {
            sfs: ScalableFunctions::default(),
            pf_vhca_id: 0,
            vfs: VirtualFunctions {
                total: 2,
                first_vhca_id: 16,
                ..Default::default()
            },
            enabled_vfs: 0,
        },
        ec_vfs: VirtualFunctions {
            total: 2,
            first_vhca_id: 64,
            ..Default::default()
        },
        ..plain(DeviceKind::Ecpf, 2)
    }
}

/// A device of this kind and nothing else, in vhca_id mode.
pub(crate) fn plain(kind: DeviceKind, vhca_id: u16) -> DeviceConfig {
    DeviceConfig {
        kind,
        vhca_id,
        page_mode: PageMode::VhcaId,
        demand: Default::default(),
        port: Default::default(),
        eswitch: Default::default(),
        vfs: Default::default(),
        ec_vfs: Default::default(),
        external_host: Default::default(),
        satellite_pfs: Vec::new(),
        sfs: Default::default(),
        model: None,
        second_pf: None,
        adjacent_vfs: Vec::new(),
        teardown: Default::default(),
        sync_reset: Default::default(),
        timeouts: Default::default(),
        firmware: Default::default(),
    }
}
