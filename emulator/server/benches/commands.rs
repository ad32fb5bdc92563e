//! Commands and register reads through the socket: how many a driver gets done in a second, with the server on a thread of its
//! own.
//!
//! `cargo bench -p device-server --bench commands [-- <commands per round>]`. Three rounds, their middle counts. A command has a
//! latency of its own on the device's clock (50 us for the one that is measured), and the server sleeps until it is over, so one
//! at a time measures latency and sleep. With all slots in use latencies overlap and what is left is work: message, fetch of
//! the entry, answer. The numbers are reported, nothing is asserted of them.
#![allow(
    clippy::disallowed_methods,
    clippy::disallowed_types,
    reason = "a benchmark measures with threads and clocks"
)]
#![allow(
    clippy::unwrap_used,
    reason = "a benchmark that cannot run says why by panicking"
)]

#[path = "../tests/support/mod.rs"]
mod support;

use prm::command_queue::CommandEntry;
use prm::hca::SetIssi;
use prm::{Command, Function};
use std::time::Instant;
use support::Served;
use support::driver::Driver;
use support::guest::{BAR0, Guest};

const ROUNDS: usize = 3;
/// Slots that are in use at once: all but that of MANAGE_PAGES.
const SLOTS: u8 = 31;

fn middle(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

/// How many a second; `round` does `count` of them.
fn rate(count: u32, mut round: impl FnMut()) -> f64 {
    let rates = (0..ROUNDS).map(|_| {
        let start = Instant::now();
        round();
        f64::from(count) / start.elapsed().as_secs_f64()
    });
    middle(rates.collect())
}

fn spin(guest: &Guest, at: u64) {
    let mut entry = CommandEntry::new();
    loop {
        guest.load(at, entry.as_bytes_mut());
        if !entry.owner() {
            return;
        }
        std::hint::spin_loop();
    }
}

fn main() {
    let arguments = std::env::args().skip(1);
    let count: u32 = arguments
        .filter_map(|argument| argument.parse().ok())
        .next()
        .unwrap_or(20_000);
    let served = Served::start(support::pf());
    let mut guest = Guest::boot(&served, Function::Pf);
    let mut driver = Driver::attach(&mut guest);
    let input = SetIssi::input().with_current_issi(1);
    let input = input.as_bytes();
    let reads = rate(count, || {
        for _ in 0..count {
            guest.register(BAR0, 0);
        }
    });
    let single = rate(count, || {
        for _ in 0..count {
            let (at, _) = driver.ring(&mut guest, 0, input, SetIssi::OUTPUT_LENGTH);
            spin(&guest, at);
        }
        drop(served.records());
    });
    let together = rate(count, || {
        for _ in 0..count.div_ceil(SLOTS.into()) {
            let places: Vec<u64> = (0..SLOTS)
                .map(|slot| driver.ring(&mut guest, slot, input, SetIssi::OUTPUT_LENGTH).0)
                .collect();
            for at in places {
                spin(&guest, at);
            }
        }
        drop(served.records());
    });
    println!("{count} per round, middle of {ROUNDS} rounds; per second");
    println!("| what | a second |");
    println!("|---|--:|");
    println!("| register reads | {reads:.0} |");
    println!("| commands, one at a time | {single:.0} |");
    println!("| commands, {SLOTS} slots at once | {together:.0} |");
    let counters = served.with(|server| server.counters());
    let busy = counters.functions[0].serving_ns + counters.device_ns;
    let messages = counters.functions[0].messages;
    println!(
        "the server was busy for {} ms with {messages} messages and their commands",
        busy / 1_000_000
    );
}
