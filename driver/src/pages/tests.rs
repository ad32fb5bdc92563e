//! The page code against a device that does only what a test makes it do.

mod late;
mod printing;
mod requests;

use super::*;
use crate::books::FunctionType;
use crate::command;
use crate::message::MessageKind;
use crate::revision::{Accounting, RevisionName};
use crate::runtime::{TaskId, TaskRole};
use crate::state::command::{CommandErrorKind, Gate};
use crate::state::pages::Owner;
use crate::test_bench::Bench;
use prm::capability_area::GeneralCapabilities;
use prm::command::Command as _;
use prm::pages::ManagePages;
use prm::{CapabilityMode, CapabilityType, Opcode, WireIdentity};

const PAGE_SLOT: u8 = 31;

/// No procedure closes the gate while page requests are served: until the event queues are there nobody hears of any, and before
/// they go `robust` drains the queue. But an explorer lets time stand still, and whoever changes that order must not find a trap.
#[test]
fn a_page_command_that_meets_a_closed_gate_goes_on_when_it_opens_or_fails_at_once() {
    for revision in [RevisionName::Merged, RevisionName::Robust] {
        let bench = Bench::new(revision).events();
        let only = Gate::Only(Opcode::DestroyEq);
        bench.start(move |driver| async move { command::set_gate(&driver, only).await });
        let result = bench.start(|driver| async move {
            let input = ManagePages::input();
            give::execute_when_open(&driver, input.as_bytes(), 16).await
        });
        if revision == RevisionName::Merged {
            let error = bench.result(&result).unwrap().unwrap_err();
            assert_eq!(error.kind, CommandErrorKind::GateClosed);
            continue;
        }
        assert_eq!(bench.result(&result), None);
        assert!(!bench.entry(PAGE_SLOT).owner(), "nothing is sent");
        bench.start(|driver| async move { command::set_gate(&driver, Gate::Open).await });
        assert!(bench.entry(PAGE_SLOT).owner());
        bench.complete(PAGE_SLOT, [0; 16], 0);
        bench.event(1 << PAGE_SLOT);
        assert_eq!(bench.result(&result), Some(Ok(vec![0; 16])));
    }
}

/// A driver with three boot pages of function 0, which is about to learn that it is VHCA id 5, and everything that happens in the
/// order in which it is let happen.
struct Moving {
    bench: Bench,
    mover: TaskId,
}

const OLD: OwnerKey = OwnerKey(0);
const VHCA_ID: u16 = 5;
const NEW: OwnerKey = OwnerKey(VHCA_ID as u32);

impl Moving {
    fn new(revision: RevisionName) -> Self {
        let bench = Bench::new(revision);
        bench.driver.step_outside(
            [
                bench.driver.writes(Object::LoadTime),
                bench.driver.writes(Object::PageBook),
                bench.driver.writes(Object::PageMode),
            ],
            |state, bus| {
                let general = GeneralCapabilities::default().with_vhca_id(VHCA_ID);
                let capabilities = &mut state.capabilities;
                capabilities.store(
                    CapabilityType::General,
                    CapabilityMode::Current,
                    general.as_bytes(),
                );
                *state.pages.boot_key = Some(OLD);
                let owner = Owner::named(WireIdentity { id: 0, ec: false }, PageMode::FuncId);
                let accounting = Accounting::HostPages;
                let book = &mut state.pages.book;
                let taken = book.take(bus, owner, FunctionType::Own, 3, accounting, &mut Vec::new());
                assert!(taken.is_ok());
            },
        );
        bench.driver.runtime().explore(true);
        let mover = bench.driver.spawn(TaskRole::Test, |driver| async move {
            assert_eq!(migration::migrate(&driver).await, Ok(()));
        });
        Self { bench, mover }
    }

    /// The move goes on until so many pages carry the new key.
    fn retag(&self, pages: usize) {
        let carry_new = |state: &State| {
            let roots = state.pages.book.roots();
            let pages = roots.flat_map(|(_, root)| root.descending());
            pages.filter(|(_, page)| page.key == NEW).count()
        };
        while self.bench.driver.look(carry_new) < pages {
            self.step(self.mover);
        }
    }

    fn free(&self) -> TaskId {
        self.bench.driver.spawn(TaskRole::Test, |driver| async move {
            assert_eq!(free_page(&driver, NEW).await, Ok(()));
        })
    }

    fn step(&self, task: TaskId) {
        assert_eq!(self.bench.driver.runtime().run(task), Ok(true));
    }

    fn finish(&self, task: TaskId) {
        while !self.bench.driver.runtime().has_ended(task) {
            self.step(task);
        }
    }

    fn lost(&self) -> bool {
        let printed = self.bench.printed();
        let lost = printed.contains(&MessageKind::MissingRoot { key: OLD });
        let pages = self.bench.driver.look(|state| {
            let root = state.pages.book.root(NEW);
            root.map(|root| (root.table.len(), root.used))
        });
        let (host_pages, used) = pages.unwrap();
        assert_eq!(
            host_pages as u64 - used,
            u64::from(lost),
            "a lost page stays in the tree"
        );
        lost
    }
}

#[test]
fn a_page_that_is_freed_between_the_retags_of_two_pages_is_lost_where_its_old_key_is_gone() {
    for (revision, loses) in [(RevisionName::Reviewed, true), (RevisionName::Merged, false)] {
        let moving = Moving::new(revision);
        moving.retag(1);
        moving.finish(moving.free());
        assert!(!moving.lost(), "it carried the new key");
        let frees = moving.free();
        moving.finish(frees);
        moving.finish(moving.mover);
        assert_eq!(moving.lost(), loses, "it carried the old one");
    }
}

/// The order of retag and erase does not help against a free that has read the old key: only that no page is freed meanwhile
/// does.
#[test]
fn a_page_whose_key_was_read_before_the_move_is_lost_whatever_the_order() {
    for revision in [RevisionName::Reviewed, RevisionName::Merged, RevisionName::Robust] {
        let moving = Moving::new(revision);
        while moving
            .bench
            .driver
            .look(|state| state.pages.book.root(NEW).is_none())
        {
            moving.step(moving.mover);
        }
        let frees = moving.free();
        while moving
            .bench
            .driver
            .look(|state| state.pages.book.root(NEW).map(|root| root.used))
            == Some(3)
        {
            moving.step(frees);
        }
        moving.finish(moving.mover);
        moving.finish(frees);
        assert!(moving.lost(), "{revision:?}");
    }
}
