//! One of several parts of all ways: by the hash of their first choices.

/// The ways whose first choices hash to `number` among `of`.
///
/// Every way goes through one choice at each of its first branchings, so the parts together are all ways; their states overlap.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shard {
    /// Which, from 1.
    pub number: u32,
    /// Of how many.
    pub of: u32,
}

/// How many branchings decide.
pub const BRANCHINGS: u32 = 6;

/// Where the ways begin, before anything was chosen.
pub const ROOT: u64 = 0xcbf2_9ce4_8422_2325;

/// The hash of a way with one more choice: FNV-1a over the choices' own hashes.
#[must_use]
pub fn longer(way: u64, choice: u64) -> u64 {
    let mut hash = way;
    for byte in choice.to_le_bytes() {
        hash = (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3);
    }
    hash
}

impl Shard {
    /// All ways.
    pub const ALL: Self = Self { number: 1, of: 1 };

    /// Whether a way with these first choices is in this part.
    #[must_use]
    pub fn holds(self, way: u64) -> bool {
        // The upper half: the lower bits of FNV are not even for short inputs.
        (way >> 32) % u64::from(self.of.max(1)) == u64::from(self.number.saturating_sub(1))
    }
}
