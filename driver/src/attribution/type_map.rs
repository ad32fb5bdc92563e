//! From VHCA id to function type: by a walk over the vports, or by a map that enabling vports fills.

use super::known::learn_type;
use crate::books::FunctionType;
use crate::capabilities::query_function;
use crate::errno::Errno;
use crate::handle::Driver;
use crate::message::MessageKind;
use crate::revision::{Mistake, TypeLookup, TypeMapFailure, UnmarkedVport};
use crate::runtime::{Announcement, Object};
use crate::state::eswitch::{PF_VPORT, VportKind};
use crate::state::functions::is_ec_vf;
use crate::state::{State, functions};
use prm::VhcaId;
use std::collections::BTreeMap;

/// The type of the lowest vport with this VHCA id, enabled or not, under the state lock.
pub(crate) async fn type_by_walk(driver: &Driver, id: VhcaId) -> FunctionType {
    let exists = driver
        .then(driver.reads(Object::Eswitch), |state, _| *state.eswitch.exists)
        .await;
    if !exists {
        return FunctionType::None;
    }
    driver
        .holding(Object::EswitchLock, async || {
            driver
                .step(typing(driver), |state, _| {
                    let mut vports = state.eswitch.vports.iter();
                    let vport = vports.find(|(_, vport)| vport.vhca_id == Some(id));
                    vport.map_or(FunctionType::None, |(&number, _)| {
                        type_of_vport(driver, state, number)
                    })
                })
                .await
        })
        .await
}

/// What finding a vport and its type touches. All of it changes under the state lock only.
fn typing(driver: &Driver) -> Announcement {
    [
        driver.reads(Object::Vports),
        driver.reads(Object::Eswitch),
        driver.reads(Object::Sriov),
    ]
    .into()
}

/// What the map says, without a lock.
pub(crate) async fn type_by_map(driver: &Driver, id: VhcaId) -> FunctionType {
    driver
        .step(driver.reads(Object::TypeMap(id)), |state, _| {
            state
                .eswitch
                .type_map
                .get(&id)
                .copied()
                .unwrap_or(FunctionType::None)
        })
        .await
}

/// The map that the walk amounts to.
pub(crate) fn walked(driver: &Driver, state: &State) -> BTreeMap<VhcaId, FunctionType> {
    let mut map = BTreeMap::new();
    for (&number, vport) in &state.eswitch.vports {
        if let Some(id) = vport.vhca_id {
            map.entry(id)
                .or_insert_with(|| type_of_vport(driver, state, number));
        }
    }
    map
}

/// The type of a vport's function.
fn type_of_vport(driver: &Driver, state: &State, number: u16) -> FunctionType {
    let kind = state
        .eswitch
        .vports
        .get(&number)
        .map(|vport| vport.kind)
        .unwrap_or_default();
    let satellite = state.eswitch.satellites.contains(&number);
    match (kind, driver.revision().unmarked_vport()) {
        _ if number == PF_VPORT => FunctionType::HostPf,
        (VportKind::Sf, _) => FunctionType::Sf,
        (VportKind::Vf | VportKind::AdjacentVf, _) => FunctionType::Vf,
        (_, UnmarkedVport::SatelliteOrEcVf | UnmarkedVport::Known) if satellite => FunctionType::Spf,
        (_, UnmarkedVport::Known) if !is_ec_vf(state, number) => FunctionType::None,
        _ => FunctionType::EcVf,
    }
}

