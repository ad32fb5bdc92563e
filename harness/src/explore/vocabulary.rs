//! Everything that anybody in a race was seen to touch, numbered, so that a set of it is a few words of bits.

use driver::runtime::{Access, DriverId, Kind, Object, Use};
use emulator::{Footprint, Place, Thing};
use parts::Touch;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

/// Kinds of objects that a driver shares with its device.
const SHARED: [Kind; 4] = [
    Kind::CommandSlot,
    Kind::EventQueue,
    Kind::Interrupt,
    Kind::Registers,
];

/// How many things have a number of their own; all others share the last.
const NUMBERS: usize = 256;

/// A set of numbers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Set([u64; NUMBERS / 64]);

impl Set {
    fn insert(&mut self, number: usize) {
        self.0[number / 64] |= 1 << (number % 64);
    }

    /// Everything in either.
    pub(super) fn add(&mut self, other: &Self) {
        for (word, more) in self.0.iter_mut().zip(&other.0) {
            *word |= more;
        }
    }

    /// Whether there is anything in both.
    pub(super) fn meets(&self, other: &Self) -> bool {
        self.0.iter().zip(&other.0).any(|(one, other)| one & other != 0)
    }

    /// Whether everything of the other is in this one.
    pub(super) fn holds(&self, other: &Self) -> bool {
        self.0.iter().zip(&other.0).all(|(all, some)| some & !all == 0)
    }
}

/// Something that is shared: of a driver, or of the device.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Shared {
    Driver(DriverId, Object),
    Device(Place),
}

impl Shared {
    /// Whether using the one is using the other.
    fn overlaps(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Driver(one, object), Self::Driver(other, theirs)) => {
                one == other
                    && (object == theirs
                        || object.holds(*theirs)
                        || theirs.holds(*object)
                        || *object == Object::LoadTime
                        || *theirs == Object::LoadTime)
            }
            (Self::Device(one), Self::Device(other)) => {
                one.overlaps(other) || one.thing == Thing::Description || other.thing == Thing::Description
            }
            _ => false,
        }
    }
}

#[derive(Debug, Default)]
struct Words {
    numbers: BTreeMap<Shared, usize>,
    /// By number: what it overlaps, itself included.
    overlaps: Vec<Set>,
}

/// See the module's head. All who explore one race share it.
#[derive(Clone, Debug, Default)]
pub(super) struct Vocabulary(Arc<Mutex<Words>>);

/// What is read and what is written. With each number come those that it overlaps.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Uses {
    reads: Set,
    writes: Set,
    /// The same with all that overlaps it.
    near_reads: Set,
    near_writes: Set,
}

impl Uses {
    pub(super) fn add(&mut self, other: &Self) {
        self.reads.add(&other.reads);
        self.writes.add(&other.writes);
        self.near_reads.add(&other.near_reads);
        self.near_writes.add(&other.near_writes);
    }

    /// Whether the order of the two can matter.
    pub(super) fn conflicts_with(&self, other: &Self) -> bool {
        self.writes.meets(&other.near_reads)
            || self.writes.meets(&other.near_writes)
            || self.near_writes.meets(&other.writes)
            || self.reads.meets(&other.near_writes)
            || other.writes.meets(&self.near_reads)
            || other.reads.meets(&self.near_writes)
    }

    /// Whether the other has nothing that is not in this.
    pub(super) fn holds(&self, other: &Self) -> bool {
        self.reads.holds(&other.reads) && self.writes.holds(&other.writes)
    }
}

