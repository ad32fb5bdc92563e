//! What kind of function owns pages.

use super::known::key_of;
use super::type_map::{type_by_map, type_by_walk};
use crate::books::FunctionType;
use crate::handle::Driver;
use crate::revision::{Accounting, EmbeddedCpuBit, TypeLookup};
use crate::runtime::Object;
use crate::state::pages::Owner;
use crate::state::{State, functions};
use prm::{PageMode, VhcaId, WireIdentity};

/// The type of an owner (`func_id_to_type`, `func_vhca_id_to_type`). With VHCA ids it may take the eswitch's state lock.
pub(crate) async fn function_type(driver: &Driver, owner: Owner) -> FunctionType {
    let mode = driver
        .step(driver.reads(Object::PageMode), |state, _| *state.pages.mode)
        .await;
    match mode {
        PageMode::FuncId => {
            let bit = driver.revision().embedded_cpu_bit();
            driver
                .then(driver.reads(Object::Sriov), |state, _| {
                    by_function_id(state, owner.wire, bit)
                })
                .await
        }
        PageMode::VhcaId => by_vhca_id(driver, VhcaId(owner.wire.id)).await,
    }
}

fn by_function_id(state: &State, wire: WireIdentity, bit: EmbeddedCpuBit) -> FunctionType {
    let limits = FunctionIdLimits {
        embedded: functions::is_ecpf(state),
        bit,
        most_vfs: state.sriov.max_vfs().max(state.sriov.max_ec_vfs()),
    };
    limits.type_of(wire)
}

/// What decides about a function id.
#[derive(Clone, Copy, Debug)]
struct FunctionIdLimits {
    /// The driver runs on the embedded CPU.
    embedded: bool,
    /// What the bit means to a driver that does not.
    bit: EmbeddedCpuBit,
    /// VFs that can be: beyond them ids are scalable functions'.
    most_vfs: u16,
}

impl FunctionIdLimits {
    fn type_of(self, wire: WireIdentity) -> FunctionType {
        if wire.id == 0 {
            match (self.embedded, wire.ec, self.bit) {
                (true, false, _) => FunctionType::HostPf,
                (false, true, EmbeddedCpuBit::Foreign) => FunctionType::None,
                _ => FunctionType::Own,
            }
        } else if wire.id <= self.most_vfs {
            if wire.ec {
                FunctionType::EcVf
            } else {
                FunctionType::Vf
            }
        } else {
            FunctionType::Sf
        }
    }
}

async fn by_vhca_id(driver: &Driver, id: VhcaId) -> FunctionType {
    let own = driver.settled(|state| state.capabilities.vhca_id() == id);
    if !driver.options().eswitch_support {
        // Without the eswitch's code the lookup is a stub that knows nobody, not even the own function. Accounts by owner
        // need no lookup for that one.
        let known = own && driver.revision().accounting() == Accounting::Owners;
        return if known {
            FunctionType::Own
        } else {
            FunctionType::None
        };
    }
    if own {
        return FunctionType::Own;
    }
    match driver.revision().type_lookup() {
        TypeLookup::VportWalk => type_by_walk(driver, id).await,
        TypeLookup::TypeMap => match type_by_map(driver, id).await {
            FunctionType::None => {
                driver
                    .then(driver.reads(Object::PageBook), |state, _| remembered(state, id))
                    .await
            }
            known => known,
        },
    }
}

/// What the owner was before its vport went off. Revisions that do not keep it have noted nothing.
fn remembered(state: &State, id: VhcaId) -> FunctionType {
    state
        .pages
        .book
        .known_type(key_of(id))
        .unwrap_or(FunctionType::None)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(embedded: bool, most_vfs: u16, id: u16, ec: bool) -> FunctionType {
        let bit = EmbeddedCpuBit::Ignored;
        FunctionIdLimits {
            embedded,
            bit,
            most_vfs,
        }
        .type_of(WireIdentity { id, ec })
    }

    #[test]
    fn function_0_of_the_embedded_cpu_is_not_the_drivers_own_elsewhere_where_that_is_looked_at() {
        let limits = FunctionIdLimits {
            embedded: false,
            bit: EmbeddedCpuBit::Foreign,
            most_vfs: 3,
        };
        let of = |id, ec| limits.type_of(WireIdentity { id, ec });
        assert_eq!(of(0, true), FunctionType::None);
        assert_eq!(of(0, false), FunctionType::Own);
        assert_eq!(of(1, true), FunctionType::EcVf);
    }

    #[test]
    fn function_ids_are_own_then_vfs_then_scalable_functions() {
        assert_eq!(of(false, 3, 0, false), FunctionType::Own);
        assert_eq!(of(false, 3, 0, true), FunctionType::Own);
        assert_eq!(of(false, 3, 3, false), FunctionType::Vf);
        assert_eq!(of(false, 3, 3, true), FunctionType::EcVf);
        assert_eq!(of(false, 3, 4, false), FunctionType::Sf);
        assert_eq!(
            of(false, 0, 1, false),
            FunctionType::Sf,
            "no VFs are known before the first probe ends"
        );
    }

    #[test]
    fn on_the_embedded_cpu_function_0_is_the_host_unless_the_bit_is_set() {
        assert_eq!(of(true, 3, 0, false), FunctionType::HostPf);
        assert_eq!(of(true, 3, 0, true), FunctionType::Own);
    }
}
