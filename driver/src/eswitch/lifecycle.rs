//! Eswitch on and off. All of it is called with the devlink lock held.

use super::{adjacent, legacy_fdb, membership, query_functions, steering};
use crate::errno::Errno;
use crate::handle::Driver;
use crate::message::MessageKind;
use crate::pauses;
use crate::runtime::{Announcement, Object};
use crate::state::State;
use crate::state::eswitch::{EventMask, LinkState, PF_VPORT, VportKind};
use crate::state::functions::{has_ec_sriov, is_allowed, is_ec_vf, is_ecpf, is_ecpf_manager};
use crate::subfunction;
use crate::vport::query_context;
use prm::EswitchMode;

/// The number of VFs that an enable is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum VfCount {
    /// So many.
    Of(u16),
    /// As many as before.
    Kept,
}

/// Enables the eswitch for `count` VFs (`mlx5_eswitch_enable`). Without the right to do so nothing happens.
///
/// # Errors
/// `EOPNOTSUPP` without a forwarding database; as the commands.
pub(crate) async fn enable(driver: &Driver, count: u16) -> Result<(), Errno> {
    let (allowed, on, embedded, ec_sriov) = driver
        .step(driver.reads(Object::Eswitch), |state, _| {
            (
                is_allowed(state),
                *state.eswitch.fdb_created,
                is_ecpf(state),
                has_ec_sriov(state),
            )
        })
        .await;
    if !allowed {
        return Ok(());
    }
    if !on {
        driver
            .then(driver.writes(Object::EswitchQueue), |state, _| {
                next_generation(state)
            })
            .await;
        return enable_locked(driver, VfCount::Of(count)).await;
    }
    if !embedded {
        membership::load_vfs(driver, count, EventMask::SWITCHDEV).await?;
        driver
            .step(driver.writes(Object::Eswitch), |state, _| {
                *state.eswitch.num_vfs = count
            })
            .await;
    } else if ec_sriov {
        membership::load_ec_vfs(driver, count, EventMask::SWITCHDEV).await?;
        driver
            .step(driver.writes(Object::Eswitch), |state, _| {
                *state.eswitch.num_ec_vfs = count
            })
            .await;
    }
    Ok(())
}

fn next_generation(state: &mut State) {
    *state.eswitch.generation = state.eswitch.generation.next();
}

/// Enables the eswitch in its present mode (`mlx5_eswitch_enable_locked`).
///
/// # Errors
/// As [`enable`]. The number of VFs keeps its new value.
pub(super) async fn enable_locked(driver: &Driver, count: VfCount) -> Result<(), Errno> {
    if !driver.settled(|state| state.capabilities.eswitch_flow_table().fdb().ft_support()) {
        driver.message(MessageKind::FdbNotSupported);
        return Err(Errno::EOPNOTSUPP);
    }
    update_vf_count(driver, count).await;
    let events = [driver.writes(Object::EswitchQueue), driver.reads(Object::Eswitch)];
    let mode = driver
        .step(events, |state, _| {
            *state.eswitch.listens_to_vports = true;
            *state.eswitch.mode
        })
        .await;
    let result = match mode {
        EswitchMode::Legacy => enable_legacy(driver).await,
        EswitchMode::Switchdev => enable_switchdev(driver).await,
    };
    if let Err(errno) = result {
        driver
            .step(driver.writes(Object::EswitchQueue), |state, _| {
                *state.eswitch.listens_to_vports = false
            })
            .await;
        driver.pause(pauses::READERS).await;
        return Err(errno);
    }
    let message = driver
        .step(switching(driver), |state, _| {
            *state.eswitch.fdb_created = true;
            *state.eswitch.listens_to_functions = mode == EswitchMode::Switchdev && is_ecpf_manager(state);
            let eswitch = &state.eswitch;
            MessageKind::EswitchEnabled {
                mode,
                vfs: *eswitch.num_vfs,
                ec_vfs: *eswitch.num_ec_vfs,
                active_vports: *eswitch.enabled_vports,
            }
        })
        .await;
    driver.message(message);
    Ok(())
}

/// The eswitch goes on or off, and its events with it. Both happen under the devlink lock, one after the other.
fn switching(driver: &Driver) -> Announcement {
    [
        driver.writes(Object::Eswitch),
        driver.writes(Object::EswitchQueue),
    ]
    .into()
}

/// How many VFs there are: on an ECPF firmware knows, elsewhere the caller (`mlx5_eswitch_update_num_of_vfs`).
async fn update_vf_count(driver: &Driver, count: VfCount) {
    let VfCount::Of(count) = count else { return };
    if !driver.settled(is_ecpf_manager) {
        driver
            .step(driver.writes(Object::Eswitch), |state, _| {
                *state.eswitch.num_vfs = count
            })
            .await;
        return;
    }
    let Ok(functions) = query_functions(driver).await else {
        return;
    };
    driver
        .step(driver.writes(Object::Eswitch), |state, _| {
            *state.eswitch.num_vfs = functions.host.map_or(0, |host| host.num_vfs);
            if has_ec_sriov(state) {
                *state.eswitch.num_ec_vfs = count;
            }
        })
        .await;
}

