//! The embedded switch: which functions exist besides the driver's own, and their vports.
//!
//! | where | what |
//! |---|---|
//! | `population` | the objects of all vports that can be |
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
mod population;
mod satellite;
mod steering;
mod work;

pub(crate) use functions::query_functions;
pub(crate) use functions_changed::on_functions_changed;
pub(crate) use lifecycle::{disable, disable_sriov, enable};
pub(crate) use mode::set_mode;

use crate::attribution;
use crate::books::DriverBooks;
use crate::capabilities;
use crate::errno::Errno;
use crate::handle::Driver;
use crate::revision::TypeLookup;
use crate::runtime::{Announcement, Object};
use crate::state::State;
use crate::state::capabilities::OtherFunction;
use crate::state::eswitch::{EswitchState, EswitchWork, PF_VPORT};
use crate::state::functions::is_ecpf_manager;
use prm::CapabilityType;
use prm::capability_area::GeneralCapabilities;

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
        .step(whole(driver), |state, _| {
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
    driver
        .then(driver.writes(Object::Eswitch), |state, _| {
            *state.eswitch.exists = true
        })
        .await;
    match make_vports(driver).await {
        Ok(()) => Ok(()),
        Err(errno) => {
            satellite::destroy(driver).await;
            driver.step(whole(driver), |state, _| clear(state)).await;
            Err(errno)
        }
    }
}

async fn make_vports(driver: &Driver) -> Result<(), Errno> {
    let manager = driver.settled(is_ecpf_manager);
    if manager {
        let functions = query_functions(driver).await.map_err(|error| error.errno())?;
        driver
            .then(driver.writes(Object::Eswitch), |state, _| {
                *state.eswitch.host_functions = functions.has_host_pf();
            })
            .await;
        // Which host, and which PF of it: asked again, for names that only representors have.
        query_functions(driver).await.map_err(|error| error.errno())?;
    }
    let host = driver
        .then(driver.reads(Object::Eswitch), |state, _| {
            *state.eswitch.host_functions
        })
        .await;
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
    let population = [
        driver.writes(Object::Vports),
        driver.reads(Object::Eswitch),
        driver.reads(Object::Sriov),
    ];
    driver
        .step(population, |state, _| population::populate(state, host_sfs))
        .await;
    if manager {
        satellite::create(driver).await?;
    }
    Ok(())
}

/// Frees the eswitch object (`mlx5_eswitch_cleanup`).
pub(crate) async fn cleanup(driver: &Driver) {
    if !driver
        .step(driver.reads(Object::Eswitch), |state, _| *state.eswitch.exists)
        .await
    {
        return;
    }
    driver.flush_work::<EswitchWork>().await;
    satellite::destroy(driver).await;
    driver.step(whole(driver), |state, _| clear(state)).await;
}

/// The eswitch as a whole: nobody uses it before it is made and after it has gone.
fn whole(driver: &Driver) -> Announcement {
    [
        driver.writes(Object::Eswitch),
        driver.writes(Object::EswitchQueue),
        driver.writes(Object::Vports),
        driver.writes(Object::TypeMaps),
    ]
    .into()
}

fn clear(state: &mut State) {
    let eswitch = &mut state.eswitch;
    *eswitch.exists = false;
    eswitch.vports.clear();
    eswitch.vhca_map.clear();
    eswitch.type_map.clear();
    eswitch.satellites.clear();
    *eswitch.listens_to_vports = false;
    *eswitch.listens_to_functions = false;
}

/// Puts the eswitch's part into the driver's books.
pub(crate) fn describe(driver: &Driver, state: &State, books: &mut DriverBooks) {
    let eswitch = &state.eswitch;
    books.enabled_vports = *eswitch.enabled_vports;
    books.vhca_map = match driver.revision().type_lookup() {
        TypeLookup::TypeMap => eswitch.type_map.peek().clone(),
        TypeLookup::VportWalk => attribution::walked(driver, state),
    };
}
