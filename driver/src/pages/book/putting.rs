//! Pages that come back.

use super::{PageBook, PutReport, PutRules};
use crate::books::OwnerKey;
use crate::pages::host_page::{HostPageSize, PutBack, TrackedPage};
use crate::revision::{Accounting, ReturnCheck};
use prm::Iova;
use prm::link::DeviceBacking;

impl PageBook {
    /// Puts 4 KiB pages of an owner back (`free_4k`).
    pub fn put(
        &mut self,
        backing: &mut dyn DeviceBacking,
        key: OwnerKey,
        addresses: impl IntoIterator<Item = Iova>,
        rules: PutRules,
    ) -> PutReport {
        let size = HostPageSize::of(backing);
        let mut report = PutReport::default();
        for address in addresses {
            self.put_one(backing, key, address, size, rules, &mut report);
        }
        report
    }

    fn put_one(
        &mut self,
        backing: &mut dyn DeviceBacking,
        key: OwnerKey,
        address: Iova,
        size: HostPageSize,
        rules: PutRules,
        report: &mut PutReport,
    ) {
        let number = size.number(address);
        let sub_page = size.sub_page(address);
        let Some(real) = self.resolve(key) else {
            report.root_missing |= !self.put_aside_returns(backing, key, address, size, report);
            return;
        };
        let Some(root) = self.roots.get_mut(&real) else {
            return;
        };
        let Some(page) = root.table.get_mut(number) else {
            self.put_aside_returns(backing, key, address, size, report);
            return;
        };
        if rules.check == ReturnCheck::Checking && page.is_free(sub_page) {
            report.twice.push(address);
            return;
        }
        let stored = page.function_type;
        let outcome = page.put(sub_page, size.sub_pages());
        root.note_returned(stored, 1);
        let (pages_key, owner_type) = (root.pages_key, root.function_type);
        report.freed += 1;
        if self.quarantine.unhold(address) {
            root.held = root.held.saturating_sub(1);
            self.counters.quarantine = self.counters.quarantine.wrapping_sub(1);
            report.late += 1;
        } else {
            match rules.accounting {
                Accounting::Exchanges => {}
                Accounting::HostPages => self.counters.subtract(stored, 1),
                Accounting::Owners => self.counters.subtract(owner_type, 1),
            }
        }
        match outcome {
            PutBack::Free => {}
            PutBack::FirstFree => self.free_list.add(pages_key, number),
            // A page in the middle of a move whose own key is already gone can neither be found nor freed.
            PutBack::AllFree if self.resolve(pages_key).is_none() => report.owner_missing = true,
            PutBack::AllFree => self.release(backing, real, number, size),
        }
    }

    /// A page that is in no root may be one that was set aside. Whether it was.
    fn put_aside_returns(
        &mut self,
        backing: &mut dyn DeviceBacking,
        key: OwnerKey,
        address: Iova,
        size: HostPageSize,
        report: &mut PutReport,
    ) -> bool {
        let Some(freed) = self.quarantine.put(
            key,
            size.number(address),
            size.sub_page(address),
            size.sub_pages(),
        ) else {
            report.not_found.push(address);
            return false;
        };
        if let Some(page) = freed {
            backing.unmap_page(size.address(size.number(address), 0));
            backing.free_page(page);
        }
        self.counters.quarantine = self.counters.quarantine.wrapping_sub(1);
        report.late += 1;
        true
    }

    /// Frees a host page (`free_fwp`).
    fn release(&mut self, backing: &mut dyn DeviceBacking, key: OwnerKey, number: u64, size: HostPageSize) {
        let Some(root) = self.roots.get_mut(&key) else {
            return;
        };
        let pages_key = root.pages_key;
        let Some(page) = root.table.remove(number) else {
            return;
        };
        if size.sub_pages() > 1 {
            self.free_list.remove(pages_key, number);
        }
        backing.unmap_page(size.address(number, 0));
        backing.free_page(page.page);
    }

    /// Drops all pages of an owner; how many 4 KiB pages those were, `None` without a root (`release_all_pages`).
    /// The root stays, empty.
    pub fn release_all(
        &mut self,
        backing: &mut dyn DeviceBacking,
        key: OwnerKey,
        accounting: Accounting,
    ) -> Option<u32> {
        let size = HostPageSize::of(backing);
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
            self.release(backing, real, number, size);
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
        let held = u32::try_from(held.count()).unwrap_or(u32::MAX);
        self.counters.quarantine = self.counters.quarantine.wrapping_sub(held);
        held
    }
}
