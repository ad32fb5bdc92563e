//! The page exchange: identities, modes, what is refused, what is corruption.

use crate::config::{ModeClearedAt, ModeEffectiveAt, ReturnOrder, TakeUnknownId};
use crate::order::{Answer, AnswerRule, CommandMatch, FirmwareOrder, PageRequest, Reconfigure};
use crate::owner::Owner;
use crate::record::{Corruption, Record};
use crate::testing::{Bench, ecpf_config, pf_config, request};
use prm::hca::{DisableHca, EnableHca, InitHca, TeardownHca};
use prm::link::HostBus;
use prm::pages::{ManagePages, ManagePagesOut, QueryPages, QueryPagesOut};
use prm::{
    Command, CommandStatus, Function, Iova, PageCount, PageMode, PagesOp, QueryPagesPhase, WireIdentity,
};

fn corruptions(bench: &Bench) -> Vec<Corruption> {
    let found = bench.records.iter().filter_map(|record| match record {
        Record::Corruption { what, .. } => Some(*what),
        _ => None,
    });
    found.collect()
}

#[test]
fn in_vhca_id_mode_the_ec_bit_means_nothing_and_any_id_is_accepted() {
    let mut bench = Bench::loaded(ecpf_config());
    bench.give(0, true, 2).ok();
    bench.give(16, false, 3).ok();
    bench.give(65, false, 4).ok();
    bench.give(300, true, 5).ok();
    assert_eq!(bench.held(Function::HostPf), 2);
    assert_eq!(bench.held(Function::HostVf(1)), 3);
    assert_eq!(bench.held(Function::EcVf(2)), 4);
    assert_eq!(bench.held(Owner::Unnamed { id: 300, ec: false }), 5);
    assert_eq!(bench.silicon.ledger().total(Function::Ecpf), 240 + 14);
}

#[test]
fn in_function_id_mode_the_ec_bit_tells_whose_function_it_is() {
    let mut config = ecpf_config();
    config.page_mode = PageMode::FuncId;
    config.sfs = crate::config::ScalableFunctions {
        max: 4,
        base_id: 0x8000,
        first_vhca_id: 128,
    };
    let mut bench = Bench::loaded(config);
    assert_eq!(bench.held(Function::Ecpf), 240);
    for (id, ec) in [(0, false), (2, false), (2, true), (0x8001, true), (9, false)] {
        bench.give(id, ec, 1).ok();
    }
    for function in [
        Function::HostPf,
        Function::HostVf(2),
        Function::EcVf(2),
        Function::Sf(2),
    ] {
        assert_eq!(bench.held(function), 1, "{function}");
    }
    assert_eq!(bench.held(Owner::Unnamed { id: 9, ec: false }), 1);
    let identity = |function| bench.silicon.identity_of(Function::Ecpf, function);
    assert_eq!(identity(Function::Ecpf), Some(WireIdentity { id: 0, ec: true }));
    assert_eq!(
        identity(Function::Sf(1)),
        Some(WireIdentity { id: 0x8000, ec: true })
    );
}

#[test]
fn bad_addresses_are_refused_and_nothing_is_booked() {
    let mut bench = Bench::loaded(pf_config());
    let page = bench.pages(1)[0];
    for bad in [
        vec![page, Iova(0)],
        vec![page, Iova(page.0 + 8)],
        vec![page, page],
    ] {
        let output = bench.run_bytes(&Bench::give_input(16, false, &bad), 16);
        assert_eq!(output.status(), CommandStatus::BadParameter);
    }
    assert_eq!(bench.held(Function::Vf(1)), 0);
    bench.run_bytes(&Bench::give_input(16, false, &[page]), 16).ok();
    let again = bench.run_bytes(&Bench::give_input(17, false, &[page]), 16);
    assert_eq!(again.status(), CommandStatus::BadParameter);
    assert!(corruptions(&bench).contains(&Corruption::GivenTwice {
        owner: Function::Vf(2).into(),
        holder: Function::Vf(1).into(),
        page,
    }));
}

#[test]
fn a_page_command_without_its_header_is_refused() {
    let mut bench = Bench::loaded(pf_config());
    let whole = Bench::give_input(5, false, &[]);
    assert_eq!(
        bench.run_bytes(&whole[..8], 16).status(),
        CommandStatus::BadInputLength
    );
    let head = ManagePages::input()
        .with_op_mod(PagesOp::Give.raw())
        .with_entry_count(u32::MAX);
    assert_eq!(
        bench.run_bytes(head.as_bytes(), 16).status(),
        CommandStatus::BadInputLength
    );
}

