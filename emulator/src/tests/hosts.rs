//! Functions of other hosts that come and go, and what an eswitch manager is told of it.

use crate::config::{AdjacentVf, OnReset, SatellitePf, ScalableFunctions};
use crate::order::{
    FirmwareOrder, FunctionsChanged, HostPfState, OrderError, Reconfigure, VhcaStateName, VhcaStateOrder,
};
use crate::testing::{Bench, ecpf_config, pf_config};
use prm::capability::QueryHcaCap;
use prm::capability_area::GeneralCapabilities;
use prm::eswitch::{
    CreateEswVport, CreateEswVportOut, DestroyEswVport, ESW_FUNCTIONS_LAYOUT_V1, HostFunctions,
    NetworkFunction, QueryDelegatedVhca, QueryDelegatedVhcaOut, QueryEswFunctions, QueryEswFunctionsOut,
};
use prm::hca::{DisableHca, EnableHca};
use prm::subfunction::{AllocSf, DeallocSf, QueryVhcaState, QueryVhcaStateOut, VhcaState};
use prm::{Command, CommandStatus, Function};
use std::collections::BTreeSet;

/// The event queue that takes everything but commands and page requests, and that of page requests.
const ASYNC: u8 = 2;
const PAGES: u8 = 3;

fn with_satellites(on_reset: OnReset) -> Bench {
    let mut config = ecpf_config();
    config.satellite_pfs = vec![SatellitePf { vhca_id: 8 }, SatellitePf { vhca_id: 9 }];
    config.firmware.on_reset = on_reset;
    Bench::loaded(config)
}

fn satellites(there: impl IntoIterator<Item = u16>) -> FirmwareOrder {
    FirmwareOrder::FunctionsChanged(FunctionsChanged {
        satellite_pfs: Some(there.into_iter().map(Function::SatellitePf).collect()),
        ..FunctionsChanged::default()
    })
}

/// The host's PF and the satellite PFs, as the second layout lists them.
fn listed(bench: &mut Bench) -> Vec<NetworkFunction> {
    let input = QueryEswFunctions::input().with_op_mod(ESW_FUNCTIONS_LAYOUT_V1);
    let output = bench.run_bytes(input.as_bytes(), 16 + 3 * 64).ok();
    let count = output.read::<QueryEswFunctionsOut>().function_count();
    let entries = output.bytes[16..].chunks_exact(64).take(count.into());
    entries
        .map(|entry| NetworkFunction::from_bytes(entry).expect("of this length"))
        .collect()
}

fn create(bench: &mut Bench, vhca_id: u16) -> crate::testing::Output {
    bench.run::<CreateEswVport>(&CreateEswVport::input().with_managed_vhca_id(vhca_id))
}

#[test]
fn a_satellite_pf_that_is_gone_is_listed_no_more_and_keeps_its_vport() {
    let mut bench = with_satellites(OnReset::ReleaseAll);
    let vport = create(&mut bench, 8)
        .ok()
        .read::<CreateEswVportOut>()
        .vport_number();
    bench.give(8, false, 60).ok();
    bench.events(PAGES);
    bench.order(&satellites([2]));
    let ids =
        |bench: &mut Bench| -> Vec<u16> { listed(bench).iter().map(NetworkFunction::vhca_id).collect() };
    assert_eq!(ids(&mut bench)[1..], [9]);
    assert_eq!(bench.events(ASYNC).len(), 1);
    assert_eq!(bench.events(PAGES).len(), 1, "all of its pages are released");
    assert_eq!(bench.held(Function::SatellitePf(1)), 0);
    // What the manager made of it is still there.
    bench
        .run::<EnableHca>(&EnableHca::input().with_function_id(vport))
        .ok();
    bench
        .run::<DestroyEswVport>(&DestroyEswVport::input().with_vport_number(vport))
        .ok();
    assert_eq!(create(&mut bench, 8).status(), CommandStatus::BadParameter);
    bench.order(&satellites([1, 2]));
    assert_eq!(ids(&mut bench)[1..], [8, 9]);
    create(&mut bench, 8).ok();
}

#[test]
fn pages_of_a_satellite_pf_that_is_gone_go_back_as_after_a_reset() {
    let mut bench = with_satellites(OnReset::ReturnPages);
    bench.give(8, false, 60).ok();
    bench.order(&satellites([]));
    let [asked] = bench.silicon.unanswered_requests()[..] else {
        panic!("one request")
    };
    assert_eq!((asked.owner, asked.pages), (Function::SatellitePf(1).into(), -60));

    let mut bench = with_satellites(OnReset::Silent);
    bench.give(8, false, 60).ok();
    bench.order(&satellites([]));
    assert_eq!(bench.held(Function::SatellitePf(1)), 60);
    assert!(bench.silicon.unanswered_requests().is_empty());
}

#[test]
fn a_host_pf_without_a_driver_shows_in_both_layouts() {
    let disabled = FirmwareOrder::FunctionsChanged(FunctionsChanged {
        host_pf: Some(HostPfState::Disabled),
        ..FunctionsChanged::default()
    });
    let first = |bench: &mut Bench| {
        let output = bench.run::<QueryEswFunctions>(&QueryEswFunctions::input()).ok();
        HostFunctions::from_prefix(&output.bytes[16..]).expect("long enough")
    };
    let mut bench = with_satellites(OnReset::ReleaseAll);
    assert_eq!(listed(&mut bench)[0].vhca_state(), VhcaState::InUse.raw());
    assert!(!first(&mut bench).host_pf_disabled());
    bench.order(&disabled);
    assert_ne!(listed(&mut bench)[0].vhca_state(), VhcaState::InUse.raw());
    assert!(first(&mut bench).host_pf_disabled());
}

