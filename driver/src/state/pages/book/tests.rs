//! The book against a model that is too slow and too simple to be wrong.

mod aside;
mod digest;
mod failing;

use super::*;
use crate::test_backing::TestBus;
use prm::WireIdentity;
use proptest::prelude::*;
use std::collections::BTreeSet;

fn owner(key: u16) -> Owner {
    Owner::named(WireIdentity { id: key, ec: false }, prm::PageMode::VhcaId)
}

const MERGED: PutRules = PutRules {
    accounting: Accounting::HostPages,
    check: ReturnCheck::Trusting,
};
const ROBUST: PutRules = PutRules {
    accounting: Accounting::Owners,
    check: ReturnCheck::Checking,
};

struct Bench {
    book: PageBook,
    bus: TestBus,
    rules: PutRules,
}

impl Bench {
    fn new(page_size: u64, rules: PutRules) -> Self {
        #[allow(clippy::field_reassign_with_default, reason = "other fields are private")]
        let bus = TestBus::default();
        bus.machine.0.borrow_mut().page_size = page_size;
        Self {
            book: PageBook::default(),
            bus,
            rules,
        }
    }

    fn take(&mut self, key: u16, function_type: FunctionType, count: u32) -> Vec<Iova> {
        let mut pages = Vec::new();
        if self.rules.accounting == Accounting::Owners {
            self.book.learn_type(owner(key).key, function_type);
        }
        self.book
            .take(
                &mut self.bus,
                owner(key),
                function_type,
                count,
                self.rules.accounting,
                &mut pages,
            )
            .expect("there is memory");
        pages
    }

    fn put(&mut self, key: u16, pages: &[Iova]) -> PutReport {
        self.book
            .put(&mut self.bus, owner(key).key, pages.iter().copied(), self.rules)
    }

    fn release_all(&mut self, key: u16) -> Option<u32> {
        let (key, rules) = (owner(key).key, self.rules);
        let (released, leaving) = self.book.release_first_half(&self.bus, key, rules.accounting)?;
        let missing = self.book.free_host_pages(&mut self.bus, key, &leaving, rules);
        assert_eq!(missing, None);
        Some(released)
    }
}

#[test]
fn on_a_64_kib_host_the_type_sticks_to_the_host_page_or_to_the_owner() {
    let mut bench = Bench::new(65536, MERGED);
    let mut pages = bench.take(16, FunctionType::None, 5);
    pages.extend(bench.take(16, FunctionType::Vf, 20));
    assert_eq!(
        (bench.book.counters.none, bench.book.counters.fw_pages_vfs),
        (16, 9)
    );
    bench.put(16, &pages);
    assert_eq!(
        (bench.book.counters.none, bench.book.counters.fw_pages_vfs),
        (0, 0)
    );

    let mut bench = Bench::new(65536, ROBUST);
    let mut pages = bench.take(16, FunctionType::None, 5);
    pages.extend(bench.take(16, FunctionType::Vf, 20));
    assert_eq!(
        (bench.book.counters.none, bench.book.counters.fw_pages_vfs),
        (0, 25)
    );
    bench.put(16, &pages);
    assert_eq!(bench.book.counters, Counters::default());
    assert_eq!(bench.bus.pages_in_use(), 0);
}

#[test]
fn a_page_returned_twice_frees_its_host_page_early_unless_returns_are_checked() {
    for (rules, in_use) in [(MERGED, 0), (ROBUST, 1)] {
        let mut bench = Bench::new(65536, rules);
        let pages = bench.take(16, FunctionType::Vf, 16);
        let mut back = vec![pages[0], pages[0]];
        back.extend_from_slice(&pages[1..15]);
        let report = bench.put(16, &back);
        assert_eq!(report.twice.is_empty(), rules.check == ReturnCheck::Trusting);
        assert_eq!(bench.bus.pages_in_use(), in_use);
    }
}

