//! The set of page frames that one supplier has given away, whoever they belong to.

/// Smallest number of places in a table that is not empty.
const SMALLEST: usize = 16;

/// A set of page numbers.
///
/// Frames that lie close together share a 64-bit map, so that a million pages of contiguous memory take sixteen thousand
/// places. The maps are in a hash table of our own: open addressing, a fixed hash, no allocation per page. A tree
/// is several times slower where the pages of a large function are scattered over the host's memory.
#[derive(Clone, Debug, Default)]
pub(super) struct Frames {
    /// A power of two of them, or none.
    places: Vec<Place>,
    used: usize,
}

/// A group of 64 frames; the place is free if no frame is in it.
#[derive(Clone, Copy, Debug, Default)]
struct Place {
    group: u64,
    map: u64,
}

impl Frames {
    /// Adds a frame; false if it was there already.
    pub(super) fn insert(&mut self, frame: u64) -> bool {
        if self.used >= self.places.len() / 2 {
            self.resize((self.places.len() * 2).max(SMALLEST));
        }
        let (group, bit) = split(frame);
        let index = self.find(group);
        let place = &mut self.places[index];
        if place.map == 0 {
            place.group = group;
            self.used += 1;
        }
        let new = place.map & bit == 0;
        place.map |= bit;
        new
    }

    /// Removes a frame.
    pub(super) fn remove(&mut self, frame: u64) {
        if self.places.is_empty() {
            return;
        }
        let (group, bit) = split(frame);
        let index = self.find(group);
        let place = &mut self.places[index];
        if place.map & bit == 0 {
            return;
        }
        place.map &= !bit;
        if place.map == 0 {
            self.used -= 1;
            self.close_gap(index);
        }
        if self.places.len() > SMALLEST && self.used < self.places.len() / 16 {
            self.resize(self.places.len() / 4);
        }
    }

    /// The place of a group, or the free one where it belongs.
    fn find(&self, group: u64) -> usize {
        let last = self.places.len() - 1;
        let mut index = self.home(group);
        // INVARIANT: at most half of the places are used, so that the walk ends.
        while self.places[index].map != 0 && self.places[index].group != group {
            index = (index + 1) & last;
        }
        index
    }

    /// The place where the walk for a group begins.
    fn home(&self, group: u64) -> usize {
        // The upper bits of a product with the golden ratio: neighbouring groups spread over the whole table.
        let hash = group.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 32;
        usize::try_from(hash).unwrap_or(0) & (self.places.len() - 1)
    }

    /// Moves places back over one that became free, so that no walk ends before it has found its group.
    fn close_gap(&mut self, mut gap: usize) {
        let last = self.places.len() - 1;
        let mut index = gap;
        loop {
            index = (index + 1) & last;
            let place = self.places[index];
            if place.map == 0 {
                break;
            }
            // How far each is from where its walk begins: a place may move back to the gap, but not before its home.
            let from_home = index.wrapping_sub(self.home(place.group)) & last;
            let from_gap = index.wrapping_sub(gap) & last;
            if from_home >= from_gap {
                self.places[gap] = place;
                gap = index;
            }
        }
        self.places[gap] = Place::default();
    }

    fn resize(&mut self, places: usize) {
        let old = std::mem::replace(&mut self.places, vec![Place::default(); places]);
        for place in old.into_iter().filter(|place| place.map != 0) {
            let index = self.find(place.group);
            self.places[index] = place;
        }
    }
}

const fn split(frame: u64) -> (u64, u64) {
    (frame >> 6, 1 << (frame & 63))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::BTreeSet;

    proptest! {
        #[test]
        fn it_is_a_set(steps in proptest::collection::vec((0..3000u64, any::<bool>(), any::<bool>()), 0..2000)) {
            let mut frames = Frames::default();
            let mut expected = BTreeSet::new();
            for (frame, scattered, insert) in steps {
                // Some frames share groups, some are far apart.
                let frame = if scattered { frame << 40 } else { frame };
                if insert {
                    prop_assert_eq!(frames.insert(frame), expected.insert(frame));
                } else {
                    frames.remove(frame);
                    expected.remove(&frame);
                }
            }
            for &frame in &expected {
                prop_assert!(!frames.insert(frame));
            }
            let groups: BTreeSet<u64> = expected.iter().map(|frame| frame >> 6).collect();
            prop_assert_eq!(frames.used, groups.len());
        }
    }
}
