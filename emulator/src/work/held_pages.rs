//! The pages that firmware holds: their signatures, and the boot pages that move to another row.

use crate::bus::Buses;
use crate::owner::Owner;
use crate::record::{Corruption, Record};
use crate::state::command::Command;
use crate::state::ledger::OwnedPage;
use crate::state::page_signature;
use crate::state::page_signature::SIGNATURE_LENGTH;
use crate::state::page_use::PageUse;
use crate::state::silicon::Silicon;
use prm::{Cycles, Function};

impl Silicon {
    /// Chooses which of the pages that it holds firmware writes to, for those that are given from now on.
    pub fn use_pages(&mut self, chosen: PageUse) {
        self.watch.look();
        self.pages_in_use.chosen = chosen;
    }

    /// Notes of pages that `command` gives whether firmware writes to them.
    pub(crate) fn decide_use(&mut self, command: &Command, pages: &[OwnedPage], at: Cycles) {
        let limit = Cycles::from_millis(self.config.timeouts.command_ms.into());
        let in_time = at.saturating_sub(command.rung) <= limit;
        if self.pages_in_use.chosen == PageUse::GivenInTime && !in_time {
            for page in pages {
                self.pages_in_use.leave_alone(page.generation);
            }
        }
    }

    pub(crate) fn sign_page(
        &mut self,
        supplier: Function,
        owner: Owner,
        page: OwnedPage,
        at: Cycles,
        buses: &mut dyn Buses,
    ) {
        if !self.pages_in_use.uses(page.generation) {
            return;
        }
        self.page_memory.get_mut(&supplier);
        let signature = page_signature::of(owner, page);
        if buses.bus(supplier).dma_write(page.address(), &signature).is_err() {
            let page = page.address();
            self.record_corruption(supplier, Corruption::PageNotMapped { owner, page }, at);
        }
    }

    /// Whether the page still carries its signature; what was found instead goes on record.
    pub(crate) fn check_page(
        &mut self,
        supplier: Function,
        owner: Owner,
        page: OwnedPage,
        at: Cycles,
        buses: &mut dyn Buses,
    ) -> bool {
        if !self.pages_in_use.uses(page.generation) {
            return true;
        }
        self.page_memory.get(&supplier);
        let mut found = [0; SIGNATURE_LENGTH];
        let what = match buses.bus(supplier).dma_read(page.address(), &mut found) {
            Ok(()) if found == page_signature::of(owner, page) => return true,
            Ok(()) => Corruption::SignatureLost {
                owner,
                page: page.address(),
            },
            Err(_) => Corruption::PageNotMapped {
                owner,
                page: page.address(),
            },
        };
        self.record_corruption(supplier, what, at);
        false
    }

    /// Puts on record that something is not as firmware left it.
    pub(crate) fn record_corruption(&mut self, endpoint: Function, what: Corruption, at: Cycles) {
        self.records.push(Record::Corruption {
            cycles: at,
            endpoint,
            what,
        });
    }

    /// Looks at every page that firmware holds and records those that do not carry their signature any more.
    /// Returns how many these are. Meant for a harness that wants to know before the pages go back.
    pub fn audit(&mut self, now: Cycles, buses: &mut dyn Buses) -> usize {
        self.watch.look();
        let rows: Vec<_> = self
            .ledger
            .rows()
            .map(|(supplier, owner, _)| (supplier, owner))
            .collect();
        let mut corrupt = 0;
        for (supplier, owner) in rows {
            let pages: Vec<_> = self.ledger.pages_of(supplier, owner).collect();
            let bad = pages
                .into_iter()
                .filter(|&page| !self.check_page(supplier, owner, page, now, buses));
            corrupt += bad.count();
        }
        corrupt
    }

    /// Moves the boot pages that firmware named by a strange id into the row they belong to in vhca_id mode.
    pub(crate) fn move_boot_pages(&mut self, endpoint: Function, at: Cycles, buses: &mut dyn Buses) {
        let knobs = &self.config.firmware;
        let id = knobs.boot_function_id;
        if id == 0 || endpoint != self.main_function() {
            return;
        }
        let from = Owner::Unnamed {
            id,
            ec: endpoint == Function::Ecpf,
        };
        let to = if knobs.boot_pages_keep_their_id {
            Owner::Unnamed { id, ec: false }
        } else {
            Owner::from(endpoint)
        };
        if from == to {
            return;
        }
        let moved: Vec<_> = self.ledger.pages_of(endpoint, from).collect();
        self.ledger.rename(endpoint, from, to);
        for page in moved {
            self.sign_page(endpoint, to, page, at, buses);
        }
    }
}
