//! The network device's flow tables: what kind of packet goes where. Nothing of their content matters to anybody here.

use crate::errno::Errno;
use crate::flow_objects::{
    create_group, create_table, delete_entry, destroy_group, destroy_table, set_entry, set_root,
};
use crate::handle::Driver;
use crate::runtime::Object;
use crate::state::flow_objects::Table;
use crate::state::netdev::Chain;
use prm::flow_table::FlowTableType;

/// How a table is made.
struct Shape {
    /// Packets begin in it once it is there.
    is_root: bool,
    groups: u32,
    entries: u32,
}

/// The tables in the order of creation: destinations of ARFS for the four kinds of packet, then protocols (TTC), then
/// VLANs, then addresses.
const SHAPES: [Shape; 7] = [
    shape(true, 2, 1),
    shape(false, 2, 1),
    shape(false, 2, 1),
    shape(false, 2, 1),
    shape(true, 3, 11),
    shape(true, 3, 0),
    shape(true, 5, 1),
];

/// Base-2 logarithm of a table's size.
const LOG_SIZE: u8 = 7;

const fn shape(is_root: bool, groups: u32, entries: u32) -> Shape {
    Shape {
        is_root,
        groups,
        entries,
    }
}

/// The table below all others.
pub(super) async fn create_root(driver: &Driver) -> Result<Table, Errno> {
    let table = create_table(driver, FlowTableType::NicReceive, 0, 0).await?;
    if let Err(errno) = set_root(driver, table).await {
        destroy_table(driver, table).await;
        return Err(errno);
    }
    Ok(table)
}

/// Creates all tables; what was created is kept in the state, also when one of them fails.
///
/// # Errors
/// As the commands.
pub(super) async fn create_all(driver: &Driver, root: Table) -> Result<(), Errno> {
    for (level, shape) in (1..).zip(&SHAPES) {
        let table = create_table(driver, root.kind, level, LOG_SIZE).await?;
        let mut chain = Chain {
            table,
            groups: Vec::new(),
            entries: Vec::new(),
        };
        let filled = fill(driver, &mut chain, shape).await;
        driver
            .step(driver.writes(Object::Netdev), |state, _| {
                state.netdev.chains.push(chain)
            })
            .await;
        filled?;
    }
    Ok(())
}

async fn fill(driver: &Driver, chain: &mut Chain, shape: &Shape) -> Result<(), Errno> {
    if shape.is_root {
        set_root(driver, chain.table).await?;
    }
    for group in 0..shape.groups {
        let first = group * 16;
        chain
            .groups
            .push(create_group(driver, chain.table, first..=first + 15, 0, &[]).await?);
    }
    for entry in 0..shape.entries {
        chain.entries.push(set_entry(driver, chain.table, entry).await?);
    }
    Ok(())
}

/// Destroys them, last created first. Before a table goes, packets begin elsewhere.
pub(super) async fn destroy_all(driver: &Driver) {
    loop {
        let (chain, root) = driver
            .step(driver.writes(Object::Netdev), |state, _| {
                (state.netdev.chains.pop(), state.netdev.root)
            })
            .await;
        let Some(chain) = chain else { return };
        for entry in chain.entries {
            delete_entry(driver, entry).await;
        }
        for group in chain.groups {
            destroy_group(driver, group).await;
        }
        if let Some(root) = root {
            // The table goes whatever firmware says.
            let _ignored = set_root(driver, root).await;
        }
        destroy_table(driver, chain.table).await;
    }
}
