//! All vports in order: group after group up, the groups in reverse down, members ascending both ways.

use super::adjacent;
use crate::ecpf;
use crate::errno::Errno;
use crate::handle::Driver;
use crate::runtime::Object;
use crate::state::State;
use crate::state::eswitch::{ECPF_VPORT, EventMask, PF_VPORT, VportKind};
use crate::state::functions::{ec_vf_base, is_ecpf, is_ecpf_manager};
use crate::vport::{load_vport, unload_vport};
use prm::EswitchMode;

/// Vports that are enabled and disabled together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Group {
    /// Vport 0: a PF's own, seen from an ECPF the host's.
    Pf,
    /// Not a vport: the function of the host's PF, which an ECPF enables.
    HostFunction,
    /// The embedded CPU's own.
    Ecpf,
    /// The embedded CPU's VFs.
    EcVfs,
    /// VFs.
    Vfs,
    /// VFs another eswitch delegated.
    Adjacent,
    /// Satellite PFs, vport and function.
    Satellites,
}

const GROUPS: [Group; 7] = [
    Group::Pf,
    Group::HostFunction,
    Group::Ecpf,
    Group::EcVfs,
    Group::Vfs,
    Group::Adjacent,
    Group::Satellites,
];

/// Enables all vports (`mlx5_eswitch_enable_pf_vf_vports`). On failure those enabled before are disabled again.
///
/// # Errors
/// As the first that failed.
pub(super) async fn enable_all(driver: &Driver, events: EventMask) -> Result<(), Errno> {
    for (index, &group) in GROUPS.iter().enumerate() {
        if let Err(errno) = enable_group(driver, group, events).await {
            for &before in GROUPS[..index].iter().rev() {
                disable_group(driver, before).await;
            }
            return Err(errno);
        }
    }
    Ok(())
}

/// Disables all vports (`mlx5_eswitch_disable_pf_vf_vports`).
pub(super) async fn disable_all(driver: &Driver) {
    for &group in GROUPS.iter().rev() {
        disable_group(driver, group).await;
    }
}

async fn enable_group(driver: &Driver, group: Group, events: EventMask) -> Result<(), Errno> {
    match group {
        Group::Pf => {
            let wanted = driver
                .step(
                    [
                        driver.reads(Object::Eswitch),
                        driver.reads(Object::Vport(PF_VPORT)),
                    ],
                    |state, _| {
                        let eswitch = &state.eswitch;
                        let mode = is_ecpf_manager(state) || *eswitch.mode == EswitchMode::Legacy;
                        mode && eswitch.vports.contains_key(&PF_VPORT)
                    },
                )
                .await;
            if wanted {
                load_vport(driver, PF_VPORT, events).await
            } else {
                Ok(())
            }
        }
        Group::HostFunction => {
            let wanted = driver
                .then(driver.reads(Object::Eswitch), |state, _| {
                    is_ecpf(state) && *state.eswitch.host_functions
                })
                .await;
            if wanted {
                ecpf::enable_pf(driver, PF_VPORT).await
            } else {
                Ok(())
            }
        }
        Group::Ecpf => {
            let exists = driver.settled(|state| state.capabilities.eswitch().ecpf_vport_exists());
            if exists {
                load_vport(driver, ECPF_VPORT, events).await
            } else {
                Ok(())
            }
        }
        Group::EcVfs => {
            let count = driver
                .then(driver.reads(Object::Eswitch), |state, _| {
                    *state.eswitch.num_ec_vfs
                })
                .await;
            load_ec_vfs(driver, count, events).await
        }
        Group::Vfs => {
            let count = driver
                .then(
                    [driver.reads(Object::Eswitch), driver.reads(Object::Sriov)],
                    |state, _| that_exist(state, *state.eswitch.num_vfs),
                )
                .await;
            load_vfs(driver, count, events).await
        }
        Group::Adjacent => load_list(driver, adjacent::numbers(driver).await, events).await,
        Group::Satellites => {
            for number in satellites(driver).await {
                let mut result = load_vport(driver, number, events).await;
                if result.is_ok() {
                    result = ecpf::enable_pf(driver, number).await;
                }
                if let Err(errno) = result {
                    disable_group(driver, group).await;
                    return Err(errno);
                }
            }
            Ok(())
        }
    }
}

