//! The interface: what needs a running function.

use crate::ecpf;
use crate::errno::Errno;
use crate::event_queue;
use crate::handle::Driver;
use crate::health;
use crate::netdev;
use crate::pages;
use crate::pauses;
use crate::sriov;
use crate::subfunction;
use crate::uar;

/// Brings the interface up (`mlx5_load`).
///
/// # Errors
/// What failed first; everything before it is undone.
pub(super) async fn load(driver: &Driver) -> Result<(), Errno> {
    uar::allocate(driver).await?;
    pages::start(driver).await;
    driver.pause(pauses::INTERRUPTS_COME).await;
    if let Err(errno) = event_queue::create_all(driver).await {
        pages::stop(driver).await;
        uar::free(driver).await;
        return Err(errno);
    }
    health::listen_for_resets(driver, true).await;
    if let Err(errno) = netdev::create_root(driver).await {
        bring_down(driver).await;
        return Err(errno);
    }
    subfunction::start_events(driver).await;
    if let Err(errno) = sriov::attach(driver).await {
        ecpf::cleanup(driver).await;
        subfunction::stop_events(driver).await;
        netdev::destroy_root(driver).await;
        bring_down(driver).await;
        return Err(errno);
    }
    subfunction::create_devices(driver).await;
    Ok(())
}

/// Takes the interface down (`mlx5_unload`).
pub(super) async fn unload(driver: &Driver) {
    subfunction::stop_events(driver).await;
    subfunction::destroy_devices(driver).await;
    sriov::detach(driver).await;
    ecpf::cleanup(driver).await;
    subfunction::deallocate_all(driver).await;
    driver.pause(pauses::STEERING_GOES).await;
    netdev::destroy_root(driver).await;
    bring_down(driver).await;
}

/// Event queues, page requests, doorbells. Page requests that are queued when the event queues go meet first the closed
/// gate, then polling.
async fn bring_down(driver: &Driver) {
    health::listen_for_resets(driver, false).await;
    event_queue::destroy_all(driver).await;
    pages::stop(driver).await;
    driver.pause(pauses::LISTENERS_GO).await;
    uar::free(driver).await;
}
