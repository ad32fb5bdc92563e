//! Hashes that do not care what things are called.
//!
//! An address, a ticket, the number of a command: which one it is decides about nothing, only where else it stands. Two states that
//! differ in such names alone go on alike. A type that is a name hashes itself as [`hash_name`] says; every other hasher takes that as a
//! number, a [`CanonicalHasher`] counts names by first appearance instead.

use std::hash::{DefaultHasher, Hash, Hasher};

/// What a name is a name of. Names of two kinds are never the same thing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NameOf {
    /// Host memory: a piece of 1 KiB, by its bus address.
    Memory,
    /// One execution of a command, as a driver counts them.
    Ticket,
    /// A command, as the device counts them.
    Command,
    /// A page request, as the device counts them.
    Request,
    /// An acceptance of a page, as the device counts them.
    Acceptance,
    /// An item of a work queue, in the order of their queueing.
    WorkItem,
    /// A life of the eswitch.
    Generation,
    /// A task.
    Task,
}

/// Hashes a name. Nothing else may hash an `i128`.
pub fn hash_name<H: Hasher>(state: &mut H, of: NameOf, number: u64) {
    state.write_i128(i128::from(of as u8) << 64 | i128::from(number));
}

/// Takes names by the order of their first appearance. The hash is deterministic: the same values in the same order give the same one
/// in every process that was built alike.
#[derive(Clone, Debug, Default)]
pub struct CanonicalHasher {
    hasher: DefaultHasher,
    names: Vec<i128>,
    /// As soon as there are many: their places plus one, where a hash of them says, or in the next free entry. A power of two of
    /// entries, at most half of which are taken.
    table: Vec<u32>,
}

/// Up to here names are looked for one by one.
const FEW_NAMES: usize = 16;

/// A hash of a value for itself, and the names that it holds in the order of their first appearance.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Digest {
    hash: u64,
    names: Box<[i128]>,
}

impl Digest {
    /// The digest of a value.
    pub fn of(value: &impl Hash) -> Self {
        let mut hasher = CanonicalHasher::default();
        value.hash(&mut hasher);
        hasher.digest()
    }
}

impl Hash for Digest {
    /// Hashes whatever this is a digest of: two states hash alike by their digests when they do by themselves.
    fn hash<H: Hasher>(&self, state: &mut H) {
        state.write_u64(self.hash);
        self.names.iter().for_each(|&name| state.write_i128(name));
    }
}

impl CanonicalHasher {
    /// What was hashed so far, to be hashed elsewhere.
    #[must_use]
    pub fn digest(&self) -> Digest {
        Digest {
            hash: self.hasher.finish(),
            names: self.names.as_slice().into(),
        }
    }

    fn place(&mut self, name: i128) -> u32 {
        if self.names.len() <= FEW_NAMES {
            let known = self.names.iter().position(|&known| known == name);
            if let Some(place) = known {
                return number(place);
            }
            self.names.push(name);
            if self.names.len() > FEW_NAMES {
                self.grow();
            }
            return number(self.names.len() - 1);
        }
        let entry = self.entry(name);
        if let Some(place) = self.table[entry].checked_sub(1) {
            return place;
        }
        self.names.push(name);
        let place = number(self.names.len() - 1);
        self.table[entry] = place + 1;
        if self.names.len() * 2 > self.table.len() {
            self.grow();
        }
        place
    }

    /// The entry of a name, or the free one where it belongs.
    fn entry(&self, name: i128) -> usize {
        let last = self.table.len() - 1;
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "a mixture of all bits"
        )]
        let mixed = ((name ^ (name >> 64)) as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 32;
        let mut entry = usize::try_from(mixed).unwrap_or(0) & last;
        // INVARIANT: at most half of the entries are taken, so that the walk ends.
        while let Some(place) = self.table[entry].checked_sub(1)
            && self.names[place as usize] != name
        {
            entry = (entry + 1) & last;
        }
        entry
    }

    fn grow(&mut self) {
        self.table = vec![0; (self.names.len() * 4).next_power_of_two()];
        for place in 0..self.names.len() {
            let entry = self.entry(self.names[place]);
            self.table[entry] = number(place) + 1;
        }
    }
}

#[expect(
    clippy::cast_possible_truncation,
    reason = "names are counted in memory, 16 bytes each"
)]
const fn number(place: usize) -> u32 {
    place as u32
}

impl Hasher for CanonicalHasher {
    fn finish(&self) -> u64 {
        self.hasher.finish()
    }

    fn write(&mut self, bytes: &[u8]) {
        self.hasher.write(bytes);
    }

    fn write_i128(&mut self, name: i128) {
        let place = self.place(name);
        // The kind stays: of two different kinds the first one each is not the same.
        self.hasher
            .write_i64(i64::try_from(name >> 64).unwrap_or(i64::MAX));
        self.hasher.write_u32(place);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Named(u64);

    impl Hash for Named {
        fn hash<H: Hasher>(&self, state: &mut H) {
            hash_name(state, NameOf::Ticket, self.0);
        }
    }

    fn hash(value: &impl Hash) -> u64 {
        let mut hasher = CanonicalHasher::default();
        value.hash(&mut hasher);
        hasher.finish()
    }

    fn names(numbers: &[u64]) -> Vec<Named> {
        numbers.iter().copied().map(Named).collect()
    }

    #[test]
    fn what_differs_in_names_alone_hashes_alike() {
        assert_eq!(hash(&names(&[7, 9, 7])), hash(&names(&[1, 2, 1])));
        assert_ne!(hash(&names(&[7, 9, 7])), hash(&names(&[1, 2, 2])));
        assert_ne!(hash(&names(&[7, 9])), hash(&names(&[7, 7])));
        let many = |from: u64| names(&(from..from + 40).chain([from + 30, from + 3]).collect::<Vec<_>>());
        assert_eq!(hash(&many(0)), hash(&many(1000)));
        let other = names(&(0..40).chain([30, 4]).collect::<Vec<_>>());
        assert_ne!(hash(&many(0)), hash(&other));
    }

    #[test]
    fn digests_know_names_that_stand_elsewhere_too() {
        let two = |one: &[u64], other: &[u64]| hash(&(Digest::of(&names(one)), Digest::of(&names(other))));
        assert_eq!(two(&[5, 6], &[6, 7]), two(&[1, 2], &[2, 9]));
        assert_ne!(
            two(&[5, 6], &[6, 7]),
            two(&[5, 6], &[5, 7]),
            "the same for itself, but not together"
        );
    }
}
