//! What the sandbox of `serve` costs: the round trip of one 4-byte register read, of a server with it and one without.
//!
//! `cargo bench -p mlx5-cosim --bench walls [-- <accesses per round>]`. Client and servers are pinned to one processor. Five rounds,
//! and within a round both servers take turns every few milliseconds, so that what else the machine does hits them alike.
//! A round's ratio is that of its medians, and the result the middle of the five ratios. It fails where that is above
//! [`FAILS_ABOVE`]; what is aimed at is [`AIM`].
#![allow(clippy::disallowed_types, reason = "a benchmark measures with clocks")]
#![allow(
    clippy::unwrap_used,
    clippy::cast_precision_loss,
    reason = "a benchmark that cannot run says why by panicking, and shows a few digits"
)]

use std::io::{Read, Write};
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::process::{Child, Command, ExitCode, Stdio};
use std::time::{Duration, Instant};

const ROUNDS: usize = 5;
/// Accesses of one server before it is the other one's turn, and those before them that are not counted.
const BATCH: usize = 1000;
const WARM_UP: usize = 100;
const FAILS_ABOVE: f64 = 1.04;
const AIM: f64 = 1.02;
const REPLY: usize = 36;

fn message(command: u8, body: &[u8]) -> Vec<u8> {
    let size = u32::try_from(16 + body.len()).unwrap();
    [&[1, 0, command, 0], &size.to_le_bytes()[..], &[0; 8], body].concat()
}

/// A server, and the client of its PF.
struct Contender {
    name: &'static str,
    server: Child,
    client: UnixStream,
    /// Nanoseconds of each access of this round.
    times: Vec<u64>,
    medians: Vec<u64>,
}

impl Contender {
    fn new(name: &'static str, folder: &Path, arguments: &[&str]) -> Self {
        let mut server = Command::new(env!("CARGO_BIN_EXE_mlx5-cosim"));
        server
            .arg("serve")
            .arg("--socket-dir")
            .arg(folder)
            .args(arguments);
        let server = server
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let began = Instant::now();
        let mut client = loop {
            match UnixStream::connect(folder.join("pf.sock")) {
                Ok(client) => break client,
                Err(error) => assert!(began.elapsed() < Duration::from_secs(30), "{error}"),
            }
        };
        client
            .write_all(&message(1, b"\0\0\0\0{\"capabilities\":{}}\0"))
            .unwrap();
        let mut header = [0; 16];
        client.read_exact(&mut header).unwrap();
        let size = u32::from_le_bytes(header[4..8].try_into().unwrap()) as usize;
        client.read_exact(&mut vec![0; size - 16]).unwrap();
        Self {
            name,
            server,
            client,
            times: Vec::new(),
            medians: Vec::new(),
        }
    }

    fn access(&mut self, request: &[u8]) {
        self.client.write_all(request).unwrap();
        self.client.read_exact(&mut [0; REPLY]).unwrap();
    }

    fn batch(&mut self, request: &[u8]) {
        for _ in 0..WARM_UP {
            self.access(request);
        }
        for _ in 0..BATCH {
            let began = Instant::now();
            self.access(request);
            self.times
                .push(u64::try_from(began.elapsed().as_nanos()).unwrap());
        }
    }

    fn end_round(&mut self) {
        self.times.sort_unstable();
        self.medians.push(self.times[self.times.len() / 2]);
        self.times.clear();
    }
}

impl Drop for Contender {
    fn drop(&mut self) {
        let _ = self.server.kill();
        let _ = self.server.wait();
    }
}

fn main() -> ExitCode {
    let accesses = std::env::args().find_map(|argument| argument.parse().ok());
    let accesses: usize = accesses.unwrap_or(40_000);
    let mut cpus = rustix::thread::CpuSet::new();
    cpus.set(0);
    rustix::thread::sched_setaffinity(None, &cpus).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let mut with = Contender::new("in the sandbox", &folder.path().join("with"), &[]);
    let mut without = Contender::new("without", &folder.path().join("without"), &["--no-sandbox"]);
    // Offset 4 of region 0, four bytes.
    let request = message(9, &[4, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 4, 0, 0, 0]);
    for round in 0..ROUNDS {
        for batch in 0..accesses.div_ceil(BATCH) {
            // Whoever comes second finds the processor warm.
            let mut turns = [&mut with, &mut without];
            turns.rotate_left((round + batch) % 2);
            for contender in turns {
                contender.batch(&request);
            }
        }
        with.end_round();
        without.end_round();
    }
    for contender in [&with, &without] {
        println!(
            "{:15} medians of the rounds, ns: {:?}",
            contender.name, contender.medians
        );
    }
    let ratios = with.medians.iter().zip(&without.medians);
    let mut ratios: Vec<f64> = ratios
        .map(|(with, without)| *with as f64 / *without as f64)
        .collect();
    ratios.sort_by(f64::total_cmp);
    let ratio = ratios[ROUNDS / 2];
    let cost = |ratio: f64| (ratio - 1.0) * 100.0;
    println!(
        "the sandbox costs {:+.2} %; the aim is {:+.2} % ({ratios:.4?})",
        cost(ratio),
        cost(AIM)
    );
    if ratio > FAILS_ABOVE {
        ExitCode::FAILURE
    } else {
        ExitCode::SUCCESS
    }
}
