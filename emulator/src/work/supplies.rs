//! What firmware forgets of its suppliers: what they gave, and what it asked them for.

use crate::owner::Owner;
use crate::record::{PagesMoved, Record};
use crate::state::page_chore::PageChore;
use crate::state::silicon::Silicon;
use prm::{Cycles, Function};

impl Silicon {
    /// Firmware forgets what a supplier gave and what it asked that supplier for.
    pub(crate) fn forget_supplies(&mut self, supplier: Function, now: Cycles) {
        self.forget_chore(supplier, None);
        for (owner, pages) in self.ledger.forget_supplier(supplier) {
            let moved = PagesMoved {
                cycles: now,
                supplier,
                owner,
                pages,
            };
            self.records.push(Record::PagesForgotten(moved));
        }
        self.drop_requests(supplier);
    }

    /// Nobody is there any more to answer what this supplier was asked for.
    pub(crate) fn drop_requests(&mut self, supplier: Function) {
        if self.board.asks(supplier) {
            self.board.forget_supplier(supplier);
        }
        let gone = self.agenda.forget_supplier(supplier);
        self.note_returns(supplier, gone);
    }

    /// What an owner holds is not asked back.
    pub(crate) fn forget_return(&mut self, supplier: Function, owner: Owner) {
        let gone = self.agenda.forget_return(supplier, owner);
        self.note_returns(supplier, gone);
    }

    /// So many returns of pages were taken off the agenda, or entered. What stands there is no part; that it was changed, or
    /// only looked at, is noted here.
    pub(crate) fn note_returns(&mut self, supplier: Function, changed: usize) {
        if changed > 0 {
            self.returns.get_mut(&supplier);
        } else {
            self.returns.get(&supplier);
        }
    }

    /// Firmware forgets the pages of an owner and what it asked for on its behalf.
    pub(crate) fn forget_pages(&mut self, supplier: Function, owner: Owner, now: Cycles) {
        let pages = self.ledger.forget(supplier, owner);
        self.forget_chore(supplier, Some(owner));
        self.board.release_owner(supplier, owner);
        if pages > 0 {
            let moved = PagesMoved {
                cycles: now,
                supplier,
                owner,
                pages,
            };
            self.records.push(Record::PagesForgotten(moved));
        }
    }

    /// Firmware has forgotten pages of a supplier, all or those of one owner: what is left of them on a list is nobody's.
    pub(crate) fn forget_chore(&mut self, supplier: Function, owner: Option<Owner>) {
        let is_it = |chore: &PageChore| owner.is_none_or(|owner| chore.owner == owner);
        if self.chores.get(&supplier).is_some_and(is_it) {
            self.chores.remove(&supplier);
        }
    }
}
