//! The way back: what the health queue does about a lost device.

use super::reset::{reset, reset_function};
use super::sensors::{fatal_sensor, sensors};
use super::waits::{wait_readable, wait_vital};
use crate::command;
use crate::errno::Errno;
use crate::handle::{Driver, LastLook, Patience, Work};
use crate::load;
use crate::message::MessageKind;
use crate::pages;
use crate::runtime::{Object, TaskRole, WorkQueue};
use crate::state::State;
use crate::state::health::HealthWork;
use crate::state::interface::FunctionKind;
use prm::Cycles;

impl Work for HealthWork {
    const ROLE: TaskRole = TaskRole::Health;
    const QUEUE: Object = Object::Health;

    fn queue(state: &mut State) -> &mut WorkQueue<Self> {
        &mut state.health.queue
    }

    fn look(state: &State) -> &WorkQueue<Self> {
        &state.health.queue
    }

    async fn run(self, driver: Driver) {
        match self {
            Self::Fatal => handle_fatal(&driver).await,
            Self::Faulty => handle_faulty(&driver).await,
            Self::Unreachable => {
                command::flush(&driver).await;
                // Firmware has not failed: without a reset it would go on with pages that are freed from here on.
                if driver.is_bound().await {
                    reset_function(&driver).await;
                }
                handle_faulty(&driver).await;
            }
        }
    }
}

/// The device is lost (`mlx5_fw_fatal_reporter_err_work`). Whoever loads, unloads or removes the driver holds this up;
/// so outstanding commands are not ended before that.
async fn handle_fatal(driver: &Driver) {
    let dropped = driver
        .holding(Object::InterfaceLock, async || {
            driver
                .then(driver.reads(Object::Health), |state, _| state.health.drop_work)
                .await
        })
        .await;
    if dropped {
        return;
    }
    driver.runtime().point(sensors(driver)).await;
    if driver.go_on(|state, bus| fatal_sensor(state, bus)).is_some() {
        command::flush(driver).await;
    }
    driver
        .holding(Object::DevlinkLock, async || recover(driver).await)
        .await;
}

/// The driver has given the device up. Whoever holds the devlink lock may have brought it back or unbound it meanwhile.
async fn handle_faulty(driver: &Driver) {
    driver
        .holding(Object::DevlinkLock, async || {
            let about = [
                driver.reads(Object::Interface),
                driver.reads(Object::DeviceState),
                driver.reads(Object::Health),
            ];
            let is_lost = driver
                .then(about, |state, _| {
                    *state.interface.probed && state.interface.in_error() && !state.health.drop_work
                })
                .await;
            if is_lost {
                recover(driver).await;
            }
        })
        .await;
}

/// Tries to bring the device back, and says so if that fails. The caller holds the devlink lock.
async fn recover(driver: &Driver) {
    if let Err(errno) = try_recover(driver).await {
        driver.message(MessageKind::RecoveryFailed { errno });
    }
}

/// Brings the device back: reset, unload, load (`mlx5_health_try_recover`, `mlx5_recover_device`).
async fn try_recover(driver: &Driver) -> Result<(), Errno> {
    let now = driver.now();
    let (recent, dropped) = driver
        .then(driver.reads(Object::Health), |state, _| {
            let grace = match state.interface.kind {
                FunctionKind::Physical if *state.interface.ecpf => 180,
                FunctionKind::Physical => 60,
                FunctionKind::Virtual | FunctionKind::Scalable => 30,
            };
            let grace = Cycles::from_secs(grace);
            let recent = state
                .health
                .recovered
                .is_some_and(|at| !Patience::since(at, grace, LastLook::AtLimit).is_over_at(now));
            (recent, state.health.drop_work)
        })
        .await;
    if dropped {
        return Ok(());
    }
    if recent {
        driver.message(MessageKind::ErrorStateUnloading);
        load::unload_one(driver).await;
        return Ok(());
    }
    driver
        .then(driver.writes(Object::Health), |state, _| {
            state.health.recovered = Some(now)
        })
        .await;
    driver.message(MessageKind::HandlingBadDevice);
    let was_reset = reset(driver).await;
    load::unload_one(driver).await;
    if was_reset {
        pages::on_device_reset(driver).await;
    }
    wait_readable(driver).await?;
    if driver.settled(|state| state.interface.kind) != FunctionKind::Scalable {
        wait_vital(driver).await?;
    }
    load::load_one(driver, load::Occasion::Recovery).await?;
    match driver
        .step(sensors(driver), |state, bus| fatal_sensor(state, bus))
        .await
    {
        Some(_) => Err(Errno::EIO),
        None => Ok(()),
    }
}
