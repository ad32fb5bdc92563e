//! Pages that come back.

use super::super::free_list::FreeList;
use super::super::host_page::{HostPageSize, PutBack, TrackedPage};
use super::super::quarantine::Quarantine;
use super::super::root::Root;
use super::{Leaving, PageBook, PutReport, PutRules};
use crate::books::{Counters, OwnerKey};
use crate::device_bus::Bus;
use crate::revision::{Accounting, ReturnCheck};
use prm::Iova;
use prm::saturated;
use std::collections::BTreeMap;

/// One owner's root with the parts of the book that change with its pages.
struct Desk<'a> {
    root: &'a mut Root,
    /// The keys that lead to a root: this one, and others.
    key: OwnerKey,
    alias: Option<OwnerKey>,
    others: &'a BTreeMap<OwnerKey, Root>,
    free_list: &'a mut FreeList,
    counters: &'a mut Counters,
    quarantine: &'a mut Quarantine,
    size: HostPageSize,
    rules: PutRules,
}

impl Desk<'_> {
    /// Puts a 4 KiB page back (`free_4k`). If its host page is free as a whole by that, the key that this one carries is read.
    fn put(
        &mut self,
        bus: &mut Bus,
        key: OwnerKey,
        address: Iova,
        report: &mut PutReport,
    ) -> Option<Leaving> {
        let (number, sub_page) = (self.size.number(address), self.size.sub_page(address));
        let Some(page) = self.root.table.get_mut(number) else {
            put_set_aside(
                self.quarantine,
                self.counters,
                bus,
                key,
                address,
                self.size,
                report,
            );
            return None;
        };
        if self.rules.check == ReturnCheck::Checking && page.is_free(sub_page) {
            report.twice.push(address);
            return None;
        }
        let (stored, carried) = (page.function_type, page.key);
        let outcome = page.put(sub_page, self.size.sub_pages());
        self.root.note_returned(1);
        report.freed += 1;
        if self.quarantine.unhold(address) {
            self.root.held = self.root.held.saturating_sub(1);
            self.counters.quarantine = self.counters.quarantine.wrapping_sub(1);
            report.late += 1;
        } else {
            match self.rules.accounting {
                Accounting::Exchanges => {}
                Accounting::HostPages => self.counters.subtract(stored, 1),
                Accounting::Owners => self.counters.subtract(self.root.function_type, 1),
            }
        }
        match outcome {
            PutBack::Free => None,
            PutBack::FirstFree => {
                self.free_list.add(carried, number);
                None
            }
            PutBack::AllFree => Some(Leaving { key: carried, number }),
        }
    }

    /// Frees a host page, if the key that was read from it leads to a root (`free_fwp`). A page in the middle of a move whose key
    /// is gone can neither be found nor freed.
    fn free(&mut self, bus: &mut Bus, leaving: Leaving, report: &mut PutReport) {
        let Leaving { key, number } = leaving;
        if key == self.key || self.alias == Some(key) || self.others.contains_key(&key) {
            release(self.root, self.free_list, bus, number, self.size);
        } else {
            report.owner_missing = Some(key);
        }
    }
}

/// A page that is in no root may be one that was set aside. Whether it was.
fn put_set_aside(
    quarantine: &mut Quarantine,
    counters: &mut Counters,
    bus: &mut Bus,
    key: OwnerKey,
    address: Iova,
    size: HostPageSize,
    report: &mut PutReport,
) -> bool {
    let number = size.number(address);
    let Some(freed) = quarantine.put(key, number, size.sub_page(address), size.sub_pages()) else {
        report.not_found.push(address);
        return false;
    };
    if let Some(page) = freed {
        bus.release_page(size.address(number, 0), page);
    }
    counters.quarantine = counters.quarantine.wrapping_sub(1);
    report.late += 1;
    true
}

/// Frees a host page (`free_fwp`).
fn release(root: &mut Root, free_list: &mut FreeList, bus: &mut Bus, number: u64, size: HostPageSize) {
    let Some(page) = root.table.remove(number) else {
        return;
    };
    if size.sub_pages() > 1 {
        free_list.remove(page.key, number);
    }
    bus.release_page(size.address(number, 0), page.page);
}

impl PageBook {
    /// Puts 4 KiB pages of an owner back (`free_4k`).
    pub fn put(
        &mut self,
        bus: &mut Bus,
        key: OwnerKey,
        addresses: impl IntoIterator<Item = Iova>,
        rules: PutRules,
    ) -> PutReport {
        let mut report = PutReport::default();
        let Some(real) = self.resolve(key) else {
            self.put_without_root(bus, key, addresses, &mut report);
            return report;
        };
        self.at_desk(real, HostPageSize::of(bus), rules, |desk| {
            for address in addresses {
                if let Some(leaving) = desk.put(bus, key, address, &mut report) {
                    desk.free(bus, leaving, &mut report);
                }
            }
        });
        report
    }

