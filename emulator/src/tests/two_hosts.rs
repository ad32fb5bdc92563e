//! Two hosts at one device: an ECPF and the PF of an external host, each with a driver that supplies pages.

use crate::config::SecondPf;
use crate::order::{Answer, AnswerRule, FirmwareOrder, OrderAt, OrderError};
use crate::owner::Owner;
use crate::testing::{Bench, Seat, ecpf_config, pf_config, request, to};
use prm::{CommandStatus, Function};

/// vhca_ids of `ecpf_config`.
const HOST_VF: u16 = 16;
const EC_VF: u16 = 64;

/// Both drivers are loaded; the bench sits at the host's, the ECPF's is the seat.
fn two_hosts() -> (Bench, Seat) {
    let mut bench = Bench::loaded(ecpf_config());
    assert!(bench.silicon.connect_host());
    let ecpf = bench.change_seats(Seat::at(Function::HostPf));
    bench.connect(Function::HostPf);
    bench.load();
    (bench, ecpf)
}

fn pages(bench: &Bench, supplier: Function, owner: Function) -> u64 {
    bench.silicon.ledger().pages(supplier, owner.into())
}

#[test]
fn each_supplies_itself_and_their_books_are_apart() {
    let (mut bench, ecpf) = two_hosts();
    assert_eq!(pages(&bench, Function::HostPf, Function::HostPf), 240);
    assert_eq!(pages(&bench, Function::Ecpf, Function::Ecpf), 240);
    bench.give(HOST_VF, false, 4).ok();
    let host = bench.change_seats(ecpf);
    bench.give(HOST_VF, false, 7).ok();
    assert_eq!(pages(&bench, Function::HostPf, Function::HostVf(1)), 4);
    assert_eq!(pages(&bench, Function::Ecpf, Function::HostVf(1)), 7);
    assert_eq!(Bench::taken(&bench.take(HOST_VF, false, 20).ok()).len(), 7);
    assert_eq!(pages(&bench, Function::HostPf, Function::HostVf(1)), 4);
    bench.change_seats(host);
    assert_eq!(Bench::taken(&bench.take(HOST_VF, false, 20).ok()).len(), 4);
}

#[test]
fn a_host_names_its_own_functions_and_an_ecpf_names_all() {
    let (mut bench, ecpf) = two_hosts();
    bench.give(EC_VF, false, 1).ok();
    let nobody = Owner::Unnamed { id: EC_VF, ec: false };
    assert_eq!(bench.silicon.ledger().pages(Function::HostPf, nobody), 1);
    bench.change_seats(ecpf);
    bench.give(EC_VF, false, 1).ok();
    assert_eq!(pages(&bench, Function::Ecpf, Function::EcVf(1)), 1);
}

#[test]
fn an_order_reaches_the_host_that_it_is_given_at() {
    let (mut bench, ecpf) = two_hosts();
    let order = FirmwareOrder::RequestPages(request(Function::HostVf(1), 3));
    let Bench {
        silicon, hosts, now, ..
    } = &mut bench;
    silicon.order_at(Function::HostPf, &order, *now, hosts).unwrap();
    let foreign = FirmwareOrder::RequestPages(request(Function::EcVf(1), 3));
    let refused = silicon.order_at(Function::HostPf, &foreign, *now, hosts);
    assert_eq!(refused, Err(OrderError::UnknownFunction(Function::EcVf(1))));
    let [asked] = bench.silicon.unanswered_requests()[..] else {
        panic!("one request")
    };
    assert_eq!(
        (asked.supplier, asked.owner),
        (Function::HostPf, Function::HostVf(1).into())
    );
    assert_eq!(bench.events(3).len(), 1);
    let host = bench.change_seats(ecpf);
    assert_eq!(bench.events(3).len(), 0);
    bench.give(HOST_VF, false, 3).ok();
    assert_eq!(
        bench.silicon.unanswered_requests().len(),
        1,
        "another host's pages are no answer"
    );
    bench.change_seats(host);
    bench.give(HOST_VF, false, 3).ok();
    assert_eq!(bench.silicon.unanswered_requests().len(), 0);
}

#[test]
fn a_rule_is_about_the_commands_of_the_host_where_it_was_installed() {
    let (mut bench, ecpf) = two_hosts();
    let rule = FirmwareOrder::Answer(AnswerRule {
        to: to("MANAGE_PAGES"),
        with: Answer::Refuse {
            status: 8,
            syndrome: 0,
        },
        times: 1,
    });
    let Bench {
        silicon, hosts, now, ..
    } = &mut bench;
    silicon.order_at(Function::HostPf, &rule, *now, hosts).unwrap();
    let host = bench.change_seats(ecpf);
    bench.give(HOST_VF, false, 1).ok();
    bench.change_seats(host);
    assert_eq!(bench.give(HOST_VF, false, 1).status(), CommandStatus::from_raw(8));
}

