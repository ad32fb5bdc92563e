//! Which functions the silicon has, and by which numbers the wire names them.

use crate::config::{DeviceConfig, DeviceKind};
use prm::{Function, WireIdentity};
use std::collections::{BTreeMap, BTreeSet};

/// First vport of the embedded CPU's VFs, as capability `ec_vf_vport_base` tells: above those of the host's VFs.
pub(crate) fn ec_vf_vport_base(config: &DeviceConfig) -> u16 {
    config.external_host.vfs.total.saturating_add(1).max(0x80)
}

/// First vport that CREATE_ESW_VPORT hands to satellite PFs.
pub(crate) const SATELLITE_VPORT_BASE: u16 = 0x700;
/// The embedded CPU's own vport.
pub(crate) const ECPF_VPORT: u16 = 0xfffe;

/// One function and its numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Entry {
    pub(crate) function: Function,
    pub(crate) vhca_id: u16,
    /// Identity in func_id mode; satellite PFs, delegated VFs and a second host's PF have none.
    pub(crate) identity: Option<WireIdentity>,
    /// Number of the vport that the eswitch has for it.
    pub(crate) vport: Option<u16>,
    /// Whether the vhca_id was given by hand, so that it need not be unique.
    pub(crate) overridden: bool,
}

/// The functions of the silicon, the main one first.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub(crate) struct Roster {
    entries: BTreeMap<Function, Entry>,
    order: Vec<Function>,
    by_vhca_id: BTreeMap<u16, Function>,
    by_identity: BTreeMap<WireIdentity, Function>,
    by_vport: BTreeMap<u16, Function>,
    /// Functions besides the main one whose drivers name others.
    managers: BTreeSet<Function>,
}

/// The function that a device of this kind is described from.
const fn main_function(kind: DeviceKind) -> Function {
    match kind {
        DeviceKind::Pf => Function::Pf,
        DeviceKind::Ecpf => Function::Ecpf,
        DeviceKind::Vf => Function::Vf(1),
    }
}

impl Roster {
    /// The functions that the configuration describes; `vhca_ids` replaces single ids, and the drivers of `managers` name others
    /// as that of the main function does.
    pub(crate) fn new(
        config: &DeviceConfig,
        vhca_ids: &BTreeMap<Function, u16>,
        managers: &BTreeSet<Function>,
    ) -> Self {
        let mut roster = Self {
            managers: managers.clone(),
            ..Self::default()
        };
        for mut entry in described(config) {
            if let Some(&vhca_id) = vhca_ids.get(&entry.function) {
                entry.vhca_id = vhca_id;
                entry.overridden = true;
            }
            roster.add(entry);
        }
        roster
    }

    // Where two functions claim one number, the first keeps it: the main one comes before all others.
    fn add(&mut self, entry: Entry) {
        let function = entry.function;
        self.by_vhca_id.entry(entry.vhca_id).or_insert(function);
        if let Some(identity) = entry.identity {
            self.by_identity.entry(identity).or_insert(function);
        }
        if let Some(vport) = entry.vport {
            self.by_vport.entry(vport).or_insert(function);
        }
        self.order.push(function);
        self.entries.insert(function, entry);
    }

    /// The function that everything belongs to that is no other's: the eswitch, the port, orders that name no endpoint.
    pub(crate) fn main(&self) -> Function {
        // INVARIANT: every description has at least the function of its kind.
        self.order.first().copied().unwrap_or(Function::Pf)
    }

    /// Whether the driver of `endpoint` names others than itself. The ids in its commands are those of the device then; in those
    /// of another driver id 0 is itself.
    pub(crate) fn is_manager(&self, endpoint: Function) -> bool {
        endpoint == self.main() || self.managers.contains(&endpoint)
    }

    /// Whether commands and events at `endpoint` can be about `function`: so its driver can supply pages for it. That of the main
    /// function names all but a second host's PF, that of an external host's PF that host's VFs.
    pub(crate) fn names(&self, endpoint: Function, function: Function) -> bool {
        endpoint == function
            || endpoint == self.main() && function != Function::SecondPf
            || self.managers.contains(&endpoint) && is_of_host(endpoint, function)
    }

    /// With whose driver the driver of this function comes and goes.
    pub(crate) fn host_of(&self, function: Function) -> Function {
        if function == Function::SecondPf {
            return function;
        }
        let host = |&manager: &Function| manager == function || is_of_host(manager, function);
        let named = self.managers.iter().copied().find(|manager| host(manager));
        named.unwrap_or(self.main())
    }

    /// All functions, the main one first.
    pub(crate) fn functions(&self) -> &[Function] {
        &self.order
    }

    /// The satellite PFs of the description.
    pub(crate) fn satellite_pfs(&self) -> Vec<Function> {
        self.all(|function| matches!(function, Function::SatellitePf(_)))
    }

