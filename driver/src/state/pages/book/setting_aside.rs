//! Pages of which nobody knows whether firmware uses them.

use super::super::host_page::HostPageSize;
use super::PageBook;
use crate::books::OwnerKey;
use crate::device_bus::Bus;
use prm::Iova;
use prm::saturated;

impl PageBook {
    /// Sets a root aside: its pages stay mapped, but leave counters, roots and free list. How many 4 KiB pages.
    pub fn set_root_aside(&mut self, key: OwnerKey, host_page_size: u64) -> u32 {
        let size = HostPageSize::new(host_page_size);
        let Some(mut root) = self.roots.remove(&key) else {
            return 0;
        };
        for carried in root.keys(key) {
            self.free_list.remove_owner(carried);
        }
        let given = saturated::<u32>(root.given());
        // Pages that are held singly are set aside with the root from now on.
        if root.held > 0 {
            for (number, page) in root.descending() {
                for sub_page in page.used(size.sub_pages()) {
                    self.quarantine.unhold(size.address(number, sub_page));
                }
            }
            root.held = 0;
        }
        self.counters.subtract(root.function_type, given);
        self.counters.quarantine = self.counters.quarantine.wrapping_add(given);
        if root.used > 0 {
            self.quarantine.add_root(key, root);
        }
        given
    }

    /// Holds pages aside whose command has no known outcome. They stay in their root but are not counted.
    pub fn hold(&mut self, key: OwnerKey, addresses: &[Iova]) {
        let Some(root) = self.resolve(key).and_then(|real| self.roots.get_mut(&real)) else {
            return;
        };
        let mut held = 0u32;
        for &address in addresses {
            held += u32::from(self.quarantine.hold(address));
        }
        root.held += u64::from(held);
        let function_type = root.function_type;
        self.counters.subtract(function_type, held);
        self.counters.quarantine = self.counters.quarantine.wrapping_add(held);
    }

    /// Counts held pages again: firmware has them.
    pub fn adopt(&mut self, key: OwnerKey, addresses: &[Iova]) -> u32 {
        let Some(root) = self.resolve(key).and_then(|real| self.roots.get_mut(&real)) else {
            return 0;
        };
        let mut adopted = 0u32;
        for &address in addresses {
            adopted += u32::from(self.quarantine.unhold(address));
        }
        root.held = root.held.saturating_sub(u64::from(adopted));
        let function_type = root.function_type;
        self.counters.add(function_type, adopted);
        self.counters.quarantine = self.counters.quarantine.wrapping_sub(adopted);
        adopted
    }

    /// Drops everything that was set aside: the device was reset and uses nothing any more.
    pub fn empty_quarantine(&mut self, bus: &mut Bus) {
        let size = HostPageSize::of(bus);
        for root in self.quarantine.drain_roots() {
            for (number, page) in root.descending() {
                bus.release_page(size.address(number, 0), page.page);
            }
        }
        self.counters.quarantine = self.quarantine.held_pages();
    }
}
