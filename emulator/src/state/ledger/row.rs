//! The pages of one owner.

use super::page::OwnedPage;
use crate::config::ReturnOrder;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::Rng as _;
use std::collections::{BTreeSet, VecDeque};
use std::hash::{Hash, Hasher};

/// The pages that one owner holds.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Row {
    pages: VecDeque<OwnedPage>,
    /// Whether `pages` is sorted by generation. Only draws by seed disturb the order; whoever needs it again
    /// restores it.
    shuffled: bool,
}

impl Hash for Row {
    /// Pages are in the order of their age, so that how old each is says nothing more; but where draws have disturbed that, it does.
    fn hash<H: Hasher>(&self, state: &mut H) {
        let Self { pages, shuffled } = self;
        (pages, shuffled).hash(state);
        let ages = pages.iter().filter(|_| *shuffled).map(|page| page.generation);
        ages.for_each(|age| age.hash(state));
    }
}

impl Row {
    pub(super) fn len(&self) -> usize {
        self.pages.len()
    }

    pub(super) fn is_empty(&self) -> bool {
        self.pages.is_empty()
    }

    pub(super) fn push(&mut self, page: OwnedPage) {
        self.pages.push_back(page);
    }

    /// Takes back the last `count` that were pushed.
    pub(super) fn unpush(&mut self, count: usize) {
        let kept = self.pages.len().saturating_sub(count);
        self.pages.truncate(kept);
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = OwnedPage> + '_ {
        self.pages.iter().copied()
    }

    /// Joins another row's pages, in order of age.
    pub(super) fn append(&mut self, mut other: Self) {
        self.pages.append(&mut other.pages);
        self.shuffled = true;
        self.sort();
    }

    fn sort(&mut self) {
        if self.shuffled {
            self.pages
                .make_contiguous()
                .sort_unstable_by_key(|page| page.generation);
            self.shuffled = false;
        }
    }

    /// Removes up to `count` pages, first to go first.
    pub(super) fn take(&mut self, count: usize, order: ReturnOrder, rng: &mut ChaCha8Rng) -> Vec<OwnedPage> {
        let count = count.min(self.pages.len());
        match order {
            ReturnOrder::Oldest => {
                self.sort();
                self.pages.drain(..count).collect()
            }
            ReturnOrder::Newest => {
                self.sort();
                let kept = self.pages.len() - count;
                self.pages.drain(kept..).rev().collect()
            }
            ReturnOrder::Seeded => {
                self.shuffled = true;
                let drawn = (0..count).filter_map(|_| {
                    let index = draw(rng, self.pages.len());
                    self.pages.swap_remove_back(index)
                });
                drawn.collect()
            }
        }
    }

    /// Removes the pages at these places of the return order; returns one page for every index that exists, repeated
    /// indices repeated.
    pub(super) fn take_at(&mut self, indices: &[u32], order: ReturnOrder) -> Vec<OwnedPage> {
        self.sort();
        let last = self.pages.len().wrapping_sub(1);
        let places: Vec<usize> = indices
            .iter()
            .filter_map(|&index| usize::try_from(index).ok())
            .filter(|&index| index < self.pages.len())
            .map(|index| {
                if order == ReturnOrder::Newest {
                    last - index
                } else {
                    index
                }
            })
            .collect();
        let listed = places.iter().map(|&place| self.pages[place]).collect();
        let gone: BTreeSet<usize> = places.into_iter().collect();
        for &place in gone.iter().rev() {
            self.pages.remove(place);
        }
        listed
    }
}

/// A number below `bound`, which must not be 0.
fn draw(rng: &mut ChaCha8Rng, bound: usize) -> usize {
    // The bias of the multiplication is below 2^-32 per draw for the sizes that occur.
    let scaled = (u128::from(rng.next_u64()) * bound as u128) >> 64;
    usize::try_from(scaled).unwrap_or(0)
}
