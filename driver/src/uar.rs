//! The user access region: the page of BAR 0 with the driver's doorbells.

use crate::command;
use crate::errno::Errno;
use crate::handle::Driver;
use crate::runtime::Object;
use prm::UarIndex;
use prm::command::Command as _;
use prm::uar::{AllocUar, DeallocUar};

/// Allocates the region whose doorbells arm the event queues (`mlx5_alloc_bfreg`).
///
/// # Errors
/// As [`command::execute`].
pub(crate) async fn allocate(driver: &Driver) -> Result<(), Errno> {
    let output = command::run::<AllocUar>(driver, &AllocUar::input()).await?;
    let uar = UarIndex(output.uar());
    driver
        .step(driver.writes(Object::LoadTime), |state, _| {
            *state.interface.uar = Some(uar)
        })
        .await;
    Ok(())
}

/// Frees it (`mlx5_free_bfreg`). A failure is printed and changes nothing.
pub(crate) async fn free(driver: &Driver) {
    let uar = driver
        .step(driver.writes(Object::LoadTime), |state, _| {
            state.interface.uar.take()
        })
        .await;
    if let Some(uar) = uar {
        // The region is the driver's no more, whatever firmware says.
        let _freed = command::run::<DeallocUar>(driver, &DeallocUar::input().with_uar(uar.0)).await;
    }
}
