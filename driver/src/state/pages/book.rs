//! The driver's book: which 4 KiB pages firmware has, by owner.
//!
//! Nothing here talks to firmware. The procedures around it decide when pages are taken and put back.

mod moving;
mod putting;
mod setting_aside;

use super::free_list::FreeList;
use super::host_page::{HostPageSize, TrackedPage};
use super::owner::Owner;
use super::quarantine::Quarantine;
use super::root::Root;
use crate::books::{Counters, FunctionType, OwnerKey};
use crate::device_bus::Bus;
use crate::revision::{Accounting, ReturnCheck};
use prm::{ADAPTER_PAGE_SHIFT, Iova};
use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::hash::{Hash, Hasher};

/// Why no page could be taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum AllocationFailure {
    /// The host has no page.
    NoMemory,
    /// The page could not be mapped.
    NotMapped,
    /// The page could not be tracked: no memory for the owner's root.
    NotTracked,
    /// The page could not be tracked: its address is tracked already.
    AlreadyTracked,
    /// A host page is listed as free and is not.
    FreeListBroken,
}

/// How pages that are put back are treated.
#[derive(Clone, Copy, Debug, Hash)]
pub struct PutRules {
    /// What counters follow.
    pub accounting: Accounting,
    /// Whether returns are checked.
    pub check: ReturnCheck,
}

/// A host page that is free as a whole, and the key that it carried when that was read. Whoever frees it looks the key's root up.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Leaving {
    key: OwnerKey,
    number: u64,
}

/// What putting pages back showed.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct PutReport {
    /// Pages that were found and freed.
    pub freed: u32,
    /// Pages nobody knows.
    pub not_found: Vec<Iova>,
    /// Pages that were free already.
    pub twice: Vec<Iova>,
    /// Pages that had been set aside and came back after all.
    pub late: u32,
    /// The key has no root.
    pub root_missing: bool,
    /// The key on a host page that has no root: the page could not be freed.
    pub owner_missing: Option<OwnerKey>,
}

/// The book (`struct mlx5_priv`: `page_root_xa`, `free_list`, `fw_pages`, `page_counters`).
#[derive(Clone, Debug, Default)]
pub struct PageBook {
    pub(super) roots: BTreeMap<OwnerKey, Root>,
    /// While a root moves it is found under two keys: the new one leads to the old one.
    alias: Option<(OwnerKey, OwnerKey)>,
    free_list: FreeList,
    /// Host pages with free 4 KiB pages that outlived their root in the free list.
    orphans: BTreeMap<(OwnerKey, u64), TrackedPage>,
    /// Types that were learnt of owners named by VHCA id, whether they have pages or not. [`FunctionType::None`] is known too:
    /// a function without a counter of its own. Only accounts by owner keep this.
    known_types: BTreeMap<OwnerKey, FunctionType>,
    /// 4 KiB pages in a host page, once one was taken.
    sub_pages: u32,
    /// The counters.
    pub counters: Counters,
    /// What was set aside.
    pub quarantine: Quarantine,
}

impl Hash for PageBook {
    /// Where a page lies is no matter, only where else it is named.
    fn hash<H: Hasher>(&self, state: &mut H) {
        let Self {
            roots,
            alias,
            free_list,
            orphans,
            known_types,
            sub_pages,
            counters,
            quarantine,
        } = self;
        (alias, known_types, counters, roots.len()).hash(state);
        for (key, root) in roots {
            key.hash(state);
            root.hash_with(*sub_pages, state);
        }
        quarantine.hash_with(*sub_pages, state);
        for (&(key, number), page) in orphans {
            key.hash(state);
            page.hash_at(number, *sub_pages, state);
        }
        for (key, number) in free_list.by_owner_and_age() {
            (
                key,
                Iova(number.wrapping_mul(u64::from(*sub_pages)) << ADAPTER_PAGE_SHIFT),
            )
                .hash(state);
        }
    }
}

/// A 4 KiB page taken from a host page.
struct Taken {
    address: Iova,
    /// The type stored on the host page.
    stored_type: FunctionType,
    /// The type of the owner.
    owner_type: FunctionType,
}

impl PageBook {
    fn resolve(&self, key: OwnerKey) -> Option<OwnerKey> {
        if self.roots.contains_key(&key) {
            return Some(key);
        }
        self.alias.filter(|&(new, _)| new == key).map(|(_, old)| old)
    }

    /// The key of the root that holds a host page which carries `key`. In the middle of a move that need not be the root which
    /// the key leads to.
    fn holder(&self, key: OwnerKey, number: u64) -> Option<OwnerKey> {
        let holds = |root: &Root| root.table.get(number).is_some();
        let named = self
            .resolve(key)
            .filter(|real| self.roots.get(real).is_some_and(holds));
        named.or_else(|| {
            let mut roots = self.roots.iter();
            roots.find(|(_, root)| holds(root)).map(|(&real, _)| real)
        })
    }

    /// The root of a key.
    #[must_use]
    pub fn root(&self, key: OwnerKey) -> Option<&Root> {
        self.roots.get(&self.resolve(key)?)
    }

    /// The roots by ascending key.
    pub fn roots(&self) -> impl Iterator<Item = (OwnerKey, &Root)> {
        self.roots.iter().map(|(&key, root)| (key, root))
    }

