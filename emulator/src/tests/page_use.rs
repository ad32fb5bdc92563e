//! Which of the pages that it holds firmware writes to.

use crate::PageUse;
use crate::order::{Answer, AnswerRule, FirmwareOrder};
use crate::record::Record;
use crate::testing::{Bench, pf_config, to};
use prm::link::HostBus;
use prm::{Cycles, Function};

#[test]
fn pages_given_after_the_limit_are_left_alone_where_only_those_in_time_are_used() {
    for (page_use, late_ms, is_written) in [
        (PageUse::All, 70_000, true),
        (PageUse::GivenInTime, 59_000, true),
        (PageUse::GivenInTime, 70_000, false),
    ] {
        let mut bench = Bench::loaded(pf_config());
        bench.silicon.use_pages(page_use);
        bench.order(&FirmwareOrder::Answer(AnswerRule {
            to: to("MANAGE_PAGES"),
            with: Answer::Late { after_ms: late_ms },
            times: 1,
        }));
        let pages = bench.pages(2);
        for &page in &pages {
            bench.host().dma_write(page, &[0; 32]).expect("mapped");
        }
        let handle = bench.ring(0, &Bench::give_input(16, false, &pages), 16);
        bench.wait(Cycles::from_millis(71_000));
        bench.poll(handle).expect("the command is over").ok();
        assert_eq!(bench.held(Function::Vf(1)), 2);
        for &page in &pages {
            let mut found = [0; 32];
            bench.host().dma_read(page, &mut found).expect("mapped");
            assert_eq!(found != [0; 32], is_written, "{page_use:?} {late_ms} ms");
        }
        // They are found by their place in the book, whatever stands in them.
        let (now, mut audited) = (bench.now, bench.clone());
        assert_eq!(audited.silicon.audit(now, &mut audited.hosts), 0);
        assert_eq!(Bench::taken(&bench.take(16, false, 2).ok()).len(), 2);
        let corrupt = |record: &Record| matches!(record, Record::Corruption { .. });
        assert!(!bench.records.iter().any(corrupt));
    }
}
