//! The machine suspends and wakes up again (`mlx5_suspend`, `mlx5_resume`).

use super::drivers::{below, is_scalable};
use crate::errno::Errno;
use crate::handle::Driver;
use crate::load;
use crate::message::MessageKind;
use crate::runtime::Object;

/// Suspends and resumes. A machine wakes up whatever its drivers come to, and whoever sent it to sleep is not told.
///
/// # Errors
/// None: a driver that does not load again has told so in the log.
pub(crate) async fn suspend_resume(driver: &Driver) -> Result<(), Errno> {
    // A scalable function's driver has no part in it: its device goes when that of the function it belongs to unloads.
    let mut others = below(driver, |function| !is_scalable(function));
    for other in &others {
        suspend(other).await;
    }
    suspend(driver).await;
    resume(driver).await;
    others.reverse();
    for other in &others {
        resume(other).await;
    }
    Ok(())
}

async fn suspend(driver: &Driver) {
    driver
        .holding(Object::DeviceLock, async || {
            if driver.is_bound().await {
                load::unload(driver).await;
            }
        })
        .await;
}

async fn resume(driver: &Driver) {
    driver
        .holding(Object::DeviceLock, async || {
            if !driver.is_bound().await {
                return;
            }
            if let Err(errno) = load::load_again(driver, load::Occasion::Reload).await {
                driver.message(MessageKind::ResumeFailed { errno });
            }
        })
        .await;
}
