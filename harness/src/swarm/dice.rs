//! Numbers from a seed. Four seeds in a row draw the same but for one latency, which is swept.

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng as _, SeedableRng as _};

/// So many seeds in a row share all that they draw, but for the first latency.
const SWEPT: u64 = 4;

/// Latencies that are drawn, in ms: below every limit that the drawn device prescribes.
const LATENCIES: (u64, u64) = (1, 1_600);

/// See the module's head.
#[derive(Clone, Debug)]
pub struct Dice {
    shared: ChaCha8Rng,
    /// What the first latency is drawn from; none once it was.
    swept: Option<ChaCha8Rng>,
}

impl Dice {
    /// All that is drawn follows from `seed` alone.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        Self {
            shared: ChaCha8Rng::seed_from_u64(seed / SWEPT),
            swept: Some(ChaCha8Rng::seed_from_u64(seed)),
        }
    }

    /// A number below `bound`; 0 where that is 0.
    pub fn below(&mut self, bound: usize) -> usize {
        below(&mut self.shared, bound)
    }

    /// A number from `least` to `most`.
    pub fn between(&mut self, least: u32, most: u32) -> u32 {
        let span = usize::try_from(most.saturating_sub(least)).unwrap_or(0);
        least.saturating_add(u32::try_from(self.below(span + 1)).unwrap_or(0))
    }

    /// True so many times in a hundred.
    pub fn chance(&mut self, percent: usize) -> bool {
        self.below(100) < percent
    }

    /// One of these; none where there is none.
    pub fn pick<T: Clone>(&mut self, from: &[T]) -> Option<T> {
        from.get(self.below(from.len())).cloned()
    }

    /// One of these, as often as its weight says.
    pub fn weighed<T: Clone>(&mut self, from: &[(usize, T)]) -> Option<T> {
        let mut left = self.below(from.iter().map(|(weight, _)| weight).sum());
        for (weight, one) in from {
            if left < *weight {
                return Some(one.clone());
            }
            left -= weight;
        }
        None
    }

    /// A latency in ms. Short ones are as likely as long ones: the exponent is drawn first.
    pub fn latency(&mut self) -> u32 {
        let mut swept = self.swept.take();
        let rng = swept.as_mut().unwrap_or(&mut self.shared);
        let (least, most) = LATENCIES;
        let top = least << below(rng, 12);
        let drawn = top + u64::try_from(below(rng, usize::try_from(top).unwrap_or(1))).unwrap_or(0);
        u32::try_from(drawn.min(most)).unwrap_or(1)
    }
}

fn below(rng: &mut ChaCha8Rng, bound: usize) -> usize {
    // The bias of the multiplication is far below what a swarm could notice.
    let scaled = (u128::from(rng.next_u64()) * bound as u128) >> 64;
    usize::try_from(scaled).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn drawn(seed: u64) -> (u32, Vec<usize>, u32) {
        let mut dice = Dice::new(seed);
        let before = dice.latency();
        (
            before,
            (0..20).map(|_| dice.below(1_000)).collect(),
            dice.latency(),
        )
    }

    #[test]
    fn a_seed_always_draws_the_same() {
        assert_eq!(drawn(7), drawn(7));
        assert_ne!(drawn(3).1, drawn(4).1);
    }

    #[test]
    fn neighbours_differ_in_one_latency() {
        let four: Vec<_> = (8..12).map(drawn).collect();
        assert!(four.iter().all(|one| one.1 == four[0].1 && one.2 == four[0].2));
        let first: std::collections::BTreeSet<u32> = four.iter().map(|one| one.0).collect();
        assert!(first.len() > 1, "{first:?}");
        assert!((0..500).all(|seed| (1..=1_600).contains(&drawn(seed).0)));
    }
}
