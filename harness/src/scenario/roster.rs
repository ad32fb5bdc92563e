//! Which functions a device has.

use emulator::config::{DeviceConfig, DeviceKind};
use prm::Function;
use prm::saturated;

/// The functions of a device, as ranges of names: the first and the last.
#[must_use]
pub fn ranges(device: &DeviceConfig) -> Vec<(Function, Function)> {
    let external = &device.external_host;
    let spfs = saturated::<u16>(device.satellite_pfs.len());
    let adjacent = saturated::<u16>(device.adjacent_vfs.len());
    let one = |function| vec![(function, function)];
    let many = |name: fn(u16) -> Function, total| {
        if total == 0 {
            vec![]
        } else {
            vec![(name(1), name(total))]
        }
    };
    let mut all = match device.kind {
        DeviceKind::Pf => [one(Function::Pf), many(Function::Vf, device.vfs.total)].concat(),
        DeviceKind::Vf => one(Function::Vf(1)),
        DeviceKind::Ecpf => [
            one(Function::Ecpf),
            one(Function::HostPf),
            many(Function::HostVf, external.vfs.total),
            many(Function::HostSf, external.sfs.max),
            many(Function::EcVf, device.ec_vfs.total),
            many(Function::SatellitePf, spfs),
        ]
        .concat(),
    };
    if device.kind == DeviceKind::Pf && device.eswitch.ecpf_vport_exists {
        all.extend(one(Function::Ecpf));
    }
    if device.second_pf.is_some() {
        all.extend(one(Function::SecondPf));
    }
    all.extend(many(Function::Sf, device.sfs.max));
    all.extend(many(Function::AdjacentVf, adjacent));
    all
}