#[test]
fn a_half_used_host_page_outlives_its_forgotten_root_in_the_free_list() {
    let mut bench = Bench::new(65536, MERGED);
    bench.take(16, FunctionType::Vf, 5);
    bench.book.forget_root(owner(16).key);
    let pages = bench.take(16, FunctionType::Vf, 11);
    assert_eq!(bench.bus.pages_in_use(), 1, "all of it the old host page");
    let report = bench.put(16, &pages);
    assert_eq!(report.not_found.len(), 11);
    assert_eq!(bench.book.counters.fw_pages_vfs, 16);

    let mut bench = Bench::new(65536, ROBUST);
    bench.take(16, FunctionType::Vf, 5);
    bench.book.set_root_aside(owner(16).key, 65536);
    let pages = bench.take(16, FunctionType::Vf, 11);
    assert_eq!(bench.bus.pages_in_use(), 2, "a fresh one");
    bench.put(16, &pages);
    assert_eq!(
        (bench.book.counters.fw_pages_vfs, bench.book.counters.quarantine),
        (0, 5)
    );
}

#[test]
fn pages_held_for_a_late_answer_are_adopted_or_come_back() {
    let mut bench = Bench::new(4096, ROBUST);
    let pages = bench.take(16, FunctionType::Vf, 512);
    bench.book.hold(owner(16).key, &pages);
    assert_eq!(
        (bench.book.counters.fw_pages_vfs, bench.book.counters.quarantine),
        (0, 512)
    );
    assert_eq!(bench.book.root(owner(16).key).map(Root::given), Some(0));
    let report = bench.put(16, &pages[..12]);
    assert_eq!((report.freed, report.late), (12, 12));
    assert_eq!(bench.book.adopt(owner(16).key, &pages), 500);
    assert_eq!(
        (bench.book.counters.fw_pages_vfs, bench.book.counters.quarantine),
        (500, 0)
    );
    bench.book.set_root_aside(owner(16).key, 4096);
    let report = bench.put(16, &pages[12..]);
    assert_eq!((report.late, bench.book.counters.quarantine), (500, 0));
    assert_eq!(bench.bus.pages_in_use(), 0);
}

#[test]
fn a_move_keeps_pages_findable_by_both_keys_until_the_old_one_goes() {
    let mut bench = Bench::new(4096, MERGED);
    let pages = bench.take(0, FunctionType::Own, 3);
    assert!(bench.book.add_key(owner(0).key, owner(5).key));
    assert_eq!(bench.put(5, &pages[..1]).freed, 1);
    bench.book.erase_old_key();
    // The pages still carry the old key, which nobody has any more.
    let report = bench.put(5, &pages[1..2]);
    assert_eq!(report.owner_missing, Some(owner(0).key));
    assert_eq!(bench.bus.pages_in_use(), 2);
    bench.book.retag(owner(5).key);
    assert_eq!(bench.put(5, &pages[2..]).freed, 1);
    assert!(bench.book.root(owner(0).key).is_none());
    assert!(!bench.book.add_key(owner(5).key, owner(5).key), "a key in use");
}

#[test]
fn an_owner_whose_type_is_learnt_takes_its_pages_along() {
    let mut bench = Bench::new(4096, ROBUST);
    let pages = bench.take(16, FunctionType::None, 512);
    bench.book.learn_type(owner(16).key, FunctionType::Vf);
    assert_eq!(
        (bench.book.counters.none, bench.book.counters.fw_pages_vfs),
        (0, 512)
    );
    bench.put(16, &pages);
    assert_eq!(bench.book.counters, Counters::default());
}

#[test]
fn a_type_is_known_of_an_owner_without_pages_and_of_the_function_that_has_its_identity_next() {
    let mut bench = Bench::new(4096, ROBUST);
    let key = owner(16).key;
    assert_eq!(bench.book.known_type(key), None);
    bench.book.know_type(key, FunctionType::Vf);
    assert_eq!(bench.book.known_type(key), Some(FunctionType::Vf));
    bench.take(16, FunctionType::Vf, 5);
    assert!(!bench.book.has_unknown_owner());
    bench.book.know_type(key, FunctionType::Sf);
    assert_eq!(
        (bench.book.counters.fw_pages_vfs, bench.book.counters.fw_pages_sfs),
        (0, 5)
    );
    bench.book.forget_type(key);
    assert_eq!(bench.book.known_type(key), None);
    assert_eq!(bench.book.counters.fw_pages_sfs, 5, "pages keep their type");
}

