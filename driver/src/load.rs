//! The life of a driver on its function: probe and load, unload and remove, reload.
//!
//! * `haste` - the teardown that gives nothing back
//! * `function` - the function itself: enabled, opened, closed, disabled
//! * `services` - what needs a running function: doorbells, event queues, VFs
//!
//! Both come up in this order and go down in the reverse one; a failure undoes what was done before it.
//!
//! | step | up | down |
//! |---|---|---|
//! | function | ENABLE_HCA, pages for boot and init, INIT_HCA | TEARDOWN_HCA, all pages back, DISABLE_HCA |
//! | once per probe | SR-IOV, eswitch, scalable functions as objects | the reverse, at remove |
//! | interface | UAR, event queues, VFs enabled again | VFs off, event queues gone |

mod function;
pub(crate) mod haste;
mod occasion;
mod services;

pub(crate) use occasion::Occasion;

use crate::command;
use crate::errno::Errno;
use crate::eswitch;
use crate::handle::Driver;
use crate::health;
use crate::message::MessageKind;
use crate::netdev;
use crate::pages;
use crate::pauses;
use crate::runtime::{Announcement, Object};
use crate::sriov;
use crate::state::capabilities::Capabilities;
use crate::state::interface::DeviceState;
use crate::state::timeouts::Timeouts;
use crate::subfunction;
use prm::command::Command as _;
use prm::hca::QueryAdapter;

/// Binds the driver (`mlx5_init_one` behind `probe_one`).
///
/// # Errors
/// What failed first, `-ENODEV` where the host has taken the function off its bus. Nothing is left bound then; pages that could not
/// be taken back are lost.
pub(crate) async fn probe(driver: &Driver) -> Result<(), Errno> {
    under_both_locks(driver, async || bind(driver).await).await
}

/// Under the locks of host operations and of load and unload.
async fn under_both_locks<R>(driver: &Driver, body: impl AsyncFnOnce() -> R) -> R {
    driver
        .holding(Object::DevlinkLock, async || {
            driver.holding(Object::InterfaceLock, body).await
        })
        .await
}

async fn bind(driver: &Driver) -> Result<(), Errno> {
    let begun = [
        driver.writes(Object::Interface),
        driver.writes(Object::DeviceState),
        driver.writes(Object::LoadTime),
        driver.writes(Object::Health),
        driver.writes(Object::Sriov),
    ];
    let free = driver
        .step(begun, |state, _| {
            if *state.interface.removed {
                return Err(Errno::ENODEV);
            }
            if *state.interface.probed {
                return Err(Errno::EBUSY);
            }
            *state.interface.probed = true;
            *state.interface.device = DeviceState::Up;
            *state.interface.dma_barred = false;
            *state.timeouts = Timeouts::default();
            state.health.begin();
            *state.capabilities = Capabilities::default();
            state.sriov.forget();
            Ok(())
        })
        .await;
    free?;
    driver.notify_device_state();
    pages::init(driver).await;
    let result = bring_up(driver).await;
    if result.is_err() {
        pages::cleanup(driver).await;
        driver
            .step(gone(driver), |state, _| {
                *state.interface.device = DeviceState::InternalError;
                *state.interface.probed = false;
            })
            .await;
        driver.notify_device_state();
    }
    result
}

/// A driver lets its function go.
fn gone(driver: &Driver) -> Announcement {
    [
        driver.writes(Object::Interface),
        driver.writes(Object::DeviceState),
    ]
    .into()
}

async fn bring_up(driver: &Driver) -> Result<(), Errno> {
    if driver.settled(|state| state.interface.light) {
        return function::set_up_light(driver).await;
    }
    function::set_up(driver, Occasion::Probe).await?;
    if let Err(errno) = init_once(driver).await {
        function::tear_down(driver, Occasion::Probe).await;
        return Err(errno);
    }
    if let Err(errno) = services::load(driver).await {
        cleanup_once(driver).await;
        function::tear_down(driver, Occasion::Probe).await;
        return Err(errno);
    }
    set_loaded(driver, true).await;
    netdev::attach(driver).await;
    Ok(())
}

/// What lives from probe to remove (`mlx5_init_once`).
async fn init_once(driver: &Driver) -> Result<(), Errno> {
    command::run::<QueryAdapter>(driver, &QueryAdapter::input()).await?;
    driver.pause(pauses::OBJECTS_COME).await;
    health::init_reset(driver).await;
    sriov::init(driver).await;
    if let Err(errno) = eswitch::init(driver).await {
        sriov::cleanup(driver).await;
        return Err(errno);
    }
    if let Err(errno) = subfunction::init(driver).await {
        eswitch::cleanup(driver).await;
        sriov::cleanup(driver).await;
        return Err(errno);
    }
    Ok(())
}

/// Undoes [`init_once`] (`mlx5_cleanup_once`).
async fn cleanup_once(driver: &Driver) {
    driver.pause(pauses::OBJECTS_GO).await;
    subfunction::cleanup(driver).await;
    eswitch::cleanup(driver).await;
    sriov::cleanup(driver).await;
}

