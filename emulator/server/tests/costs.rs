//! What a register access costs: system calls, allocations, and work that depends on how many functions there are. Counted on
//! this thread only: the test harness has threads of its own.
#![allow(
    clippy::unwrap_used,
    clippy::disallowed_methods,
    reason = "a test panics when something is wrong, and others run the server on a thread"
)]

mod support;

use device_server::control::ControlServer;
use device_server::{DeviceServer, ServerCounters, Service};
use emulator::DeviceConfig;
use std::io::{self, Read, Write};
use std::os::unix::net::UnixStream;
use std::process::Command;
use support::pf;
use support::raw::{Raw, message};
use tempfile::TempDir;

const ACCESSES: u64 = 1000;
const REGION_READ: u16 = 9;
const REGION_WRITE: u16 = 10;
/// Set for the process whose system calls are counted from outside.
const TRACED: &str = "MLX5_COSIM_TEST_TRACED";

/// A served device in the loop of `serve`, with a client at each function, a control socket and a descriptor of the caller.
struct Bench {
    service: Service,
    clients: Vec<Raw>,
    _others: (UnixStream, UnixStream, TempDir),
}

/// What so many accesses cost.
#[derive(Debug, PartialEq, Eq)]
struct Costs {
    system_calls: u64,
    allocations: u64,
    clock_readings: u64,
    ports_looked_at: u64,
    turns: u64,
}

impl Bench {
    fn new(functions: u16) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mut config: DeviceConfig = pf();
        config.vfs.total = functions - 1;
        let mut device = DeviceServer::bind(config, 1, folder.path()).unwrap();
        let slots = device.slots();
        let connect = |socket| {
            let mut client = Raw::connect(socket);
            client.negotiate(&mut device);
            client
        };
        let clients: Vec<Raw> = slots.iter().map(|slot| &*slot.socket).map(connect).collect();
        assert_eq!(clients.len(), usize::from(functions));
        let control = ControlServer::bind(&folder.path().join("control.sock")).unwrap();
        let mut service = Service::new(device, Some(control)).unwrap();
        let (idle, other_end) = UnixStream::pair().unwrap();
        service.watch(&idle).unwrap();
        Self {
            service,
            clients,
            _others: (idle, other_end, folder),
        }
    }

    fn turn(&mut self) {
        self.service.turn::<io::Error>(None, |_| Ok(())).unwrap();
    }

    fn counters(&self) -> ServerCounters {
        self.service.device().counters()
    }

    /// Accesses of one client, one after the other, each with a reply of that many bytes.
    fn accesses(&mut self, client: usize, request: &[u8], reply: usize) -> Costs {
        let mut answer = vec![0; reply];
        let before = self.counters();
        let mut allocations = 0;
        for _ in 0..ACCESSES {
            self.clients[client].stream.write_all(request).unwrap();
            allocations += allocation_counter::measure(|| self.turn()).count_total;
            self.clients[client].stream.read_exact(&mut answer).unwrap();
            assert_eq!(answer[8..12], [1, 0, 0, 0], "a reply without error");
        }
        let after = self.counters();
        Costs {
            system_calls: after.system_calls - before.system_calls,
            allocations,
            clock_readings: after.clock_readings - before.clock_readings,
            ports_looked_at: after.ports_looked_at - before.ports_looked_at,
            turns: after.turns - before.turns,
        }
    }
}

/// Offset 4 of region 0, four bytes.
fn register_read() -> Vec<u8> {
    message(REGION_READ, &[4, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 4, 0, 0, 0])
}

/// The upper half of the command queue's address.
fn register_write() -> Vec<u8> {
    message(
        REGION_WRITE,
        &[0x10, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 4, 0, 0, 0, 0, 0, 0, 1],
    )
}

#[test]
fn an_access_costs_three_system_calls_and_one_look_at_the_clock_with_4_functions_and_with_128() {
    let at_most = Costs {
        system_calls: 3 * ACCESSES,
        allocations: 0,
        clock_readings: ACCESSES,
        // To serve it, whether something is left to do, and when the next turn begins.
        ports_looked_at: 3 * ACCESSES,
        turns: ACCESSES,
    };
    for functions in [4, 128] {
        let mut bench = Bench::new(functions);
        // The first turns let go of what greetings have left.
        bench.accesses(0, &register_read(), 36);
        assert_eq!(
            bench.accesses(0, &register_read(), 36),
            at_most,
            "{functions}: reads"
        );
        assert_eq!(
            bench.accesses(0, &register_write(), 32),
            at_most,
            "{functions}: writes"
        );
        // The last function's accesses as well: its VF is not enabled, and answers with ones.
        let last = bench.clients.len() - 1;
        assert_eq!(
            bench.accesses(last, &register_read(), 36),
            at_most,
            "{functions}: the last one"
        );
    }
}

#[test]
fn idle_functions_cost_nothing_when_one_is_left_by_its_client() {
    let looks = |functions| {
        let mut bench = Bench::new(functions);
        bench.accesses(0, &register_read(), 36);
        drop(bench.clients.pop());
        let before = bench.counters().ports_looked_at;
        while bench.counters().functions.last().unwrap().connected {
            bench.turn();
        }
        bench.counters().ports_looked_at - before
    };
    assert_eq!(looks(4), looks(128));
}

/// What the counters say, seen from outside: everything that the process asks of the system while one of its threads is client
/// and server in turn.
#[test]
fn nothing_else_is_asked_of_the_system() {
    if std::env::var_os(TRACED).is_some() {
        let accesses = std::env::var(TRACED).unwrap().parse().unwrap();
        let mut bench = Bench::new(4);
        for _ in 0..accesses {
            bench.accesses(0, &register_read(), 36);
        }
        return;
    }
    let traced = |thousands: u64| {
        let folder = tempfile::tempdir().unwrap();
        let summary = folder.path().join("summary");
        let ran = Command::new("strace")
            .args(["-f", "-c", "-U", "calls,name", "-o"])
            .arg(&summary)
            .arg(std::env::current_exe().unwrap())
            .args(["--exact", "nothing_else_is_asked_of_the_system"])
            .env(TRACED, thousands.to_string())
            .output();
        if !ran.is_ok_and(|output| output.status.success()) {
            return None;
        }
        let summary = std::fs::read_to_string(summary).unwrap();
        let total = summary.lines().find(|line| line.ends_with("total")).unwrap();
        Some(total.split_whitespace().next().unwrap().parse::<u64>().unwrap())
    };
    let (Some(few), Some(many)) = (traced(1), traced(3)) else {
        println!("skipped: processes cannot be traced here");
        return;
    };
    let accesses = 2 * ACCESSES;
    let calls = many - few;
    // The client's own are two. What else the process does at its start and end is never quite the same.
    assert!(
        calls.abs_diff(5 * accesses) < 50,
        "{calls} system calls for {accesses} accesses"
    );
}
