//! Host pages that still have a free 4 KiB page, by owner and age.
//!
//! The kernel keeps one list for all owners, adds at its head and, when it needs a page, walks all of it to
//! find the owner's entry that is nearest to the tail. One list per owner gives the same page without the walk.

use crate::books::OwnerKey;
use std::collections::BTreeMap;

#[derive(Clone, Debug, Default)]
struct OwnersPages {
    by_age: BTreeMap<u64, u64>,
    ages: BTreeMap<u64, u64>,
}

/// The list (`free_list`). Pages are named by their number in the owner's [`PageTable`](super::page_table::PageTable).
#[derive(Clone, Debug, Default)]
pub struct FreeList {
    owners: BTreeMap<OwnerKey, OwnersPages>,
    next_age: u64,
}

impl FreeList {
    /// Adds a page at the head: it is now the owner's youngest.
    pub fn add(&mut self, owner: OwnerKey, number: u64) {
        let pages = self.owners.entry(owner).or_default();
        if let Some(age) = pages.ages.insert(number, self.next_age) {
            pages.by_age.remove(&age);
        }
        pages.by_age.insert(self.next_age, number);
        self.next_age += 1;
    }

    /// All pages, by owner and the oldest first. That is all there is to the list: how old they are is no matter.
    pub fn by_owner_and_age(&self) -> impl Iterator<Item = (OwnerKey, u64)> {
        let owners = self.owners.iter();
        owners.flat_map(|(&owner, pages)| pages.by_age.values().map(move |&number| (owner, number)))
    }

    /// The owner's page that has been in the list for longest.
    #[must_use]
    pub fn oldest(&self, owner: OwnerKey) -> Option<u64> {
        self.owners
            .get(&owner)?
            .by_age
            .first_key_value()
            .map(|(_, &number)| number)
    }

    /// Takes a page out; whether it was in.
    pub fn remove(&mut self, owner: OwnerKey, number: u64) -> bool {
        let Some(pages) = self.owners.get_mut(&owner) else {
            return false;
        };
        let Some(age) = pages.ages.remove(&number) else {
            return false;
        };
        pages.by_age.remove(&age);
        if pages.ages.is_empty() {
            self.owners.remove(&owner);
        }
        true
    }

    /// Takes all pages of an owner out, oldest first.
    pub fn remove_owner(&mut self, owner: OwnerKey) -> Vec<u64> {
        self.owners
            .remove(&owner)
            .map(|pages| pages.by_age.into_values().collect())
            .unwrap_or_default()
    }

    /// Gives a page of one owner, if it is in, to another. The list's order stays.
    pub fn retag(&mut self, from: OwnerKey, to: OwnerKey, number: u64) {
        let age = self.owners.get(&from).and_then(|pages| pages.ages.get(&number));
        let Some(&age) = age else { return };
        self.remove(from, number);
        let target = self.owners.entry(to).or_default();
        target.by_age.insert(age, number);
        target.ages.insert(number, age);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[derive(Clone, Debug, Hash)]
    enum Step {
        Add(u32, u64),
        Remove(u32, u64),
        Retag(u32, u32, u64),
    }

    fn step() -> impl Strategy<Value = Step> {
        prop_oneof![
            (0..3u32, 0..8u64).prop_map(|(owner, page)| Step::Add(owner, page)),
            (0..3u32, 0..8u64).prop_map(|(owner, page)| Step::Remove(owner, page)),
            (0..3u32, 0..3u32, 0..24u64).prop_map(|(from, to, page)| Step::Retag(from, to, page)),
        ]
    }

    proptest! {
        /// Against the kernel's way: one list, new entries at the head, the last match of a full walk.
        #[test]
        fn the_page_found_is_the_one_a_walk_of_one_list_would_find(steps in prop::collection::vec(step(), 0..100)) {
            let mut list = FreeList::default();
            let mut walk: Vec<(u32, u64)> = Vec::new();
            for step in steps {
                match step {
                    // Page numbers are unique among all owners, as bus addresses are.
                    Step::Add(owner, page) => {
                        let page = page * 3 + u64::from(owner);
                        if !walk.iter().any(|entry| entry.1 == page) {
                            list.add(OwnerKey(owner), page);
                            walk.insert(0, (owner, page));
                        }
                    }
                    Step::Remove(owner, page) => {
                        let page = page * 3 + u64::from(owner);
                        list.remove(OwnerKey(owner), page);
                        walk.retain(|&entry| entry != (owner, page));
                    }
                    Step::Retag(from, to, page) => {
                        list.retag(OwnerKey(from), OwnerKey(to), page);
                        for entry in walk.iter_mut().filter(|&&mut entry| entry == (from, page)) {
                            entry.0 = to;
                        }
                    }
                }
                for owner in 0..3 {
                    let found = walk.iter().rev().find(|entry| entry.0 == owner).map(|entry| entry.1);
                    prop_assert_eq!(list.oldest(OwnerKey(owner)), found);
                }
            }
        }
    }
}
