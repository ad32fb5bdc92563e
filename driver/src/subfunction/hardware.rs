//! Which function ids are taken, in firmware's eyes.

use crate::capabilities;
use crate::command;
use crate::errno::Errno;
use crate::handle::Driver;
use crate::runtime::Object;
use crate::state::capabilities::OtherFunction;
use crate::state::eswitch::PF_VPORT;
use crate::state::subfunction::{HardwareTable, SubfunctionState, Taken};
use crate::state::{State, functions};
use prm::CapabilityType;
use prm::capability_area::GeneralCapabilities;
use prm::command::Command as _;
use prm::subfunction::{AllocSf, DeallocSf, ModifyVhcaState};
use std::collections::BTreeMap;

/// Finds out which function ids there are (`mlx5_sf_hw_table_init`).
///
/// # Errors
/// As the query of what the host's PF can do.
pub(crate) async fn init(driver: &Driver) -> Result<(), Errno> {
    let whole = [
        driver.writes(Object::Subfunctions),
        driver.writes(Object::SubfunctionQueue),
        driver.reads(Object::Eswitch),
    ];
    let (possible, embedded_with_host) = driver
        .step(whole, |state, _| {
            let queue = std::mem::take(&mut state.subfunction.queue);
            state.subfunction = SubfunctionState {
                queue,
                ..SubfunctionState::default()
            };
            (
                state.capabilities.general_max().vhca_state(),
                functions::has_host_functions(state),
            )
        })
        .await;
    if !possible {
        return Ok(());
    }
    if embedded_with_host {
        let host = OtherFunction {
            id: PF_VPORT,
            ec_vf: false,
            is_vhca_id: false,
        };
        let _area: GeneralCapabilities = capabilities::query_other(driver, host, CapabilityType::General)
            .await
            .map_err(|error| error.errno())?;
    }
    driver
        .step(driver.writes(Object::Subfunctions), |state, _| {
            let general = state.capabilities.general();
            let count = if general.sf() { general.max_num_sf() } else { 0 };
            if count > 0 {
                let table = HardwareTable {
                    base: general.sf_base_id(),
                    count,
                    taken: BTreeMap::new(),
                };
                *state.subfunction.table = Some(table);
            }
        })
        .await;
    Ok(())
}

/// Forgets the function ids (`mlx5_sf_hw_table_cleanup`).
pub(crate) async fn cleanup(driver: &Driver) {
    driver
        .step(driver.writes(Object::Subfunctions), |state, _| {
            *state.subfunction.table = None;
            state.subfunction.ports.clear();
        })
        .await;
}

/// Takes the lowest free function id for the function a person calls `number` (`mlx5_sf_hw_table_sf_alloc`).
///
/// # Errors
/// `EOPNOTSUPP` without scalable functions, `EEXIST` for a number in use, `ENOSPC` without a free id; as the commands.
pub(super) async fn allocate(driver: &Driver, number: u16) -> Result<u16, Errno> {
    let id = driver
        .step(driver.writes(Object::Subfunctions), |state, _| {
            reserve(state, number)
        })
        .await?;
    let result = allocate_id(driver, id, number).await;
    if let Err(errno) = result {
        release(driver, id).await;
        return Err(errno);
    }
    Ok(id)
}

fn reserve(state: &mut State, number: u16) -> Result<u16, Errno> {
    let table = state.subfunction.table.as_mut().ok_or(Errno::EOPNOTSUPP)?;
    if table.taken.values().any(|taken| taken.number == number) {
        return Err(Errno::EEXIST);
    }
    let id = table
        .ids()
        .find(|id| !table.taken.contains_key(id))
        .ok_or(Errno::ENOSPC)?;
    table.taken.insert(
        id,
        Taken {
            number,
            delete_pending: false,
        },
    );
    Ok(id)
}

async fn allocate_id(driver: &Driver, id: u16, number: u16) -> Result<(), Errno> {
    command::run::<AllocSf>(driver, &AllocSf::input().with_function_id(id))
        .await
        .map_err(|error| error.errno())?;
    let input = ModifyVhcaState::input()
        .with_function_id(id)
        .with_select_sw_function_id(true)
        .with_sw_function_id(number.into());
    if let Err(error) = command::run::<ModifyVhcaState>(driver, &input).await {
        free_id(driver, id).await;
        return Err(error.errno());
    }
    Ok(())
}

async fn free_id(driver: &Driver, id: u16) {
    let _ignored = command::run::<DeallocSf>(driver, &DeallocSf::input().with_function_id(id)).await;
}

async fn release(driver: &Driver, id: u16) {
    driver
        .step(driver.writes(Object::Subfunctions), |state, _| {
            if let Some(table) = &mut *state.subfunction.table {
                table.taken.remove(&id);
            }
        })
        .await;
}

/// Frees a function id that nobody uses (`mlx5_sf_hw_table_sf_free`).
pub(super) async fn free(driver: &Driver, id: u16) {
    free_id(driver, id).await;
    release(driver, id).await;
}

/// Frees a function id once its driver lets go (`mlx5_sf_hw_table_sf_deferred_free`).
pub(super) async fn free_later(driver: &Driver, id: u16) {
    driver
        .step(driver.writes(Object::Subfunctions), |state, _| {
            let table = state.subfunction.table.as_mut();
            if let Some(taken) = table.and_then(|table| table.taken.get_mut(&id)) {
                taken.delete_pending = true;
            }
        })
        .await;
}

/// A function's driver let go: it is freed if that was waited for.
pub(super) async fn on_allocated(driver: &Driver, id: u16) {
    let pending = driver
        .then(driver.reads(Object::Subfunctions), |state, _| {
            let table = state.subfunction.table.as_ref();
            table
                .and_then(|table| table.taken.get(&id))
                .is_some_and(|taken| taken.delete_pending)
        })
        .await;
    if pending {
        free(driver, id).await;
    }
}

/// The host's PF is gone, and with it the drivers that functions waited for.
pub(crate) async fn on_host_pf_disabled(driver: &Driver) {
    let pending = driver
        .then(driver.reads(Object::Subfunctions), |state, _| {
            let taken = state.subfunction.table.iter().flat_map(|table| &table.taken);
            taken
                .filter(|(_, taken)| taken.delete_pending)
                .map(|(&id, _)| id)
                .collect::<Vec<_>>()
        })
        .await;
    for id in pending {
        free(driver, id).await;
    }
}

/// Frees all function ids that are still taken (`mlx5_sf_hw_table_destroy`).
pub(crate) async fn deallocate_all(driver: &Driver) {
    let taken = driver
        .step(driver.reads(Object::Subfunctions), |state, _| {
            let taken = state
                .subfunction
                .table
                .iter()
                .flat_map(|table| table.taken.keys());
            taken.copied().collect::<Vec<_>>()
        })
        .await;
    for id in taken {
        free(driver, id).await;
    }
}
