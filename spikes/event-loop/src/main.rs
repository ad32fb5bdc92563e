//! What the round trip of one 4-byte register read costs by the way in which the server waits, client and server pinned to
//! one processor. `cargo run --release -p event-loop-spike [-- <accesses per round>]`; what was decided is in
//! `docs/decisions/0004-event-loop.md`.
//!
//! All contenders take turns every few milliseconds, so that what else the machine does hits them alike. With 256 idle
//! descriptors beside, a way that looks at all of them shows it.
#![allow(
    clippy::disallowed_methods,
    clippy::disallowed_types,
    reason = "it measures with threads and clocks"
)]
#![allow(
    clippy::unwrap_used,
    clippy::cast_precision_loss,
    reason = "what cannot run says why by panicking, and a few digits are shown"
)]

mod contenders;

use contenders::{REPLY, REQUEST};
use std::io::{Read, Write};
use std::os::unix::net::UnixStream;
use std::thread::JoinHandle;
use std::time::Instant;

const ROUNDS: usize = 5;
const BATCH: usize = 1000;
const WARM_UP: usize = 100;

/// A way to serve: on the server's end of a socket, with idle ones beside, until the other end is closed.
type Serve = fn(UnixStream, &[UnixStream]);

struct Contender {
    name: String,
    client: UnixStream,
    times: Vec<u64>,
    /// Medians and 99th percentiles in nanoseconds, by round.
    rounds: Vec<(u64, u64)>,
    thread: JoinHandle<()>,
    _idle: Vec<UnixStream>,
}

fn pin() {
    let mut cpus = rustix::thread::CpuSet::new();
    cpus.set(0);
    rustix::thread::sched_setaffinity(None, &cpus).unwrap();
}

fn contender(name: &str, idle: usize, greets: bool, serve: Serve) -> Contender {
    let (mut client, server) = UnixStream::pair().unwrap();
    let (near, far): (Vec<UnixStream>, Vec<UnixStream>) =
        (0..idle).map(|_| UnixStream::pair().unwrap()).unzip();
    let thread = std::thread::spawn(move || {
        pin();
        serve(server, &near);
    });
    if greets {
        contenders::negotiate(&mut client);
    }
    Contender {
        name: format!("{name}, {idle} idle"),
        client,
        times: Vec::new(),
        rounds: Vec::new(),
        thread,
        _idle: far,
    }
}

impl Contender {
    fn batch(&mut self) {
        let request: [u8; REQUEST] = contenders::register_read();
        let mut reply = [0; REPLY];
        for access in 0..WARM_UP + BATCH {
            let start = Instant::now();
            self.client.write_all(&request).unwrap();
            self.client.read_exact(&mut reply).unwrap();
            let time = start.elapsed();
            if access >= WARM_UP {
                self.times.push(u64::try_from(time.as_nanos()).unwrap());
            }
        }
    }

    fn end_round(&mut self) {
        self.times.sort_unstable();
        let at = |percent: usize| self.times[self.times.len() * percent / 100];
        self.rounds.push((at(50), at(99)));
        self.times.clear();
    }
}

fn middle<T: PartialOrd + Copy>(values: impl Iterator<Item = T>) -> T {
    let mut values: Vec<T> = values.collect();
    values.sort_by(|a, b| a.partial_cmp(b).unwrap());
    values[values.len() / 2]
}

fn main() {
    let mut arguments = std::env::args().skip(1);
    let accesses: usize = arguments
        .find_map(|argument| argument.parse().ok())
        .unwrap_or(40_000);
    let ways: [(&str, bool, Serve); 6] = [
        ("read and write, no loop (the floor)", false, contenders::floor),
        (
            "read and write, epoll",
            false,
            contenders::epoll_without_transport,
        ),
        ("transport, blocking", true, contenders::blocking),
        ("transport, poll of everything", true, contenders::polling),
        ("transport, level-triggered epoll", true, contenders::epoll),
        ("transport, tokio's AsyncFd", true, contenders::tokio),
    ];
    let mut contenders: Vec<Contender> = [0, 256]
        .iter()
        .flat_map(|&idle| {
            ways.iter()
                .map(move |&(name, greets, serve)| contender(name, idle, greets, serve))
        })
        .collect();
    pin();
    for _ in 0..ROUNDS {
        for _ in 0..accesses.div_ceil(BATCH) {
            contenders.iter_mut().for_each(Contender::batch);
        }
        contenders.iter_mut().for_each(Contender::end_round);
    }
    println!("{accesses} reads of 4 bytes per round, {ROUNDS} interleaved rounds, everything on CPU 0; ns");
    println!("| server | p50 by round | ratio | p99 |");
    println!("|---|---|--:|--:|");
    let floor = contenders[0].rounds.clone();
    for contender in contenders {
        let ratios = contender.rounds.iter().zip(&floor);
        let ratio = middle(ratios.map(|(own, floor)| own.0 as f64 / floor.0 as f64));
        let medians: Vec<String> = contender.rounds.iter().map(|round| round.0.to_string()).collect();
        let p99 = middle(contender.rounds.iter().map(|round| round.1));
        println!(
            "| {} | {} | {ratio:.3} | {p99} |",
            contender.name,
            medians.join(" ")
        );
        drop(contender.client);
        contender.thread.join().unwrap();
    }
}
