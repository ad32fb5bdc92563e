//! The port's registers, and what a device with Ethernet offers.

use crate::config::{DeviceConfig, Port};
use crate::testing::{Bench, Output, ecpf_config, pf_config};
use prm::access_register::{AccessRegister, REGISTER_DATA_OFFSET, RegisterAccess, RegisterId};
use prm::capability::QueryHcaCap;
use prm::capability_area::{GeneralCapabilities, NicFlowTableCapabilities};
use prm::port::{PortCounters, PortMtu, PortStatus, PortTypeAndSpeed};
use prm::{CapabilityMode, CapabilityType, Command as _, CommandStatus, Cycles, Function, Layout};

fn ethernet(config: DeviceConfig) -> DeviceConfig {
    DeviceConfig {
        port: Port::Ethernet,
        ..config
    }
}

fn access<L: Layout>(bench: &mut Bench, access: RegisterAccess, register: RegisterId, data: &L) -> Output {
    let head = AccessRegister::input()
        .with_op_mod(access.raw())
        .with_register_id(register.raw());
    let input = [head.as_bytes(), data.as_bytes()].concat();
    let length = u32::try_from(input.len()).expect("a register is small");
    bench.run_bytes(&input, length)
}

fn register<L: Layout>(output: &Output) -> L {
    L::from_prefix(&output.bytes[REGISTER_DATA_OFFSET..]).expect("a whole register")
}

#[test]
fn a_port_takes_the_length_of_packets_up_to_its_limit() {
    let mut bench = Bench::loaded(ethernet(pf_config()));
    let ask = |length| PortMtu::new().with_local_port(1).with_admin_mtu(length);
    let read = access(&mut bench, RegisterAccess::Read, RegisterId::PortMtu, &ask(0)).ok();
    let before: PortMtu = register(&read);
    assert_eq!((before.admin_mtu(), before.oper_mtu()), (1522, 1522));
    access(&mut bench, RegisterAccess::Write, RegisterId::PortMtu, &ask(9022)).ok();
    let too_long = ask(before.max_mtu() + 1);
    let refused = access(&mut bench, RegisterAccess::Write, RegisterId::PortMtu, &too_long);
    assert_eq!(refused.status(), CommandStatus::BadParameter);
    let read = access(&mut bench, RegisterAccess::Read, RegisterId::PortMtu, &ask(0)).ok();
    assert_eq!(register::<PortMtu>(&read).oper_mtu(), 9022);
}

#[test]
fn a_port_goes_down_when_it_is_told_to_and_comes_up_after_a_reset() {
    let mut bench = Bench::loaded(ethernet(pf_config()));
    let ask = PortStatus::new().with_local_port(1);
    let state = |bench: &mut Bench| {
        let read = access(bench, RegisterAccess::Read, RegisterId::PortStatus, &ask).ok();
        let status: PortStatus = register(&read);
        (status.admin_status(), status.oper_status())
    };
    assert_eq!(state(&mut bench), (1, 1));
    let down = ask.with_admin_status(2);
    access(&mut bench, RegisterAccess::Write, RegisterId::PortStatus, &down).ok();
    assert_eq!(
        state(&mut bench),
        (1, 1),
        "without the bit that says so nothing is written"
    );
    let down = down.with_admin_status_enable(true);
    access(&mut bench, RegisterAccess::Write, RegisterId::PortStatus, &down).ok();
    assert_eq!(state(&mut bench), (2, 2));
    bench.silicon.reset_endpoint(Function::Pf, bench.now);
    bench.wait(Cycles::from_secs(1));
    bench.connect(Function::Pf);
    bench.load();
    assert_eq!(state(&mut bench), (1, 1));
}

#[test]
fn a_port_has_one_type_of_link_and_counts_nothing() {
    let mut bench = Bench::loaded(ethernet(pf_config()));
    let ask = PortTypeAndSpeed::new().with_local_port(1).with_proto_mask(4);
    let read = access(
        &mut bench,
        RegisterAccess::Read,
        RegisterId::PortTypeAndSpeed,
        &ask,
    )
    .ok();
    let link: PortTypeAndSpeed = register(&read);
    assert_eq!(link.eth_proto_oper(), link.eth_proto_capability());
    assert_eq!(link.eth_proto_oper().count_ones(), 1);
    let ask = PortCounters::new().with_local_port(1).with_group(2);
    let read = access(&mut bench, RegisterAccess::Read, RegisterId::PortCounters, &ask).ok();
    assert_eq!(register::<PortCounters>(&read), ask);
}

#[test]
fn there_is_one_port() {
    let mut bench = Bench::loaded(ethernet(pf_config()));
    let ask = PortStatus::new().with_local_port(2);
    let refused = access(&mut bench, RegisterAccess::Read, RegisterId::PortStatus, &ask);
    assert_eq!(refused.status(), CommandStatus::BadParameter);
}

#[test]
fn switchdev_finds_tables_that_chain_and_receivers_for_every_vport() {
    let mut bench = Bench::loaded(ethernet(ecpf_config()));
    let mut area = |kind: CapabilityType| {
        let input = QueryHcaCap::input().with_op_mod(kind.op_mod(CapabilityMode::Current));
        bench.run::<QueryHcaCap>(&input).ok().bytes[16..].to_vec()
    };
    let tables = area(CapabilityType::NicFlowTable);
    let receive = NicFlowTableCapabilities::from_bytes(&tables)
        .expect("a whole area")
        .receive();
    assert!(receive.ft_support() && receive.flow_modify_en() && receive.modify_root());
    assert!(receive.identified_miss_table_mode() && receive.flow_table_modify());
    let general = area(CapabilityType::General);
    let general = GeneralCapabilities::from_bytes(&general).expect("a whole area");
    assert!(general.log_max_tir() > 10);
    let mut bench = Bench::loaded(pf_config());
    assert_eq!(
        bench.capabilities(1).log_max_tir(),
        0,
        "no network interface, no receivers"
    );
}
