//! What our driver's work costs on each stage: commands, pages, and the way from a doorbell to the interrupt, with the processor
//! time of whoever has a part in it. One table, as it stands in `docs/stages.md`.
//!
//! `cargo bench -p mlx5-cosim --bench stages`
//!
//! The numbers of a guest need the guest kit (`mlx5-cosim setup`); without it that row says so.

use driver::RevisionName;
use guest::kit::KitOptions;
use harness::play::{RunOptions, play_on, run_scenario, setup};
use harness::record::{Outcome, RunResult};
use harness::scenario::ScenarioFile;
use harness::stage::guest::GuestBackend;
use harness::stage::news::Silence;
use harness::stage::socket::server::Time;
use harness::stage::socket::{SocketBackend, Source};
use rustix::time::{ClockId, clock_gettime};
use serde_json::json;
use std::path::{Path, PathBuf};
use std::time::Duration;

#[path = "../tests/distant_world/mod.rs"]
mod distant_world;

/// The revision that works.
const REVISION: RevisionName = RevisionName::Merged;

/// How long at least a kind of work is repeated, in seconds: processor time is counted in hundredths.
const LEAST_S: f64 = 2.0;

/// `sysconf(_SC_CLK_TCK)`: what the kernel's interfaces count processor time in on x86.
const TICKS_PER_SECOND: f64 = 100.0;

/// Kinds of work that are measured.
#[derive(Clone, Copy)]
enum Work {
    /// The driver is loaded and unloaded, again and again, with few pages.
    Commands,
    /// 4096 pages are asked for and asked back.
    Pages,
    /// Pages are asked for one by one: an event, its interrupt, a command, its interrupt.
    OneByOne,
}

impl Work {
    fn scenario(self) -> ScenarioFile {
        let ask =
            |pages: i32| json!({ "firmware": { "request_pages": { "function": "pf", "pages": pages } } });
        let mut steps = vec![json!({ "host": "load" })];
        match self {
            Self::Commands => {
                for _ in 0..9 {
                    steps.extend([json!({ "host": "unload" }), json!({ "host": "load" })]);
                }
            }
            Self::Pages => {
                for _ in 0..2 {
                    steps.extend([ask(4096), ask(-4096)]);
                }
            }
            Self::OneByOne => {
                for _ in 0..100 {
                    steps.extend([ask(1), ask(-1)]);
                }
            }
        }
        steps.push(json!({ "host": "unload" }));
        let scenario = json!({
            "name": "measured", "row": "1", "concern": "What does it cost?", "why": "A benchmark.",
            "reachability": "compliant_firmware", "expect": {}, "steps": steps,
            "device": { "kind": "pf", "vhca_id": 5, "page_mode": "func_id", "demand": { "boot": 1, "init": 1 } },
        });
        serde_json::from_value(scenario).expect("a scenario")
    }

    /// What is counted of it.
    const fn items(self, commands: usize) -> f64 {
        match self {
            Self::Commands => commands as f64,
            Self::Pages => 4.0 * 4096.0,
            Self::OneByOne => 200.0,
        }
    }
}

/// Where the work is done.
enum Stage {
    InProcess,
    Lines,
    Socket(Box<SocketBackend>),
    Guest(Box<GuestBackend>),
}

impl Stage {
    const fn name(&self) -> &'static str {
        match self {
            Self::InProcess => "`inproc`",
            Self::Lines => "`inproc`, its host behind lines of JSON",
            Self::Socket(_) => "`socket`",
            Self::Guest(_) => "`guest`",
        }
    }

    fn play(&mut self, scenario: &ScenarioFile) -> RunResult {
        let options = RunOptions::default();
        let result = match self {
            Self::InProcess => run_scenario(scenario, "measured", REVISION, &options),
            Self::Lines => {
                let mut result = RunResult::empty(scenario, "measured", &REVISION.to_string(), None);
                let stage = distant_world::stage(&setup(scenario, REVISION, &options), u64::MAX);
                let mut stage = stage.expect("lines in this process do not go dead");
                play_on(&mut stage, scenario, REVISION, &mut result).expect("nor does the device");
                result
            }
            Self::Socket(sockets) => sockets
                .run(scenario, "measured", REVISION, &options, &Silence)
                .expect("the server serves"),
            Self::Guest(guests) => guests
                .run(scenario, "measured", REVISION, &options, &Silence)
                .expect("the guest serves"),
        };
        assert_eq!(result.outcome, Outcome::Pass, "{:?}", result.reason);
        result
    }

    /// The processes that have a part in it: that of the driver first, that of the device second where it is another.
    fn processes(&mut self) -> (u32, Option<u32>) {
        let own = std::process::id();
        match self {
            Self::InProcess | Self::Lines => (own, None),
            Self::Socket(sockets) => {
                let server = sockets.server().and_then(|server| server.process()?.id());
                (own, server)
            }
            Self::Guest(guests) => match guests.process_ids() {
                Some((qemu, server)) => (qemu, Some(server)),
                None => (own, None),
            },
        }
    }

    fn measure(&mut self, work: Work) -> Measured {
        let scenario = work.scenario();
        // What is made for the first run only is not counted.
        let commands = self.play(&scenario).commands.len();
        let (driver, device) = self.processes();
        let before = (now(), processor_time(driver), device.map_or(0.0, processor_time));
        let mut items = 0.0;
        while now() - before.0 < LEAST_S {
            self.play(&scenario);
            items += work.items(commands);
        }
        Measured {
            wall: (now() - before.0) / items,
            driver: (processor_time(driver) - before.1) / items,
            device: device.map(|device| (processor_time(device) - before.2) / items),
        }
    }
}

