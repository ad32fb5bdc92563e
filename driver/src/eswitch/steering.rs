//! The flow tables of switchdev mode, with the least a device can offer.

use crate::errno::Errno;
use crate::flow_objects::{
    create_group, create_table, delete_entry, destroy_group, destroy_table, pool, set_entry, set_root,
};
use crate::handle::Driver;
use crate::runtime::Object;
use crate::state::eswitch::{Chain, Steering};
use crate::state::flow_objects::Table;
use prm::flow_table::FlowTableType;

/// The match is on the source vport.
const MISC: u8 = 2;

/// Base-2 logarithm of the size of the network interface's table.
const OFFLOADS_SIZE: u8 = 7;

/// Creates all tables (`esw_offloads_steering_init`).
///
/// # Errors
/// As the commands; what was created until then is destroyed.
pub(super) async fn create(driver: &Driver) -> Result<(), Errno> {
    let result = create_all(driver).await;
    if result.is_err() {
        destroy(driver).await;
    }
    result
}

async fn note(driver: &Driver, change: impl FnOnce(&mut Steering)) {
    driver
        .step(driver.writes(Object::Eswitch), |state, _| {
            change(&mut state.eswitch.steering)
        })
        .await;
}

async fn create_all(driver: &Driver) -> Result<(), Errno> {
    let (most, roots, prios, vports) = driver
        .then(driver.reads(Object::Vports), |state, _| {
            let tables = state.capabilities.eswitch_flow_table();
            (
                tables.fdb().log_max_ft_size(),
                state.capabilities.nic_flow_table().receive().modify_root(),
                tables.fdb_multi_path_to_table() && tables.fdb().ignore_flow_level(),
                state.eswitch.vports.len(),
            )
        })
        .await;
    let offloads = create_table(driver, FlowTableType::NicReceive, 0, OFFLOADS_SIZE).await?;
    note(driver, |steering| steering.offloads = Some(offloads)).await;
    root(driver, roots, offloads).await?;

    let slow_path = create_table(driver, FlowTableType::Fdb, 3, pool(u8::MAX, most)).await?;
    note(driver, |steering| steering.slow_path = Some(slow_path)).await;
    root(driver, roots, slow_path).await?;
    let tc_miss = create_table(driver, FlowTableType::Fdb, 2, 0).await?;
    note(driver, |steering| steering.tc_miss = Some(tc_miss)).await;
    root(driver, roots, tc_miss).await?;

    chain(driver, 1, most).await?;
    let fast_path = chain(driver, 0, most).await?;
    root(driver, roots, fast_path).await?;
    if !prios {
        for _ in 0..vports {
            let table = create_table(driver, FlowTableType::Fdb, 1, 0).await?;
            note(driver, |steering| steering.vport_tables.push(table)).await;
        }
    }

    let last = (1u32 << pool(u8::MAX, most).min(31)) - 1;
    let group = create_group(driver, slow_path, 0..=last.saturating_sub(2), MISC, &[]).await?;
    note(driver, |steering| steering.send_to_vport = Some(group)).await;
    let group = create_group(driver, slow_path, last.saturating_sub(1)..=last, 1, &[]).await?;
    note(driver, |steering| steering.miss = Some(group)).await;
    let entry = set_entry(driver, slow_path, last.saturating_sub(1)).await?;
    note(driver, |steering| steering.unicast_miss = Some(entry)).await;
    let entry = set_entry(driver, slow_path, last).await?;
    note(driver, |steering| steering.multicast_miss = Some(entry)).await;

    let last = (1u32 << OFFLOADS_SIZE) - 1;
    let group = create_group(driver, offloads, 0..=last - 1, MISC, &[]).await?;
    note(driver, |steering| steering.receive = Some(group)).await;
    let group = create_group(driver, offloads, last..=last, 0, &[]).await?;
    note(driver, |steering| steering.drop = Some(group)).await;
    let entry = set_entry(driver, offloads, last).await?;
    note(driver, |steering| steering.drop_rule = Some(entry)).await;
    Ok(())
}

async fn root(driver: &Driver, roots: bool, table: Table) -> Result<(), Errno> {
    if roots {
        set_root(driver, table).await
    } else {
        Ok(())
    }
}

async fn chain(driver: &Driver, level: u8, most: u8) -> Result<Table, Errno> {
    let log_size = pool(u8::MAX, most);
    let last = (1u32 << log_size.min(31)) - 1;
    let table = create_table(driver, FlowTableType::Fdb, level, log_size).await?;
    let made = async {
        let group = create_group(driver, table, last.saturating_sub(1)..=last, 0, &[]).await?;
        match set_entry(driver, table, last).await {
            Ok(miss) => Ok(Chain { table, group, miss }),
            Err(errno) => {
                destroy_group(driver, group).await;
                Err(errno)
            }
        }
    };
    match made.await {
        Ok(chain) => {
            note(driver, |steering| steering.chains.push(chain)).await;
            Ok(table)
        }
        Err(errno) => {
            destroy_table(driver, table).await;
            Err(errno)
        }
    }
}

/// Destroys all tables (`esw_offloads_steering_cleanup`).
pub(super) async fn destroy(driver: &Driver) {
    let steering = driver
        .step(driver.writes(Object::Eswitch), |state, _| {
            std::mem::take(&mut *state.eswitch.steering)
        })
        .await;
    if let Some(entry) = steering.drop_rule {
        delete_entry(driver, entry).await;
    }
    for group in [steering.drop, steering.receive].into_iter().flatten() {
        destroy_group(driver, group).await;
    }
    for entry in [steering.multicast_miss, steering.unicast_miss]
        .into_iter()
        .flatten()
    {
        delete_entry(driver, entry).await;
    }
    for group in [steering.send_to_vport, steering.miss].into_iter().flatten() {
        destroy_group(driver, group).await;
    }
    for table in steering.vport_tables {
        destroy_table(driver, table).await;
    }
    for chain in steering.chains.into_iter().rev() {
        delete_entry(driver, chain.miss).await;
        destroy_group(driver, chain.group).await;
        destroy_table(driver, chain.table).await;
    }
    for table in [steering.tc_miss, steering.slow_path, steering.offloads]
        .into_iter()
        .flatten()
    {
        destroy_table(driver, table).await;
    }
}
