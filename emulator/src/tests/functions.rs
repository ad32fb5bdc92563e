//! Other functions: VFs, subfunctions, the eswitch's functions, and their own drivers.

use crate::config::{AdjacentVf, DemandProfile, OnDisable, SatellitePf, ScalableFunctions};
use crate::testing::{Bench, ecpf_config, functions_changed, pf_config};
use prm::capability::QueryHcaCap;
use prm::capability_area::GeneralCapabilities;
use prm::eswitch::{
    CreateEswVport, CreateEswVportOut, DelegatedVhca, DestroyEswVport, ESW_FUNCTIONS_LAYOUT_V1,
    HostFunctions, NetworkFunction, PF_TYPE_SATELLITE, QueryDelegatedVhca, QueryDelegatedVhcaOut,
    QueryEswFunctions, QueryEswFunctionsOut,
};
use prm::flow_table::{
    CreateFlowGroup, CreateFlowTable, CreateFlowTableOut, DestroyFlowGroup, DestroyFlowTable,
};
use prm::hca::{DisableHca, EnableHca};
use prm::subfunction::{AllocSf, DeallocSf, ModifyVhcaState, QueryVhcaState, QueryVhcaStateOut, VhcaState};
use prm::vport::{ModifyVportState, QueryVportState, QueryVportStateOut};
use prm::{Command, CommandStatus, Cycles, EventType, Function};

const ASYNC: u8 = 2;

fn vhca_id(bench: &mut Bench, id: u16, ec_vf: bool) -> u16 {
    let input = QueryHcaCap::input()
        .with_other_function(true)
        .with_ec_vf_function(ec_vf)
        .with_function_id(id);
    let output = bench.run::<QueryHcaCap>(&input).ok();
    GeneralCapabilities::from_bytes(&output.bytes[16..])
        .expect("a whole area")
        .vhca_id()
}

#[test]
fn other_functions_tell_their_vhca_ids() {
    let mut bench = Bench::loaded(pf_config());
    assert_eq!(vhca_id(&mut bench, 1, false), 16);
    assert_eq!(vhca_id(&mut bench, 3, false), 18);
    let mut bench = Bench::loaded(ecpf_config());
    assert_eq!(vhca_id(&mut bench, 0, false), 0);
    assert_eq!(vhca_id(&mut bench, 0xfffe, false), 2);
    assert_eq!(vhca_id(&mut bench, 2, false), 17);
    assert_eq!(vhca_id(&mut bench, 2, true), 65);
    let unknown = QueryHcaCap::input().with_other_function(true).with_function_id(9);
    assert_eq!(
        bench.run::<QueryHcaCap>(&unknown).status(),
        CommandStatus::BadParameter
    );
}

#[test]
fn a_disabled_functions_pages_are_asked_back_when_the_knob_says() {
    for (knob, at_once, later) in [
        (OnDisable::ReturnPages { after_ms: 0 }, 1, 1),
        (OnDisable::ReturnPages { after_ms: 1500 }, 0, 1),
        (OnDisable::Silent, 0, 0),
    ] {
        let mut config = pf_config();
        config.firmware.on_disable = knob;
        let mut bench = Bench::loaded(config);
        bench
            .run::<EnableHca>(&EnableHca::input().with_function_id(1))
            .ok();
        bench.give(16, false, 300).ok();
        bench
            .run::<DisableHca>(&DisableHca::input().with_function_id(1))
            .ok();
        bench.settle();
        assert_eq!(bench.silicon.unanswered_requests().len(), at_once);
        bench.wait(Cycles::from_millis(1600));
        assert_eq!(bench.silicon.unanswered_requests().len(), later);
        bench.take(16, false, 300).ok();
        assert_eq!(bench.held(Function::Vf(1)), 0);
    }
}

