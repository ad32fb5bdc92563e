//! Firmware asks whether it may be reset: the driver's answer, and the end of one that comes to nothing.

use super::register::{self, Consent};
use crate::errno::Errno;
use crate::handle::Driver;
use crate::health;
use crate::message::MessageKind;
use crate::runtime::Object;
use prm::function::VF_DEVICE;

/// Answers (`mlx5_sync_reset_request_event`).
pub(super) async fn answer(driver: &Driver) {
    let may_be_reset = match read_method(driver).await {
        Ok(()) => is_capable(driver).await,
        Err(errno) => {
            driver.message(MessageKind::ResetMethodUnknown { errno });
            false
        }
    };
    let is_own = driver
        .then(driver.reads(Object::Health), |state, _| state.health.reset.is_own)
        .await;
    // Who has started the reset holds the lock; anybody else's must not meet an administrator.
    let lock = if may_be_reset && !is_own {
        driver.runtime().point(driver.writes(Object::DevlinkLock)).await;
        driver.try_lock(Object::DevlinkLock)
    } else {
        None
    };
    if !may_be_reset || (!is_own && lock.is_none()) {
        match register::answer(driver, Consent::No).await {
            Ok(()) => driver.message(MessageKind::SyncResetRefused),
            Err(_) => driver.message(MessageKind::SyncResetRefusalFailed),
        }
        return;
    }
    expect_reset(driver).await;
    if let Some(lock) = lock {
        lock.release().await;
    }
}

async fn expect_reset(driver: &Driver) {
    let news = driver
        .step(driver.writes(Object::Health), |state, _| {
            !std::mem::replace(&mut state.health.reset.requested, true)
        })
        .await;
    if !news {
        driver.message(MessageKind::SyncResetRequestedAgain);
        return;
    }
    health::stop_poll(driver, true).await;
    driver
        .then(driver.writes(Object::Health), |state, bus| {
            let now = bus.now();
            let limit = state.timeouts.pci_sync_update;
            let reset = &mut state.health.reset;
            reset.next_poll = Some(now.saturating_add(health::RESET_POLL));
            reset.expected_until = (!reset.drops_new).then(|| now.saturating_add(limit));
            reset.in_progress = true;
        })
        .await;
    match register::answer(driver, Consent::Yes).await {
        Ok(()) => driver.message(MessageKind::SyncResetAgreed),
        Err(error) => driver.message(MessageKind::SyncResetAgreementFailed { errno: error.errno() }),
    }
}

/// Asks how the function would be reset on its bus, where firmware may have a say in that (`mlx5_fw_reset_get_reset_method`).
async fn read_method(driver: &Driver) -> Result<(), Errno> {
    if driver.settled(|state| state.capabilities.general().pcie_reset_using_hotreset_method()) {
        register::read(driver).await.map_err(|error| error.errno())?;
    }
    Ok(())
}

/// Whether the function can be reset now (`mlx5_is_reset_now_capable`). Nobody here plugs hot, so that a link could be switched
/// off without the kernel taking the function for pulled out.
async fn is_capable(driver: &Driver) -> bool {
    let about = [driver.reads(Object::Subfunctions), driver.reads(Object::Sriov)];
    let obstacle = driver
        .then(about, |state, _| {
            if !state.capabilities.general().fast_teardown() {
                return Some(MessageKind::ResetNeedsFastTeardown);
            }
            if !*state.interface.ecpf && state.subfunction.has_ports() {
                return Some(MessageKind::ResetWithSubfunctions);
            }
            let others = state.sriov.num_vfs > 0;
            others.then_some(MessageKind::ResetWithOthers { device: VF_DEVICE })
        })
        .await;
    let is_capable = obstacle.is_none();
    if let Some(obstacle) = obstacle {
        driver.message(obstacle);
    }
    is_capable
}

/// Nothing comes of it: firmware has taken it back, or its time is over (`mlx5_sync_reset_abort_event`).
pub(super) async fn end(driver: &Driver, why: MessageKind) {
    if !health::clear_reset(driver, true).await {
        return;
    }
    driver
        .then(driver.writes(Object::Health), |state, _| {
            state.health.reset.in_progress = false;
        })
        .await;
    driver.message(why);
}
