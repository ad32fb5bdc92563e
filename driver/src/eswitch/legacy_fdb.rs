//! The forwarding database of legacy mode: one table, three groups, no entry until somebody has an address.

use crate::errno::Errno;
use crate::flow_objects::{create_group, create_table, destroy_group, destroy_table, pool};
use crate::handle::Driver;
use crate::runtime::Object;
use crate::state::eswitch::LegacyFdb;
use prm::flow_table::FlowTableType;

/// The match is on the packet's outer headers.
const OUTER: u8 = 1;

/// The match is on what is known beside the headers.
const MISC: u8 = 2;

/// Bytes of the destination address in the match.
const DESTINATION: std::ops::Range<usize> = 8..14;

/// Bytes of the source vport in the match.
const SOURCE: std::ops::Range<usize> = 70..72;

/// Creates the table and its groups (`esw_create_legacy_fdb_table`).
///
/// # Errors
/// As CREATE_FLOW_TABLE and CREATE_FLOW_GROUP; what was created until then is destroyed.
pub(super) async fn create(driver: &Driver) -> Result<(), Errno> {
    let result = create_all(driver).await;
    if result.is_err() {
        destroy(driver).await;
    }
    result
}

async fn create_all(driver: &Driver) -> Result<(), Errno> {
    let most = driver.settled(|state| state.capabilities.eswitch_flow_table().fdb().log_max_ft_size());
    let log_size = pool(u8::MAX, most);
    let last = (1u32 << log_size.min(31)) - 1;
    let table = create_table(driver, FlowTableType::Fdb, 0, log_size).await?;
    note(driver, |fdb| fdb.table = Some(table)).await;

    let whole: Vec<_> = DESTINATION.map(|offset| (offset, 0xff)).collect();
    let group = create_group(driver, table, 0..=last.saturating_sub(2), OUTER, &whole).await?;
    note(driver, |fdb| fdb.addresses = Some(group)).await;

    let multicast = [(DESTINATION.start, 0x01)];
    let index = last.saturating_sub(1);
    let group = create_group(driver, table, index..=index, OUTER, &multicast).await?;
    note(driver, |fdb| fdb.all_multicast = Some(group)).await;

    let source: Vec<_> = SOURCE.map(|offset| (offset, 0xff)).collect();
    let group = create_group(driver, table, last..=last, MISC, &source).await?;
    note(driver, |fdb| fdb.promiscuous = Some(group)).await;
    Ok(())
}

async fn note(driver: &Driver, change: impl FnOnce(&mut LegacyFdb)) {
    driver
        .step(driver.writes(Object::Eswitch), |state, _| {
            change(&mut state.eswitch.legacy)
        })
        .await;
}

/// Destroys groups and table (`esw_destroy_legacy_fdb_table`).
pub(super) async fn destroy(driver: &Driver) {
    let fdb = driver
        .step(driver.writes(Object::Eswitch), |state, _| {
            std::mem::take(&mut state.eswitch.legacy)
        })
        .await;
    for group in [fdb.promiscuous, fdb.all_multicast, fdb.addresses]
        .into_iter()
        .flatten()
    {
        destroy_group(driver, group).await;
    }
    if let Some(table) = fdb.table {
        destroy_table(driver, table).await;
    }
}
