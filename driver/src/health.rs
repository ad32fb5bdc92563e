//! The device's health: the poll, the error state, and the way back.
//!
//! The poll is not a task that sleeps but a time in the state: whoever owns the clock asks for it with
//! [`Driver::next_timer`] and has it carried out with [`Driver::fire_timers`]. So a driver at rest stays plain data.

mod waits;

use self::waits::{wait_down, wait_readable, wait_vital};
use crate::command;
use crate::device_bus::Bus;
use crate::errno::Errno;
use crate::handle::{Driver, Work};
use crate::load;
use crate::message::MessageKind;
use crate::pages;
use crate::registers;
use crate::runtime::{Object, WorkQueue};
use crate::state::State;
use crate::state::health::HealthWork;
use crate::state::interface::{DeviceState, FunctionKind};
use prm::Cycles;
use prm::init_segment::{NIC_INTERFACE_DISABLED, NIC_INTERFACE_SOFTWARE_RESET};

/// Equal readings of the health counter in a row that are reported.
const MISS_LIMIT: u32 = 3;

/// The sensor of a syndrome whose severity asks for a reset.
const FATAL_SYNDROME: u8 = 5;

/// The first bit of the byte with the severity: the device needs a reset.
const RFR: u8 = 0x80;

impl Work for HealthWork {
    const NAME: &'static str = "health";
    const QUEUE: Object = Object::Health;

    fn queue(state: &mut State) -> &mut WorkQueue<Self> {
        &mut state.health.queue
    }

    async fn run(self, driver: Driver) {
        match self {
            Self::Fatal => handle_fatal(&driver).await,
            Self::Faulty => handle_faulty(&driver).await,
            Self::Unreachable => {
                command::flush(&driver).await;
                // Firmware has not failed: without a reset it would go on with pages that are freed from here on.
                if driver.with(|state, _| state.interface.probed) {
                    reset_function(&driver).await;
                }
                handle_faulty(&driver).await;
            }
        }
    }
}

/// Begins to poll (`mlx5_start_health_poll`). The kernel adds up to a second by chance from the second poll on; here
/// chance adds nothing.
pub(crate) fn start_poll(driver: &Driver) {
    let now = driver.now();
    driver.with(|state, _| {
        let next = now.saturating_add(state.timeouts.health_poll);
        let health = &mut state.health;
        health.next_poll = Some(next);
        health.misses = 0;
        health.syndrome = 0;
        health.drop_work = false;
    });
}

/// Ends the poll (`mlx5_stop_health_poll`). `for_good`: queued work is to do nothing any more.
pub(crate) fn stop_poll(driver: &Driver, for_good: bool) {
    driver.with(|state, _| {
        state.health.next_poll = None;
        state.health.drop_work |= for_good;
    });
}

/// From here on queued work does nothing; waits for what runs (`mlx5_drain_health_wq`).
pub(crate) async fn drain(driver: &Driver) {
    driver
        .step(driver.writes(Object::Health), |state, _| {
            state.health.drop_work = true
        })
        .await;
    driver.flush_work::<HealthWork>().await;
}

/// Carries out a poll if one is due.
pub(crate) fn fire(driver: &Driver) {
    let now = driver.now();
    let due = driver.with(|state, _| {
        let due = state.health.next_poll.is_some_and(|at| at <= now);
        if due {
            state.health.next_poll = Some(now.saturating_add(state.timeouts.health_poll));
        }
        due
    });
    if due {
        let this = driver.clone();
        driver.spawn("health_poll", async move { poll(&this).await });
    }
}

/// One poll (`poll_health`).
async fn poll(driver: &Driver) {
    driver.runtime().point(driver.writes(Object::Health)).await;
    if driver.with(|state, _| std::mem::take(&mut state.health.bus_failed)) {
        driver.with(|state, _| state.health.next_poll = None);
        driver.queue_work(HealthWork::Unreachable);
        return;
    }
    if driver.with(|state, _| state.health.next_poll.is_none() || state.interface.in_error()) {
        return;
    }
    if let Some(sensor) = driver.with(|_, bus| fatal_sensor(bus)) {
        driver.message(MessageKind::FatalSensor { sensor });
        let syndrome = driver.with(|_, bus| registers::health_syndrome(bus));
        if syndrome != 0 {
            let fatal = sensor == FATAL_SYNDROME;
            driver.message(MessageKind::HealthSyndrome { syndrome, fatal });
        }
        driver.with(|state, _| {
            state.interface.device = DeviceState::InternalError;
            state.health.next_poll = None;
        });
        // Who spins on a queue entry looks at the state, too.
        driver.notify(Object::Device);
        driver.queue_work(HealthWork::Fatal);
        return;
    }
    let (compromised, syndrome) = driver.with(|state, bus| {
        let counter = registers::health_counter(bus);
        let syndrome = registers::health_syndrome(bus);
        let health = &mut state.health;
        health.misses = if counter == health.counter {
            health.misses + 1
        } else {
            0
        };
        health.counter = counter;
        let compromised = health.misses == MISS_LIMIT;
        let news = syndrome != 0 && syndrome != health.syndrome;
        health.syndrome = syndrome;
        (compromised, news.then_some(syndrome))
    });
    if compromised {
        driver.message(MessageKind::HealthCompromised);
    }
    if let Some(syndrome) = syndrome {
        driver.message(MessageKind::HealthSyndrome {
            syndrome,
            fatal: false,
        });
    }
}