/// Notes which vport and which type a VHCA id has (`mlx5_esw_vport_vhca_id_map`). Called with the state lock held.
///
/// # Errors
/// `ENOMEM` without memory, `EBUSY` if the id has a type already.
pub(crate) async fn map(driver: &Driver, number: u16) -> Result<(), Errno> {
    let Some(id) = driver
        .step(driver.reads(Object::Vport(number)), |state, _| {
            state.eswitch.vports.get(&number).and_then(|vport| vport.vhca_id)
        })
        .await
    else {
        return Err(Errno::EINVAL);
    };
    driver.runtime().point(driver.writes(Object::TypeMap(id))).await;
    driver.go_on(|state, bus| {
        bus.allocate("vport_map").map_err(|_| Errno::ENOMEM)?;
        state.eswitch.vhca_map.insert(id, number);
        Ok::<(), Errno>(())
    })?;
    if driver.revision().type_lookup() == TypeLookup::VportWalk {
        return Ok(());
    }
    let about = [
        driver.writes(Object::TypeMap(id)),
        driver.writes(Object::Vport(number)),
        driver.reads(Object::Eswitch),
        driver.reads(Object::Sriov),
    ];
    driver.runtime().point(about).await;
    let noted = driver.go_on(|state, bus| {
        let function_type = type_of_vport(driver, state, number);
        if function_type == FunctionType::None {
            return Ok(None);
        }
        bus.allocate("type_map").map_err(|_| Errno::ENOMEM)?;
        if state.eswitch.type_map.contains_key(&id) {
            return Err(Errno::EBUSY);
        }
        state.eswitch.type_map.insert(id, function_type);
        if let Some(vport) = state.eswitch.vports.get_mut(&number) {
            vport.typed = true;
        }
        Ok(Some(function_type))
    });
    match (noted, driver.revision().type_map_failure()) {
        (Ok(Some(_)), _) if driver.makes(Mistake::MapForgetsPages) => {}
        (Ok(Some(function_type)), _) => learn_type(driver, id, function_type).await,
        (Ok(None), _) => {
            learn_type(driver, id, FunctionType::None).await;
            driver.message(MessageKind::VportOfUnknownKind {
                vport: number,
                vhca_id: id,
            });
        }
        (Err(errno), TypeMapFailure::Reported) => {
            driver.message(MessageKind::TypeMapFailed {
                vport: number,
                vhca_id: id,
                errno,
            });
        }
        (Err(errno), TypeMapFailure::FailsEnable) => {
            // The id's entry goes, even if it is another vport's.
            driver.go_on(|state, _| state.eswitch.vhca_map.remove(&id));
            return Err(errno);
        }
    }
    Ok(())
}

/// Asks firmware which VHCA ids the functions of a type have, their vports enabled or not, and tells the page code. No driver of
/// Linux asks this. Functions that firmware says nothing about stay unknown.
pub(crate) async fn ask_types(driver: &Driver, of: FunctionType) {
    let numbers: Vec<u16> = driver
        .step(typing(driver), |state, _| {
            let vports = state.eswitch.vports.keys().copied();
            vports
                .filter(|&number| number != functions::manager_vport(state))
                .filter(|&number| type_of_vport(driver, state, number) == of)
                .collect()
        })
        .await;
    for number in numbers {
        let known = vhca_id_of(driver, number).await;
        let id = match known {
            Some(id) => Some(id),
            None => query_function(driver, number).await.ok(),
        };
        if let Some(id) = id {
            driver.runtime().point(driver.reads(Object::PageMode)).await;
            learn_type(driver, id, of).await;
        }
    }
}

async fn vhca_id_of(driver: &Driver, number: u16) -> Option<VhcaId> {
    driver
        .then(driver.reads(Object::Vport(number)), |state, _| {
            state.eswitch.vports.get(&number).and_then(|vport| vport.vhca_id)
        })
        .await
}

/// Forgets both (`mlx5_esw_vport_vhca_id_unmap`). Called with the state lock held.
pub(crate) async fn unmap(driver: &Driver, number: u16) {
    let Some(id) = vhca_id_of(driver, number).await else {
        return;
    };
    let any = driver.revision().type_map_failure() == TypeMapFailure::FailsEnable;
    driver
        .step(
            [
                driver.writes(Object::TypeMap(id)),
                driver.writes(Object::Vport(number)),
            ],
            |state, _| {
                let eswitch = &mut state.eswitch;
                let typed = eswitch
                    .vports
                    .get_mut(&number)
                    .is_some_and(|vport| std::mem::take(&mut vport.typed));
                if typed || any {
                    eswitch.type_map.remove(&id);
                }
                if any || eswitch.vhca_map.get(&id) == Some(&number) {
                    eswitch.vhca_map.remove(&id);
                }
            },
        )
        .await;
}
