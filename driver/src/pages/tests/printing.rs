//! How much is printed of what firmware can cause at will.

use crate::books::OwnerKey;
use crate::message::MessageKind;
use crate::pages::reporting::report_put;
use crate::revision::RevisionName;
use crate::runtime::Object;
use crate::state::pages::PutReport;
use crate::test_bench::Bench;
use prm::{Cycles, Iova};

const KEY: OwnerKey = OwnerKey(16);

/// How many messages are printed of so many pages that nobody knows.
fn unknown(bench: &Bench, pages: u64) -> usize {
    let before = bench.printed().len();
    bench.start(move |driver| async move {
        let report = PutReport {
            not_found: (0..pages).map(Iova).collect(),
            ..PutReport::default()
        };
        driver.runtime().point(driver.writes(Object::PageBook)).await;
        report_put(&driver, KEY, &report);
    });
    let printed = bench.printed();
    let is_one = |message: &MessageKind| matches!(message, MessageKind::PageNotFound { key: KEY, .. });
    assert!(printed[before..].iter().all(is_one));
    printed.len() - before
}

#[test]
fn ten_messages_are_printed_in_five_seconds_and_then_ten_more() {
    let bench = Bench::new(RevisionName::Merged);
    assert_eq!(unknown(&bench, 4), 4);
    assert_eq!(unknown(&bench, 40), 6);
    bench.pass(Cycles::from_secs(5));
    assert_eq!(unknown(&bench, 4), 0, "the window is not over at its limit");
    bench.pass(Cycles::from_secs(1));
    assert_eq!(unknown(&bench, 40), 10);
}

#[test]
fn pages_that_come_back_late_are_told_where_there_are_any() {
    let bench = Bench::new(RevisionName::Robust);
    for late in [0, 3] {
        bench.start(move |driver| async move {
            let report = PutReport {
                late,
                ..PutReport::default()
            };
            driver.runtime().point(driver.writes(Object::PageBook)).await;
            report_put(&driver, KEY, &report);
        });
    }
    assert_eq!(
        bench.printed(),
        [MessageKind::PagesBackLate { key: KEY, pages: 3 }]
    );
}
