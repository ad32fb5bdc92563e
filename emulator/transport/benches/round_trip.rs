//! The round trip of one 4-byte register read, client and server pinned to one core, in one run:
//!
//! * floor: 32 bytes there and 36 back over `AF_UNIX`, with nothing in between;
//! * this transport, its blocking loop;
//! * this transport, an event loop that waits with `poll` first;
//! * the server of the `vfio_user` crate.
//!
//! `cargo bench -p vfio-user-transport --bench round_trip [-- <accesses per round>]`. Three interleaved rounds; medians
//! and 99th percentiles of each, ratios of the middle round. The numbers are reported, nothing is asserted of them.
#![allow(
    clippy::disallowed_methods,
    clippy::disallowed_types,
    reason = "a benchmark measures with threads and clocks"
)]
#![allow(
    clippy::unwrap_used,
    reason = "a benchmark that cannot run says why by panicking"
)]

use std::fs::File;
use std::io::{Read, Write};
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::thread::JoinHandle;
use std::time::Instant;
use transport::{Connection, Device, DeviceInfo, Errno, Host, Progress, RegionInfo};
use vfio_bindings::bindings::vfio::{
    VFIO_REGION_INFO_FLAG_READ, VFIO_REGION_INFO_FLAG_WRITE, vfio_region_info,
};

const ROUNDS: usize = 3;
const WARM_UP: usize = 20_000;
const REGION_READ: u16 = 9;
const REQUEST: usize = 32;
const REPLY: usize = 36;

/// One register of a BAR, for both servers.
struct Register;

impl Device for Register {
    fn info(&self) -> DeviceInfo {
        let mut regions = vec![RegionInfo::default(); 9];
        regions[0] = RegionInfo::read_write(4096);
        DeviceInfo {
            regions,
            irqs: Vec::new(),
        }
    }

    fn region_read(&mut self, _: u32, _: u64, data: &mut [u8], _: &mut dyn Host) -> Result<(), Errno> {
        data.fill(0x5a);
        Ok(())
    }

    fn region_write(&mut self, _: u32, _: u64, _: &[u8], _: &mut dyn Host) -> Result<(), Errno> {
        Ok(())
    }

    fn reset(&mut self, _: &mut dyn Host) {}
}

impl vfio_user::ServerBackend for Register {
    fn region_read(&mut self, _: u32, _: u64, data: &mut [u8]) -> Result<(), std::io::Error> {
        data.fill(0x5a);
        Ok(())
    }

    fn region_write(&mut self, _: u32, _: u64, _: &[u8]) -> Result<(), std::io::Error> {
        Ok(())
    }

    fn dma_map(
        &mut self,
        _: vfio_user::DmaMapFlags,
        _: u64,
        _: u64,
        _: u64,
        _: Option<File>,
    ) -> Result<(), std::io::Error> {
        Ok(())
    }

    fn dma_unmap(&mut self, _: vfio_user::DmaUnmapFlags, _: u64, _: u64) -> Result<(), std::io::Error> {
        Ok(())
    }

    fn reset(&mut self) -> Result<(), std::io::Error> {
        Ok(())
    }

    fn set_irqs(&mut self, _: u32, _: u32, _: u32, _: u32, _: Vec<File>) -> Result<(), std::io::Error> {
        Ok(())
    }
}

/// A server on a thread and the client's end of its socket.
struct Contender {
    name: &'static str,
    client: UnixStream,
    serving: JoinHandle<()>,
    /// Medians and 99th percentiles in nanoseconds, by round.
    results: Vec<(u64, u64)>,
}

fn pin() {
    let mut cpus = rustix::thread::CpuSet::new();
    cpus.set(0);
    rustix::thread::sched_setaffinity(None, &cpus).unwrap();
}

fn contender(name: &'static str, serve: impl FnOnce(UnixStream) + Send + 'static) -> Contender {
    let (client, server) = UnixStream::pair().unwrap();
    let serving = std::thread::spawn(move || {
        pin();
        serve(server);
    });
    Contender {
        name,
        client,
        serving,
        results: Vec::new(),
    }
}

fn floor(mut stream: UnixStream) {
    let mut request = [0; REQUEST];
    let reply = [0x5a; REPLY];
    while stream.read_exact(&mut request).is_ok() && stream.write_all(&reply).is_ok() {}
}

fn blocking(stream: UnixStream) {
    Connection::new(OwnedFd::from(stream), Register.info()).serve(&mut Register);
}