#[test]
fn the_host_pf_is_enabled_by_an_ecpf_as_function_0() {
    let mut bench = Bench::loaded(ecpf_config());
    bench.give(0, false, 2).ok();
    bench.run::<EnableHca>(&EnableHca::input()).ok();
    bench.run::<DisableHca>(&DisableHca::input()).ok();
    bench.settle();
    assert_eq!(
        bench.silicon.unanswered_requests()[0].owner,
        Function::HostPf.into()
    );
    assert_eq!(bench.held(Function::Ecpf), 240, "the ECPF itself is still there");
}

#[test]
fn a_function_that_does_not_exist_cannot_be_enabled() {
    let mut bench = Bench::loaded(pf_config());
    let output = bench.run::<EnableHca>(&EnableHca::input().with_function_id(9));
    assert_eq!(output.status(), CommandStatus::BadParameter);
}

#[test]
fn the_external_host_shows_in_both_layouts() {
    let mut bench = Bench::loaded(ecpf_config());
    bench.order(&functions_changed(1));
    assert_eq!(
        bench.events(ASYNC).last().expect("posted").kind(),
        EventType::EswFunctionsChanged
    );
    let output = bench.run::<QueryEswFunctions>(&QueryEswFunctions::input()).ok();
    let host = HostFunctions::from_prefix(&output.bytes[16..]).expect("long enough");
    assert_eq!((host.vf_count(), host.vf_total()), (1, 2));

    let mut config = ecpf_config();
    config.satellite_pfs = vec![SatellitePf { vhca_id: 8 }];
    let mut bench = Bench::loaded(config);
    let input = QueryEswFunctions::input().with_op_mod(ESW_FUNCTIONS_LAYOUT_V1);
    let output = bench.run_bytes(input.as_bytes(), 16 + 128).ok();
    assert_eq!(output.read::<QueryEswFunctionsOut>().function_count(), 2);
    let satellite = NetworkFunction::from_prefix(&output.bytes[16 + 64..]).expect("long enough");
    assert_eq!((satellite.pf_type(), satellite.vhca_id()), (PF_TYPE_SATELLITE, 8));
    let vport = bench
        .run::<CreateEswVport>(&CreateEswVport::input().with_managed_vhca_id(8))
        .ok();
    let vport = vport.read::<CreateEswVportOut>().vport_number();
    assert_eq!(vhca_id(&mut bench, vport, false), 8);
    bench
        .run::<EnableHca>(&EnableHca::input().with_function_id(vport))
        .ok();
    bench.give(8, false, 60).ok();
    assert_eq!(bench.held(Function::SatellitePf(1)), 60);
    bench
        .run::<DestroyEswVport>(&DestroyEswVport::input().with_vport_number(vport))
        .ok();
    let again = bench.run::<DestroyEswVport>(&DestroyEswVport::input().with_vport_number(vport));
    assert_eq!(again.status(), CommandStatus::BadIndex);
}

#[test]
fn delegated_vfs_are_listed_and_get_vports() {
    let mut config = pf_config();
    config.adjacent_vfs = vec![AdjacentVf {
        vhca_id: 300,
        vport: 0x600,
    }];
    let mut bench = Bench::loaded(config);
    let input = QueryDelegatedVhca::input();
    let output = bench.run_bytes(input.as_bytes(), 32 + 32).ok();
    assert_eq!(output.read::<QueryDelegatedVhcaOut>().function_count(), 1);
    assert_eq!(
        DelegatedVhca::from_prefix(&output.bytes[32..])
            .expect("long enough")
            .vhca_id(),
        300
    );
    let vport = bench
        .run::<CreateEswVport>(&CreateEswVport::input().with_managed_vhca_id(300))
        .ok();
    assert_eq!(vport.read::<CreateEswVportOut>().vport_number(), 0x600);
    assert_eq!(vhca_id(&mut bench, 0x600, false), 300);
}

fn sf_state(bench: &mut Bench, id: u16) -> VhcaState {
    let output = bench
        .run::<QueryVhcaState>(&QueryVhcaState::input().with_function_id(id))
        .ok();
    VhcaState::from_raw(output.read::<QueryVhcaStateOut>().vhca_state())
}

