//! The round trip of one 4-byte register read of the *served device*, in the loop that `serve` runs, beside its floor:
//!
//! * floor: 32 bytes there and 36 back over `AF_UNIX`, with nothing in between;
//! * a PF with 3 VFs, and a PF with 127, a client at every function, a control socket, a descriptor for signals.
//!
//! `cargo bench -p device-server --bench round_trip [-- <accesses per round>]`. Client and server are pinned to one
//! processor. Five rounds, and within a round all contenders take turns every few milliseconds, so that what else the machine
//! does hits them alike. A round's ratio is that of its medians, and the result the middle of the five ratios. It fails
//! where that is above [`FAILS_ABOVE`]; what is aimed at is [`AIM`].
#![allow(
    clippy::disallowed_methods,
    clippy::disallowed_types,
    reason = "a benchmark measures with threads and clocks"
)]
#![allow(
    clippy::unwrap_used,
    clippy::cast_precision_loss,
    reason = "a benchmark that cannot run says why by panicking, and shows a few digits"
)]

use device_server::control::ControlServer;
use device_server::{DeviceServer, ServerCounters, Service};
use emulator::DeviceConfig;
use std::io::{self, Read, Write};
use std::os::unix::net::UnixStream;
use std::process::ExitCode;
use std::thread::JoinHandle;
use std::time::Instant;
use tempfile::TempDir;

const ROUNDS: usize = 5;
/// Accesses of one contender before it is the next one's turn, and those before them that are not counted.
const BATCH: usize = 1000;
const WARM_UP: usize = 100;
const FAILS_ABOVE: f64 = 1.2;
const AIM: f64 = 1.1;
const REQUEST: usize = 32;
const REPLY: usize = 36;

fn pin() {
    let mut cpus = rustix::thread::CpuSet::new();
    cpus.set(0);
    rustix::thread::sched_setaffinity(None, &cpus).unwrap();
}

fn message(command: u8, body: &[u8]) -> Vec<u8> {
    let size = u32::try_from(16 + body.len()).unwrap();
    [&[1, 0, command, 0], &size.to_le_bytes()[..], &[0; 8], body].concat()
}

/// Offset 4 of region 0, four bytes.
fn register_read() -> Vec<u8> {
    message(9, &[4, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 4, 0, 0, 0])
}

fn negotiate(client: &mut UnixStream) {
    client
        .write_all(&message(1, b"\0\0\0\0{\"capabilities\":{}}\0"))
        .unwrap();
    let mut header = [0; 16];
    client.read_exact(&mut header).unwrap();
    let size = u32::from_le_bytes(header[4..8].try_into().unwrap()) as usize;
    client.read_exact(&mut vec![0; size - 16]).unwrap();
}

/// Who answers on a thread of its own.
struct Contender {
    name: String,
    client: UnixStream,
    /// Nanoseconds of each access of this round.
    times: Vec<u64>,
    /// Medians and 99th percentiles, by round.
    results: Vec<(u64, u64)>,
    serving: Serving,
}

enum Serving {
    Floor(JoinHandle<()>),
    Device {
        thread: JoinHandle<ServerCounters>,
        stop: UnixStream,
        idle: Vec<UnixStream>,
        folder: TempDir,
    },
}

impl Contender {
    fn floor() -> Self {
        let (client, mut stream) = UnixStream::pair().unwrap();
        let thread = std::thread::spawn(move || {
            pin();
            let mut request = [0; REQUEST];
            let reply = [0x5a; REPLY];
            while stream.read_exact(&mut request).is_ok() && stream.write_all(&reply).is_ok() {}
        });
        Self::new("AF_UNIX floor".to_owned(), client, Serving::Floor(thread))
    }