/// Unbinds the driver (`remove_one`, `mlx5_uninit_one`).
///
/// # Errors
/// `-ENODEV` without a bound driver. Nothing else fails: what cannot be undone is left.
pub(crate) async fn remove(driver: &Driver) -> Result<(), Errno> {
    if !driver
        .step(driver.reads(Object::Interface), |state, _| {
            *state.interface.probed
        })
        .await
    {
        return Err(Errno::ENODEV);
    }
    health::break_waits(driver).await;
    health::drain_resets(driver).await;
    health::drain(driver).await;
    if driver.settled(|state| state.interface.light) {
        under_both_locks(driver, async || function::close_light(driver).await).await;
    } else {
        sriov::remove(driver).await;
        under_both_locks(driver, async || take_down(driver).await).await;
    }
    unbind(driver).await;
    Ok(())
}

async fn take_down(driver: &Driver) {
    eswitch::disable(driver).await;
    netdev::detach(driver).await;
    driver.pause(pauses::DEVICES_GO).await;
    let loaded = driver
        .then(driver.reads(Object::Interface), |state, _| {
            *state.interface.loaded
        })
        .await;
    if loaded {
        set_loaded(driver, false).await;
        services::unload(driver).await;
        cleanup_once(driver).await;
        function::tear_down(driver, Occasion::Probe).await;
    } else {
        driver.message(MessageKind::InterfaceDown);
        cleanup_once(driver).await;
    }
}

async fn unbind(driver: &Driver) {
    pages::cleanup(driver).await;
    driver
        .step(gone(driver), |state, _| {
            *state.interface.probed = false;
            *state.interface.device = DeviceState::Uninitialized;
        })
        .await;
    driver.notify_device_state();
}

/// Unloads and loads again, keeping what lives from probe to remove (`devlink dev reload`, action `driver_reinit`).
///
/// # Errors
/// What loading again fails with; unloading has no result. `-ENODEV` without a bound driver.
pub(crate) async fn reload(driver: &Driver) -> Result<(), Errno> {
    driver
        .holding(Object::DevlinkLock, async || reload_locked(driver).await)
        .await
}

async fn reload_locked(driver: &Driver) -> Result<(), Errno> {
    if !driver
        .step(driver.reads(Object::Interface), |state, _| {
            *state.interface.probed
        })
        .await
    {
        return Err(Errno::ENODEV);
    }
    if driver.settled(|state| state.interface.light) {
        function::close_light(driver).await;
        set_device(driver, DeviceState::Up).await;
        return function::set_up_light(driver).await;
    }
    unload_one(driver).await;
    load_one(driver, Occasion::Reload).await
}

/// [`load_one`] under the devlink lock (`mlx5_load_one`).
///
/// # Errors
/// As [`load_one`].
pub(crate) async fn load_again(driver: &Driver, occasion: Occasion) -> Result<(), Errno> {
    driver
        .holding(Object::DevlinkLock, async || load_one(driver, occasion).await)
        .await
}

/// [`unload_one`] under the devlink lock (`mlx5_unload_one`).
pub(crate) async fn unload(driver: &Driver) {
    driver
        .holding(Object::DevlinkLock, async || unload_one(driver).await)
        .await;
}

/// Loads (`mlx5_load_one_devl_locked`). The caller holds the devlink lock.
///
/// # Errors
/// What failed first.
pub(crate) async fn load_one(driver: &Driver, occasion: Occasion) -> Result<(), Errno> {
    driver
        .holding(Object::InterfaceLock, async || {
            load_locked(driver, occasion).await
        })
        .await
}

async fn load_locked(driver: &Driver, occasion: Occasion) -> Result<(), Errno> {
    if driver
        .step(driver.reads(Object::Interface), |state, _| {
            *state.interface.loaded
        })
        .await
    {
        driver.message(MessageKind::InterfaceUp);
        return Ok(());
    }
    set_device(driver, DeviceState::Up).await;
    let result = match function::set_up(driver, occasion).await {
        Err(errno) => Err(errno),
        Ok(()) => match services::load(driver).await {
            Ok(()) => Ok(()),
            Err(errno) => {
                function::tear_down(driver, occasion).await;
                Err(errno)
            }
        },
    };
    match result {
        Ok(()) => {
            set_loaded(driver, true).await;
            netdev::attach(driver).await;
        }
        Err(_) => set_device(driver, DeviceState::InternalError).await,
    }
    result
}

/// Unloads (`mlx5_unload_one_devl_locked`). The caller holds the devlink lock. A failed TEARDOWN_HCA is not told.
pub(crate) async fn unload_one(driver: &Driver) {
    eswitch::disable(driver).await;
    driver
        .holding(Object::InterfaceLock, async || unload_locked(driver).await)
        .await;
}

async fn unload_locked(driver: &Driver) {
    if !driver
        .step(driver.reads(Object::Interface), |state, _| {
            *state.interface.loaded
        })
        .await
    {
        driver.message(MessageKind::InterfaceDown);
        return;
    }
    netdev::detach(driver).await;
    set_loaded(driver, false).await;
    driver.pause(pauses::DEVICES_GO).await;
    services::unload(driver).await;
    function::tear_down(driver, Occasion::Reload).await;
}

async fn set_loaded(driver: &Driver, loaded: bool) {
    driver
        .step(driver.writes(Object::Interface), |state, _| {
            *state.interface.loaded = loaded
        })
        .await;
}

async fn set_device(driver: &Driver, device: DeviceState) {
    driver
        .step(driver.writes(Object::DeviceState), |state, _| {
            *state.interface.device = device
        })
        .await;
    driver.notify_device_state();
}