    /// The first half of [`put`](Self::put) for one page: everything but the end of its host page, which is
    /// [`free_host_page`](Self::free_host_page).
    pub fn put_first_half(
        &mut self,
        bus: &mut Bus,
        key: OwnerKey,
        address: Iova,
        rules: PutRules,
    ) -> (PutReport, Option<Leaving>) {
        let mut report = PutReport::default();
        let Some(real) = self.resolve(key) else {
            self.put_without_root(bus, key, [address], &mut report);
            return (report, None);
        };
        let size = HostPageSize::of(bus);
        let leaving = self.at_desk(real, size, rules, |desk| desk.put(bus, key, address, &mut report));
        (report, leaving.flatten())
    }

    /// Frees a host page whose key was read before. The key that leads to no root any more, if it does not.
    pub fn free_host_page(&mut self, bus: &mut Bus, leaving: Leaving, rules: PutRules) -> Option<OwnerKey> {
        if self.resolve(leaving.key).is_none() {
            return Some(leaving.key);
        }
        let mut report = PutReport::default();
        if let Some(real) = self.holder(leaving.key, leaving.number) {
            let size = HostPageSize::of(bus);
            self.at_desk(real, size, rules, |desk| desk.free(bus, leaving, &mut report));
        }
        report.owner_missing
    }

    fn put_without_root(
        &mut self,
        bus: &mut Bus,
        key: OwnerKey,
        addresses: impl IntoIterator<Item = Iova>,
        report: &mut PutReport,
    ) {
        let size = HostPageSize::of(bus);
        let Self {
            counters, quarantine, ..
        } = self;
        for address in addresses {
            let known = put_set_aside(quarantine, counters, bus, key, address, size, report);
            report.root_missing |= !known;
        }
    }

    /// Does something to the root of this key, which is taken out of the others meanwhile.
    fn at_desk<R>(
        &mut self,
        key: OwnerKey,
        size: HostPageSize,
        rules: PutRules,
        work: impl FnOnce(&mut Desk<'_>) -> R,
    ) -> Option<R> {
        let mut root = self.roots.remove(&key)?;
        let mut desk = Desk {
            root: &mut root,
            key,
            alias: self.alias.map(|(new, _)| new),
            others: &self.roots,
            free_list: &mut self.free_list,
            counters: &mut self.counters,
            quarantine: &mut self.quarantine,
            size,
            rules,
        };
        let result = work(&mut desk);
        self.roots.insert(key, root);
        Some(result)
    }

    /// Drops all pages of an owner but for the end of their host pages, whose keys are read
    /// ([`free_host_pages`](Self::free_host_pages)). How many 4 KiB pages those were; `None` without a root
    /// (`release_all_pages`). The root stays.
    pub fn release_first_half(
        &mut self,
        bus: &Bus,
        key: OwnerKey,
        accounting: Accounting,
    ) -> Option<(u32, Vec<Leaving>)> {
        let size = HostPageSize::of(bus);
        let real = self.resolve(key)?;
        let root = self.roots.get_mut(&real)?;
        let owner_type = root.function_type;
        let pages: Vec<_> = root.descending().map(|(number, page)| (number, *page)).collect();
        let mut released = 0u32;
        let mut leaving = Vec::with_capacity(pages.len());
        for (number, page) in pages {
            let used = page.used_count(size.sub_pages());
            let held = self.unhold_all(number, &page, size);
            if let Some(root) = self.roots.get_mut(&real) {
                root.note_returned(u64::from(used));
                root.held = root.held.saturating_sub(u64::from(held));
            }
            let counted = used.saturating_sub(held);
            match accounting {
                Accounting::Exchanges => {}
                Accounting::HostPages => self.counters.subtract(page.function_type, counted),
                Accounting::Owners => self.counters.subtract(owner_type, counted),
            }
            released = released.wrapping_add(counted);
            leaving.push(Leaving {
                key: page.key,
                number,
            });
        }
        Some((released, leaving))
    }

    /// Frees the host pages of an owner whose keys were read before. A key that leads to no root any more, if there is one.
    pub fn free_host_pages(
        &mut self,
        bus: &mut Bus,
        key: OwnerKey,
        leaving: &[Leaving],
        rules: PutRules,
    ) -> Option<OwnerKey> {
        let Some(real) = self.resolve(key) else {
            let each = leaving.iter();
            return each
                .filter_map(|&leaving| self.free_host_page(bus, leaving, rules))
                .last();
        };
        let mut report = PutReport::default();
        self.at_desk(real, HostPageSize::of(bus), rules, |desk| {
            for &leaving in leaving {
                desk.free(bus, leaving, &mut report);
            }
        });
        report.owner_missing
    }

    fn unhold_all(&mut self, number: u64, page: &TrackedPage, size: HostPageSize) -> u32 {
        if self.quarantine.holds_nothing() {
            return 0;
        }
        let held = page
            .used(size.sub_pages())
            .filter(|&sub| self.quarantine.unhold(size.address(number, sub)));
        let held = saturated::<u32>(held.count());
        self.counters.quarantine = self.counters.quarantine.wrapping_sub(held);
        held
    }
}
