//! The host pages of one owner by their bus address.
//!
//! Chunks of neighbouring pages: most lookups stay in a chunk that is in the cache, whether there are a thousand
//! pages or a million, and a page costs little more than its own record.

use super::host_page::TrackedPage;
use crate::books::{FunctionType, OwnerKey};
use prm::link::HostPage;
use std::collections::BTreeMap;
use std::hash::{Hash, Hasher};

const CHUNK_SHIFT: u32 = 4;
const CHUNK_PAGES: usize = 1 << CHUNK_SHIFT;
const REGION_SHIFT: u32 = 6;
const REGION_CHUNKS: usize = 1 << REGION_SHIFT;

/// Neighbouring pages.
#[derive(Clone, Debug)]
struct Chunk {
    present: u16,
    pages: [TrackedPage; CHUNK_PAGES],
}

/// Neighbouring chunks. Regions are few, so that finding one stays cheap.
#[derive(Clone, Debug)]
struct Region {
    present: u64,
    chunks: [Option<Box<Chunk>>; REGION_CHUNKS],
}

/// Host pages by their number: bus address divided by the host's page size.
#[derive(Clone, Debug, Default)]
pub struct PageTable {
    regions: BTreeMap<u64, Box<Region>>,
    len: usize,
}

/// Where a page is: the region's key, the chunk in it, the page in that.
#[allow(clippy::cast_possible_truncation, reason = "places are below 64")]
const fn place(number: u64) -> (u64, usize, usize) {
    let chunk = number >> CHUNK_SHIFT;
    (
        chunk >> REGION_SHIFT,
        (chunk % REGION_CHUNKS as u64) as usize,
        (number % CHUNK_PAGES as u64) as usize,
    )
}

impl Chunk {
    fn empty() -> Box<Self> {
        let absent = TrackedPage::new(HostPage(0), 1, FunctionType::None, OwnerKey(0));
        Box::new(Self {
            present: 0,
            pages: [absent; CHUNK_PAGES],
        })
    }

    const fn holds(&self, slot: usize) -> bool {
        self.present >> slot & 1 == 1
    }
}

impl Region {
    fn empty() -> Box<Self> {
        Box::new(Self {
            present: 0,
            chunks: [const { None }; REGION_CHUNKS],
        })
    }
}

impl PageTable {
    /// Hashes it, on a host with so many 4 KiB pages in one of its own. How the pages lie in chunks is no matter. Their order is one: it
    /// is by that that they are taken back by force.
    pub(super) fn hash_with<H: Hasher>(&self, sub_pages: u32, state: &mut H) {
        let Self { regions: _, len } = self;
        len.hash(state);
        // All of the regions.
        let pages = self.descending();
        pages.for_each(|(number, page)| page.hash_at(number, sub_pages, state));
    }

