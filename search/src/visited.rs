//! States that were there before: for each a fingerprint, and who slept when it was left.
//!
//! An open table of 16 bytes an entry that grows by a quarter, so that it is at least seven tenths full: at most 23 bytes a state.

/// Who sleeps, by bits. Only so many actors can: others are awake always, which costs steps and loses nothing.
pub type Mask = u64;

/// See the module's head.
#[derive(Clone, Debug, Default)]
pub struct Visited {
    slots: Vec<Entry>,
    used: usize,
}

#[derive(Clone, Copy, Debug, Default)]
struct Entry {
    /// Never 0 where there is one.
    fingerprint: u64,
    asleep: Mask,
}

/// What is known of a state.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Known {
    /// Nobody has been there.
    New,
    /// Somebody has. Those who slept each time he left it are left: now they have been woken, or sleep again.
    Before {
        /// Who slept until now and is awake now.
        woken: Mask,
    },
}

impl Visited {
    /// The least room.
    const LEAST: usize = 64;

    /// Somebody comes to a state where these sleep.
    pub fn visit(&mut self, fingerprint: u64, asleep: Mask) -> Known {
        // 0 stands for an empty slot; that two states share a number is as likely as with any other.
        let fingerprint = fingerprint.max(1);
        if (self.used + 1) * 8 > self.slots.len() * 7 {
            self.grow();
        }
        let place = self.place(fingerprint);
        let entry = &mut self.slots[place];
        if entry.fingerprint == fingerprint {
            let woken = entry.asleep & !asleep;
            entry.asleep &= asleep;
            return Known::Before { woken };
        }
        *entry = Entry { fingerprint, asleep };
        self.used += 1;
        Known::New
    }

    /// Where a fingerprint is, or would be put.
    fn place(&self, fingerprint: u64) -> usize {
        let room = self.slots.len();
        // The upper half of the product: as even as the fingerprint is, for any room.
        let first = (u128::from(fingerprint) * room as u128) >> 64;
        // PANIC: none; the product's upper half is less than the room, which is a usize.
        let mut place = usize::try_from(first).unwrap_or(0);
        loop {
            let found = self.slots[place].fingerprint;
            if found == 0 || found == fingerprint {
                return place;
            }
            place = if place + 1 == room { 0 } else { place + 1 };
        }
    }

    fn grow(&mut self) {
        let room = (self.slots.len() + self.slots.len() / 4).max(Self::LEAST);
        let mut grown = Vec::new();
        grown.reserve_exact(room);
        grown.resize(room, Entry::default());
        let before = std::mem::replace(&mut self.slots, grown);
        for entry in before.into_iter().filter(|entry| entry.fingerprint != 0) {
            let place = self.place(entry.fingerprint);
            self.slots[place] = entry;
        }
    }

    /// How many states.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.used
    }

    /// Whether there is none.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.used == 0
    }

    /// The bytes that this takes.
    #[must_use]
    pub const fn bytes(&self) -> usize {
        self.slots.len() * size_of::<Entry>()
    }

    /// All fingerprints, in no order that means anything.
    pub fn fingerprints(&self) -> impl Iterator<Item = u64> {
        let fingerprints = self.slots.iter().map(|entry| entry.fingerprint);
        fingerprints.filter(|&fingerprint| fingerprint != 0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::BTreeMap;

    #[test]
    fn a_state_takes_less_than_24_bytes_once_there_are_many() {
        let mut visited = Visited::default();
        let mut state = 1_u64;
        for _ in 0..100_000 {
            state = state
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1_442_695_040_888_963_407);
            visited.visit(state, 0);
        }
        assert_eq!(visited.len(), 100_000);
        assert!(visited.bytes() < 24 * visited.len(), "{}", visited.bytes());
    }

    proptest! {
        #[test]
        fn it_knows_what_a_map_knows(visits in proptest::collection::vec((1_u64..40, 0_u64..8), 0..200)) {
            let mut visited = Visited::default();
            let mut map: BTreeMap<u64, u64> = BTreeMap::new();
            for (state, asleep) in visits {
                let state = state << 58 | state;
                let expected = match map.get_mut(&state) {
                    None => {
                        map.insert(state, asleep);
                        Known::New
                    }
                    Some(before) => {
                        let woken = *before & !asleep;
                        *before &= asleep;
                        Known::Before { woken }
                    }
                };
                prop_assert_eq!(visited.visit(state, asleep), expected);
            }
            prop_assert_eq!(visited.len(), map.len());
            let mut all: Vec<u64> = visited.fingerprints().collect();
            all.sort_unstable();
            prop_assert_eq!(all, map.into_keys().collect::<Vec<_>>());
        }
    }
}
