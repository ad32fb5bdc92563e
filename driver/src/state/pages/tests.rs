//! What the page code's state tells of itself: to whoever checks what a step touches, and to a search.

use super::*;
use parts::Digest;
use prm::Cycles;
use std::collections::BTreeMap;

/// What was noted while something was done.
fn touched(act: impl FnOnce(&mut PagesState)) -> BTreeMap<String, Touch> {
    let mut pages = PagesState::default();
    // What is new counts as written.
    pages.take_touches(&mut |_, _| {});
    act(&mut pages);
    let mut touched = BTreeMap::new();
    pages.take_touches(&mut |object, touch| {
        touched.insert(format!("{object:?}"), touch);
    });
    touched
}

#[test]
fn every_part_notes_under_its_object_how_it_is_used() {
    assert_eq!(touched(|_| {}), BTreeMap::new());
    let reads = |object: &str| BTreeMap::from([(object.to_owned(), Touch::Read)]);
    let writes = |object: &str| BTreeMap::from([(object.to_owned(), Touch::Write)]);
    assert_eq!(
        touched(|pages| assert_eq!(*pages.mode, PageMode::FuncId)),
        reads("PageMode")
    );
    assert_eq!(
        touched(|pages| *pages.mode = PageMode::VhcaId),
        writes("PageMode")
    );
    assert_eq!(touched(|pages| *pages.boot_key = None), writes("PageMode"));
    assert_eq!(
        touched(|pages| assert_eq!(pages.book.roots().count(), 0)),
        reads("PageBook")
    );
    assert_eq!(
        touched(|pages| *pages.book = PageBook::default()),
        writes("PageBook")
    );
    assert_eq!(touched(|pages| *pages.listening = true), writes("PageQueue"));
    assert_eq!(touched(|pages| *pages.crashed = true), writes("PageQueue"));
    assert_eq!(
        touched(|pages| assert_eq!(pages.queue.outstanding(), 0)),
        reads("PageQueue")
    );
}

#[test]
fn what_decides_about_anything_later_is_part_of_the_state_and_records_are_not() {
    let digest = |act: fn(&mut PagesState)| {
        let mut pages = PagesState::default();
        act(&mut pages);
        Digest::of(&pages)
    };
    let usual = digest(|_| {});
    assert_ne!(usual, digest(|pages| *pages.mode = PageMode::VhcaId));
    assert_ne!(usual, digest(|pages| *pages.listening = true));
    assert_ne!(usual, digest(|pages| *pages.crashed = true));
    assert_ne!(usual, digest(|pages| *pages.boot_key = Some(OwnerKey(5))));
    assert_eq!(usual, digest(|pages| pages.reporting.printed = 3));
    assert_eq!(
        usual,
        digest(|pages| pages.waits.push(PageWait {
            began: Cycles(1),
            ended: Cycles(2),
            waited_for: crate::books::FunctionType::Vf,
            outcome: crate::books::PageWaitOutcome::Drained,
        }))
    );
}
