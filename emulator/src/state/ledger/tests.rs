use super::*;
use rand_chacha::rand_core::SeedableRng as _;

const SUPPLIER: Function = Function::Pf;
const VF: Owner = Owner::Function(Function::Vf(1));
const SELF: Owner = Owner::Function(Function::Pf);

fn rng() -> ChaCha8Rng {
    ChaCha8Rng::seed_from_u64(7)
}

fn numbers(pages: &[OwnedPage]) -> Vec<u64> {
    pages.iter().map(|page| page.number).collect()
}

fn three_pages() -> Ledger {
    let mut ledger = Ledger::default();
    ledger.give(SUPPLIER, VF, &[10, 30, 20]).expect("pages are new");
    ledger
}

#[test]
fn oldest_returns_in_the_order_given() {
    let taken = three_pages().take(SUPPLIER, VF, 2, ReturnOrder::Oldest, &mut rng());
    assert_eq!(numbers(&taken), [10, 30]);
}

#[test]
fn newest_returns_the_last_given_first() {
    let taken = three_pages().take(SUPPLIER, VF, 2, ReturnOrder::Newest, &mut rng());
    assert_eq!(numbers(&taken), [20, 30]);
}

#[test]
fn seeded_returns_the_same_for_the_same_seed() {
    let mut one = three_pages();
    let mut other = three_pages();
    let taken = one.take(SUPPLIER, VF, 2, ReturnOrder::Seeded, &mut rng());
    assert_eq!(
        taken,
        other.take(SUPPLIER, VF, 2, ReturnOrder::Seeded, &mut rng())
    );
    one.give(SUPPLIER, VF, &[40]).expect("page is new");
    assert_eq!(
        numbers(&one.take(SUPPLIER, VF, 1, ReturnOrder::Newest, &mut rng())),
        [40]
    );
}

#[test]
fn a_page_that_somebody_holds_is_refused_and_nothing_is_booked() {
    let mut ledger = three_pages();
    let before = ledger.clone();
    let refused = ledger.give(SUPPLIER, SELF, &[40, 30]);
    assert_eq!(
        refused,
        Err(GivenTwice {
            number: 30,
            holder: VF
        })
    );
    assert_eq!(ledger.pages(SUPPLIER, SELF), 0);
    assert_eq!(ledger.rows, before.rows);
    let refused = ledger.give(SUPPLIER, SELF, &[40, 41, 40]);
    assert_eq!(
        refused,
        Err(GivenTwice {
            number: 40,
            holder: SELF
        })
    );
    assert_eq!(ledger.give(SUPPLIER, SELF, &[40]), Ok(3));
    assert_eq!(ledger.total(SUPPLIER), 4);
}

#[test]
fn suppliers_do_not_share_addresses() {
    let mut ledger = three_pages();
    let own = Owner::Function(Function::Vf(1));
    ledger
        .give(Function::Vf(1), own, &[10])
        .expect("another address space");
    assert_eq!(ledger.total(SUPPLIER), 3);
    assert_eq!(ledger.total(Function::Vf(1)), 1);
    assert_eq!(ledger.forget_supplier(Function::Vf(1)), [(own, 1)]);
    assert_eq!(ledger.rows().count(), 1);
}

#[test]
fn listed_indices_follow_the_return_order_and_repeat() {
    let mut ledger = three_pages();
    let listed = ledger.take_at(SUPPLIER, VF, &[0, 0, 2, 9], ReturnOrder::Newest);
    assert_eq!(numbers(&listed), [20, 20, 10]);
    assert_eq!(ledger.total(SUPPLIER), 1);
    assert_eq!(ledger.give(SUPPLIER, VF, &[20]), Ok(3));
}

#[test]
fn a_renamed_row_keeps_its_ages() {
    let mut ledger = three_pages();
    ledger.give(SUPPLIER, SELF, &[50]).expect("page is new");
    ledger.rename(SUPPLIER, VF, SELF);
    assert_eq!(ledger.pages(SUPPLIER, VF), 0);
    let taken = ledger.take(SUPPLIER, SELF, 9, ReturnOrder::Oldest, &mut rng());
    assert_eq!(numbers(&taken), [10, 30, 20, 50]);
    assert_eq!(ledger.total(SUPPLIER), 0);
}

#[test]
fn forgotten_pages_can_be_given_again() {
    let mut ledger = three_pages();
    assert_eq!(ledger.forget(SUPPLIER, VF), 3);
    assert_eq!(ledger.forget(SUPPLIER, VF), 0);
    assert_eq!(ledger.give(SUPPLIER, SELF, &[10, 20, 30]), Ok(3));
}

#[test]
fn two_ledgers_are_one_if_they_have_the_same_pages_and_have_accepted_as_many() {
    let mut ledger = three_pages();
    assert_eq!(ledger, three_pages());
    ledger.give(SUPPLIER, VF, &[40]).expect("page is new");
    ledger.take(SUPPLIER, VF, 1, ReturnOrder::Newest, &mut rng());
    assert_ne!(ledger, three_pages(), "one more was accepted");
    let mut ledger = three_pages();
    ledger.take(SUPPLIER, VF, 1, ReturnOrder::Newest, &mut rng());
    assert_ne!(ledger, three_pages(), "a page is gone");
}

#[test]
fn who_has_how_many_pages_is_part_of_the_state_and_how_many_were_ever_accepted_is_not() {
    let digest = |act: fn(&mut Ledger)| {
        let mut ledger = three_pages();
        act(&mut ledger);
        let mut hasher = parts::CanonicalHasher::default();
        ledger.hash(&mut hasher);
        hasher.finish()
    };
    let usual = digest(|_| {});
    assert_ne!(usual, digest(|ledger| ledger.rename(SUPPLIER, VF, SELF)));
    let give = |ledger: &mut Ledger| {
        ledger.give(SUPPLIER, VF, &[40]).expect("page is new");
    };
    assert_ne!(usual, digest(give));
    assert_eq!(
        usual,
        digest(|ledger| {
            ledger.give(SUPPLIER, VF, &[40]).expect("page is new");
            ledger.take(SUPPLIER, VF, 1, ReturnOrder::Newest, &mut rng());
        })
    );
}
