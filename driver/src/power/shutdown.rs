//! The machine ends, or another kernel takes over (`shutdown`, `mlx5_try_fast_unload`).

use super::drivers::{below, is_scalable};
use crate::errno::Errno;
use crate::handle::Driver;
use crate::health;
use crate::load;
use crate::runtime::Object;

/// Shuts every driver down. What they have stays as it is: whoever comes next has the memory.
///
/// # Errors
/// None.
pub(crate) async fn shut_down(driver: &Driver) -> Result<(), Errno> {
    for other in below(driver, |_| true) {
        shut_down_one(&other).await;
    }
    shut_down_one(driver).await;
    Ok(())
}

async fn shut_down_one(driver: &Driver) {
    driver
        .holding(Object::DeviceLock, async || {
            if !driver.is_bound().await {
                return;
            }
            health::break_waits(driver).await;
            let is_scalable = is_scalable(driver.endpoint());
            if !is_scalable {
                health::drain_resets(driver).await;
            }
            health::drain(driver).await;
            if is_scalable || !unload_in_haste(driver).await {
                load::unload(driver).await;
            }
        })
        .await;
}

/// Lets the device go without giving anything back, where firmware can do that (`mlx5_try_fast_unload`). Returns whether it did.
async fn unload_in_haste(driver: &Driver) -> bool {
    let offered = driver.settled(|state| {
        let general = state.capabilities.general();
        general.fast_teardown() || general.force_teardown()
    });
    let in_error = driver
        .then(driver.reads(Object::DeviceState), |state, _| {
            state.interface.in_error()
        })
        .await;
    if !offered || in_error {
        return false;
    }
    health::stop_poll(driver, false).await;
    if load::haste::fast(driver).await.is_err() && load::haste::force(driver).await.is_err() {
        health::start_poll(driver).await;
        return false;
    }
    health::force_error_state(driver).await;
    true
}