#[test]
fn an_owner_is_unknown_until_it_is_said_that_it_is_of_no_kind() {
    let mut bench = Bench::new(4096, ROBUST);
    let pages = bench.take(300, FunctionType::None, 3);
    assert!(bench.book.has_unknown_owner());
    bench.book.know_type(owner(300).key, FunctionType::None);
    assert!(!bench.book.has_unknown_owner());
    assert_eq!(bench.book.counters.none, 3);
    bench.book.forget_type(owner(300).key);
    bench.put(300, &pages);
    assert!(!bench.book.has_unknown_owner(), "without pages nobody asks");
}

#[derive(Clone, Debug, Hash)]
enum Step {
    Take(u16, u32),
    PutOldest(u16, usize),
    PutNewest(u16, usize),
    ReleaseAll(u16),
    Force(u16, usize),
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        3 => (0..3u16, 1..40u32).prop_map(|(key, count)| Step::Take(key, count)),
        1 => (0..3u16, 0..40usize).prop_map(|(key, count)| Step::PutOldest(key, count)),
        1 => (0..3u16, 0..40usize).prop_map(|(key, count)| Step::PutNewest(key, count)),
        1 => (0..3u16).prop_map(Step::ReleaseAll),
        1 => (0..3u16, 0..40usize).prop_map(|(key, count)| Step::Force(key, count)),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn the_book_is_a_set_of_pages_per_owner(
        large in any::<bool>(),
        robust in any::<bool>(),
        steps in prop::collection::vec(step(), 0..60),
    ) {
        let types = [FunctionType::Own, FunctionType::Vf, FunctionType::None];
        let page_size = if large { 65536 } else { 4096 };
        let mut bench = Bench::new(page_size, if robust { ROBUST } else { MERGED });
        let mut model: [Vec<Iova>; 3] = Default::default();
        for step in steps {
            match step {
                Step::Take(key, count) => {
                    let pages = bench.take(key, types[usize::from(key)], count);
                    prop_assert_eq!(pages.len(), count as usize);
                    model[usize::from(key)].extend(pages);
                }
                Step::PutOldest(key, count) => {
                    let pages = &mut model[usize::from(key)];
                    let back: Vec<_> = pages.drain(..count.min(pages.len())).collect();
                    prop_assert_eq!(bench.put(key, &back).freed as usize, back.len());
                }
                Step::PutNewest(key, count) => {
                    let pages = &mut model[usize::from(key)];
                    let keep = pages.len() - count.min(pages.len());
                    let back = pages.split_off(keep);
                    prop_assert_eq!(bench.put(key, &back).freed as usize, back.len());
                }
                Step::ReleaseAll(key) => {
                    let released = bench.release_all(key);
                    let pages = std::mem::take(&mut model[usize::from(key)]);
                    prop_assert_eq!(released.unwrap_or(0) as usize, pages.len());
                }
                Step::Force(key, count) => {
                    let back = bench.book.used_pages(owner(key).key, count, page_size);
                    let pages = &mut model[usize::from(key)];
                    prop_assert_eq!(back.len(), count.min(pages.len()));
                    pages.retain(|page| !back.contains(page));
                    prop_assert_eq!(bench.put(key, &back).freed as usize, back.len());
                }
            }
            let mut all = BTreeSet::new();
            for (key, pages) in (0u16..).zip(&model) {
                let given = bench.book.root(owner(key).key).map_or(0, Root::given);
                prop_assert_eq!(given, pages.len() as u64);
                prop_assert_eq!(bench.book.counters.of(types[usize::from(key)]) as usize, pages.len());
                for page in pages {
                    prop_assert!(all.insert(*page), "a page has one owner");
                }
            }
            prop_assert_eq!(bench.book.counters.fw_pages_total as usize, all.len());
            let host_pages: BTreeSet<u64> = all.iter().map(|page| page.0 / page_size).collect();
            prop_assert_eq!(bench.bus.pages_in_use(), host_pages.len());
        }
    }
}

