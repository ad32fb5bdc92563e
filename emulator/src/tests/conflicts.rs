//! Which acts conflict by what they were seen to touch.

use crate::order::{FirmwareOrder, Reconfigure};
use crate::state::action::{Action, OrderKind};
use crate::state::footprint::Footprint;
use crate::state::place::{Place, Thing};
use crate::testing::{Bench, pf_config};
use parts::Touch;
use prm::hca::{EnableHca, QueryAdapter, QueryIssi};
use prm::init_segment as segment;
use prm::{Command, Function, Opcode};

/// The footprints of what happens in `what`.
fn footprints(bench: &mut Bench, what: impl FnOnce(&mut Bench)) -> Vec<Footprint> {
    bench.silicon.keep_footprints();
    drop(bench.silicon.take_footprints());
    what(bench);
    bench.silicon.take_footprints()
}

/// Those of an action; there are some.
fn of(footprints: &[Footprint], action: Action) -> Vec<&Footprint> {
    let found: Vec<_> = footprints
        .iter()
        .filter(|footprint| footprint.act.action == action)
        .collect();
    assert!(!found.is_empty(), "{action}");
    found
}

fn conflict(one: &[&Footprint], other: &[&Footprint]) -> bool {
    let mut pairs = one
        .iter()
        .flat_map(|one| other.iter().map(move |other| (one, other)));
    pairs.any(|(one, other)| {
        assert_eq!(one.conflicts_with(other), other.conflicts_with(one));
        one.conflicts_with(other)
    })
}

#[test]
fn executions_that_share_nothing_do_not_conflict() {
    let mut bench = Bench::loaded(pf_config());
    let all = footprints(&mut bench, |bench| {
        bench.ring(0, QueryIssi::input().as_bytes(), 112);
        bench.ring(1, QueryAdapter::input().as_bytes(), 272);
        bench.settle();
    });
    let issi = of(&all, Action::Execution(Opcode::QueryIssi));
    let adapter = of(&all, Action::Execution(Opcode::QueryAdapter));
    assert!(!conflict(&issi, &adapter));
    assert!(conflict(&issi, &issi), "it writes its slot");
    assert_eq!(issi[0].act.slot, Some(0));
    let fetches = of(&all, Action::Fetch);
    let [first, second] = fetches[..] else {
        panic!("two fetches")
    };
    assert!(!first.conflicts_with(second), "nor do they when they are fetched");
    let completion = of(&all, Action::Completion(Opcode::QueryIssi));
    let other = of(&all, Action::Completion(Opcode::QueryAdapter));
    assert!(conflict(&completion, &other), "their events are in one queue");
}

#[test]
fn gives_of_two_functions_conflict_over_book_and_board() {
    let mut bench = Bench::loaded(pf_config());
    let execution = Action::Execution(Opcode::ManagePages);
    let give = |id| {
        move |bench: &mut Bench| {
            bench.give(id, false, 1).ok();
        }
    };
    let one = footprints(&mut bench, give(16));
    let other = footprints(&mut bench, give(17));
    assert!(conflict(&of(&one, execution), &of(&other, execution)));
    for shared in [Thing::Ledger, Thing::Board] {
        let place = (Place::of(shared), Touch::Write);
        for footprints in [&one, &other] {
            let mut gives = of(footprints, execution).into_iter();
            assert!(
                gives.any(|give| give.places().any(|touched| touched == place)),
                "{shared}"
            );
        }
    }
}

#[test]
fn page_requests_at_one_event_queue_conflict_and_an_enabled_vf_is_no_concern_of_another() {
    let mut bench = Bench::loaded(pf_config());
    let one = footprints(&mut bench, |bench| bench.request(Function::Vf(1), 1));
    let other = footprints(&mut bench, |bench| bench.request(Function::Vf(2), 1));
    let (one, other) = (of(&one, Action::PageRequest), of(&other, Action::PageRequest));
    assert!(conflict(&one, &other));
    let queue = Place::at(Thing::EventQueue, Function::Pf).with_number(3);
    for request in [one, other] {
        let touched = request[0].places().find(|&(place, _)| place.overlaps(&queue));
        assert_eq!(touched, Some((queue, Touch::Write)));
    }
    let mut enable = |id| {
        footprints(&mut bench, |bench| {
            bench
                .run::<EnableHca>(&EnableHca::input().with_function_id(id))
                .ok();
        })
    };
    let (one, other) = (enable(1), enable(2));
    let execution = Action::Execution(Opcode::EnableHca);
    let places = |footprints: &[Footprint]| {
        let executions = of(footprints, execution).into_iter();
        let places = executions.flat_map(Footprint::places);
        places
            .filter(|(place, _)| place.thing != Thing::Slot)
            .collect::<Vec<_>>()
    };
    // Both were in slot 0; besides that they share nothing that changes.
    let changed = |places: &[(Place, Touch)]| {
        places
            .iter()
            .filter(|(_, touch)| *touch == Touch::Write)
            .map(|(place, _)| *place)
            .collect::<Vec<_>>()
    };
    let vf = |number| vec![Place::at(Thing::Managed, Function::Vf(number))];
    assert_eq!((changed(&places(&one)), changed(&places(&other))), (vf(1), vf(2)));
}

#[test]
fn what_is_settled_at_start_conflicts_with_all_when_it_changes() {
    let mut bench = Bench::loaded(pf_config());
    let orders = footprints(&mut bench, |bench| {
        bench.order(&FirmwareOrder::Reconfigure(Reconfigure::default()));
    });
    let command = footprints(&mut bench, |bench| {
        bench.run_bytes(QueryAdapter::input().as_bytes(), 272).ok();
    });
    let reconfigure = of(&orders, Action::Order(OrderKind::Reconfigure));
    assert!(
        command
            .iter()
            .all(|footprint| footprint.conflicts_with(reconfigure[0]))
    );
}

#[test]
fn who_looks_from_outside_leaves_nothing_in_a_footprint() {
    let mut bench = Bench::loaded(pf_config());
    let look = |bench: &mut Bench| {
        let silicon = &bench.silicon;
        _ = (
            silicon.outstanding_commands(),
            silicon.pages_in_flight(),
            silicon.device_waits(),
        );
        _ = (
            silicon.endpoints(),
            silicon.ledger().held(),
            silicon.user_number(Function::Vf(1)),
        );
        _ = silicon.takes_page_requests(Function::Pf);
        _ = silicon.clone();
    };
    let read = |bench: &mut Bench| _ = bench.read(segment::INITIALIZING);
    let plain = footprints(&mut bench, read);
    let looked = footprints(&mut bench, |bench| {
        look(bench);
        read(bench);
        look(bench);
    });
    assert_eq!(plain, looked);
}
