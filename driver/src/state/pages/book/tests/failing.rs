//! Pages that cannot be tracked, on a bus that does not unmap.

use super::*;
use crate::device_bus::BusAccess;

fn pages_left(broken: Option<BusAccess>) -> usize {
    let mut bench = Bench::new(4096, MERGED);
    {
        let mut machine = bench.bus.machine.0.borrow_mut();
        machine.failing = vec!["page_root"];
        machine.broken = broken;
    }
    let (bus, accounting) = (&mut bench.bus, Accounting::HostPages);
    let taken = bench
        .book
        .take(bus, owner(16), FunctionType::Vf, 1, accounting, &mut Vec::new());
    assert_eq!(taken, Err(AllocationFailure::NotTracked));
    assert_eq!(bench.book.roots().count(), 0);
    bench.bus.pages_in_use()
}

#[test]
fn a_page_that_cannot_be_tracked_is_freed_unless_it_stays_mapped() {
    assert_eq!(pages_left(None), 0);
    assert_eq!(pages_left(Some(BusAccess::Unmap)), 1);
}

#[test]
fn a_4_kib_page_in_the_middle_of_a_host_page_that_comes_back_twice_is_noticed() {
    let mut bench = Bench::new(65536, ROBUST);
    let pages = bench.take(16, FunctionType::Vf, 16);
    for page in [&pages[5..6], &pages[9..10]] {
        assert_eq!(bench.put(16, page).freed, 1);
        let again = bench.put(16, page);
        assert_eq!((again.freed, again.twice.as_slice()), (0, page));
    }
    assert_eq!(bench.put(16, &pages[6..7]).freed, 1, "this one was taken still");
}
