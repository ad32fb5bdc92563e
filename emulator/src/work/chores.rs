//! Long lists of pages: firmware writes its signature into each page that it was given and looks for it in each that it
//! gives back. At a [`Pace`](crate::Pace) of portions a long list is gone through in pieces, between the execution of
//! MANAGE_PAGES and its completion.

use crate::bus::Buses;
use crate::owner::Owner;
use crate::state::agenda::{DueKind, Task};
use crate::state::command::Command;
use crate::state::ledger::OwnedPage;
use crate::state::numbers::CommandNumber;
use crate::state::page_chore::{PageChore, PageWork};
use crate::state::silicon::Silicon;
use prm::{Cycles, Function};

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
    pub(crate) fn enter_chore(&mut self, supplier: Function, command: CommandNumber, at: Cycles) -> bool {
        let chore = self.chores.get(&supplier);
        let there_is = chore.is_some_and(|chore| chore.command == command);
        if there_is {
            let task = Task::Pages { supplier, command };
            self.agenda.enter(at, DueKind::InService, task);
        }
        there_is
    }

    /// Goes through the next portion of a supplier's list; false if the list is through.
    pub(crate) fn go_on_through(
        &mut self,
        supplier: Function,
        command: CommandNumber,
        at: Cycles,
        buses: &mut dyn Buses,
    ) -> bool {
        let mine = |chore: &&PageChore| chore.command == command;
        if self
            .chores
            .get(&supplier)
            .as_ref()
            .is_none_or(|chore| !mine(chore))
        {
            return false;
        }
        let Some(mut chore) = self.chores.remove(&supplier) else {
            return false;
        };
        let portion = chore.pages.iter().skip(chore.done).take(self.pace.pages());
        for &page in portion {
            self.go_through_one(supplier, chore.owner, chore.work, page, at, buses);
        }
        chore.done = chore.done.saturating_add(self.pace.pages());
        let more = chore.done < chore.pages.len();
        if more {
            self.chores.insert(supplier, chore);
            self.enter_chore(supplier, command, at);
        }
        more
    }
}
