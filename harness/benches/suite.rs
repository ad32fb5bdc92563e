//! The whole collection of scenarios: how long it takes, and how many steps pass per second.
//!
//! `cargo bench -p mlx5-cosim --bench suite`

use divan::counter::ItemsCount;
use divan::{Bencher, black_box};
use driver::RevisionName;
use harness::play::{RunOptions, run_scenario};
use harness::scenario::{ScenarioFile, read_scenario, scenario_files};
use std::path::Path;

fn main() {
    divan::main();
}

/// Every scenario of the project with its file name.
fn scenarios() -> Vec<(String, ScenarioFile)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../scenarios");
    let files = scenario_files(&folder).expect("the folder of scenarios can be read");
    let read = files.iter().map(|file| {
        (
            file.display().to_string(),
            read_scenario(file).expect("a valid scenario"),
        )
    });
    read.collect()
}

fn run_all(scenarios: &[(String, ScenarioFile)], revisions: &[RevisionName]) -> usize {
    let mut steps = 0;
    for (file, scenario) in scenarios {
        for revision in scenario
            .revisions()
            .into_iter()
            .filter(|revision| revisions.contains(revision))
        {
            steps += run_scenario(scenario, file, revision, &RunOptions::default())
                .steps
                .len();
        }
    }
    steps
}

/// Every scenario under every revision it names; items are scenario steps.
#[divan::bench(sample_count = 10, sample_size = 1)]
fn whole_suite(bencher: Bencher<'_, '_>) {
    let scenarios = scenarios();
    let steps = run_all(&scenarios, &RevisionName::ALL);
    bencher
        .counter(ItemsCount::new(steps))
        .bench_local(|| black_box(run_all(&scenarios, &RevisionName::ALL)));
}

/// The same, revision by revision.
#[divan::bench(args = RevisionName::ALL, sample_count = 10, sample_size = 1)]
fn one_revision(bencher: Bencher<'_, '_>, revision: RevisionName) {
    let scenarios = scenarios();
    let steps = run_all(&scenarios, &[revision]);
    bencher
        .counter(ItemsCount::new(steps))
        .bench_local(|| black_box(run_all(&scenarios, &[revision])));
}