async fn set_links(driver: &Driver, link: LinkState) {
    let vports = [driver.writes(Object::Vports), driver.reads(Object::Sriov)];
    driver.then(vports, |state, _| link_vports(state, link)).await;
}

fn link_vports(state: &mut State, link: LinkState) {
    let ec_vfs: Vec<u16> = state
        .eswitch
        .vports
        .keys()
        .copied()
        .filter(|&n| is_ec_vf(state, n))
        .collect();
    for (number, vport) in &mut state.eswitch.vports {
        let is_vf = matches!(vport.kind, VportKind::Vf | VportKind::AdjacentVf);
        if is_vf || (link == LinkState::Down && ec_vfs.contains(number)) {
            vport.link = link;
        }
    }
}

async fn enable_legacy(driver: &Driver) -> Result<(), Errno> {
    legacy_fdb::create(driver).await?;
    set_links(driver, LinkState::Auto).await;
    let result = membership::enable_all(driver, EventMask::LEGACY).await;
    if result.is_err() {
        legacy_fdb::destroy(driver).await;
    }
    result
}

async fn enable_switchdev(driver: &Driver) -> Result<(), Errno> {
    adjacent::create(driver).await;
    let _system_guid = query_context(driver, PF_VPORT, false).await;
    if let Err(errno) = steering::create(driver).await {
        adjacent::destroy(driver).await;
        return Err(errno);
    }
    adjacent::connect(driver).await;
    set_links(driver, LinkState::Down).await;
    let result = membership::enable_all(driver, EventMask::SWITCHDEV).await;
    if result.is_err() {
        steering::destroy(driver).await;
        adjacent::destroy(driver).await;
    }
    result
}

/// Disables the eswitch in its present mode (`mlx5_eswitch_disable_locked`).
pub(super) async fn disable_locked(driver: &Driver) {
    let mode = driver
        .then(driver.reads(Object::Eswitch), |state, _| *state.eswitch.mode)
        .await;
    if mode == EswitchMode::Switchdev {
        subfunction::remove_ports(driver).await;
    }
    let listened_to_functions = driver
        .step(driver.writes(Object::EswitchQueue), |state, _| {
            *state.eswitch.listens_to_vports = false;
            std::mem::take(&mut *state.eswitch.listens_to_functions)
        })
        .await;
    driver.pause(pauses::READERS).await;
    if listened_to_functions {
        driver.pause(pauses::READERS).await;
    }
    let (on, message) = driver
        .step(switching(driver), |state, _| {
            next_generation(state);
            let eswitch = &mut state.eswitch;
            let message = MessageKind::EswitchDisabled {
                mode,
                vfs: *eswitch.num_vfs,
                ec_vfs: *eswitch.num_ec_vfs,
                active_vports: *eswitch.enabled_vports,
            };
            (std::mem::take(&mut *eswitch.fdb_created), message)
        })
        .await;
    driver.message(message);
    if !on {
        return;
    }
    membership::disable_all(driver).await;
    match mode {
        EswitchMode::Legacy => legacy_fdb::destroy(driver).await,
        EswitchMode::Switchdev => {
            steering::destroy(driver).await;
            adjacent::destroy(driver).await;
        }
    }
}

/// Disables the eswitch for good or for a reload (`mlx5_eswitch_disable`).
pub(crate) async fn disable(driver: &Driver) {
    if !driver
        .step(driver.reads(Object::Eswitch), |state, _| is_allowed(state))
        .await
    {
        return;
    }
    disable_locked(driver).await;
    driver
        .step(driver.writes(Object::Eswitch), |state, _| {
            *state.eswitch.mode = EswitchMode::Legacy
        })
        .await;
}

/// Disables the VFs' part of the eswitch; in legacy mode that is all of it (`mlx5_eswitch_disable_sriov`). `clear` forgets
/// what was configured for the VFs.
pub(crate) async fn disable_sriov(driver: &Driver, clear: bool) {
    let (wanted, mode, embedded, ec_sriov) = driver
        .step(driver.reads(Object::Eswitch), |state, _| {
            let eswitch = &state.eswitch;
            let any = *eswitch.num_vfs != 0 || *eswitch.num_ec_vfs != 0 || clear;
            (
                is_allowed(state) && any,
                *eswitch.mode,
                is_ecpf(state),
                has_ec_sriov(state),
            )
        })
        .await;
    if !wanted {
        return;
    }
    let message = driver
        .step(switching(driver), |state, _| {
            next_generation(state);
            let eswitch = &state.eswitch;
            MessageKind::VfsUnloaded {
                mode,
                vfs: *eswitch.num_vfs,
                ec_vfs: *eswitch.num_ec_vfs,
                active_vports: *eswitch.enabled_vports,
            }
        })
        .await;
    driver.message(message);
    if !embedded {
        membership::unload_vfs(driver).await;
        if clear {
            set_links(driver, LinkState::Auto).await;
        }
    } else if ec_sriov {
        membership::unload_ec_vfs(driver).await;
    }
    if mode == EswitchMode::Legacy {
        disable_locked(driver).await;
    }
    driver
        .step(driver.writes(Object::Eswitch), |state, _| {
            if embedded {
                *state.eswitch.num_ec_vfs = 0;
            } else {
                *state.eswitch.num_vfs = 0;
            }
        })
        .await;
}
