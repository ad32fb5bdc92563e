//! Roots that get another key, another name, a type, or an end.

use super::PageBook;
use crate::books::{FunctionType, OwnerKey};
use crate::pages::owner::WireIdentity;

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

    /// Stores the root's new key on its host pages.
    pub fn retag(&mut self, old: OwnerKey, new: OwnerKey, wire: WireIdentity) {
        let Some(real) = self.resolve(new) else { return };
        if let Some(root) = self.roots.get_mut(&real) {
            root.pages_key = new;
            root.wire = wire;
        }
        self.free_list.retag(old, new);
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
            let pages = u32::try_from(root.given()).unwrap_or(u32::MAX);
            self.counters
                .reattribute(FunctionType::None, function_type, pages);
        }
    }

    /// Sets an owner's type, whatever it was before. Its pages move along.
    pub fn set_type(&mut self, key: OwnerKey, function_type: FunctionType) {
        let Some(root) = self.resolve(key).and_then(|real| self.roots.get_mut(&real)) else {
            return;
        };
        let before = std::mem::replace(&mut root.function_type, function_type);
        let pages = u32::try_from(root.given()).unwrap_or(u32::MAX);
        self.counters.reattribute(before, function_type, pages);
    }

    /// Forgets a root (`mlx5_reclaim_root_pages`). Host pages still in it are lost; those in the free list stay there.
    pub fn forget_root(&mut self, key: OwnerKey) {
        let Some(mut root) = self.roots.remove(&key) else {
            return;
        };
        for number in self.free_list.remove_owner(root.pages_key) {
            if let Some(page) = root.table.remove(number) {
                self.orphans.insert((root.pages_key, number), page);
            }
            if self.orphans.contains_key(&(root.pages_key, number)) {
                self.free_list.add(root.pages_key, number);
            }
        }
    }
}
