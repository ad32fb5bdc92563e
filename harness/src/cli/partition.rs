//! Parts of a selection that separate machines can run: by a hash of the scenario's name, so that a part stays the same
//! when scenarios come and go, and has all revisions of a scenario or none.

use std::str::FromStr;

/// The `index`-th (from 1) of `count` parts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Partition {
    index: u64,
    count: u64,
}

impl Partition {
    /// Which part, from 1, and how many there are.
    #[must_use]
    pub const fn place(self) -> (u64, u64) {
        (self.index, self.count)
    }

    /// Whether what has this name belongs to it.
    #[must_use]
    pub fn contains(self, name: &str) -> bool {
        let hash = fnv1a(name.as_bytes());
        // The lower bits of this hash know little of a name; its halves together know more.
        (hash ^ hash >> 32) % self.count == self.index - 1
    }
}

/// The text is no partition.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("write hash:M/N with M from 1 to N, as hash:1/4")]
pub struct NoPartition;

impl FromStr for Partition {
    type Err = NoPartition;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (index, count) = text
            .strip_prefix("hash:")
            .and_then(|rest| rest.split_once('/'))
            .ok_or(NoPartition)?;
        let (index, count) = (
            index.parse().map_err(|_| NoPartition)?,
            count.parse().map_err(|_| NoPartition)?,
        );
        if (1..=count).contains(&index) {
            Ok(Self { index, count })
        } else {
            Err(NoPartition)
        }
    }
}

/// FNV-1a, 64 bits: the same on every machine and in every version.
pub(super) fn fnv1a(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_is_in_exactly_one_part() {
        let parts: Vec<Partition> = (1..=3)
            .map(|part| format!("hash:{part}/3").parse().unwrap())
            .collect();
        for number in 0..100 {
            let name = format!("folder/scenario-{number}");
            assert_eq!(parts.iter().filter(|part| part.contains(&name)).count(), 1);
        }
    }

    #[test]
    fn other_texts_are_refused() {
        for text in ["1/2", "hash:0/2", "hash:3/2", "hash:1", "hash:a/b", "hash:1/0"] {
            assert_eq!(text.parse::<Partition>(), Err(NoPartition), "{text}");
        }
    }
}