fn polling(stream: UnixStream) {
    let mut connection = Connection::new(OwnedFd::from(stream), Register.info());
    loop {
        let mut ready = [rustix::event::PollFd::from_borrowed_fd(
            connection.as_fd(),
            rustix::event::PollFlags::IN,
        )];
        rustix::event::poll(&mut ready, None).unwrap();
        if matches!(connection.on_readable(&mut Register), Progress::Disconnected(_)) {
            return;
        }
    }
}

/// The crate's server takes a path and accepts by itself.
fn of_the_crate(path: &Path) -> Contender {
    let region = |index: u32| vfio_user::ServerRegion {
        region_info: vfio_region_info {
            argsz: 32,
            flags: VFIO_REGION_INFO_FLAG_READ | VFIO_REGION_INFO_FLAG_WRITE,
            index,
            size: 4096,
            ..vfio_region_info::default()
        },
        sparse_areas: Vec::new(),
        mmap_fd: None,
    };
    let server = vfio_user::Server::new(path, true, Vec::new(), (0..9).map(region).collect()).unwrap();
    let serving = std::thread::spawn(move || {
        pin();
        drop(server.run(&mut Register));
    });
    let client = UnixStream::connect(path).unwrap();
    Contender {
        name: "vfio_user 0.1.7",
        client,
        serving,
        results: Vec::new(),
    }
}

fn message(command: u16, body: &[u8]) -> Vec<u8> {
    let size = u32::try_from(16 + body.len()).unwrap();
    [
        &1u16.to_le_bytes()[..],
        &command.to_le_bytes(),
        &size.to_le_bytes(),
        &[0; 8],
        body,
    ]
    .concat()
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

/// One round: the time of each access, sorted.
fn measure(client: &mut UnixStream, accesses: usize) -> (u64, u64) {
    let request = message(REGION_READ, &[0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 4, 0, 0, 0]);
    let mut reply = [0; REPLY];
    let mut times = Vec::with_capacity(accesses);
    for access in 0..WARM_UP + accesses {
        let start = Instant::now();
        client.write_all(&request).unwrap();
        client.read_exact(&mut reply).unwrap();
        let time = start.elapsed();
        assert_eq!(reply[32..], [0x5a; 4]);
        if access >= WARM_UP {
            times.push(u64::try_from(time.as_nanos()).unwrap());
        }
    }
    times.sort_unstable();
    (times[accesses / 2], times[accesses * 99 / 100])
}

fn middle(values: impl Iterator<Item = u64>) -> u64 {
    let mut values: Vec<u64> = values.collect();
    values.sort_unstable();
    values[values.len() / 2]
}

fn main() {
    let accesses = std::env::args()
        .skip(1)
        .find_map(|argument| argument.parse().ok())
        .unwrap_or(200_000);
    let folder = tempfile::tempdir().unwrap();
    let mut contenders = vec![
        contender("AF_UNIX floor", floor),
        contender("transport, blocking", blocking),
        contender("transport, poll", polling),
        of_the_crate(&folder.path().join("s")),
    ];
    pin();
    for contender in &mut contenders[1..] {
        negotiate(&mut contender.client);
    }
    for _ in 0..ROUNDS {
        for contender in &mut contenders {
            let result = measure(&mut contender.client, accesses);
            contender.results.push(result);
        }
    }
    println!("{accesses} reads of 4 bytes per round, {ROUNDS} interleaved rounds, everything on CPU 0; ns");
    println!("| server | medians | ratio | p99 | p99 ratio |");
    println!("|---|---|--:|---|--:|");
    let of = |contender: &Contender| {
        (
            middle(contender.results.iter().map(|r| r.0)),
            middle(contender.results.iter().map(|r| r.1)),
        )
    };
    let (floor_median, floor_p99) = of(&contenders[0]);
    for contender in &contenders {
        let (median, p99) = of(contender);
        let list = |pick: fn(&(u64, u64)) -> u64| {
            contender
                .results
                .iter()
                .map(|r| pick(r).to_string())
                .collect::<Vec<_>>()
                .join(" ")
        };
        println!(
            "| {} | {} | {:.2} | {} | {:.2} |",
            contender.name,
            list(|r| r.0),
            median as f64 / floor_median as f64,
            list(|r| r.1),
            p99 as f64 / floor_p99 as f64
        );
    }
    for contender in contenders {
        drop(contender.client);
        contender.serving.join().unwrap();
    }
}
