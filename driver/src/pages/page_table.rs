//! The host pages of one owner by their bus address.
//!
//! Chunks of neighbouring pages: most lookups stay in a chunk that is in the cache, whether there are a thousand
//! pages or a million, and a page costs little more than its own record.

use super::host_page::TrackedPage;
use crate::books::FunctionType;
use prm::link::HostPage;
use std::collections::BTreeMap;

const CHUNK_SHIFT: u32 = 4;
const CHUNK_PAGES: usize = 1 << CHUNK_SHIFT;

#[derive(Clone, Debug)]
struct Chunk {
    present: u16,
    pages: [TrackedPage; CHUNK_PAGES],
}

/// Host pages by their number: bus address divided by the host's page size.
#[derive(Clone, Debug, Default)]
pub struct PageTable {
    chunks: BTreeMap<u64, Box<Chunk>>,
    len: usize,
}

#[allow(clippy::cast_possible_truncation, reason = "the place in a chunk is below 16")]
const fn place(number: u64) -> (u64, usize) {
    (number >> CHUNK_SHIFT, (number % CHUNK_PAGES as u64) as usize)
}

impl Chunk {
    fn empty() -> Box<Self> {
        let absent = TrackedPage::new(HostPage(0), 1, FunctionType::None);
        Box::new(Self {
            present: 0,
            pages: [absent; CHUNK_PAGES],
        })
    }

    const fn holds(&self, slot: usize) -> bool {
        self.present >> slot & 1 == 1
    }
}

impl PageTable {
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
        let (chunk, slot) = place(number);
        let chunk = self.chunks.entry(chunk).or_insert_with(Chunk::empty);
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
        let (chunk, slot) = place(number);
        self.chunks
            .get(&chunk)
            .filter(|chunk| chunk.holds(slot))
            .map(|chunk| &chunk.pages[slot])
    }

    /// The page of this number, to be changed.
    pub fn get_mut(&mut self, number: u64) -> Option<&mut TrackedPage> {
        let (chunk, slot) = place(number);
        self.chunks
            .get_mut(&chunk)
            .filter(|chunk| chunk.holds(slot))
            .map(|chunk| &mut chunk.pages[slot])
    }

    /// Takes the page of this number out.
    pub fn remove(&mut self, number: u64) -> Option<TrackedPage> {
        let (key, slot) = place(number);
        let chunk = self.chunks.get_mut(&key)?;
        if !chunk.holds(slot) {
            return None;
        }
        chunk.present &= !(1 << slot);
        let page = chunk.pages[slot];
        if chunk.present == 0 {
            self.chunks.remove(&key);
        }
        self.len -= 1;
        Some(page)
    }

    /// The pages by descending number: the order of the kernel's tree.
    pub fn descending(&self) -> impl Iterator<Item = (u64, &TrackedPage)> {
        self.chunks.iter().rev().flat_map(|(&key, chunk)| {
            let slots = (0..CHUNK_PAGES).rev().filter(|&slot| chunk.holds(slot));
            slots.map(move |slot| (key << CHUNK_SHIFT | slot as u64, &chunk.pages[slot]))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn page(handle: u64) -> TrackedPage {
        TrackedPage::new(HostPage(handle), 1, FunctionType::None)
    }

    proptest! {
        #[test]
        fn the_table_is_an_ordered_map(steps in prop::collection::vec((any::<bool>(), 0..70u64), 0..200)) {
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
            prop_assert_eq!(listed, model.into_keys().rev().collect::<Vec<_>>());
        }
    }
}
