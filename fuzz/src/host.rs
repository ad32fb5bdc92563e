//! Host memory of a fuzzed device: sparse pages, one address space for each endpoint.

use emulator::Buses;
use prm::link::{DmaFault, HostBus};
use prm::{ADAPTER_PAGE_SIZE as PAGE, Function, Iova, saturated};
use std::collections::BTreeMap;
use std::ops::Range;

/// Pages that one host has at most: what a program can make the device write is bounded by it.
const MOST_PAGES: usize = 4096;

/// One host: pages that are mapped, and how many interrupts came.
#[derive(Clone, Debug, Default)]
pub struct Host {
    pages: BTreeMap<u64, Vec<u8>>,
    /// Interrupts so far.
    pub interrupts: u64,
}

impl Host {
    /// Maps the pages that hold these bytes, as far as there is memory.
    pub fn map(&mut self, at: Iova, bytes: u64) {
        for page in at.0 / PAGE..at.0.saturating_add(bytes).div_ceil(PAGE) {
            if self.pages.len() >= MOST_PAGES {
                return;
            }
            self.pages.entry(page).or_insert_with(|| vec![0; saturated(PAGE)]);
        }
    }

    /// Takes a page away from under the device.
    pub fn unmap(&mut self, at: Iova) {
        self.pages.remove(&(at.0 / PAGE));
    }

    fn each(
        &mut self,
        at: Iova,
        length: usize,
        mut part: impl FnMut(&mut [u8], Range<usize>),
    ) -> Result<(), DmaFault> {
        let end = at.0.checked_add(length as u64).ok_or(DmaFault { at })?;
        for page in at.0 / PAGE..end.div_ceil(PAGE) {
            if !self.pages.contains_key(&page) {
                return Err(DmaFault {
                    at: Iova(at.0.max(page * PAGE)),
                });
            }
        }
        let mut place = at.0;
        while place < end {
            let stop = ((place / PAGE + 1) * PAGE).min(end);
            let page = self.pages.get_mut(&(place / PAGE)).expect("was looked up");
            let inside = saturated(place % PAGE)..saturated(place % PAGE + stop - place);
            part(&mut page[inside], saturated(place - at.0)..saturated(stop - at.0));
            place = stop;
        }
        Ok(())
    }
}

impl HostBus for Host {
    fn dma_read(&mut self, at: Iova, into: &mut [u8]) -> Result<(), DmaFault> {
        self.each(at, into.len(), |page, done| into[done].copy_from_slice(page))
    }

    fn dma_write(&mut self, at: Iova, from: &[u8]) -> Result<(), DmaFault> {
        self.each(at, from.len(), |page, done| page.copy_from_slice(&from[done]))
    }

    fn interrupt(&mut self, _vector: u16) {
        self.interrupts += 1;
    }
}

/// The hosts of all endpoints.
#[derive(Clone, Debug, Default)]
pub struct Hosts(BTreeMap<Function, Host>);

impl Hosts {
    /// The host of an endpoint.
    pub fn host(&mut self, endpoint: Function) -> &mut Host {
        self.0.entry(endpoint).or_default()
    }
}

impl Buses for Hosts {
    fn bus(&mut self, endpoint: Function) -> &mut dyn HostBus {
        self.host(endpoint)
    }
}
