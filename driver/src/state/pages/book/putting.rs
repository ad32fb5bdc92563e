//! Pages that come back.

use super::super::free_list::FreeList;
use super::super::host_page::{HostPageSize, PutBack, TrackedPage};
use super::super::quarantine::Quarantine;
use super::super::root::Root;
use super::{PageBook, PutReport, PutRules};
use crate::books::{Counters, OwnerKey};
use crate::device_bus::Bus;
use crate::revision::{Accounting, ReturnCheck};
use prm::Iova;
use prm::saturated;

/// One owner's root with the parts of the book that change with its pages.
struct Desk<'a> {
    root: &'a mut Root,
    free_list: &'a mut FreeList,
    counters: &'a mut Counters,
    quarantine: &'a mut Quarantine,
    /// Whether the key that is stored on the host pages leads to a root.
    pages_key_known: bool,
    size: HostPageSize,
    rules: PutRules,
}

impl Desk<'_> {
    fn put(&mut self, bus: &mut Bus, key: OwnerKey, address: Iova, report: &mut PutReport) {
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
            return;
        };
        if self.rules.check == ReturnCheck::Checking && page.is_free(sub_page) {
            report.twice.push(address);
            return;
        }
        let stored = page.function_type;
        let outcome = page.put(sub_page, self.size.sub_pages());
        self.root.note_returned(stored, 1);
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
            PutBack::Free => {}
            PutBack::FirstFree => self.free_list.add(self.root.pages_key, number),
            PutBack::AllFree if self.pages_key_known => {
                release(self.root, self.free_list, bus, number, self.size);
            }
            // A page in the middle of a move whose own key is already gone can neither be found nor freed.
            PutBack::AllFree => report.owner_missing = Some(self.root.pages_key),
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
        free_list.remove(root.pages_key, number);
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
        let size = HostPageSize::of(bus);
        let mut report = PutReport::default();
        let real = self.resolve(key);
        let pages_key = real
            .and_then(|real| self.roots.get(&real))
            .map(|root| root.pages_key);
        let pages_key_known = pages_key.is_some_and(|key| self.resolve(key).is_some());
        let Self {
            roots,
            free_list,
            counters,
            quarantine,
            ..
        } = self;
        let Some(root) = real.and_then(|real| roots.get_mut(&real)) else {
            for address in addresses {
                let known = put_set_aside(quarantine, counters, bus, key, address, size, &mut report);
                report.root_missing |= !known;
            }
            return report;
        };
        let mut desk = Desk {
            root,
            free_list,
            counters,
            quarantine,
            pages_key_known,
            size,
            rules,
        };
        for address in addresses {
            desk.put(bus, key, address, &mut report);
        }
        report
    }

    /// Drops all pages of an owner; how many 4 KiB pages those were, `None` without a root (`release_all_pages`).
    /// The root stays, empty.
    pub fn release_all(&mut self, bus: &mut Bus, key: OwnerKey, accounting: Accounting) -> Option<u32> {
        let size = HostPageSize::of(bus);
        let real = self.resolve(key)?;
        let root = self.roots.get_mut(&real)?;
        let owner_type = root.function_type;
        let pages: Vec<_> = root.descending().map(|(number, page)| (number, *page)).collect();
        let mut released = 0u32;
        for (number, page) in pages {
            let used = page.used_count(size.sub_pages());
            let held = self.unhold_all(number, &page, size);
            if let Some(root) = self.roots.get_mut(&real) {
                root.note_returned(page.function_type, u64::from(used));
                root.held = root.held.saturating_sub(u64::from(held));
            }
            let counted = used.saturating_sub(held);
            match accounting {
                Accounting::Exchanges => {}
                Accounting::HostPages => self.counters.subtract(page.function_type, counted),
                Accounting::Owners => self.counters.subtract(owner_type, counted),
            }
            released = released.wrapping_add(counted);
            if let Some(root) = self.roots.get_mut(&real) {
                release(root, &mut self.free_list, bus, number, size);
            }
        }
        Some(released)
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
