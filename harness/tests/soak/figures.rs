//! What is measured: the server's memory and descriptors, and how long it takes to answer a control client that asks all the time.

use crate::guests::Life;
use harness::stage::socket::control::ControlClient;
use libtest_mimic::Failed;
use serde_json::{Value, json};
use std::fmt;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

/// Time between two orders.
const PACE: Duration = Duration::from_millis(2);

/// One row of the table.
#[derive(Clone, Debug, Default)]
pub(crate) struct Figures {
    pub(crate) memory_kib: u64,
    pub(crate) descriptors: usize,
    /// 99.9 % of the orders were answered within so many microseconds.
    pub(crate) late_us: u128,
    pub(crate) orders: usize,
    pub(crate) median_us: u128,
    pub(crate) slowest_us: u128,
    pub(crate) elapsed: Duration,
    pub(crate) lives: Life,
}

impl Figures {
    pub(crate) const HEAD: &str = "\
        | s | boots | loads | unloads | VFs on | resets | reboots | crashes | killed | memory, KiB | descriptors | orders | median, us | 99.9 %, us | slowest, us |\n\
        |--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|";

    /// With the times of orders, sorted, after so long and so many guests.
    pub(crate) fn with(mut self, times: Vec<Duration>, elapsed: Duration, lives: &Life) -> Self {
        let at = |thousandth: usize| {
            let place = (times.len() * thousandth / 1000).min(times.len().saturating_sub(1));
            times.get(place).map_or(0, Duration::as_micros)
        };
        (self.median_us, self.late_us, self.slowest_us) = (at(500), at(999), at(1000));
        self.orders = times.len();
        self.elapsed = elapsed;
        self.lives = lives.clone();
        self
    }
}

impl fmt::Display for Figures {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Life {
            boots,
            loads,
            unloads,
            vfs,
            resets,
            reboots,
            crashes,
            kills,
        } = &self.lives;
        write!(
            f,
            "| {} | {boots} | {loads} | {unloads} | {vfs} | {resets} | {reboots} | {crashes} | {kills} | {} | {} | {} | {} | {} | {} |",
            self.elapsed.as_secs(),
            self.memory_kib,
            self.descriptors,
            self.orders,
            self.median_us,
            self.late_us,
            self.slowest_us,
        )
    }
}

/// Asks all the time how the device is described, and keeps how long each answer took.
pub(crate) struct Prober {
    ended: Arc<AtomicBool>,
    times: Arc<Mutex<Vec<Duration>>>,
    thread: Option<JoinHandle<()>>,
}

impl Prober {
    pub(crate) fn start(control: &Path) -> Result<Self, Failed> {
        let mut client = ControlClient::connect(control)?;
        let ended = Arc::new(AtomicBool::new(false));
        let times = Arc::new(Mutex::new(Vec::new()));
        let (is_ended, kept) = (ended.clone(), times.clone());
        let thread = std::thread::spawn(move || {
            while !is_ended.load(Ordering::Relaxed) {
                let asked = Instant::now();
                let answer: Result<Value, _> = client.ask("device", &json!({}));
                if answer.is_err() {
                    return;
                }
                let took = asked.elapsed();
                kept.lock().unwrap_or_else(PoisonError::into_inner).push(took);
                std::thread::sleep(PACE);
            }
        });
        Ok(Self {
            ended,
            times,
            thread: Some(thread),
        })
    }

    /// The times since they were taken last, sorted.
    pub(crate) fn take(&self) -> Result<Vec<Duration>, Failed> {
        if self.thread.as_ref().is_some_and(JoinHandle::is_finished) {
            return Err("the server does not answer any more".into());
        }
        let mut times = std::mem::take(&mut *self.times.lock().unwrap_or_else(PoisonError::into_inner));
        times.sort_unstable();
        Ok(times)
    }
}

impl Drop for Prober {
    fn drop(&mut self) {
        self.ended.store(true, Ordering::Relaxed);
        if let Some(thread) = self.thread.take() {
            // It has nothing to say.
            let _ = thread.join();
        }
    }
}
