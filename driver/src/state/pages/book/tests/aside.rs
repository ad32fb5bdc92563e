//! What is set aside, and what becomes of it.

use super::digest::digest;
use super::*;

#[test]
fn a_reset_frees_whole_roots_that_were_set_aside_and_leaves_single_pages_held() {
    let mut bench = Bench::new(4096, ROBUST);
    bench.take(16, FunctionType::Vf, 5);
    let pages = bench.take(17, FunctionType::Vf, 4);
    assert_eq!(bench.book.set_root_aside(owner(16).key, 4096), 5);
    bench.book.hold(owner(17).key, &pages[..3]);
    assert_eq!(bench.book.counters.quarantine, 8);
    bench.book.empty_quarantine(&mut bench.bus);
    assert_eq!(
        bench.book.counters.quarantine, 3,
        "those that are held page by page"
    );
    assert_eq!(bench.bus.pages_in_use(), 4);
    assert_eq!(bench.book.adopt(owner(17).key, &pages), 3);
    assert!(bench.book.quarantine.holds_nothing());
    assert_eq!(bench.book.counters.fw_pages_vfs, 4);
}

#[test]
fn what_is_held_page_by_page_and_what_is_set_aside_are_part_of_the_state() {
    let mut bench = Bench::new(4096, ROBUST);
    let pages = bench.take(16, FunctionType::Vf, 2);
    bench.take(17, FunctionType::Vf, 1);
    let usual = digest(&bench.book);
    bench.book.hold(owner(16).key, &pages[..1]);
    assert!(!bench.book.quarantine.holds_nothing());
    let held = digest(&bench.book);
    assert_ne!(usual, held);
    // The same counters and roots, another page.
    bench.book.adopt(owner(16).key, &pages[..1]);
    assert_eq!(digest(&bench.book), usual);
    bench.book.hold(owner(16).key, &pages[1..]);
    assert_ne!(digest(&bench.book), held);
    // Roots that were set aside, of the same size but another name on the wire.
    let aside = |key: u16| {
        let mut bench = Bench::new(4096, ROBUST);
        bench.take(16, FunctionType::Vf, 1);
        bench.take(17, FunctionType::Vf, 1);
        bench.book.set_root_aside(owner(16).key, 4096);
        bench.book.set_root_aside(owner(17).key, 4096);
        let kept = bench.take(key, FunctionType::Vf, 1);
        assert_eq!(kept.len(), 1);
        digest(&bench.book)
    };
    assert_ne!(aside(16), aside(17));
}

#[test]
fn single_pages_that_are_held_go_aside_with_their_root_or_are_released_with_it() {
    let held = || {
        let mut bench = Bench::new(4096, ROBUST);
        let pages = bench.take(16, FunctionType::Vf, 4);
        bench.book.hold(owner(16).key, &pages[..2]);
        (bench, pages)
    };
    let (mut bench, pages) = held();
    assert_eq!(bench.book.set_root_aside(owner(16).key, 4096), 2);
    assert!(bench.book.quarantine.holds_nothing());
    assert_eq!(bench.book.counters.quarantine, 4);
    let report = bench.put(16, &pages);
    assert_eq!((report.late, bench.bus.pages_in_use()), (4, 0));
    let (mut bench, _) = held();
    assert_eq!(bench.release_all(16), Some(2), "the others were counted as held");
    assert!(bench.book.quarantine.holds_nothing());
    assert_eq!(bench.book.counters, Counters::default());
}

#[test]
fn a_root_without_a_page_leaves_nothing_aside() {
    let mut bench = Bench::new(65536, ROBUST);
    let pages = bench.take(16, FunctionType::Vf, 1);
    bench.put(16, &pages);
    assert_eq!(bench.book.set_root_aside(owner(16).key, 65536), 0);
    assert_eq!(bench.book.quarantine.roots().count(), 0);
}
