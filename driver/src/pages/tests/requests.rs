//! Requests that ask for nothing, for very much, for pages of somebody who becomes known meanwhile, or are never answered.

use crate::books::FunctionType;
use crate::handle::Work as _;
use crate::pages::give::{Cause, give};
use crate::pages::reclaim::reclaim;
use crate::revision::RevisionName;
use crate::runtime::{Object, TaskRole};
use crate::state::command::Ticket;
use crate::state::pages::{Owner, PageWork};
use crate::test_bench::Bench;
use prm::{Cycles, PageCount, PageMode, WireIdentity};

const PAGE_SLOT: u8 = 31;

fn owner() -> Owner {
    Owner::named(WireIdentity { id: 16, ec: false }, PageMode::VhcaId)
}

fn request(revision: RevisionName, count: i32) -> Bench {
    let bench = Bench::new(revision).events();
    bench.start(move |driver| {
        let request = PageWork::Serve {
            wire: owner().wire,
            owner: Some(owner()),
            count: PageCount(count),
            release_all: false,
        };
        request.run(driver)
    });
    bench
}

/// Firmware says of the command in service that it has returned so many pages. Whether another command follows.
fn goes_on_after(bench: &Bench, returned: u8) -> bool {
    assert!(bench.entry(PAGE_SLOT).owner(), "a command is in service");
    let mut output = [0; 16];
    output[11] = returned;
    bench.complete(PAGE_SLOT, output, 0);
    bench.event(1 << PAGE_SLOT);
    bench.entry(PAGE_SLOT).owner()
}

#[test]
fn a_request_for_no_page_sends_nothing() {
    for revision in RevisionName::ALL {
        let bench = request(revision, 0);
        assert!(!bench.entry(PAGE_SLOT).owner(), "{revision}");
    }
}

#[test]
fn a_large_take_is_cut_and_goes_on_only_as_long_as_firmware_returns_pages() {
    assert!(goes_on_after(&request(RevisionName::Robust, -100_000), 1));
    assert!(!goes_on_after(&request(RevisionName::Robust, -100_000), 0));
    let small = request(RevisionName::Robust, -50_000);
    assert!(!goes_on_after(&small, 1), "all of it was asked for");
}

#[test]
fn a_take_without_an_answer_is_remembered_where_its_pages_may_still_come() {
    for revision in RevisionName::ALL {
        let bench = Bench::new(revision).events();
        bench.start(|driver| async move {
            let taken = reclaim(&driver, owner(), 8, Cause::Event).await;
            assert!(taken.is_err());
        });
        bench.pass(Cycles::from_secs(200));
        let remembered = bench.driver.look(|state| {
            let mut quarantine = state.pages.book.quarantine.clone();
            (0..16).any(|number| quarantine.settle(Ticket(number)).is_some())
        });
        assert_eq!(remembered, revision == RevisionName::Robust, "{revision}");
    }
}

/// The type of an owner's pages where it becomes known as a VF after so many steps of the give; `None` if that was too late.
fn known_after(steps: usize) -> Option<FunctionType> {
    let bench = Bench::new(RevisionName::Robust).events();
    let driver = &bench.driver;
    driver.step_outside(driver.writes(Object::PageMode), |state, _| {
        *state.pages.mode = PageMode::VhcaId;
    });
    driver.runtime().explore(true);
    let gives = driver.spawn(TaskRole::Test, |driver| async move {
        let _unanswered = give(&driver, owner(), PageCount(1), Cause::Event).await;
    });
    let kind = || {
        driver.look(|state| {
            let root = state.pages.book.root(owner().key);
            root.map(|root| root.function_type)
        })
    };
    for _ in 0..steps {
        assert_eq!(driver.runtime().run(gives), Ok(true));
    }
    if kind().is_some() {
        return None;
    }
    driver.step_outside(driver.writes(Object::PageBook), |state, _| {
        state.pages.book.know_type(owner().key, FunctionType::Vf);
    });
    while kind().is_none() {
        assert_eq!(driver.runtime().run(gives), Ok(true));
    }
    kind()
}

#[test]
fn pages_go_to_the_type_that_is_known_when_they_are_taken() {
    let kinds: Vec<Option<FunctionType>> = (0..).map(known_after).take_while(Option::is_some).collect();
    assert!(kinds.len() > 1, "there is a step between the look and the pages");
    assert!(
        kinds.iter().all(|kind| *kind == Some(FunctionType::Vf)),
        "{kinds:?}"
    );
}