    fn device(functions: u16) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let config: DeviceConfig = serde_json::from_value(serde_json::json!({
            "kind": "pf", "vhca_id": 5, "page_mode": "vhca_id",
            "eswitch": { "manager": true, "vport_group_manager": true },
            "vfs": { "total": functions - 1, "first_vhca_id": 16 }
        }))
        .unwrap();
        let device = DeviceServer::bind(config, 0, folder.path()).unwrap();
        let sockets: Vec<_> = device.slots().into_iter().map(|slot| slot.socket).collect();
        let control = ControlServer::bind(&folder.path().join("control.sock")).unwrap();
        let mut service = Service::new(device, Some(control)).unwrap();
        let (client_side, stopped) = UnixStream::pair().unwrap();
        let stop = service.watch(&stopped).unwrap();
        let thread = std::thread::spawn(move || {
            pin();
            let turn = |service: &mut Service| service.turn::<io::Error>(None, |_| Ok(())).unwrap();
            while !turn(&mut service).has(stop) {}
            service.device().counters()
        });
        let mut clients = sockets.iter().map(|socket| {
            let mut client = UnixStream::connect(socket).unwrap();
            negotiate(&mut client);
            client
        });
        let client = clients.next().unwrap();
        let idle = clients.collect();
        let serving = Serving::Device {
            thread,
            stop: client_side,
            idle,
            folder,
        };
        Self::new(format!("device, {functions} functions"), client, serving)
    }

    fn new(name: String, client: UnixStream, serving: Serving) -> Self {
        Self {
            name,
            client,
            times: Vec::new(),
            results: Vec::new(),
            serving,
        }
    }

    fn batch(&mut self) {
        let request = register_read();
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

    fn end(self) -> Result {
        let system_calls = match self.serving {
            Serving::Floor(thread) => {
                drop(self.client);
                thread.join().unwrap();
                2.0
            }
            Serving::Device {
                thread,
                stop,
                idle,
                folder,
            } => {
                drop(stop);
                let counters = thread.join().unwrap();
                drop((idle, folder, self.client));
                // Greetings are few beside so many accesses.
                counters.system_calls as f64 / counters.functions[0].messages as f64
            }
        };
        Result {
            name: self.name,
            rounds: self.results,
            system_calls,
        }
    }

    fn end_round(&mut self) {
        self.times.sort_unstable();
        let at = |percent: usize| self.times[self.times.len() * percent / 100];
        self.results.push((at(50), at(99)));
        self.times.clear();
    }
}

/// What one contender has shown.
struct Result {
    name: String,
    rounds: Vec<(u64, u64)>,
    /// Of the one that answers, for each access.
    system_calls: f64,
}

fn middle<T: PartialOrd + Copy>(values: impl Iterator<Item = T>) -> T {
    let mut values: Vec<T> = values.collect();
    values.sort_by(|a, b| a.partial_cmp(b).unwrap());
    values[values.len() / 2]
}

fn main() -> ExitCode {
    let mut arguments = std::env::args().skip(1);
    let accesses: usize = arguments
        .find_map(|argument| argument.parse().ok())
        .unwrap_or(40_000);
    let mut contenders = [Contender::floor(), Contender::device(4), Contender::device(128)];
    pin();
    for _ in 0..ROUNDS {
        for _ in 0..accesses.div_ceil(BATCH) {
            contenders.iter_mut().for_each(Contender::batch);
        }
        contenders.iter_mut().for_each(Contender::end_round);
    }
    let results: Vec<Result> = contenders.into_iter().map(Contender::end).collect();
    println!("{accesses} reads of 4 bytes per round, {ROUNDS} interleaved rounds, everything on CPU 0; ns");
    println!("| who answers | p50 by round | ratio by round | ratio | p50 | p99 | system calls per access |");
    println!("|---|---|---|--:|--:|--:|--:|");
    let mut worst: f64 = 0.0;
    for result in &results {
        let ratios = result.rounds.iter().zip(&results[0].rounds);
        let ratios: Vec<f64> = ratios.map(|(own, floor)| own.0 as f64 / floor.0 as f64).collect();
        let ratio = middle(ratios.iter().copied());
        worst = worst.max(ratio);
        let medians: Vec<String> = result.rounds.iter().map(|round| round.0.to_string()).collect();
        let ratios: Vec<String> = ratios.iter().map(|ratio| format!("{ratio:.2}")).collect();
        println!(
            "| {} | {} | {} | {ratio:.3} | {} | {} | {:.3} |",
            result.name,
            medians.join(" "),
            ratios.join(" "),
            middle(result.rounds.iter().map(|round| round.0)),
            middle(result.rounds.iter().map(|round| round.1)),
            result.system_calls
        );
    }
    if worst > FAILS_ABOVE {
        println!("{worst:.3} is above {FAILS_ABOVE}; {AIM} is what is aimed at");
        return ExitCode::FAILURE;
    }
    ExitCode::SUCCESS
}
