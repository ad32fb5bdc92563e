//! What a run costs on each stage of our driver: the same scenarios, the device in this process or behind sockets, the
//! drivers' host called or reached by lines.
//!
//! `cargo bench -p harness --bench stages`

use divan::counter::ItemsCount;
use divan::{Bencher, black_box};
use driver::RevisionName;
use harness::play::{RunOptions, play_on, run_scenario, setup};
use harness::record::{Outcome, RunResult};
use harness::scenario::{ScenarioFile, read_scenario, scenario_files};
use harness::stage::news::Silence;
use harness::stage::socket::server::Time;
use harness::stage::socket::{SocketBackend, Source};
use std::cell::RefCell;
use std::path::{Path, PathBuf};

#[path = "../tests/distant_world/mod.rs"]
mod distant_world;

/// The revision whose runs are measured.
const REVISION: RevisionName = RevisionName::Merged;

fn main() {
    divan::main();
}

/// Every scenario of the project that names the revision, with its file name.
fn scenarios() -> Vec<(String, ScenarioFile)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../scenarios");
    let files = scenario_files(&folder).expect("the folder of scenarios can be read");
    let read = files.iter().map(|file| {
        let scenario = read_scenario(file).expect("a valid scenario");
        (file.display().to_string(), scenario)
    });
    read.filter(|(_, scenario)| scenario.revisions().contains(&REVISION))
        .collect()
}

/// Plays every scenario in one way; returns how many steps that were.
fn play_all(scenarios: &[(String, ScenarioFile)], play: impl Fn(&str, &ScenarioFile) -> RunResult) -> usize {
    let steps = scenarios.iter().map(|(file, scenario)| {
        let result = play(file, scenario);
        assert_eq!(result.outcome, Outcome::Pass, "{file}: {:?}", result.reason);
        result.steps.len()
    });
    steps.sum()
}

fn measure(bencher: Bencher<'_, '_>, play: impl Fn(&str, &ScenarioFile) -> RunResult) {
    let scenarios = scenarios();
    let steps = play_all(&scenarios, &play);
    bencher
        .counter(ItemsCount::new(steps))
        .bench_local(|| black_box(play_all(&scenarios, &play)));
}

/// Host and device in this process; items are scenario steps.
#[divan::bench(sample_count = 10, sample_size = 1)]
fn inproc(bencher: Bencher<'_, '_>) {
    measure(bencher, |file, scenario| {
        run_scenario(scenario, file, REVISION, &RunOptions::default())
    });
}

/// The device in this process, the host reached by lines of JSON: what they cost beside the way that they go.
#[divan::bench(sample_count = 10, sample_size = 1)]
fn lines(bencher: Bencher<'_, '_>) {
    measure(bencher, |file, scenario| {
        let options = RunOptions::default();
        let mut result = RunResult::empty(scenario, file, &REVISION.to_string(), None);
        let mut stage = distant_world::stage(&setup(scenario, REVISION, &options), u64::MAX)
            .expect("lines in this process do not go dead");
        play_on(&mut stage, scenario, REVISION, &mut result).expect("nor does the device");
        result
    });
}

/// The device in a process of its own, behind vfio-user sockets, in virtual time. One server serves all runs.
#[divan::bench(sample_count = 3, sample_size = 1)]
fn socket(bencher: Bencher<'_, '_>) {
    let program = PathBuf::from(env!("CARGO_BIN_EXE_mlx5-cosim"));
    let backend = RefCell::new(SocketBackend::new(Source::Own(program), Time::Virtual, true));
    measure(bencher, |file, scenario| {
        let mut backend = backend.borrow_mut();
        let run = backend.run(scenario, file, REVISION, &RunOptions::default(), &Silence);
        run.expect("the server serves")
    });
}