#[test]
fn pages_go_back_in_the_configured_order_with_their_signature() {
    for (order, expected) in [(ReturnOrder::Newest, [3, 2]), (ReturnOrder::Oldest, [0, 1])] {
        let mut bench = Bench::loaded(pf_config());
        bench.order(&FirmwareOrder::Reconfigure(Reconfigure {
            return_order: Some(order),
            ..Default::default()
        }));
        let pages = bench.pages(4);
        bench.run_bytes(&Bench::give_input(16, false, &pages), 16).ok();
        let output = bench.take(16, false, 2).ok();
        assert_eq!(Bench::taken(&output), expected.map(|index: usize| pages[index]));
        assert_eq!(bench.held(Function::Vf(1)), 2);
        assert!(corruptions(&bench).is_empty());
    }
}

#[test]
fn a_page_that_lost_its_signature_is_corruption_and_not_a_refusal() {
    let mut bench = Bench::loaded(pf_config());
    let pages = bench.pages(2);
    bench.run_bytes(&Bench::give_input(16, false, &pages), 16).ok();
    bench.host().dma_write(pages[0], &[0; 32]).expect("mapped");
    bench.host().unmap(pages[1]);
    let (now, mut audited) = (bench.now, bench.clone());
    assert_eq!(audited.silicon.audit(now, &mut audited.hosts), 2);
    assert_eq!(Bench::taken(&bench.take(16, false, 2).ok()).len(), 2);
    let owner = Function::Vf(1).into();
    assert_eq!(
        corruptions(&bench),
        [
            Corruption::PageNotMapped {
                owner,
                page: pages[1]
            },
            Corruption::SignatureLost {
                owner,
                page: pages[0]
            },
        ]
    );
}

#[test]
fn an_unknown_id_is_refused_or_returns_nothing() {
    let mut bench = Bench::loaded(pf_config());
    assert_eq!(bench.take(300, false, 4).status(), CommandStatus::BadResource);
    assert_eq!(
        bench
            .take(16, false, 4)
            .ok()
            .read::<ManagePagesOut>()
            .entry_count(),
        0
    );
    let mut config = pf_config();
    config.firmware.take_unknown_id = TakeUnknownId::ZeroPages;
    let mut bench = Bench::loaded(config);
    assert_eq!(
        bench
            .take(300, false, 4)
            .ok()
            .read::<ManagePagesOut>()
            .entry_count(),
        0
    );
}

#[test]
fn boot_pages_of_a_strange_id_move_at_the_switch_or_keep_their_id() {
    for (keeps, own, strange) in [(false, 240, 0), (true, 200, 40)] {
        for mut config in [pf_config(), ecpf_config()] {
            config.firmware.boot_function_id = 3;
            config.firmware.boot_pages_keep_their_id = keeps;
            let mut bench = Bench::loaded(config);
            assert_eq!(bench.held(bench.endpoint), own);
            assert_eq!(bench.held(Owner::Unnamed { id: 3, ec: false }), strange);
            let status = if keeps {
                CommandStatus::Ok
            } else {
                CommandStatus::BadResource
            };
            assert_eq!(bench.take(3, false, 768).status(), status);
            assert!(corruptions(&bench).is_empty());
        }
    }
}

#[test]
fn a_device_that_switches_at_init_accepts_both_identities_until_then() {
    let mut config = pf_config();
    config.firmware.mode_effective_at = ModeEffectiveAt::InitHca;
    let mut bench = Bench::new(config);
    bench.run::<EnableHca>(&EnableHca::input()).ok();
    bench.give(0, false, 2).ok();
    let maximum = bench.capabilities(0);
    bench.run_bytes(&Bench::set_capabilities(&maximum), 16).ok();
    bench.give(5, false, 3).ok();
    assert_eq!(Bench::taken(&bench.take(0, false, 1).ok()).len(), 1);
    bench.run::<InitHca>(&InitHca::input()).ok();
    assert_eq!(bench.held(Function::Pf), 4);
    assert_eq!(bench.take(0, false, 1).status(), CommandStatus::BadResource);
}

#[test]
fn the_mode_is_cleared_where_the_knob_says() {
    let mode_after = |cleared_at| {
        let mut config = pf_config();
        config.firmware.mode_cleared_at = cleared_at;
        let mut bench = Bench::loaded(config);
        let own = |bench: &Bench| {
            bench
                .silicon
                .owner_of(Function::Pf, WireIdentity { id: 5, ec: false })
        };
        let loaded = own(&bench);
        bench.run::<TeardownHca>(&TeardownHca::input()).ok();
        let torn_down = own(&bench);
        bench.run::<DisableHca>(&DisableHca::input()).ok();
        let disabled = own(&bench);
        [loaded, torn_down, disabled].map(|owner| owner == Function::Pf.into())
    };
    assert_eq!(mode_after(ModeClearedAt::DisableHca), [true, true, false]);
    assert_eq!(mode_after(ModeClearedAt::TeardownHca), [true, false, false]);
    assert_eq!(mode_after(ModeClearedAt::EnableHca), [true, true, true]);
}