#[test]
fn a_subfunction_lives_from_allocation_to_release() {
    let mut config = pf_config();
    config.sfs = ScalableFunctions {
        max: 4,
        base_id: 0x8000,
        first_vhca_id: 128,
    };
    let mut bench = Bench::loaded(config);
    let id = 0x8002;
    bench.run::<AllocSf>(&AllocSf::input().with_function_id(id)).ok();
    assert_eq!(sf_state(&mut bench, id), VhcaState::Allocated);
    let arm = ModifyVhcaState::input()
        .with_function_id(id)
        .with_select_arm_change_event(true)
        .with_arm_change_event(true)
        .with_select_sw_function_id(true)
        .with_sw_function_id(88);
    bench.run::<ModifyVhcaState>(&arm).ok();
    assert_eq!(vhca_id(&mut bench, id, false), 130);
    bench
        .run::<EnableHca>(&EnableHca::input().with_function_id(id))
        .ok();
    assert_eq!(
        bench.events(ASYNC).last().expect("posted").kind(),
        EventType::VhcaStateChange
    );
    assert_eq!(sf_state(&mut bench, id), VhcaState::Active);
    bench.give(130, false, 50).ok();
    assert_eq!(bench.held(Function::Sf(3)), 50);
    bench
        .run::<DisableHca>(&DisableHca::input().with_function_id(id))
        .ok();
    bench
        .run::<DeallocSf>(&DeallocSf::input().with_function_id(id))
        .ok();
    assert_eq!(sf_state(&mut bench, id), VhcaState::Invalid);
    let again = bench.run::<DeallocSf>(&DeallocSf::input().with_function_id(id));
    assert_eq!(again.status(), CommandStatus::BadResourceState);
    // What was armed before the id was freed tells of the next function of that id.
    bench.run::<ModifyVhcaState>(&arm).ok();
    bench.events(ASYNC);
    bench.run::<AllocSf>(&AllocSf::input().with_function_id(id)).ok();
    bench
        .run::<DeallocSf>(&DeallocSf::input().with_function_id(id))
        .ok();
    bench.run::<AllocSf>(&AllocSf::input().with_function_id(id)).ok();
    assert!(bench.events(ASYNC).is_empty());
    bench
        .run::<EnableHca>(&EnableHca::input().with_function_id(id))
        .ok();
    assert_eq!(bench.events(ASYNC).len(), 1);
}

#[test]
fn a_running_subfunction_is_asked_to_stop() {
    let mut config = pf_config();
    config.sfs = ScalableFunctions {
        max: 1,
        base_id: 0x8000,
        first_vhca_id: 128,
    };
    let mut bench = Bench::loaded(config);
    bench
        .run::<AllocSf>(&AllocSf::input().with_function_id(0x8000))
        .ok();
    bench
        .run::<EnableHca>(&EnableHca::input().with_function_id(0x8000))
        .ok();
    let mut sf = bench.clone();
    sf.connect(Function::Sf(1));
    sf.run::<EnableHca>(&EnableHca::input()).ok();
    bench.silicon = sf.silicon;
    bench.hosts = sf.hosts;
    bench
        .run::<DisableHca>(&DisableHca::input().with_function_id(0x8000))
        .ok();
    assert_eq!(sf_state(&mut bench, 0x8000), VhcaState::TeardownRequest);
    let early = bench.run::<DeallocSf>(&DeallocSf::input().with_function_id(0x8000));
    assert_eq!(early.status(), CommandStatus::BadResourceState);
    let mut sf = bench.clone();
    sf.connect(Function::Sf(1));
    sf.run::<DisableHca>(&DisableHca::input()).ok();
    bench.silicon = sf.silicon;
    bench.hosts = sf.hosts;
    assert_eq!(sf_state(&mut bench, 0x8000), VhcaState::Allocated);
}