    /// Takes `count` 4 KiB pages for an owner and appends their addresses (`alloc_4k`). Those taken before a failure
    /// stay taken: the caller puts them back.
    ///
    /// # Errors
    /// [`AllocationFailure`] when the host has no more.
    pub fn take(
        &mut self,
        bus: &mut Bus,
        owner: Owner,
        function_type: FunctionType,
        count: u32,
        accounting: Accounting,
        addresses: &mut Vec<Iova>,
    ) -> Result<(), AllocationFailure> {
        let size = HostPageSize::of(bus);
        self.sub_pages = size.sub_pages();
        for _ in 0..count {
            let taken = match self.take_listed(owner.key, size)? {
                Some(taken) => taken,
                None => self.take_fresh(bus, owner, function_type, size)?,
            };
            match accounting {
                Accounting::Exchanges => {}
                Accounting::HostPages => self.counters.add(taken.stored_type, 1),
                Accounting::Owners => self.counters.add(taken.owner_type, 1),
            }
            addresses.push(taken.address);
        }
        Ok(())
    }

    fn take_listed(&mut self, key: OwnerKey, size: HostPageSize) -> Result<Option<Taken>, AllocationFailure> {
        let Some(number) = self.free_list.oldest(key) else {
            return Ok(None);
        };
        let real = self.holder(key, number);
        let mut root = real.and_then(|real| self.roots.get_mut(&real));
        let page = match self.orphans.get_mut(&(key, number)) {
            Some(orphan) => Some(orphan),
            None => root.as_mut().and_then(|root| root.table.get_mut(number)),
        };
        let page = page.ok_or(AllocationFailure::FreeListBroken)?;
        let sub_page = page.take().ok_or(AllocationFailure::FreeListBroken)?;
        let (stored_type, exhausted) = (page.function_type, page.free_count() == 0);
        if exhausted {
            self.free_list.remove(key, number);
            self.orphans.remove(&(key, number));
        }
        let owner_type = root
            .as_ref()
            .map_or(FunctionType::None, |root| root.function_type);
        if let Some(root) = root.filter(|root| root.table.get(number).is_some()) {
            root.note_taken(1);
        }
        let address = size.address(number, sub_page);
        Ok(Some(Taken {
            address,
            stored_type,
            owner_type,
        }))
    }

    /// A page of a new host page (`alloc_system_page`, then `alloc_4k`).
    fn take_fresh(
        &mut self,
        bus: &mut Bus,
        owner: Owner,
        function_type: FunctionType,
        size: HostPageSize,
    ) -> Result<Taken, AllocationFailure> {
        let page = bus.allocate_page().map_err(|_| AllocationFailure::NoMemory)?;
        let mut mapping = bus.map_page(page);
        // Firmware takes address 0 for no page, so the page is mapped a second time.
        let zero = mapping.is_ok_and(|at| at.0 == 0);
        if zero {
            mapping = bus.map_page(page);
        }
        let at = match mapping {
            Ok(at) => at,
            Err(_) => {
                if !zero || bus.unmap_page(Iova(0)).is_ok() {
                    bus.free_page(page);
                }
                return Err(AllocationFailure::NotMapped);
            }
        };
        let mut tracked = TrackedPage::new(page, size.sub_pages(), function_type, owner.key);
        let first = tracked.take().unwrap_or(0);
        let number = size.number(at);
        let tracking = self.track(bus, owner, function_type, number, tracked);
        // A page that stays mapped is lost rather than anybody else's.
        let unmapped = tracking.is_ok() || bus.unmap_page(at).is_ok();
        let unmapped = (!zero || bus.unmap_page(Iova(0)).is_ok()) && unmapped;
        let owner_type = match tracking {
            Ok(owner_type) => owner_type,
            Err(failure) => {
                if unmapped {
                    bus.free_page(page);
                }
                return Err(failure);
            }
        };
        if tracked.free_count() > 0 {
            self.free_list.add(owner.key, number);
        }
        Ok(Taken {
            address: size.address(number, first),
            stored_type: function_type,
            owner_type,
        })
    }

    fn track(
        &mut self,
        bus: &mut Bus,
        owner: Owner,
        function_type: FunctionType,
        number: u64,
        page: TrackedPage,
    ) -> Result<FunctionType, AllocationFailure> {
        let key = self.resolve(owner.key).unwrap_or(owner.key);
        let root = match self.roots.entry(key) {
            Entry::Occupied(root) => root.into_mut(),
            Entry::Vacant(place) => {
                bus.allocate("page_root")
                    .map_err(|_| AllocationFailure::NotTracked)?;
                place.insert(Root::new(owner.wire, function_type))
            }
        };
        if !root.table.insert(number, page) {
            return Err(AllocationFailure::AlreadyTracked);
        }
        root.note_taken(1);
        Ok(root.function_type)
    }

    /// Up to `limit` taken 4 KiB pages of an owner in the order in which the kernel reclaims them by force: host
    /// pages by descending address, 4 KiB pages in them ascending.
    #[must_use]
    pub fn used_pages(&self, key: OwnerKey, limit: usize, host_page_size: u64) -> Vec<Iova> {
        let size = HostPageSize::new(host_page_size);
        let Some(root) = self.root(key) else {
            return Vec::new();
        };
        let pages = root.descending();
        let used = pages.flat_map(|(number, page)| {
            page.used(size.sub_pages())
                .map(move |sub_page| size.address(number, sub_page))
        });
        used.take(limit).collect()
    }
}

#[cfg(test)]
mod tests;