#[test]
fn release_all_forgets_when_it_is_posted() {
    let mut bench = Bench::loaded(pf_config());
    bench.give(16, false, 100).ok();
    let release = PageRequest {
        release_all: true,
        ..request(Function::Vf(1), 0)
    };
    bench.order(&FirmwareOrder::RequestPages(release));
    assert_eq!(bench.held(Function::Vf(1)), 0);
    assert!(bench.silicon.unanswered_requests().is_empty());
}

#[test]
fn requests_are_open_until_they_are_answered() {
    let mut bench = Bench::loaded(pf_config());
    bench.request(Function::Vf(1), 10);
    bench.request(Function::Vf(1), 5);
    bench.request(Function::Vf(1), -60000);
    let open = |bench: &Bench| -> Vec<i64> {
        bench
            .silicon
            .unanswered_requests()
            .into_iter()
            .map(|request| request.pages)
            .collect()
    };
    assert_eq!(open(&bench), [10, 5, -60000]);
    bench.give(16, false, 10).ok();
    assert_eq!(open(&bench), [5, -60000]);
    bench
        .run::<ManagePages>(&ManagePages::input().with_function_id(16))
        .ok();
    assert_eq!(open(&bench), [-60000]);
    bench.take(16, false, 100).ok();
    assert_eq!(open(&bench), [] as [i64; 0]);
}

#[test]
fn what_is_wanted_can_be_asked_for() {
    let mut bench = Bench::loaded(pf_config());
    bench.request(Function::Pf, 64);
    let input = QueryPages::input()
        .with_op_mod(QueryPagesPhase::Regular.raw())
        .with_function_id(5);
    let output = bench.run::<QueryPages>(&input).ok().read::<QueryPagesOut>();
    assert_eq!(PageCount::from_bits(output.page_count()).0, 64);
}

#[test]
fn falsified_answers_to_a_take() {
    let take = |with: Answer, count| {
        let mut bench = Bench::loaded(pf_config());
        bench.give(16, false, 8).ok();
        let to = CommandMatch {
            command: "MANAGE_PAGES".into(),
            op_mod: Some(2),
            ..Default::default()
        };
        bench.order(&FirmwareOrder::Answer(AnswerRule { to, with, times: 1 }));
        let output = bench.take(16, false, count).ok();
        let claimed = output.read::<ManagePagesOut>().entry_count();
        (claimed, bench.held(Function::Vf(1)), corruptions(&bench).len())
    };
    assert_eq!(take(Answer::ClaimExtra { pages: 1 }, 8), (9, 0, 0));
    assert_eq!(take(Answer::UnknownPages { pages: 1 }, 8), (1, 8, 0));
    assert_eq!(
        take(
            Answer::Returns {
                indices: vec![0, 0, 3]
            },
            8
        ),
        (3, 6, 0)
    );
}

#[test]
fn firmware_can_return_fewer_pages_than_are_asked_for() {
    let mut config = pf_config();
    config.firmware.returns_at_most = 5;
    let mut bench = Bench::loaded(config);
    bench.give(16, false, 12).ok();
    let returned: Vec<usize> = (0..4)
        .map(|_| Bench::taken(&bench.take(16, false, 12).ok()).len())
        .collect();
    assert_eq!(returned, [5, 5, 2, 0]);
    assert_eq!(bench.held(Function::Vf(1)), 0);
}

#[test]
fn vhca_ids_can_change_while_the_device_runs() {
    let mut bench = Bench::loaded(pf_config());
    let vhca_ids = [(Function::Vf(2), 16)].into();
    bench.order(&FirmwareOrder::Reconfigure(Reconfigure {
        vhca_ids,
        ..Default::default()
    }));
    assert_eq!(bench.silicon.vhca_id_of(Function::Vf(2)), Some(16));
    bench.give(16, false, 1).ok();
    assert_eq!(
        bench.held(Function::Vf(1)),
        1,
        "the first of two functions with one id has the pages"
    );
}

#[test]
fn nothing_stays_asked_for_when_the_driver_is_gone() {
    let mut bench = Bench::loaded(pf_config());
    bench.request(Function::Vf(1), 10);
    bench.unload(&[5]);
    assert!(bench.silicon.unanswered_requests().is_empty());
}
