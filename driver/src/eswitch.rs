//! The embedded switch: which functions exist besides the driver's own, their vports, and which VHCA id is whose.
//!
//! | where | what |
//! |---|---|
//! | `vport` | a vport as the driver knows it, and all that there are |
//! | `vport_setup` | enabling and disabling one |
//! | `vport_change` | what a vport's function tells by event: addresses, promiscuous mode |
//! | `vport_commands` | the commands about one vport |
//! | `type_map` | from VHCA id to vport and function type |
//! | `functions` | the functions firmware says this eswitch manages, and changes of them |
//! | `satellite`, `adjacent` | PFs and VFs that get their vport from this eswitch |
//! | `lifecycle` | eswitch on and off, in legacy and switchdev mode |
//! | `membership` | all vports in order |
//! | `mode` | the change between the modes |
//! | `legacy_fdb`, `steering` | the flow tables of the two modes |

mod adjacent;
mod functions;
mod functions_changed;
mod legacy_fdb;
mod lifecycle;
mod membership;
mod mode;
mod satellite;
mod steering;
mod type_map;
mod vport;
mod vport_change;
mod vport_commands;
mod vport_setup;
mod work;

pub use vport::{Vport, VportKind};
pub use work::EswitchWork;

pub(crate) use functions::query_functions;
pub(crate) use functions_changed::on_functions_changed;
pub(crate) use lifecycle::{disable, disable_sriov, enable};
pub(crate) use membership::{load_vport, unload_vport};
pub(crate) use mode::set_mode;
pub(crate) use type_map::{ask_types, type_by_map, type_by_walk};
pub(crate) use vport::vport_function;
pub(crate) use vport_change::{EventMask, on_vport_change};

use crate::books::{DriverBooks, FunctionType};
use crate::capabilities::{self, OtherFunction};
use crate::errno::Errno;
use crate::handle::Driver;
use crate::revision::TypeLookup;
use crate::runtime::{Object, WorkQueue};
use crate::state::State;
use legacy_fdb::LegacyFdb;
use prm::capability_area::GeneralCapabilities;
use prm::{CapabilityType, EswitchMode, VhcaId};
use std::collections::BTreeMap;
use steering::Steering;

/// The number of the uplink's vport.
pub const UPLINK_VPORT: u16 = 0xffff;

/// The number of the embedded CPU's vport.
pub const ECPF_VPORT: u16 = 0xfffe;

/// The number of a PF's vport.
pub const PF_VPORT: u16 = 0;

/// The eswitch's part of the driver's state (`struct mlx5_eswitch`).
#[derive(Clone, Debug, Default)]
pub struct EswitchState {
    /// Whether there is an eswitch object. Everything below is empty without one.
    exists: bool,
    mode: EswitchMode,
    /// The vports by number.
    vports: BTreeMap<u16, Vport>,
    /// Which vport a VHCA id has. The last vport that was enabled with it.
    vhca_map: BTreeMap<VhcaId, u16>,
    /// Which type a VHCA id has.
    type_map: BTreeMap<VhcaId, FunctionType>,
    /// The count of enabled vports; it can be wrong, and negative.
    enabled_vports: i32,
    /// VFs with a vport: the driver's own, on an ECPF the host's.
    num_vfs: u16,
    /// The embedded CPU's VFs with a vport.
    num_ec_vfs: u16,
    /// Whether the host behind an ECPF has functions.
    host_functions: bool,
    /// The vports of satellite PFs in the order of firmware's table.
    satellites: Vec<u16>,
    /// Whether the forwarding database exists.
    fdb_created: bool,
    legacy: LegacyFdb,
    steering: Steering,
    /// Whether events are listened to, by kind.
    listens_to_vports: bool,
    listens_to_functions: bool,
    /// Work of an earlier generation is stale.
    generation: u64,
    /// Vport and function changes that wait for the worker.
    pub queue: WorkQueue<EswitchWork>,
}

/// Whether there is an eswitch object.
pub(crate) fn exists(state: &State) -> bool {
    state.eswitch.exists
}

/// Whether the driver runs on the embedded CPU.
pub(crate) fn is_ecpf(state: &State) -> bool {
    state.interface.is_ecpf()
}

/// Whether the device is in its error state.
pub(crate) fn is_in_error(state: &State) -> bool {
    state.interface.in_error()
}

/// Whether the driver may change the eswitch (`mlx5_esw_allowed`).
pub(crate) fn is_allowed(state: &State) -> bool {
    state.eswitch.exists && state.capabilities.general().eswitch_manager()
}

/// Whether the driver manages the eswitch from the embedded CPU (`mlx5_core_is_ecpf_esw_manager`).
pub(crate) fn is_ecpf_manager(state: &State) -> bool {
    is_ecpf(state) && state.capabilities.general().eswitch_manager()
}

/// The eswitch's mode.
pub(crate) fn mode_of(state: &State) -> EswitchMode {
    state.eswitch.mode
}

/// Whether the forwarding database exists.
pub(crate) fn has_fdb(state: &State) -> bool {
    state.eswitch.fdb_created
}