async fn disable_group(driver: &Driver, group: Group) {
    match group {
        Group::Pf => unload_vport(driver, PF_VPORT).await,
        Group::HostFunction => ecpf::disable_pf(driver, PF_VPORT).await,
        Group::Ecpf => unload_vport(driver, ECPF_VPORT).await,
        Group::EcVfs => unload_ec_vfs(driver).await,
        Group::Vfs => unload_vfs(driver).await,
        Group::Adjacent => unload_list(driver, adjacent::numbers(driver).await).await,
        Group::Satellites => {
            for number in satellites(driver).await {
                ecpf::disable_pf(driver, number).await;
                unload_vport(driver, number).await;
            }
        }
    }
}

async fn satellites(driver: &Driver) -> Vec<u16> {
    driver
        .then(driver.reads(Object::Eswitch), |state, _| {
            state.eswitch.satellites.to_vec()
        })
        .await
}

/// How many of so many VFs have a vport: firmware may say that more are enabled than it has said that there are, and only those
/// that there are get loaded (`mlx5_esw_for_each_vf_vport`). Reads [`Object::Sriov`].
pub(super) fn that_exist(state: &State, count: u16) -> u16 {
    count.min(state.sriov.max_vfs())
}

/// Loads the vports of the first `count` VFs (`mlx5_eswitch_load_vf_vports`).
///
/// # Errors
/// As the first that failed.
pub(super) async fn load_vfs(driver: &Driver, count: u16, events: EventMask) -> Result<(), Errno> {
    load_list(driver, (1..=count).collect(), events).await
}

/// Unloads the vports of all VFs (`mlx5_eswitch_unload_vf_vports`).
pub(super) async fn unload_vfs(driver: &Driver) {
    let numbers = driver
        .then(driver.reads(Object::Vports), |state, _| {
            let vports = state.eswitch.vports.iter();
            vports
                .filter(|(_, vport)| vport.kind == VportKind::Vf)
                .map(|(&number, _)| number)
                .collect()
        })
        .await;
    unload_list(driver, numbers).await;
}

/// Loads the vports of the embedded CPU's first `count` VFs (`mlx5_eswitch_load_ec_vf_vports`).
///
/// # Errors
/// As the first that failed.
pub(super) async fn load_ec_vfs(driver: &Driver, count: u16, events: EventMask) -> Result<(), Errno> {
    let base = driver.settled(ec_vf_base);
    if base == 0 {
        return Ok(());
    }
    load_list(driver, (base..base.saturating_add(count)).collect(), events).await
}

/// Unloads the vports of the embedded CPU's VFs (`mlx5_eswitch_unload_ec_vf_vports`).
pub(super) async fn unload_ec_vfs(driver: &Driver) {
    let numbers = driver
        .then(driver.reads(Object::Sriov), |state, _| {
            let base = ec_vf_base(state);
            let most = if base == 0 { 0 } else { state.sriov.max_ec_vfs() };
            (base..base.saturating_add(most)).collect()
        })
        .await;
    unload_list(driver, numbers).await;
}

/// Loads vports; on failure unloads every one of them that is marked as enabled, the failed one too if it is.
async fn load_list(driver: &Driver, numbers: Vec<u16>, events: EventMask) -> Result<(), Errno> {
    for &number in &numbers {
        if let Err(errno) = load_vport(driver, number, events).await {
            unload_list(driver, numbers).await;
            return Err(errno);
        }
    }
    Ok(())
}

async fn unload_list(driver: &Driver, numbers: Vec<u16>) {
    for number in numbers {
        let enabled = driver
            .then(driver.reads(Object::Vport(number)), |state, _| {
                let vport = state.eswitch.vports.get(&number);
                vport.is_some_and(|vport| vport.enabled)
            })
            .await;
        if enabled {
            unload_vport(driver, number).await;
        }
    }
}
