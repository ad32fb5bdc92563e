//! What it costs to ask loom and shuttle: until no schedule is left, and until the first violation.
//!
//! `cargo bench -p models`
//!
//! Sizes are small because loom's schedules grow exponentially: 44 of them exhaust `Drift Robust v2 r1`, 310 `v2 r2`, 70 thousand
//! `v4 r4`, 2.5 million `v8 r4`. `cargo bench -p models -- --include-ignored` takes the larger ones as well, one of which
//! takes minutes.

use divan::Bencher;
use models::{Case, Race, Revision, Sampling, Size, Strategy, Until, exhaust, sample};
use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};

fn main() {
    divan::main();
}

/// A case, as a row of the table is to name it.
#[derive(Clone, Copy)]
struct Row(Case);

impl fmt::Display for Row {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Case { race, revision, size } = self.0;
        let Size { vfs, requests } = size;
        write!(formatter, "{race:?} {revision:?} v{vfs} r{requests}")
    }
}

const fn row(race: Race, revision: Revision, vfs: usize, requests: usize) -> Row {
    Row(Case {
        race,
        revision,
        size: Size { vfs, requests },
    })
}

/// Those without a violation: the proof is the work.
const CLEAN: [Row; 6] = [
    row(Race::Drift, Revision::Merged, 2, 1),
    row(Race::Drift, Revision::Robust, 2, 1),
    row(Race::Lock, Revision::Merged, 2, 1),
    row(Race::Lock, Revision::Robust, 2, 1),
    row(Race::GuardedMigration, Revision::Merged, 2, 1),
    row(Race::GuardedMigration, Revision::Robust, 2, 1),
];

const LARGE: [Row; 5] = [
    row(Race::Drift, Revision::Merged, 8, 4),
    row(Race::Drift, Revision::Robust, 4, 4),
    row(Race::Lock, Revision::Robust, 4, 2),
    row(Race::GuardedMigration, Revision::Merged, 8, 4),
    row(Race::Drift, Revision::Robust, 8, 4),
];

/// Those with one. The last is a needle: the page that is freed carries the old key for one step, and its root goes eight later.
const VIOLATED: [Row; 6] = [
    row(Race::Drift, Revision::Reviewed, 2, 4),
    row(Race::Lock, Revision::Reviewed, 2, 2),
    row(Race::Migration, Revision::Reviewed, 2, 1),
    row(Race::Migration, Revision::Merged, 2, 1),
    row(Race::Migration, Revision::Robust, 2, 1),
    row(Race::Migration, Revision::Merged, 8, 1),
];

#[divan::bench(args = CLEAN)]
fn loom_exhausts(bencher: Bencher<'_, '_>, row: Row) {
    bencher.bench(|| exhaust(row.0, None, Until::Exhausted));
}

#[divan::bench(args = LARGE, sample_count = 1, ignore)]
fn loom_exhausts_large(bencher: Bencher<'_, '_>, row: Row) {
    bencher.bench(|| exhaust(row.0, None, Until::Exhausted));
}

#[divan::bench(args = VIOLATED)]
fn loom_finds(bencher: Bencher<'_, '_>, row: Row) {
    bencher.bench(|| exhaust(row.0, None, Until::Violated));
}

#[divan::bench(args = VIOLATED)]
fn shuttle_finds_by_chance(bencher: Bencher<'_, '_>, row: Row) {
    find(bencher, row, Strategy::Random);
}

#[divan::bench(args = VIOLATED)]
fn shuttle_finds_by_pct(bencher: Bencher<'_, '_>, row: Row) {
    find(bencher, row, Strategy::Pct { depth: 3 });
}

/// Each time with another seed: one seed would tell of its luck only.
fn find(bencher: Bencher<'_, '_>, row: Row, strategy: Strategy) {
    let seeds = AtomicU64::new(0);
    bencher.bench(|| {
        let sampling = Sampling {
            strategy,
            schedules: 1_000_000,
            seed: seeds.fetch_add(1, Ordering::Relaxed),
        };
        assert!(sample(row.0, sampling).violated(), "{row}");
    });
}
