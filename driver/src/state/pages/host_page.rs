//! One host page and the 4 KiB pages in it.

use crate::books::{FunctionType, OwnerKey};
use crate::device_bus::Bus;
use prm::link::HostPage;
use prm::saturated;
use prm::{ADAPTER_PAGE_SHIFT, ADAPTER_PAGE_SIZE, Iova};
use std::hash::{Hash, Hasher};

/// Most 4 KiB pages in a host page: 16 in one of 64 KiB.
pub const MAX_SUB_PAGES: u32 = 16;

/// A host page that is mapped for the device (`struct fw_page`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TrackedPage {
    /// The host's name for it.
    pub page: HostPage,
    /// Bit n is set if 4 KiB page n is free.
    free: u16,
    /// How many are free. Kept beside the bits, as the kernel does: a page that is returned twice makes them differ.
    free_count: u8,
    /// The type stored when the host page was allocated.
    pub function_type: FunctionType,
    /// The key stored on it (`fwp->function`). It differs from its root's only while that moves.
    pub key: OwnerKey,
}

/// What happened to a 4 KiB page that was put back.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum PutBack {
    /// It is free again, and so is another of the host page.
    Free,
    /// It is the first free one of its host page, which is to be listed.
    FirstFree,
    /// The count says that all of the host page is free.
    AllFree,
}

impl TrackedPage {
    /// A page with all of its `sub_pages` free.
    #[must_use]
    pub fn new(page: HostPage, sub_pages: u32, function_type: FunctionType, key: OwnerKey) -> Self {
        let sub_pages = sub_pages.clamp(1, MAX_SUB_PAGES);
        let free = u16::MAX >> (MAX_SUB_PAGES - sub_pages);
        let free_count = saturated::<u8>(sub_pages);
        Self {
            page,
            free,
            free_count,
            function_type,
            key,
        }
    }

    /// Hashes it, where it has this number (bus address divided by the host's page size) on a host with so many 4 KiB pages in one of
    /// its own. What the host calls it follows from that.
    pub(super) fn hash_at<H: Hasher>(&self, number: u64, sub_pages: u32, state: &mut H) {
        let Self {
            page: _,
            free,
            free_count,
            function_type,
            key,
        } = self;
        Iova(number.wrapping_mul(u64::from(sub_pages)) << ADAPTER_PAGE_SHIFT).hash(state);
        (free, free_count, function_type, key).hash(state);
    }

    /// Takes the lowest free 4 KiB page; its number. `None` if there is none, whatever the count says.
    pub fn take(&mut self) -> Option<u32> {
        let lowest = self.free.trailing_zeros();
        if lowest >= MAX_SUB_PAGES {
            return None;
        }
        self.free &= !(1 << lowest);
        self.free_count = self.free_count.saturating_sub(1);
        Some(lowest)
    }

    /// Whether 4 KiB page `number` is free.
    #[must_use]
    pub const fn is_free(&self, number: u32) -> bool {
        self.free >> (number % MAX_SUB_PAGES) & 1 == 1
    }

    /// Puts 4 KiB page `number` back without a look at whether it was taken.
    pub fn put(&mut self, number: u32, sub_pages: u32) -> PutBack {
        self.free |= 1 << (number % MAX_SUB_PAGES);
        self.free_count = self.free_count.saturating_add(1);
        if u32::from(self.free_count) == sub_pages {
            PutBack::AllFree
        } else if self.free_count == 1 {
            PutBack::FirstFree
        } else {
            PutBack::Free
        }
    }

    /// How many 4 KiB pages are free, by the count.
    #[must_use]
    pub const fn free_count(&self) -> u32 {
        self.free_count as u32
    }

    /// How many are taken, by the count.
    #[must_use]
    pub const fn used_count(&self, sub_pages: u32) -> u32 {
        sub_pages.saturating_sub(self.free_count())
    }

    /// The numbers of the taken 4 KiB pages, ascending.
    pub fn used(&self, sub_pages: u32) -> impl Iterator<Item = u32> + use<> {
        let free = self.free;
        (0..sub_pages.min(MAX_SUB_PAGES)).filter(move |&number| free >> number & 1 == 0)
    }
}

/// The size of a host page, as far as addresses need it.
#[derive(Clone, Copy, Debug, Hash)]
pub(super) struct HostPageSize {
    shift: u32,
}

impl HostPageSize {
    pub(super) fn of(bus: &Bus) -> Self {
        Self::new(bus.host_page_size())
    }

    pub(super) fn new(host_page_size: u64) -> Self {
        Self {
            shift: host_page_size
                .max(ADAPTER_PAGE_SIZE)
                .trailing_zeros()
                .clamp(12, 16),
        }
    }

    pub(super) const fn sub_pages(self) -> u32 {
        1 << (self.shift - 12)
    }

    pub(super) const fn number(self, address: Iova) -> u64 {
        address.0 >> self.shift
    }

    #[allow(clippy::cast_possible_truncation, reason = "at most 15")]
    pub(super) const fn sub_page(self, address: Iova) -> u32 {
        ((address.0 >> ADAPTER_PAGE_SHIFT) & (self.sub_pages() as u64 - 1)) as u32
    }

    pub(super) const fn address(self, number: u64, sub_page: u32) -> Iova {
        Iova((number << self.shift) + sub_page as u64 * ADAPTER_PAGE_SIZE)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_are_taken_from_the_lowest_and_the_last_return_frees_all() {
        let mut page = TrackedPage::new(HostPage(1), 16, FunctionType::None, OwnerKey(0));
        assert_eq!(
            (0..16).map(|_| page.take()).collect::<Vec<_>>(),
            (0..16).map(Some).collect::<Vec<_>>()
        );
        assert_eq!(page.take(), None);
        assert_eq!(page.put(7, 16), PutBack::FirstFree);
        assert_eq!(page.take(), Some(7));
        assert_eq!(page.put(3, 16), PutBack::FirstFree);
        for number in (0..15).filter(|&number| number != 3) {
            assert_eq!(page.put(number, 16), PutBack::Free);
        }
        assert_eq!(page.used(16).collect::<Vec<_>>(), [15]);
        assert_eq!(page.put(15, 16), PutBack::AllFree);
    }

    #[test]
    fn a_million_host_pages_are_16_megabytes() {
        assert_eq!(size_of::<TrackedPage>(), 16);
    }

    #[test]
    fn a_second_return_makes_count_and_bits_differ() {
        let mut page = TrackedPage::new(HostPage(1), 16, FunctionType::Vf, OwnerKey(0));
        for _ in 0..16 {
            page.take();
        }
        page.put(0, 16);
        for number in 0..14 {
            page.put(number, 16);
        }
        assert_eq!(page.put(14, 16), PutBack::AllFree, "number 15 is still out");
        assert!(!page.is_free(15));
    }

    #[test]
    fn a_host_page_of_4_kib_holds_one() {
        let mut page = TrackedPage::new(HostPage(1), 1, FunctionType::Own, OwnerKey(0));
        assert_eq!(page.take(), Some(0));
        assert_eq!(page.take(), None);
        assert_eq!(page.put(0, 1), PutBack::AllFree);
        assert_eq!(
            page.put(0, 1),
            PutBack::Free,
            "an impossible second return is never \"all\" again"
        );
    }
}
