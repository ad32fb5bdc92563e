//! What a page costs in the ledger: 512 pages given and taken back, beside so many that stay.

use divan::Bencher;
use divan::counter::ItemsCount;
use mlx5_emulator::config::ReturnOrder;
use mlx5_emulator::{Ledger, Owner};
use prm::Function;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::SeedableRng as _;

const BATCH: u64 = 512;
const OWNER: Owner = Owner::Function(Function::Vf(1));

fn main() {
    divan::main();
}

/// A ledger that holds `pages` pages, numbered by `frame`.
fn filled(pages: u64, frame: impl Fn(u64) -> u64) -> Ledger {
    let mut ledger = Ledger::default();
    let all: Vec<u64> = (0..pages).map(frame).collect();
    ledger
        .give(Function::Pf, OWNER, &all)
        .expect("every frame is another one");
    ledger
}

fn measure(bencher: Bencher<'_, '_>, pages: u64, frame: impl Fn(u64) -> u64) {
    let mut ledger = filled(pages, &frame);
    let mut rng = ChaCha8Rng::seed_from_u64(1);
    let mut next = pages;
    bencher.counter(ItemsCount::new(BATCH)).bench_local(|| {
        let batch: Vec<u64> = (next..next + BATCH).map(&frame).collect();
        next += BATCH;
        ledger
            .give(Function::Pf, OWNER, &batch)
            .expect("the oldest have gone back");
        ledger.take(Function::Pf, OWNER, 512, ReturnOrder::Oldest, &mut rng)
    });
}

/// Pages as a host hands them out that has memory in one piece.
#[divan::bench(args = [1_000, 10_000, 100_000, 1_000_000])]
fn contiguous(bencher: Bencher<'_, '_>, pages: u64) {
    measure(bencher, pages, |index| index);
}

/// Pages drawn out of four times as many frames, in no order: every one is a cache miss.
#[divan::bench(args = [1_000, 10_000, 100_000, 1_000_000])]
fn scattered(bencher: Bencher<'_, '_>, pages: u64) {
    let frames = (4 * pages).next_power_of_two();
    measure(bencher, pages, move |index| {
        index.wrapping_mul(0x9e37_79b9_7f4a_7c15) & (frames - 1)
    });
}
