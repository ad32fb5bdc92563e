//! Flow tables, groups and entries as commands.

use crate::command;
use crate::errno::Errno;
use crate::handle::Driver;
use crate::state::flow_objects::{Entry, Group, Table};
use prm::command::Command as _;
use prm::flow_table::{
    CreateFlowGroup, CreateFlowTable, DeleteFlowTableEntry, DestroyFlowGroup, DestroyFlowTable,
    FlowTableType, SetFlowTableEntry, SetFlowTableRoot,
};
use std::ops::RangeInclusive;

/// Size in bytes of the input of SET_FLOW_TABLE_ENTRY with one destination: head, flow context, destination.
const SET_ENTRY_LENGTH: usize = 64 + 768 + 8;

/// Sizes of flow tables that firmware has pools of, base-2 logarithms.
const POOLS: [u8; 5] = [22, 20, 16, 7, 0];

/// The largest pool of tables that are not larger than asked for and than the device allows, a base-2 logarithm
/// (`mlx5_ft_pool_get_avail_sz`).
pub(crate) fn pool(wanted: u8, most: u8) -> u8 {
    POOLS
        .into_iter()
        .find(|&pool| pool <= wanted.min(most))
        .unwrap_or(0)
}

/// Creates a table (`mlx5_cmd_create_flow_table`).
///
/// # Errors
/// As [`command::run`].
pub(crate) async fn create_table(
    driver: &Driver,
    kind: FlowTableType,
    level: u8,
    log_size: u8,
) -> Result<Table, Errno> {
    let input = CreateFlowTable::input()
        .with_table_type(kind.raw())
        .with_level(level)
        .with_log_size(log_size);
    let output = command::run::<CreateFlowTable>(driver, &input)
        .await
        .map_err(|error| error.errno())?;
    Ok(Table {
        kind,
        id: output.table_id(),
    })
}

/// Makes packets begin in a table (`mlx5_cmd_update_root_ft`).
///
/// # Errors
/// As [`command::run`].
pub(crate) async fn set_root(driver: &Driver, table: Table) -> Result<(), Errno> {
    let input = SetFlowTableRoot::input()
        .with_table_type(table.kind.raw())
        .with_table_id(table.id);
    command::run::<SetFlowTableRoot>(driver, &input)
        .await
        .map(drop)
        .map_err(|error| error.errno())
}

/// Creates a group (`mlx5_cmd_create_flow_group`). `criteria` are the bytes of the match that count, by offset.
///
/// # Errors
/// As [`command::execute`].
pub(crate) async fn create_group(
    driver: &Driver,
    table: Table,
    entries: RangeInclusive<u32>,
    parts: u8,
    criteria: &[(usize, u8)],
) -> Result<Group, Errno> {
    let head = CreateFlowGroup::input()
        .with_table_type(table.kind.raw())
        .with_table_id(table.id)
        .with_start_flow_index(*entries.start())
        .with_end_flow_index(*entries.end())
        .with_match_criteria_enable(parts);
    let mut input = head.as_bytes().to_vec();
    let matching = input.len();
    input.resize(CreateFlowGroup::INPUT_LENGTH, 0);
    for &(offset, mask) in criteria {
        if let Some(byte) = input.get_mut(matching + offset) {
            *byte = mask;
        }
    }
    let output = command::execute(driver, &input, CreateFlowGroup::OUTPUT_LENGTH).await;
    let output = output.map_err(|error| error.errno())?;
    let output = prm::flow_table::CreateFlowGroupOut::from_prefix(&output).unwrap_or_default();
    Ok(Group {
        table,
        id: output.group_id(),
    })
}

/// Writes an entry (`mlx5_cmd_set_fte`). Its match and its destination do not matter to anybody here.
///
/// # Errors
/// As [`command::execute`].
pub(crate) async fn set_entry(driver: &Driver, table: Table, index: u32) -> Result<Entry, Errno> {
    let head = SetFlowTableEntry::input()
        .with_table_type(table.kind.raw())
        .with_table_id(table.id)
        .with_flow_index(index);
    let mut input = head.as_bytes().to_vec();
    input.resize(SET_ENTRY_LENGTH, 0);
    command::execute(driver, &input, 16)
        .await
        .map_err(|error| error.errno())?;
    Ok(Entry { table, index })
}

/// Destroys a table; whether that works does not matter.
pub(crate) async fn destroy_table(driver: &Driver, table: Table) {
    let input = DestroyFlowTable::input()
        .with_table_type(table.kind.raw())
        .with_table_id(table.id);
    let _ignored = command::run::<DestroyFlowTable>(driver, &input).await;
}

/// Destroys a group; whether that works does not matter.
pub(crate) async fn destroy_group(driver: &Driver, group: Group) {
    let input = DestroyFlowGroup::input()
        .with_table_type(group.table.kind.raw())
        .with_table_id(group.table.id)
        .with_group_id(group.id);
    let _ignored = command::run::<DestroyFlowGroup>(driver, &input).await;
}

/// Deletes an entry; whether that works does not matter.
pub(crate) async fn delete_entry(driver: &Driver, entry: Entry) {
    let input = DeleteFlowTableEntry::input()
        .with_table_type(entry.table.kind.raw())
        .with_table_id(entry.table.id)
        .with_flow_index(entry.index);
    let _ignored = command::run::<DeleteFlowTableEntry>(driver, &input).await;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_comes_from_the_largest_pool_that_fits() {
        assert_eq!(pool(22, 16), 16);
        assert_eq!(pool(22, 18), 16);
        assert_eq!(pool(7, 16), 7);
        assert_eq!(pool(0, 16), 0);
        assert_eq!(pool(6, 16), 0);
    }
}