    /// How many host pages there are.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.len
    }

    /// Whether there is none.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Adds a page; whether its number was free.
    pub fn insert(&mut self, number: u64, page: TrackedPage) -> bool {
        let (region, chunk, slot) = place(number);
        let region = self.regions.entry(region).or_insert_with(Region::empty);
        region.present |= 1 << chunk;
        let chunk = region.chunks[chunk].get_or_insert_with(Chunk::empty);
        if chunk.holds(slot) {
            return false;
        }
        chunk.present |= 1 << slot;
        chunk.pages[slot] = page;
        self.len += 1;
        true
    }

    /// The page of this number.
    #[must_use]
    pub fn get(&self, number: u64) -> Option<&TrackedPage> {
        let (region, chunk, slot) = place(number);
        let chunk = self.regions.get(&region)?.chunks[chunk].as_ref()?;
        chunk.holds(slot).then(|| &chunk.pages[slot])
    }

    /// The page of this number, to be changed.
    pub fn get_mut(&mut self, number: u64) -> Option<&mut TrackedPage> {
        let (region, chunk, slot) = place(number);
        let chunk = self.regions.get_mut(&region)?.chunks[chunk].as_mut()?;
        chunk.holds(slot).then(|| &mut chunk.pages[slot])
    }

    /// Takes the page of this number out.
    pub fn remove(&mut self, number: u64) -> Option<TrackedPage> {
        let (key, index, slot) = place(number);
        let region = self.regions.get_mut(&key)?;
        let chunk = region.chunks[index].as_mut()?;
        if !chunk.holds(slot) {
            return None;
        }
        chunk.present &= !(1 << slot);
        let page = chunk.pages[slot];
        if chunk.present == 0 {
            region.chunks[index] = None;
            region.present &= !(1 << index);
            if region.present == 0 {
                self.regions.remove(&key);
            }
        }
        self.len -= 1;
        Some(page)
    }

    /// The pages by descending number: the order of the kernel's tree, whose left side is that of higher addresses.
    pub fn descending(&self) -> impl Iterator<Item = (u64, &TrackedPage)> {
        let chunks = self.regions.iter().rev().flat_map(|(&key, region)| {
            let chunks = region.chunks.iter().enumerate().rev();
            chunks
                .filter_map(move |(index, chunk)| Some((key << REGION_SHIFT | index as u64, chunk.as_ref()?)))
        });
        chunks.flat_map(|(key, chunk)| {
            let slots = (0..CHUNK_PAGES).rev().filter(|&slot| chunk.holds(slot));
            slots.map(move |slot| (key << CHUNK_SHIFT | slot as u64, &chunk.pages[slot]))
        })
    }
}

impl PageTable {
    /// The next page of [`descending`](Self::descending) after the one of this number, or the first.
    #[must_use]
    pub fn next_below(&self, number: Option<u64>) -> Option<u64> {
        let last = number.map_or(Some(u64::MAX), |number| number.checked_sub(1))?;
        let (region, chunk, slot) = place(last);
        self.regions.range(..=region).rev().find_map(|(&key, found)| {
            let chunks = if key == region { chunk + 1 } else { REGION_CHUNKS };
            (0..chunks).rev().find_map(|index| {
                let is_last = key == region && index == chunk;
                let slots = if is_last { slot + 1 } else { CHUNK_PAGES };
                let pages = found.chunks[index].as_ref()?;
                let slot = (0..slots).rev().find(|&slot| pages.holds(slot))?;
                Some((key << REGION_SHIFT | index as u64) << CHUNK_SHIFT | slot as u64)
            })
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn page(handle: u64) -> TrackedPage {
        TrackedPage::new(HostPage(handle), 1, FunctionType::None, OwnerKey(0))
    }

    proptest! {
        #[test]
        fn the_table_is_an_ordered_map(steps in prop::collection::vec((any::<bool>(), prop_oneof![0..70u64, 1000..1100u64]), 0..200)) {
            let mut table = PageTable::default();
            let mut model = BTreeMap::new();
            for (insert, number) in steps {
                if insert {
                    let new = !model.contains_key(&number);
                    prop_assert_eq!(table.insert(number, page(number)), new);
                    model.entry(number).or_insert_with(|| page(number));
                } else {
                    prop_assert_eq!(table.remove(number), model.remove(&number));
                }
                prop_assert_eq!(table.len(), model.len());
                prop_assert_eq!(table.get(number), model.get(&number));
            }
            let listed: Vec<u64> = table.descending().map(|(number, _)| number).collect();
            let walk = std::iter::successors(table.next_below(None), |&number| table.next_below(Some(number)));
            prop_assert_eq!(&walk.collect::<Vec<_>>(), &listed);
            prop_assert_eq!(listed, model.into_keys().rev().collect::<Vec<_>>());
        }
    }

    #[test]
    fn a_table_without_pages_keeps_no_room_for_any() {
        let mut table = PageTable::default();
        let numbers = [3, 4, 900, 70_000, 70_001];
        for number in numbers {
            assert!(table.insert(number, page(number)));
        }
        for number in numbers {
            assert!(table.remove(number).is_some());
        }
        assert!(table.regions.is_empty());
    }
}
