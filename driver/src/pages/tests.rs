//! The page code against a device that does only what a test makes it do.

use super::*;
use crate::command;
use crate::revision::RevisionName;
use crate::state::command::{CommandErrorKind, Gate};
use crate::test_bench::Bench;
use prm::Opcode;
use prm::command::Command as _;
use prm::pages::ManagePages;

const PAGE_SLOT: u8 = 31;

/// No procedure closes the gate while page requests are served: until the event queues are there nobody hears of any, and before
/// they go `robust` drains the queue. But an explorer lets time stand still, and whoever changes that order must not find a trap.
#[test]
fn a_page_command_that_meets_a_closed_gate_goes_on_when_it_opens_or_fails_at_once() {
    for revision in [RevisionName::Merged, RevisionName::Robust] {
        let bench = Bench::new(revision).events();
        let only = Gate::Only(Opcode::DestroyEq);
        bench.start(|driver| async move { command::set_gate(&driver, only).await });
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