/// Seconds for one item.
struct Measured {
    wall: f64,
    driver: f64,
    device: Option<f64>,
}

impl Measured {
    /// How many in a second.
    fn rate(&self) -> String {
        let rate = 1.0 / self.wall;
        match rate {
            1e6.. => format!("{:.1} M", rate / 1e6),
            1e4.. => format!("{:.0} k", rate / 1e3),
            1e3.. => format!("{:.1} k", rate / 1e3),
            _ => format!("{rate:.0}"),
        }
    }

    /// How long one takes.
    fn time(&self) -> String {
        micros(self.wall)
    }

    /// Processor time of the driver's process and of the device's.
    fn shares(&self) -> String {
        match self.device {
            None => format!("{} together", micros(self.driver)),
            Some(device) => format!("{} and {}", micros(self.driver), micros(device)),
        }
    }
}

fn micros(seconds: f64) -> String {
    match seconds * 1e6 {
        micros @ 10.0.. => format!("{micros:.0} us"),
        micros => format!("{micros:.1} us"),
    }
}

/// Seconds on a clock that only goes forward.
fn now() -> f64 {
    let now = clock_gettime(ClockId::Monotonic);
    Duration::try_from(now).unwrap_or_default().as_secs_f64()
}

/// Seconds of processor time that a process has taken so far, with all its threads (`proc_pid_stat(5)`, fields 14 and 15).
fn processor_time(process: u32) -> f64 {
    let text = std::fs::read_to_string(format!("/proc/{process}/stat")).unwrap_or_default();
    let behind_name = text.rsplit_once(") ").map_or("", |(_, rest)| rest);
    let ticks: u64 = behind_name
        .split(' ')
        .skip(11)
        .take(2)
        .filter_map(|field| field.parse::<u64>().ok())
        .sum();
    ticks as f64 / TICKS_PER_SECOND
}

fn stages() -> Vec<Result<Stage, String>> {
    let program = PathBuf::from(env!("CARGO_BIN_EXE_mlx5-cosim"));
    let guests = GuestBackend::new(&KitOptions::default(), Path::new(&program));
    vec![
        Ok(Stage::InProcess),
        Ok(Stage::Lines),
        Ok(Stage::Socket(Box::new(SocketBackend::new(
            Source::Own(program),
            Time::Virtual,
            true,
        )))),
        guests
            .map(|guests| Stage::Guest(Box::new(guests)))
            .map_err(|error| format!("`guest`: {error}")),
    ]
}

fn main() {
    println!(
        "| stage | commands/s | pages given or taken/s | a request for one page: event, interrupt, doorbell, interrupt | processor time of a command | of a page |"
    );
    println!("|---|--:|--:|--:|--:|--:|");
    for stage in stages() {
        let mut stage = match stage {
            Ok(stage) => stage,
            Err(why) => {
                println!("| {why} | | | | | |");
                continue;
            }
        };
        let commands = stage.measure(Work::Commands);
        let pages = stage.measure(Work::Pages);
        let one = stage.measure(Work::OneByOne);
        println!(
            "| {} | {} | {} | {} | {} | {} |",
            stage.name(),
            commands.rate(),
            pages.rate(),
            one.time(),
            commands.shares(),
            pages.shares()
        );
    }
}
