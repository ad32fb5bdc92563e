//! Host memory for tests: sparse, one address space for each endpoint.

use crate::bus::Buses;
use prm::link::{DmaFault, HostBus};
use prm::{Function, Iova};
use std::collections::BTreeMap;

const PAGE: u64 = 4096;

/// One host: pages that are mapped, and the interrupts that came.
#[derive(Clone, Debug, Default)]
pub(crate) struct Host {
    pages: BTreeMap<u64, Vec<u8>>,
    pub(crate) interrupts: Vec<u16>,
}

impl Host {
    pub(crate) fn map(&mut self, at: Iova, bytes: u64) {
        for page in at.0 / PAGE..(at.0 + bytes).div_ceil(PAGE) {
            self.pages.entry(page).or_insert_with(|| vec![0; PAGE as usize]);
        }
    }

    pub(crate) fn unmap(&mut self, at: Iova) {
        self.pages.remove(&(at.0 / PAGE));
    }

    fn each(
        &mut self,
        at: Iova,
        length: usize,
        mut part: impl FnMut(&mut [u8], std::ops::Range<usize>),
    ) -> Result<(), DmaFault> {
        let ends = at.0.checked_add(length as u64).ok_or(DmaFault { at })?;
        let mut place = at.0;
        while place < ends {
            if !self.pages.contains_key(&(place / PAGE)) {
                return Err(DmaFault { at: Iova(place) });
            }
            place = (place / PAGE + 1) * PAGE;
        }
        let mut place = at.0;
        while place < ends {
            let stop = ((place / PAGE + 1) * PAGE).min(ends);
            let page = self.pages.get_mut(&(place / PAGE)).expect("was looked up");
            let inside = (place % PAGE) as usize..(place % PAGE + stop - place) as usize;
            let done = (place - at.0) as usize..(stop - at.0) as usize;
            part(&mut page[inside], done);
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

    fn interrupt(&mut self, vector: u16) {
        self.interrupts.push(vector);
    }
}

/// The hosts of all endpoints.
#[derive(Clone, Debug, Default)]
pub(crate) struct Hosts(BTreeMap<Function, Host>);

impl Hosts {
    pub(crate) fn host(&mut self, endpoint: Function) -> &mut Host {
        self.0.entry(endpoint).or_default()
    }
}

impl Buses for Hosts {
    fn bus(&mut self, endpoint: Function) -> &mut dyn HostBus {
        self.host(endpoint)
    }
}
