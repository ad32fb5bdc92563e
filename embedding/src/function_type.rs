//! Which counter a function's pages belong to.

use driver::books::FunctionType;
use emulator::Owner;
use prm::Function;

/// The counters of one type of function each, by name.
pub const TYPED_COUNTERS: [(&str, FunctionType); 6] = [
    ("self", FunctionType::Own),
    ("fw_pages_vfs", FunctionType::Vf),
    ("fw_pages_ec_vfs", FunctionType::EcVf),
    ("fw_pages_sfs", FunctionType::Sf),
    ("fw_pages_host_pf", FunctionType::HostPf),
    ("fw_pages_spfs", FunctionType::Spf),
];

/// What type of function the driver on `endpoint` has to charge an owner's pages to; `None` for an identity that names
/// nobody.
#[must_use]
pub fn type_of(endpoint: Function, owner: Owner) -> Option<FunctionType> {
    let function = owner.function()?;
    if function == endpoint {
        return Some(FunctionType::Own);
    }
    Some(match function {
        Function::Vf(_) | Function::HostVf(_) | Function::AdjacentVf(_) => FunctionType::Vf,
        Function::EcVf(_) => FunctionType::EcVf,
        Function::Sf(_) | Function::HostSf(_) => FunctionType::Sf,
        Function::HostPf => FunctionType::HostPf,
        Function::SatellitePf(_) => FunctionType::Spf,
        Function::Pf | Function::SecondPf | Function::Ecpf => return None,
    })
}