impl Vocabulary {
    /// What was announced in drivers and seen in the device, as far as `counts` says that it matters.
    pub(super) fn uses(
        &self,
        accesses: &[Access],
        footprints: &[Footprint],
        counts: impl Fn(&Access) -> bool,
        counts_in_device: impl Fn(Thing) -> bool,
        raw: bool,
        is_judged: bool,
    ) -> Uses {
        let mut words = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let mut uses = Uses::default();
        for access in accesses.iter().filter(|access| counts(access)) {
            let writes = access.usage == Use::Write;
            words.note(Shared::Driver(access.driver, access.object), writes, &mut uses);
        }
        // What both sides share: entries of queues, registers, interrupts. Which of it the device has touched is not told.
        let is_shared = |access: &Access| SHARED.contains(&access.object.kind());
        let device = Shared::Driver(DriverId(u16::MAX), Object::Device);
        if accesses.iter().any(|access| is_shared(access) && counts(access)) {
            words.note(device, false, &mut uses);
        }
        if raw && !footprints.is_empty() {
            words.note(device, true, &mut uses);
        }
        // What is held against the ledger as it stands, and whoever writes there.
        let judged = Shared::Driver(DriverId(u16::MAX), Object::PageBook);
        if is_judged {
            words.note(judged, false, &mut uses);
        }
        let writes_ledger =
            |(place, touch): (Place, Touch)| place.thing == Thing::Ledger && touch == Touch::Write;
        if footprints.iter().flat_map(Footprint::places).any(writes_ledger) {
            words.note(judged, true, &mut uses);
        }
        for (place, touch) in footprints.iter().flat_map(Footprint::places) {
            if counts_in_device(place.thing) {
                words.note(Shared::Device(place), touch == Touch::Write, &mut uses);
            }
        }
        uses
    }
}

impl Words {
    fn note(&mut self, shared: Shared, writes: bool, uses: &mut Uses) {
        let number = self.number(shared);
        let near = self.overlaps[number];
        if writes {
            uses.writes.insert(number);
            uses.near_writes.add(&near);
        } else {
            uses.reads.insert(number);
            uses.near_reads.add(&near);
        }
    }

    fn number(&mut self, shared: Shared) -> usize {
        if let Some(&number) = self.numbers.get(&shared) {
            return number;
        }
        let number = self.numbers.len().min(NUMBERS - 1);
        if self.overlaps.len() <= number {
            self.overlaps.push(Set::default());
        }
        self.overlaps[number].insert(number);
        let near: Vec<usize> = self
            .numbers
            .iter()
            .filter(|(known, _)| known.overlaps(&shared))
            .map(|(_, &known)| known)
            .collect();
        for known in near {
            self.overlaps[known].insert(number);
            self.overlaps[number].insert(known);
        }
        self.numbers.insert(shared, number);
        number
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn access(object: Object, usage: Use) -> Access {
        Access {
            driver: DriverId(0),
            object,
            usage,
        }
    }

    fn uses(vocabulary: &Vocabulary, accesses: &[Access]) -> Uses {
        vocabulary.uses(accesses, &[], |_| true, |_| true, false, false)
    }

    #[test]
    fn it_says_of_conflicts_what_accesses_say_of_them_in_whatever_order_they_were_met() {
        let objects = [
            Object::Vport(1),
            Object::Vports,
            Object::Vport(2),
            Object::PageBook,
            Object::LoadTime,
        ];
        let vocabulary = Vocabulary::default();
        for one in objects {
            for other in objects {
                for (usage, theirs) in [
                    (Use::Read, Use::Read),
                    (Use::Read, Use::Write),
                    (Use::Write, Use::Read),
                    (Use::Write, Use::Write),
                ] {
                    let (one, other) = (access(one, usage), access(other, theirs));
                    let (first, second) = (uses(&vocabulary, &[one]), uses(&vocabulary, &[other]));
                    assert_eq!(
                        first.conflicts_with(&second),
                        one.conflicts_with(&other),
                        "{one}, {other}"
                    );
                }
            }
        }
    }

    #[test]
    fn more_things_than_numbers_are_taken_for_one() {
        let vocabulary = Vocabulary::default();
        let many: Vec<Uses> = (0..300)
            .map(|vport| uses(&vocabulary, &[access(Object::Vport(vport), Use::Write)]))
            .collect();
        assert!(!many[0].conflicts_with(&many[1]));
        assert!(many[298].conflicts_with(&many[299]));
    }
}