#[test]
fn a_host_that_is_reset_takes_along_what_it_supplied_and_nothing_else() {
    let (mut bench, ecpf) = two_hosts();
    bench.give(HOST_VF, false, 4).ok();
    let host = bench.change_seats(ecpf);
    bench.give(HOST_VF, false, 7).ok();
    bench
        .silicon
        .reset_function(Function::HostPf, bench.now, &mut bench.hosts);
    assert_eq!(bench.silicon.ledger().rows().count(), 2);
    assert_eq!(pages(&bench, Function::Ecpf, Function::HostVf(1)), 7);
    bench.change_seats(host);
    bench.wait(prm::Cycles::from_millis(2));
    bench.connect(Function::HostPf);
    bench.load();
    bench
        .silicon
        .reset_function(Function::Ecpf, bench.now, &mut bench.hosts);
    assert_eq!(pages(&bench, Function::HostPf, Function::HostPf), 240);
    assert_eq!(bench.silicon.ledger().rows().count(), 1);
}

#[test]
fn a_device_without_an_external_host_connects_none() {
    let mut bench = Bench::new(pf_config());
    assert!(!bench.silicon.connect_host());
    assert!(!bench.silicon.endpoints().contains(&Function::HostPf));
}

/// Two PFs of one silicon: the bench sits at the second, the first's driver is the seat.
fn two_pfs() -> (Bench, Seat) {
    let mut config = pf_config();
    config.second_pf = Some(SecondPf { vhca_id: 6 });
    let mut bench = Bench::loaded(config);
    let first = bench.change_seats(Seat::at(Function::SecondPf));
    bench.connect(Function::SecondPf);
    bench.load();
    (bench, first)
}

#[test]
fn a_second_pf_supplies_itself_and_names_nobody_else() {
    let (mut bench, first) = two_pfs();
    assert_eq!(pages(&bench, Function::SecondPf, Function::SecondPf), 240);
    assert_eq!(pages(&bench, Function::Pf, Function::Pf), 240);
    bench.give(16, false, 4).ok();
    let nobody = |id| Owner::Unnamed { id, ec: false };
    assert_eq!(bench.silicon.ledger().pages(Function::SecondPf, nobody(16)), 4);
    bench.change_seats(first);
    bench.give(6, false, 3).ok();
    assert_eq!(
        bench.silicon.ledger().pages(Function::Pf, nobody(6)),
        3,
        "nor does the first name it"
    );
}

#[test]
fn a_reset_of_either_pf_leaves_the_other_one_alone() {
    let (mut bench, _first) = two_pfs();
    let Bench {
        silicon, hosts, now, ..
    } = &mut bench;
    silicon.reset_function(Function::Pf, *now, hosts);
    assert_eq!(silicon.ledger().pages(Function::Pf, Function::Pf.into()), 0);
    assert_eq!(
        silicon
            .ledger()
            .pages(Function::SecondPf, Function::SecondPf.into()),
        240
    );
    let reset = FirmwareOrder::At(OrderAt {
        function: Function::SecondPf,
        order: Box::new(FirmwareOrder::Reset {}),
    });
    silicon.order(&reset, *now, hosts).unwrap();
    assert_eq!(silicon.ledger().rows().count(), 0);
}

#[test]
fn an_order_says_at_whose_interface_it_is_carried_out() {
    let (mut bench, _first) = two_pfs();
    let at = |function| {
        FirmwareOrder::At(OrderAt {
            function,
            order: Box::new(FirmwareOrder::RequestPages(request(Function::SecondPf, 3))),
        })
    };
    bench.order(&at(Function::SecondPf));
    let [asked] = bench.silicon.unanswered_requests()[..] else {
        panic!("one request")
    };
    assert_eq!(asked.supplier, Function::SecondPf);
    let Bench {
        silicon, hosts, now, ..
    } = &mut bench;
    let refused = silicon.order(&at(Function::Pf), *now, hosts);
    assert_eq!(refused, Err(OrderError::UnknownFunction(Function::SecondPf)));
    let refused = silicon.order(&at(Function::HostPf), *now, hosts);
    assert_eq!(refused, Err(OrderError::UnknownFunction(Function::HostPf)));
}
