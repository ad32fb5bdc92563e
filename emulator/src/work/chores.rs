//! Long lists of pages: firmware writes its signature into each page that it was given and looks for it in each that it
//! gives back. At a [`Pace`](crate::Pace) of portions a long list is gone through in pieces, between the execution of
//! MANAGE_PAGES and its completion.

use crate::owner::Owner;
use crate::state::agenda::{DueKind, Task};
use crate::state::command::Command;
use crate::state::ledger::OwnedPage;
use crate::state::silicon::{Buses, Silicon};
use prm::{Cycles, Function};

/// What is done with each page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum PageWork {
    /// Its signature is written.
    Sign,
    /// Its signature is looked for.
    Check,
}

/// Pages that are in the book, or out of it, and still have to be gone through. A supplier has one such list at a time:
/// its page commands wait for each other.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct PageChore {
    /// The command that it belongs to.
    command: u64,
    owner: Owner,
    work: PageWork,
    pages: Vec<OwnedPage>,
    done: usize,
}

impl Silicon {
    /// Goes through pages of a MANAGE_PAGES: at once, or if they are many, before the command completes.
    pub(crate) fn go_through(
        &mut self,
        command: &Command,
        owner: Owner,
        work: PageWork,
        pages: impl ExactSizeIterator<Item = OwnedPage>,
        at: Cycles,
        buses: &mut dyn Buses,
    ) {
        let supplier = command.endpoint;
        if pages.len() <= self.pace.pages() {
            for page in pages {
                self.go_through_one(supplier, owner, work, page, at, buses);
            }
            return;
        }
        let chore = PageChore {
            command: command.number,
            owner,
            work,
            pages: pages.collect(),
            done: 0,
        };
        self.chores.insert(supplier, chore);
    }

    fn go_through_one(
        &mut self,
        supplier: Function,
        owner: Owner,
        work: PageWork,
        page: OwnedPage,
        at: Cycles,
        buses: &mut dyn Buses,
    ) {
        match work {
            PageWork::Sign => self.sign_page(supplier, owner, page, at, buses),
            PageWork::Check => _ = self.check_page(supplier, owner, page, at, buses),
        }
    }

    /// Enters the next portion of a supplier's list; false if there is none. With the last one `command` goes on.
    pub(crate) fn enter_chore(&mut self, supplier: Function, command: u64, at: Cycles) -> bool {
        let chore = self.chores.get(&supplier);
        let there_is = chore.is_some_and(|chore| chore.command == command);
        if there_is {
            let task = Task::Pages { supplier, command };
            self.agenda.enter(at, DueKind::InService, task);
        }
        there_is
    }

    /// Goes through the next portion of a supplier's list, and lets its command go on after the last.
    pub(crate) fn do_chore(&mut self, supplier: Function, command: u64, at: Cycles, buses: &mut dyn Buses) {
        let mine = |chore: &&PageChore| chore.command == command;
        if self.chores.get(&supplier).as_ref().is_some_and(mine)
            && let Some(mut chore) = self.chores.remove(&supplier)
        {
            let portion = chore.pages.iter().skip(chore.done).take(self.pace.pages());
            for &page in portion {
                self.go_through_one(supplier, chore.owner, chore.work, page, at, buses);
            }
            chore.done = chore.done.saturating_add(self.pace.pages());
            if chore.done < chore.pages.len() {
                self.chores.insert(supplier, chore);
                self.enter_chore(supplier, command, at);
                return;
            }
        }
        self.executed(command, at, buses);
    }

    /// Firmware has forgotten pages of a supplier, all or those of one owner: what is left of them on a list is nobody's.
    pub(crate) fn forget_chore(&mut self, supplier: Function, owner: Option<Owner>) {
        let is_it = |chore: &PageChore| owner.is_none_or(|owner| chore.owner == owner);
        if self.chores.get(&supplier).is_some_and(is_it) {
            self.chores.remove(&supplier);
        }
    }
}
