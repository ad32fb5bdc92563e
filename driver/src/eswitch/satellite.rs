//! Satellite PFs: PFs besides the host's, which get their vport from this eswitch.

use super::functions::query_functions;
use crate::capabilities;
use crate::command;
use crate::errno::Errno;
use crate::handle::Driver;
use crate::message::MessageKind;
use crate::runtime::Object;
use crate::state::eswitch::{Vport, VportKind};
use crate::state::functions::vport_function;
use prm::capability_area::GeneralCapabilities;
use prm::command::Command as _;
use prm::eswitch::{CreateEswVport, DestroyEswVport};
use prm::{CapabilityType, VhcaId};

/// Creates a vport for a function of another owner (`mlx5_esw_create_esw_vport`). Its number.
///
/// # Errors
/// As [`command::run`].
pub(super) async fn create_vport(driver: &Driver, vhca_id: VhcaId) -> Result<u16, Errno> {
    let input = CreateEswVport::input().with_managed_vhca_id(vhca_id.0);
    let output = command::run::<CreateEswVport>(driver, &input)
        .await
        .map_err(|error| error.errno())?;
    Ok(output.vport_number())
}

/// Destroys such a vport; whether that works does not matter (`mlx5_esw_destroy_esw_vport`).
pub(super) async fn destroy_vport(driver: &Driver, number: u16) {
    let input = DestroyEswVport::input().with_vport_number(number);
    let _ignored = command::run::<DestroyEswVport>(driver, &input).await;
}

/// Creates the vports of all satellite PFs, where firmware can tell of them.
///
/// # Errors
/// As QUERY_ESW_FUNCTIONS, CREATE_ESW_VPORT and the query of what the PF can do.
pub(super) async fn create(driver: &Driver) -> Result<(), Errno> {
    if !driver.settled(|state| state.capabilities.general().query_host_net_function_v1()) {
        return Ok(());
    }
    let functions = query_functions(driver).await.map_err(|error| error.errno())?;
    for satellite in functions.satellites {
        if !satellite.manual {
            driver.message(MessageKind::SatelliteSkipped {
                vhca_id: satellite.vhca_id,
            });
            continue;
        }
        let number = create_vport(driver, satellite.vhca_id).await?;
        driver
            .step(
                [
                    driver.writes(Object::Vport(number)),
                    driver.writes(Object::Eswitch),
                ],
                |state, _| {
                    let vport = Vport {
                        vhca_id: Some(satellite.vhca_id),
                        ..Vport::default()
                    };
                    state.eswitch.vports.insert(number, vport);
                    state.eswitch.satellites.push(number);
                },
            )
            .await;
        let vport = [driver.reads(Object::Vport(number)), driver.reads(Object::Sriov)];
        let function = driver.then(vport, |state, _| vport_function(state, number)).await;
        let area: GeneralCapabilities = capabilities::query_other(driver, function, CapabilityType::General)
            .await
            .map_err(|error| error.errno())?;
        let sfs = area.sf_base_id()..area.sf_base_id().saturating_add(area.max_num_sf());
        driver
            .then(driver.writes(Object::Vports), |state, _| {
                for sf in sfs {
                    let vport = Vport {
                        kind: VportKind::Sf,
                        ..Vport::default()
                    };
                    state.eswitch.vports.entry(sf).or_insert(vport);
                }
            })
            .await;
    }
    Ok(())
}

/// Destroys the vports of all satellite PFs.
pub(super) async fn destroy(driver: &Driver) {
    let satellites = driver
        .step(driver.writes(Object::Eswitch), |state, _| {
            std::mem::take(&mut *state.eswitch.satellites)
        })
        .await;
    for number in satellites {
        destroy_vport(driver, number).await;
        driver
            .then(driver.writes(Object::Vport(number)), |state, _| {
                state.eswitch.vports.remove(&number)
            })
            .await;
    }
}
