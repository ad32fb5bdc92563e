//! The network device of an Ethernet function: what it asks firmware for while it is down, and nothing of its packets.
//!
//! * `objects` - what firmware only numbers: domains, queues, receivers
//! * `tables` - its flow tables
//!
//! The commands and their order are those of Linux 7.2 on one processor, as the device saw them: the same for a PF, a VF and an
//! embedded CPU. They matter for the pages that some of them need and for whoever holds or counts commands. Left out is what
//! comes by itself later: statistics of port and vport, which the kernel asks for in a work of its own. In switchdev mode the
//! kernel has an uplink's objects in their place; here the plain ones stay.

mod objects;
mod tables;

use crate::errno::Errno;
use crate::flow_objects::destroy_table;
use crate::handle::Driver;
use crate::runtime::Object;
use crate::state::State;
use crate::state::flow_objects::Table;
use crate::state::interface::FunctionKind;

/// Whether the function has a network device: Ethernet with offloads and flow tables (`mlx5_eth_supported`).
fn is_supported(state: &State) -> bool {
    let general = state.capabilities.general();
    state.capabilities.is_ethernet() && general.eth_net_offloads() && general.nic_flow_table()
}

/// Makes the table where packets begin (`mlx5_fs_core_init`).
///
/// # Errors
/// As the commands.
pub(crate) async fn create_root(driver: &Driver) -> Result<(), Errno> {
    if !driver
        .step(driver.reads(Object::Netdev), |state, _| is_supported(state))
        .await
    {
        return Ok(());
    }
    let root = tables::create_root(driver).await?;
    driver
        .step(driver.writes(Object::Netdev), |state, _| {
            state.netdev.root = Some(root)
        })
        .await;
    Ok(())
}

/// Destroys it again (`mlx5_fs_core_cleanup`).
pub(crate) async fn destroy_root(driver: &Driver) {
    let root = driver
        .step(driver.writes(Object::Netdev), |state, _| state.netdev.root.take())
        .await;
    if let Some(root) = root {
        destroy_table(driver, root).await;
    }
}

/// Brings the network device up as far as it is before anybody opens it (`mlx5e_probe`, `mlx5e_resume`). If firmware refuses
/// something the function is without one, and works on.
pub(crate) async fn attach(driver: &Driver) {
    let root = driver
        .step(driver.reads(Object::Netdev), |state, _| state.netdev.root)
        .await;
    let Some(root) = root else { return };
    let physical = driver.settled(|state| state.interface.kind == FunctionKind::Physical);
    let manages = driver.settled(|state| state.interface.is_vport_manager(&state.capabilities));
    let reads = 1 + u32::from(physical) + u32::from(manages);
    if bring_up(driver, root, reads).await.is_err() {
        take_down(driver).await;
    }
}

async fn bring_up(driver: &Driver, root: Table, reads: u32) -> Result<(), Errno> {
    for _ in 0..reads {
        objects::query_context(driver).await?;
    }
    objects::create_domain(driver).await?;
    objects::create_receiver(driver).await?;
    tables::create_all(driver, root).await?;
    objects::announce(driver).await;
    Ok(())
}

/// Takes the network device down (`mlx5e_remove`, `mlx5e_suspend`).
pub(crate) async fn detach(driver: &Driver) {
    let exists = driver
        .step(driver.reads(Object::Netdev), |state, _| {
            !state.netdev.objects.is_empty()
        })
        .await;
    if exists {
        objects::withdraw(driver).await;
        take_down(driver).await;
    }
}

async fn take_down(driver: &Driver) {
    tables::destroy_all(driver).await;
    objects::destroy_all(driver).await;
}
