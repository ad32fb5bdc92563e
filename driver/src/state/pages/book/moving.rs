//! Roots that get another key, another name, a type, or an end.

use super::PageBook;
use crate::books::{FunctionType, OwnerKey};
use prm::WireIdentity;
use prm::saturated;

impl PageBook {
    /// Gives a root a second key (the insert of `migrate`). `false` if the new key has a root.
    #[must_use]
    pub fn add_key(&mut self, old: OwnerKey, new: OwnerKey) -> bool {
        if self.resolve(new).is_some() {
            return false;
        }
        self.alias = Some((new, old));
        true
    }

    /// Takes the old key of a root with two keys away.
    pub fn erase_old_key(&mut self) {
        let Some((new, old)) = self.alias.take() else {
            return;
        };
        if let Some(root) = self.roots.remove(&old) {
            self.roots.insert(new, root);
        }
    }

    /// Stores the root's new key on the host page that comes next in its tree after `last`; which that was. Between two pages
    /// others may look: those before carry the new key, those behind the old one.
    pub fn retag_next(&mut self, new: OwnerKey, last: Option<u64>) -> Option<u64> {
        let real = self.resolve(new)?;
        let table = &mut self.roots.get_mut(&real)?.table;
        let number = table.next_below(last)?;
        let page = table.get_mut(number)?;
        let old = std::mem::replace(&mut page.key, new);
        self.free_list.retag(old, new, number);
        Some(number)
    }

    /// Stores the root's new key on all its host pages.
    pub fn retag(&mut self, new: OwnerKey) {
        let mut last = self.retag_next(new, None);
        while last.is_some() {
            last = self.retag_next(new, last);
        }
    }

    /// Changes the name by which firmware is asked for a root's pages.
    pub fn rename(&mut self, key: OwnerKey, wire: WireIdentity) {
        if let Some(root) = self.resolve(key).and_then(|real| self.roots.get_mut(&real)) {
            root.wire = wire;
        }
    }

    /// Learns an owner's type. Pages counted so far under no type move along.
    pub fn learn_type(&mut self, key: OwnerKey, function_type: FunctionType) {
        let Some(root) = self.resolve(key).and_then(|real| self.roots.get_mut(&real)) else {
            return;
        };
        if root.function_type == FunctionType::None && function_type != FunctionType::None {
            root.function_type = function_type;
            let pages = saturated::<u32>(root.given());
            self.counters
                .reattribute(FunctionType::None, function_type, pages);
        }
    }

    /// Notes what kind of function an owner is, for as long as the book lives: its vport may go off and its pages come later. Pages
    /// that it has move along, also from another type, since an identity can be used again by another function.
    pub fn know_type(&mut self, key: OwnerKey, function_type: FunctionType) {
        self.known_types.insert(key, function_type);
        self.set_type(key, function_type);
    }

    /// The identity belongs to nobody known any more. Pages that it has keep their type.
    pub fn forget_type(&mut self, key: OwnerKey) {
        self.known_types.remove(&key);
    }

    /// What kind of function an owner was when that was last learnt.
    #[must_use]
    pub fn known_type(&self, key: OwnerKey) -> Option<FunctionType> {
        self.known_types.get(&key).copied()
    }

    /// Whether an owner has pages of whom nobody has said yet what it is.
    #[must_use]
    pub fn has_unknown_owner(&self) -> bool {
        self.roots().any(|(key, root)| {
            root.function_type == FunctionType::None
                && root.given() > 0
                && !self.known_types.contains_key(&key)
        })
    }

    /// Sets an owner's type, whatever it was before. Its pages move along.
    pub fn set_type(&mut self, key: OwnerKey, function_type: FunctionType) {
        let Some(root) = self.resolve(key).and_then(|real| self.roots.get_mut(&real)) else {
            return;
        };
        let before = std::mem::replace(&mut root.function_type, function_type);
        let pages = saturated::<u32>(root.given());
        self.counters.reattribute(before, function_type, pages);
    }

    /// Forgets a root (`mlx5_reclaim_root_pages`). Host pages still in it are lost; those in the free list stay there.
    pub fn forget_root(&mut self, key: OwnerKey) {
        let Some(mut root) = self.roots.remove(&key) else {
            return;
        };
        for carried in root.keys(key) {
            for number in self.free_list.remove_owner(carried) {
                if let Some(page) = root.table.remove(number) {
                    self.orphans.insert((carried, number), page);
                }
                if self.orphans.contains_key(&(carried, number)) {
                    self.free_list.add(carried, number);
                }
            }
        }
    }
}
