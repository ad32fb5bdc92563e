//! The order in which tests run that share something: drawn, so that none can rest on what another one leaves behind.

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};

/// Environment variable with the seed of the order in which runs are tested; without it 1.
pub const ORDER_SEED: &str = "MLX5_COSIM_ORDER_SEED";

/// The seed of the order in which runs are tested; none where somebody has set what is no number.
pub fn order_seed() -> Option<u64> {
    match std::env::var(ORDER_SEED) {
        Ok(seed) => seed.parse().ok(),
        Err(_) => Some(1),
    }
}

/// The same in an order that is drawn.
pub fn drawn<T>(mut all: Vec<T>, seed: u64) -> Vec<T> {
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    for left in (1..all.len()).rev() {
        // PANIC: the remainder is less than the length of a vector.
        let choice = usize::try_from(random.next_u64() % (left as u64 + 1)).expect("a place");
        all.swap(left, choice);
    }
    all
}
