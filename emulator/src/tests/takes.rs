//! What a TAKE brings back, and where it is recorded.

use crate::order::{Answer, AnswerRule, FirmwareOrder};
use crate::record::Record;
use crate::testing::{Bench, pf_config, to};
use prm::{CommandStatus, Function, Iova};

#[test]
fn a_take_needs_room_for_all_the_pages_that_it_asks_for() {
    let mut bench = Bench::loaded(pf_config());
    bench.give(16, false, 30).ok();
    assert_ne!(
        bench.take_with_room(16, false, 5, 16 + 4 * 8).status(),
        CommandStatus::Ok
    );
    assert_eq!(bench.held(Function::Vf(1)), 30);
    assert_eq!(
        bench.take_with_room(16, false, 5, 16 + 5 * 8).status(),
        CommandStatus::Ok
    );
    assert_eq!(
        bench.take_with_room(16, false, 5, 16 + 100 * 8).status(),
        CommandStatus::Ok
    );
    assert_eq!(bench.held(Function::Vf(1)), 20);
}

#[test]
fn a_take_that_finds_nothing_goes_on_no_record() {
    let mut bench = Bench::loaded(pf_config());
    let taken = |bench: &Bench| {
        let taken = bench
            .records
            .iter()
            .filter(|record| matches!(record, Record::PagesTaken(_)));
        taken.count()
    };
    assert_eq!(
        bench.take_with_room(16, false, 5, 16 + 5 * 8).status(),
        CommandStatus::Ok
    );
    assert_eq!(taken(&bench), 0);
    bench.give(16, false, 1).ok();
    assert_eq!(
        bench.take_with_room(16, false, 5, 16 + 5 * 8).status(),
        CommandStatus::Ok
    );
    assert_eq!(taken(&bench), 1);
}

#[test]
fn pages_that_nobody_gave_are_other_ones_each_time() {
    let mut bench = Bench::loaded(pf_config());
    bench.give(16, false, 30).ok();
    bench.order(&FirmwareOrder::Answer(AnswerRule {
        to: to("MANAGE_PAGES"),
        with: Answer::UnknownPages { pages: 2 },
        times: 2,
    }));
    let mut invented = Vec::new();
    for _ in 0..2 {
        let output = bench.take(16, false, 8).ok();
        invented.extend(Bench::taken(&output));
    }
    let first = invented[0].0;
    let wanted = [0, 1, 2, 3].map(|number| Iova(first + number * 4096));
    assert_eq!(invented, wanted);
    assert_eq!(bench.held(Function::Vf(1)), 30);
}
