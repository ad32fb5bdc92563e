//! The poll: from time to time, a look at the sensors and the counter.

use super::sensors::{FATAL_SYNDROME, UNREACHABLE, fatal_sensor};
use crate::handle::{Driver, LastLook, Patience};
use crate::message::MessageKind;
use crate::registers;
use crate::runtime::{Object, TaskRole};
use crate::state::health::HealthWork;
use crate::state::interface::DeviceState;
use prm::Cycles;

/// Equal readings of the health counter in a row that are reported.
const MISS_LIMIT: u32 = 3;

/// Begins to poll (`mlx5_start_health_poll`). The kernel adds up to a second by chance from the second poll on; here
/// chance adds nothing.
pub(crate) async fn start_poll(driver: &Driver) {
    driver
        .then(driver.writes(Object::Health), |state, bus| {
            let next = bus.now().saturating_add(state.timeouts.health_poll);
            let health = &mut state.health;
            health.next_poll = Some(next);
            health.misses = 0;
            health.syndrome = 0;
            health.drop_work = false;
        })
        .await;
}

/// Ends the poll (`mlx5_stop_health_poll`). `for_good`: queued work is to do nothing any more.
pub(crate) async fn stop_poll(driver: &Driver, for_good: bool) {
    driver
        .then(driver.writes(Object::Health), |state, _| {
            state.health.next_poll = None;
            state.health.drop_work |= for_good;
        })
        .await;
}

/// The driver is to be removed: from here on nobody waits for the device (`remove_one`).
pub(crate) async fn break_waits(driver: &Driver) {
    driver
        .step(driver.writes(Object::Health), |state, _| {
            state.health.breaks_waits = true
        })
        .await;
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
    let due = driver.step_outside(driver.writes(Object::Health), |state, bus| {
        let now = bus.now();
        let due = state
            .health
            .next_poll
            .is_some_and(|at| Patience::since(at, Cycles(0), LastLook::AtLimit).is_over_at(now));
        if due {
            state.health.next_poll = Some(now.saturating_add(state.timeouts.health_poll));
        }
        due
    });
    if due {
        driver.spawn(TaskRole::HealthPoll, |driver| async move { poll(&driver).await });
    }
}

/// One poll (`poll_health`).
async fn poll(driver: &Driver) {
    let health = [
        driver.writes(Object::Health),
        driver.writes(Object::DeviceState),
        driver.reads(Object::Registers),
    ];
    driver.runtime().point(health).await;
    if driver.go_on(|state, _| std::mem::take(&mut state.health.bus_failed)) {
        driver.go_on(|state, _| state.health.next_poll = None);
        driver.queue_work(HealthWork::Unreachable);
        return;
    }
    if driver.go_on(|state, _| state.health.next_poll.is_none() || state.interface.in_error()) {
        return;
    }
    if let Some(sensor) = driver.go_on(|state, bus| fatal_sensor(state, bus)) {
        driver.message(MessageKind::FatalSensor { sensor });
        let syndrome = driver.go_on(|_, bus| registers::health_syndrome(bus));
        // What a device that nobody reaches says of itself is not told.
        if syndrome != 0 && sensor != UNREACHABLE {
            let fatal = sensor == FATAL_SYNDROME;
            driver.message(MessageKind::HealthSyndrome { syndrome, fatal });
        }
        driver.go_on(|state, _| {
            *state.interface.device = DeviceState::InternalError;
            state.health.next_poll = None;
        });
        driver.notify_device_state();
        driver.queue_work(HealthWork::Fatal);
        return;
    }
    let (compromised, syndrome) = driver.go_on(|state, bus| {
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