/// Whether this is an embedded CPU that manages the eswitch of a host with functions.
pub(crate) fn has_host_functions(state: &State) -> bool {
    is_ecpf_manager(state) && state.eswitch.host_functions
}

/// The vport by which the manager itself is known.
fn manager_vport(state: &State) -> u16 {
    if is_ecpf_manager(state) {
        ECPF_VPORT
    } else {
        PF_VPORT
    }
}

/// Whether the embedded CPU may have VFs of its own.
pub(crate) fn has_ec_sriov(state: &State) -> bool {
    ec_vf_base(state) != 0
}

/// The first vport of the embedded CPU's VFs, 0 without such.
fn ec_vf_base(state: &State) -> u16 {
    if is_ecpf(state) {
        state.capabilities.general_2().ec_vf_vport_base()
    } else {
        0
    }
}

/// What decides whether there is an eswitch object (`mlx5_eswitch_init`, `MLX5_VPORT_MANAGER`).
fn is_wanted(driver: &Driver, state: &State) -> bool {
    let manages_vports = state.interface.is_vport_manager(&state.capabilities);
    driver.options().eswitch_support && (manages_vports || state.capabilities.general().eswitch_manager())
}

/// Makes the eswitch object and its vports (`mlx5_eswitch_init`).
///
/// # Errors
/// As the queries that tell which functions there are, and CREATE_ESW_VPORT.
pub(crate) async fn init(driver: &Driver) -> Result<(), Errno> {
    let wanted = driver
        .step(driver.writes(Object::Eswitch), |state, _| {
            let queue = std::mem::take(&mut state.eswitch.queue);
            state.eswitch = EswitchState {
                queue,
                ..EswitchState::default()
            };
            is_wanted(driver, state)
        })
        .await;
    if !wanted {
        return Ok(());
    }
    driver.with(|state, _| state.eswitch.exists = true);
    match make_vports(driver).await {
        Ok(()) => Ok(()),
        Err(errno) => {
            satellite::destroy(driver).await;
            driver
                .step(driver.writes(Object::Eswitch), |state, _| clear(state))
                .await;
            Err(errno)
        }
    }
}

async fn make_vports(driver: &Driver) -> Result<(), Errno> {
    let manager = driver.with(|state, _| is_ecpf_manager(state));
    if manager {
        let functions = query_functions(driver).await.map_err(|error| error.errno())?;
        driver.with(|state, _| state.eswitch.host_functions = functions.has_host_pf());
        // Which host, and which PF of it: asked again, for names that only representors have.
        query_functions(driver).await.map_err(|error| error.errno())?;
    }
    let host = driver.with(|state, _| state.eswitch.host_functions);
    let mut host_sfs = 0..0;
    if manager && host {
        let other = OtherFunction {
            id: PF_VPORT,
            ec_vf: false,
            is_vhca_id: false,
        };
        let area: GeneralCapabilities = capabilities::query_other(driver, other, CapabilityType::General)
            .await
            .map_err(|error| error.errno())?;
        host_sfs = area.sf_base_id()..area.sf_base_id().saturating_add(area.max_num_sf());
    }
    driver
        .step(driver.writes(Object::Eswitch), |state, _| {
            vport::populate(state, host_sfs)
        })
        .await;
    if manager {
        satellite::create(driver).await?;
    }
    Ok(())
}

/// Frees the eswitch object (`mlx5_eswitch_cleanup`).
pub(crate) async fn cleanup(driver: &Driver) {
    if !driver
        .step(driver.reads(Object::Eswitch), |state, _| state.eswitch.exists)
        .await
    {
        return;
    }
    driver.flush_work::<EswitchWork>().await;
    satellite::destroy(driver).await;
    driver
        .step(driver.writes(Object::Eswitch), |state, _| clear(state))
        .await;
}

fn clear(state: &mut State) {
    let eswitch = &mut state.eswitch;
    eswitch.exists = false;
    eswitch.vports.clear();
    eswitch.vhca_map.clear();
    eswitch.type_map.clear();
    eswitch.satellites.clear();
    eswitch.listens_to_vports = false;
    eswitch.listens_to_functions = false;
}

/// Puts the eswitch's part into the driver's books.
pub(crate) fn describe(driver: &Driver, state: &State, books: &mut DriverBooks) {
    let eswitch = &state.eswitch;
    books.enabled_vports = eswitch.enabled_vports;
    books.vhca_map = match driver.revision().type_lookup() {
        TypeLookup::TypeMap => eswitch.type_map.clone(),
        TypeLookup::VportWalk => type_map::walked(driver, state),
    };
}

impl EswitchState {
    /// Whether firmware was told to enable the PF behind this vport.
    pub(crate) fn is_activated(&self, vport: u16) -> bool {
        self.vports.get(&vport).is_some_and(|vport| vport.activated)
    }

    /// Notes whether it was.
    pub(crate) fn set_activated(&mut self, vport: u16, activated: bool) {
        if let Some(vport) = self.vports.get_mut(&vport) {
            vport.activated = activated;
        }
    }
}