    /// The VFs of the description that another eswitch may delegate.
    pub(crate) fn adjacent_vfs(&self) -> Vec<Function> {
        self.all(|function| matches!(function, Function::AdjacentVf(_)))
    }

    /// The external host's SFs of the description.
    pub(crate) fn host_sfs(&self) -> Vec<Function> {
        self.all(|function| matches!(function, Function::HostSf(_)))
    }

    fn all(&self, which: impl Fn(Function) -> bool) -> Vec<Function> {
        let all = self.order.iter().copied();
        all.filter(|&function| which(function)).collect()
    }

    pub(crate) fn entries(&self) -> impl Iterator<Item = &Entry> + '_ {
        self.order
            .iter()
            .filter_map(|function| self.entries.get(function))
    }

    pub(crate) fn get(&self, function: Function) -> Option<&Entry> {
        self.entries.get(&function)
    }

    pub(crate) fn vhca_id(&self, function: Function) -> u16 {
        self.entries.get(&function).map_or(0, |entry| entry.vhca_id)
    }

    pub(crate) fn by_vhca_id(&self, vhca_id: u16) -> Option<Function> {
        self.by_vhca_id.get(&vhca_id).copied()
    }

    pub(crate) fn by_identity(&self, identity: WireIdentity) -> Option<Function> {
        self.by_identity.get(&identity).copied()
    }

    pub(crate) fn by_vport(&self, vport: u16) -> Option<Function> {
        self.by_vport.get(&vport).copied()
    }
}

/// Whether `function` is on the same host as the PF `manager`, which is none of the main function's.
const fn is_of_host(manager: Function, function: Function) -> bool {
    matches!(
        (manager, function),
        (Function::HostPf, Function::HostVf(_) | Function::HostSf(_))
    )
}

fn described(config: &DeviceConfig) -> Vec<Entry> {
    let ecpf = config.kind == DeviceKind::Ecpf;
    let entry = |function, vhca_id, identity: Option<(u16, bool)>, vport| Entry {
        function,
        vhca_id,
        identity: identity.map(|(id, ec)| WireIdentity { id, ec }),
        vport,
        overridden: false,
    };
    let mut entries = Vec::new();
    let own_vport = if ecpf { ECPF_VPORT } else { 0 };
    entries.push(entry(
        main_function(config.kind),
        config.vhca_id,
        Some((0, ecpf)),
        Some(own_vport),
    ));
    if ecpf {
        entries.push(entry(
            Function::HostPf,
            config.external_host.pf_vhca_id,
            Some((0, false)),
            Some(0),
        ));
    } else if let Some(vhca_id) = config.eswitch.ecpf_vhca_id {
        entries.push(entry(Function::Ecpf, vhca_id, Some((0, true)), Some(ECPF_VPORT)));
    }
    for (number, satellite) in (1..).zip(&config.satellite_pfs) {
        let vport = SATELLITE_VPORT_BASE.wrapping_add(number);
        entries.push(entry(
            Function::SatellitePf(number),
            satellite.vhca_id,
            None,
            Some(vport),
        ));
    }
    for (vfs, ec, name) in [
        (&config.vfs, false, Function::Vf as fn(u16) -> Function),
        (&config.external_host.vfs, false, Function::HostVf),
        (&config.ec_vfs, true, Function::EcVf),
    ] {
        if config.kind == DeviceKind::Vf {
            continue;
        }
        for number in 1..=vfs.total {
            let vport = if ec {
                ec_vf_vport_base(config).wrapping_add(number - 1)
            } else {
                number
            };
            let mut vf = entry(name(number), vfs.vhca_id(number), Some((number, ec)), Some(vport));
            vf.overridden = vfs.vhca_ids.contains_key(&number);
            entries.push(vf);
        }
    }
    for index in 0..config.sfs.max {
        let id = config.sfs.base_id.wrapping_add(index);
        let vhca_id = config.sfs.first_vhca_id.wrapping_add(index);
        entries.push(entry(
            Function::Sf(index.wrapping_add(1)),
            vhca_id,
            Some((id, ecpf)),
            Some(id),
        ));
    }
    let host = config.external_host.sfs;
    for index in 0..host.max {
        let id = host.base_id.wrapping_add(index);
        let vhca_id = host.first_vhca_id.wrapping_add(index);
        let function = Function::HostSf(index.wrapping_add(1));
        entries.push(entry(function, vhca_id, Some((id, false)), Some(id)));
    }
    for (number, adjacent) in (1..).zip(&config.adjacent_vfs) {
        entries.push(entry(
            Function::AdjacentVf(number),
            adjacent.vhca_id,
            None,
            Some(adjacent.vport),
        ));
    }
    if let Some(second) = config.second_pf {
        // To others it is nobody: only its own driver has a name for it, by which it is function 0.
        entries.push(entry(Function::SecondPf, second.vhca_id, None, None));
    }
    entries
}