#[test]
fn between_two_pages_of_a_move_each_host_page_has_the_key_that_is_stored_on_it() {
    for erased_first in [true, false] {
        let mut bench = Bench::new(4096, MERGED);
        let mut pages = bench.take(0, FunctionType::Own, 3);
        pages.sort_unstable();
        assert!(bench.book.add_key(owner(0).key, owner(5).key));
        if erased_first {
            bench.book.erase_old_key();
        }
        let highest = bench.book.retag_next(owner(5).key, None);
        assert_eq!(
            highest,
            Some(pages[2].0 >> 12),
            "the tree's left side is that of higher addresses"
        );
        assert_eq!(bench.put(5, &pages[2..]).owner_missing, None);
        let missing = erased_first.then_some(owner(0).key);
        assert_eq!(bench.put(5, &pages[..1]).owner_missing, missing);
        assert_eq!(bench.bus.pages_in_use(), if erased_first { 2 } else { 1 });
        // The walk goes on behind a page that is gone.
        let next = bench.book.retag_next(owner(5).key, highest);
        assert_eq!(next, Some(pages[1].0 >> 12));
        assert_eq!(bench.put(5, &pages[1..2]).owner_missing, None);
        let last = bench.book.retag_next(owner(5).key, next);
        assert_eq!(
            last,
            erased_first.then_some(pages[0].0 >> 12),
            "who could not be freed is still there"
        );
        assert_eq!(bench.book.retag_next(owner(5).key, Some(pages[0].0 >> 12)), None);
    }
}

#[test]
fn a_key_that_was_read_before_the_move_leads_nowhere_after_it() {
    for rules in [MERGED, ROBUST] {
        let mut bench = Bench::new(4096, rules);
        let pages = bench.take(0, FunctionType::Own, 2);
        assert!(bench.book.add_key(owner(0).key, owner(5).key));
        let (report, leaving) = bench
            .book
            .put_first_half(&mut bench.bus, owner(5).key, pages[0], rules);
        assert_eq!(report.freed, 1);
        bench.book.retag(owner(5).key);
        let leaving = leaving.expect("all of the host page is free");
        let before = bench.book.clone().free_host_page(&mut bench.bus, leaving, rules);
        assert_eq!(before, None, "while the root has both keys");
        bench.book.erase_old_key();
        let missing = bench.book.free_host_page(&mut bench.bus, leaving, rules);
        assert_eq!(
            missing,
            Some(owner(0).key),
            "retagging first does not help who has read before"
        );
    }
}

#[test]
fn the_free_list_of_a_half_moved_root_serves_both_keys() {
    let mut bench = Bench::new(65536, MERGED);
    // Two host pages with 4 KiB pages left, of which the second lies higher.
    let mut pages = bench.take(0, FunctionType::Own, 20);
    bench.put(0, &pages.drain(..2).collect::<Vec<_>>());
    assert!(bench.book.add_key(owner(0).key, owner(5).key));
    let higher = bench.book.retag_next(owner(5).key, None);
    let of = |pages: &[Iova]| pages[0].0 >> 16;
    assert_eq!(Some(of(&bench.take(5, FunctionType::Own, 1))), higher);
    assert_eq!(Some(of(&bench.take(0, FunctionType::Own, 1)) + 1), higher);
    bench.book.retag_next(owner(5).key, higher);
    assert_eq!(
        Some(of(&bench.take(5, FunctionType::Own, 1))),
        higher,
        "the oldest of both"
    );
    bench.book.erase_old_key();
    assert_eq!(bench.bus.pages_in_use(), 2);
    assert_eq!(bench.book.root(owner(5).key).map(Root::given), Some(21));
}
