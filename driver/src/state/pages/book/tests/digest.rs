//! What makes two books another state to a search: everything that decides about anything later, and nothing else.

use super::*;
use parts::CanonicalHasher;

/// What a search tells states apart by.
pub(super) fn digest(book: &PageBook) -> u64 {
    let mut hasher = CanonicalHasher::default();
    book.hash(&mut hasher);
    hasher.finish()
}

/// The digest of a book after something was done with it: with a VF's 20 pages on a host of 64 KiB pages, the last of them half used.
fn after(change: impl FnOnce(&mut Bench, &[Iova])) -> u64 {
    let mut bench = Bench::new(65536, ROBUST);
    let pages = bench.take(16, FunctionType::Vf, 20);
    change(&mut bench, &pages);
    digest(&bench.book)
}

#[test]
fn the_same_book_at_other_addresses_is_the_same_state() {
    let mut elsewhere = Bench::new(65536, ROBUST);
    for _ in 0..3 {
        assert!(elsewhere.bus.allocate_page().is_ok());
    }
    elsewhere.take(16, FunctionType::Vf, 20);
    assert_eq!(digest(&elsewhere.book), after(|_, _| {}));
}

#[test]
fn books_that_differ_in_one_thing_are_different_states() {
    let mut digests = vec![
        after(|_, _| {}),
        after(|bench, _| drop(bench.take(16, FunctionType::Vf, 1))),
        after(|bench, _| drop(bench.take(17, FunctionType::Vf, 1))),
        after(|bench, _| drop(bench.take(17, FunctionType::None, 1))),
        after(|bench, pages| drop(bench.put(16, &pages[3..4]))),
        after(|bench, pages| drop(bench.put(16, &pages[4..5]))),
        after(|bench, pages| drop(bench.put(16, &pages[17..18]))),
        after(|bench, pages| bench.book.hold(owner(16).key, &pages[..1])),
        after(|bench, pages| bench.book.hold(owner(16).key, &pages[1..2])),
        after(|bench, _| bench.book.know_type(owner(30).key, FunctionType::Spf)),
        after(|bench, _| bench.book.set_type(owner(16).key, FunctionType::Spf)),
        after(|bench, _| bench.book.counters.add(FunctionType::None, 1)),
        after(|bench, _| bench.book.forget_root(owner(16).key)),
        after(|bench, _| assert_eq!(bench.book.set_root_aside(owner(16).key, 65536), 20)),
    ];
    let all = digests.len();
    digests.sort_unstable();
    digests.dedup();
    assert_eq!(digests.len(), all);
}

/// Two host pages have a free 4 KiB page each: which of them is used first depends on which was free first.
#[test]
fn which_host_page_was_free_first_is_part_of_the_state() {
    let freed = |order: [usize; 2]| {
        let mut bench = Bench::new(65536, ROBUST);
        let pages = bench.take(16, FunctionType::Vf, 32);
        for place in order {
            bench.put(16, &pages[place..=place]);
        }
        let seen = digest(&bench.book);
        (seen, bench.take(16, FunctionType::Vf, 1))
    };
    let ((first, taken), (second, other)) = (freed([0, 16]), freed([16, 0]));
    assert_ne!(taken, other);
    assert_ne!(first, second);
}
