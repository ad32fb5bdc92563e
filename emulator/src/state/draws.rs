//! What firmware draws by lot, and what it makes up.

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::SeedableRng as _;
use std::hash::{Hash, Hasher};

/// The lots of a silicon: all randomness follows from its seed.
#[derive(Clone, Debug)]
pub(crate) struct Draws {
    pub(crate) rng: ChaCha8Rng,
    /// How many page addresses were made up.
    pub(crate) invented_pages: u64,
}

impl Draws {
    pub(crate) fn new(seed: u64) -> Self {
        Self {
            rng: ChaCha8Rng::seed_from_u64(seed),
            invented_pages: 0,
        }
    }
}

impl Hash for Draws {
    /// What is drawn next follows from the generator's seed, its stream, and how far it is.
    fn hash<H: Hasher>(&self, state: &mut H) {
        let Self { rng, invented_pages } = self;
        (rng.get_seed(), rng.get_stream(), rng.get_word_pos()).hash(state);
        invented_pages.hash(state);
    }
}