#[test]
fn vfs_are_delegated_and_taken_away_without_an_event() {
    let mut config = pf_config();
    config.adjacent_vfs = [(300, 0x600), (301, 0x601)]
        .map(|(vhca_id, vport)| AdjacentVf { vhca_id, vport })
        .to_vec();
    let mut bench = Bench::loaded(config);
    let delegated = |bench: &mut Bench| {
        let output = bench
            .run_bytes(QueryDelegatedVhca::input().as_bytes(), 32 + 2 * 32)
            .ok();
        output.read::<QueryDelegatedVhcaOut>().function_count()
    };
    assert_eq!(delegated(&mut bench), 2);
    let reconfigure = |vfs: &[u16]| {
        FirmwareOrder::Reconfigure(Reconfigure {
            adjacent_vfs: Some(vfs.iter().copied().map(Function::AdjacentVf).collect()),
            ..Reconfigure::default()
        })
    };
    bench.order(&reconfigure(&[2]));
    assert_eq!(delegated(&mut bench), 1);
    assert!(bench.events(ASYNC).is_empty());
    assert_eq!(create(&mut bench, 300).status(), CommandStatus::BadParameter);
    create(&mut bench, 301).ok();
    bench.order(&reconfigure(&[1, 2]));
    assert_eq!(delegated(&mut bench), 2);
}

#[test]
fn only_functions_of_its_kind_come_and_go_by_an_order() {
    let mut bench = with_satellites(OnReset::ReleaseAll);
    let Bench {
        silicon, hosts, now, ..
    } = &mut bench;
    let unknown = silicon.order(&satellites([3]), *now, hosts);
    assert_eq!(
        unknown,
        Err(OrderError::UnknownFunction(Function::SatellitePf(3)))
    );
    let other = FirmwareOrder::FunctionsChanged(FunctionsChanged {
        satellite_pfs: Some(BTreeSet::from([Function::HostPf])),
        ..FunctionsChanged::default()
    });
    let other = silicon.order(&other, *now, hosts);
    assert_eq!(other, Err(OrderError::NotOfThisKind(Function::HostPf)));
    assert_eq!(listed(&mut bench).len(), 3, "nothing has happened");
}

#[test]
fn a_host_sf_is_told_by_the_host_pf_and_goes_when_its_driver_lets_go() {
    let mut config = ecpf_config();
    config.external_host.sfs = ScalableFunctions {
        max: 2,
        base_id: 512,
        first_vhca_id: 200,
    };
    let mut bench = Bench::loaded(config);
    let host = QueryHcaCap::input().with_other_function(true).with_function_id(0);
    let output = bench.run::<QueryHcaCap>(&host).ok();
    let caps = GeneralCapabilities::from_bytes(&output.bytes[16..]).expect("a whole area");
    assert_eq!((caps.max_num_sf(), caps.sf_base_id()), (2, 512));
    let id = 513;
    let state = |bench: &mut Bench| {
        let output = bench
            .run::<QueryVhcaState>(&QueryVhcaState::input().with_function_id(id))
            .ok();
        VhcaState::from_raw(output.read::<QueryVhcaStateOut>().vhca_state())
    };
    let moved = |state| {
        FirmwareOrder::VhcaState(VhcaStateOrder {
            function: Function::HostSf(2),
            state: Some(state),
        })
    };
    assert_eq!(state(&mut bench), VhcaState::Invalid);
    bench.run::<AllocSf>(&AllocSf::input().with_function_id(id)).ok();
    bench
        .run::<EnableHca>(&EnableHca::input().with_function_id(id))
        .ok();
    bench.order(&moved(VhcaStateName::InUse));
    assert_eq!(bench.events(ASYNC).len(), 1);
    bench.give(201, false, 6).ok();
    assert_eq!(bench.held(Function::HostSf(2)), 6);
    bench
        .run::<DisableHca>(&DisableHca::input().with_function_id(id))
        .ok();
    assert_eq!(state(&mut bench), VhcaState::TeardownRequest);
    let early = bench.run::<DeallocSf>(&DeallocSf::input().with_function_id(id));
    assert_eq!(early.status(), CommandStatus::BadResourceState);
    bench.order(&moved(VhcaStateName::Allocated));
    bench
        .run::<DeallocSf>(&DeallocSf::input().with_function_id(id))
        .ok();
    // Without the host's PF there are no drivers of its SFs either.
    for (before, after) in [
        (VhcaStateName::InUse, VhcaState::Active),
        (VhcaStateName::TeardownRequest, VhcaState::Allocated),
    ] {
        bench.order(&moved(before));
        bench.order(&FirmwareOrder::FunctionsChanged(FunctionsChanged {
            host_pf: Some(HostPfState::Disabled),
            ..FunctionsChanged::default()
        }));
        assert_eq!(state(&mut bench), after);
    }
}