#[test]
fn the_host_vfs_pages_come_back_with_the_host_pf() {
    let mut bench = Bench::loaded(ecpf_config());
    bench.give(0, false, 2).ok();
    bench.give(17, false, 4).ok();
    bench.run::<EnableHca>(&EnableHca::input()).ok();
    bench.run::<DisableHca>(&DisableHca::input()).ok();
    bench.settle();
    let open: Vec<_> = bench
        .silicon
        .unanswered_requests()
        .iter()
        .map(|r| (r.owner, r.pages))
        .collect();
    assert_eq!(
        open,
        [(Function::HostPf.into(), -2), (Function::HostVf(2).into(), -4)]
    );
}

#[test]
fn vfs_and_subfunctions_have_drivers_of_their_own() {
    let mut config = pf_config();
    config.sfs = ScalableFunctions {
        max: 1,
        base_id: 0x8000,
        first_vhca_id: 128,
    };
    let mut bench = Bench::loaded(config);
    for function in [Function::Vf(2), Function::Sf(1)] {
        bench.connect(function);
        bench.load();
        bench
            .give(bench.silicon.vhca_id_of(function).expect("it exists"), false, 4)
            .ok();
        let ledger = bench.silicon.ledger();
        assert_eq!(ledger.pages(function, function.into()), 4);
        assert_eq!(ledger.total(Function::Pf), 240);
    }
    assert_eq!(bench.silicon.endpoints().len(), 1 + 3 + 1);
}

#[test]
fn vports_keep_what_was_written() {
    let mut bench = Bench::loaded(pf_config());
    let down = ModifyVportState::input()
        .with_op_mod(1)
        .with_other_vport(true)
        .with_vport_number(2);
    bench.run::<ModifyVportState>(&down.with_admin_state(1)).ok();
    let query = QueryVportState::input()
        .with_op_mod(1)
        .with_other_vport(true)
        .with_vport_number(2);
    let output = bench
        .run::<QueryVportState>(&query)
        .ok()
        .read::<QueryVportStateOut>();
    assert_eq!((output.admin_state(), output.state()), (1, 1));
    let unknown = bench.run::<QueryVportState>(&query.with_vport_number(77));
    assert_eq!(unknown.status(), CommandStatus::BadIndex);
}

#[test]
fn flow_tables_are_destroyed_after_their_groups() {
    let mut bench = Bench::loaded(pf_config());
    let table = bench.run::<CreateFlowTable>(&CreateFlowTable::input()).ok();
    let table = table.read::<CreateFlowTableOut>().table_id();
    let head = CreateFlowGroup::input().with_table_id(table);
    let mut input = head.as_bytes().to_vec();
    input.resize(1024, 0);
    let group = bench
        .run_bytes(&input, 16)
        .ok()
        .read::<CreateFlowTableOut>()
        .table_id();
    let destroy = DestroyFlowTable::input().with_table_id(table);
    assert_eq!(
        bench.run::<DestroyFlowTable>(&destroy).status(),
        CommandStatus::ResourceBusy
    );
    bench
        .run::<DestroyFlowGroup>(
            &DestroyFlowGroup::input()
                .with_table_id(table)
                .with_group_id(group),
        )
        .ok();
    bench.run::<DestroyFlowTable>(&destroy).ok();
    assert_eq!(
        bench.run::<DestroyFlowTable>(&destroy).status(),
        CommandStatus::BadResource
    );
}

#[test]
fn modelled_demand_keeps_a_command_until_its_pages_come() {
    let mut config = pf_config();
    config.demand.profile = DemandProfile::Modelled;
    let mut bench = Bench::loaded(config);
    let handle = bench.ring(0, EnableHca::input().with_function_id(1).as_bytes(), 12);
    bench.settle();
    assert!(bench.poll(handle).is_none());
    let wanted = bench.silicon.unanswered_requests()[0];
    assert_eq!((wanted.owner, wanted.pages), (Function::Vf(1).into(), 16));
    bench.give(16, false, 16).ok();
    bench.settle();
    bench.poll(handle).expect("it has its pages").ok();
}
