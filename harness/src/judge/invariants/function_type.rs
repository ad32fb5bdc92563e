//! Which counter a function's pages belong to.

use driver::books::FunctionType;
use emulator::Owner;
use prm::Function;

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