/// The first sensor that says the device is lost (`mlx5_health_check_fatal_sensors`).
fn fatal_sensor(bus: &mut Bus) -> Option<u8> {
    if registers::health_firmware_version(bus) == u32::MAX {
        return Some(1);
    }
    match registers::queue_word(bus).nic_interface() {
        NIC_INTERFACE_DISABLED => return Some(3),
        NIC_INTERFACE_SOFTWARE_RESET => return Some(4),
        _ => {}
    }
    let syndrome = registers::health_syndrome(bus);
    (syndrome != 0 && registers::health_severity(bus) & RFR != 0).then_some(FATAL_SYNDROME)
}

/// The driver gives the device up by itself: a page command or a change of mode has waited too long. Ends what waits for
/// the device and resets the function, so that nothing the driver frees from here on is in use.
pub(crate) async fn declare_faulty(driver: &Driver) {
    let news = driver
        .step(driver.writes(Object::Health), |state, _| {
            let news = !state.interface.in_error();
            state.interface.device = DeviceState::InternalError;
            news
        })
        .await;
    if !news {
        return;
    }
    driver.message(MessageKind::DeviceDeclaredFaulty);
    command::flush(driver).await;
    reset_function(driver).await;
    driver.queue_work(HealthWork::Faulty);
}

/// Resets the function through its interface register. Returns whether it confirmed: then firmware has dropped every
/// command and every page.
pub(crate) async fn reset_function(driver: &Driver) -> bool {
    driver
        .step(driver.writes(Object::Health), |_, bus| {
            if registers::queue_word(bus).nic_interface() != NIC_INTERFACE_DISABLED {
                registers::write_nic_interface(bus, NIC_INTERFACE_SOFTWARE_RESET);
            }
        })
        .await;
    let limit = driver.with(|state, _| state.timeouts.pcie_toggle);
    let is_down = wait_down(driver, limit).await;
    if is_down {
        driver.runtime().point(driver.writes(Object::PageBook)).await;
        pages::on_device_reset(driver);
    }
    is_down
}

/// The device is lost (`mlx5_fw_fatal_reporter_err_work`). Whoever loads, unloads or removes the driver holds this up;
/// so outstanding commands are not ended before that.
async fn handle_fatal(driver: &Driver) {
    let interface = driver.lock(Object::InterfaceLock).await;
    let dropped = driver.with(|state, _| state.health.drop_work);
    drop(interface);
    if dropped {
        return;
    }
    driver.runtime().point(driver.writes(Object::Health)).await;
    if driver.with(|_, bus| fatal_sensor(bus)).is_some() {
        command::flush(driver).await;
    }
    let devlink = driver.lock(Object::DevlinkLock).await;
    recover(driver).await;
    drop(devlink);
}

/// The driver has given the device up. Whoever holds the devlink lock may have brought it back or unbound it meanwhile.
async fn handle_faulty(driver: &Driver) {
    let devlink = driver.lock(Object::DevlinkLock).await;
    let lost = driver
        .with(|state, _| state.interface.probed && state.interface.in_error() && !state.health.drop_work);
    if lost {
        recover(driver).await;
    }
    drop(devlink);
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
    let (recent, dropped) = driver.with(|state, _| {
        let grace = match state.interface.kind {
            FunctionKind::Physical if state.interface.ecpf => 180,
            FunctionKind::Physical => 60,
            FunctionKind::Virtual | FunctionKind::Scalable => 30,
        };
        let recent = state
            .health
            .recovered
            .is_some_and(|at| now < at.saturating_add(Cycles::from_secs(grace)));
        (recent, state.health.drop_work)
    });
    if dropped {
        return Ok(());
    }
    if recent {
        driver.message(MessageKind::ErrorStateUnloading);
        load::unload_one(driver).await;
        return Ok(());
    }
    driver.with(|state, _| state.health.recovered = Some(now));
    driver.message(MessageKind::HandlingBadDevice);
    let was_reset = reset(driver).await;
    load::unload_one(driver).await;
    if was_reset {
        driver.runtime().point(driver.writes(Object::PageBook)).await;
        pages::on_device_reset(driver);
    }
    wait_readable(driver).await?;
    if driver.with(|state, _| state.interface.kind) == FunctionKind::Physical {
        wait_vital(driver).await?;
    }
    load::load_one(driver, load::Occasion::Recovery).await?;
    match driver
        .step(driver.reads(Object::Health), |_, bus| fatal_sensor(bus))
        .await
    {
        Some(_) => Err(Errno::EIO),
        None => Ok(()),
    }
}

/// Asks for a reset where the sensor calls for it, and waits for the function to go down (`error_sw_reset`). Returns
/// whether it went down.
async fn reset(driver: &Driver) -> bool {
    let limit = driver
        .step(driver.writes(Object::Health), |state, bus| {
            let physical = state.interface.kind == FunctionKind::Physical;
            if fatal_sensor(bus) == Some(FATAL_SYNDROME) {
                if !physical {
                    // Only a physical function may ask for the reset; the others wait for theirs.
                    return state.timeouts.full_crdump;
                }
                if registers::initializing(bus).firmware_reset_supported() {
                    registers::write_nic_interface(bus, NIC_INTERFACE_SOFTWARE_RESET);
                }
            }
            state.timeouts.pcie_toggle
        })
        .await;
    wait_down(driver, limit).await
}
