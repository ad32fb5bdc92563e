//! What a silicon tells is read back from what was written of it, whole: a judge may be in another process.

use crate::device::account::{OutstandingCommand, WaitsFor};
use crate::order::{FirmwareOrder, GateOrder, Hold, HoldPoint, OrderError};
use crate::owner::Owner;
use crate::record::{
    CapabilityValues, CommandFields, CommandRecord, Completion, Corruption, Hex, PagesMoved, Record,
};
use crate::testing::{Bench, PAGE_SLOT, pf_config, request, to};
use prm::{Cycles, Function, Iova, Opcode, WireIdentity};
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::collections::BTreeSet;

/// A value as it comes out at the other end.
fn passed_on<T: Serialize + DeserializeOwned>(value: &T) -> T {
    let text = serde_json::to_string(value).expect("it is JSON");
    serde_json::from_str(&text).unwrap_or_else(|error| panic!("{error}: {text}"))
}

/// All that the bench's silicon has told and tells now.
pub(super) fn assert_all_reads_back(bench: &mut Bench) {
    let last = bench.silicon.take_records();
    bench.records.extend(last);
    assert_eq!(passed_on(&bench.records), bench.records);
    let silicon = &bench.silicon;
    assert_eq!(
        passed_on(&silicon.outstanding_commands()),
        silicon.outstanding_commands()
    );
    assert_eq!(passed_on(&silicon.pages_in_flight()), silicon.pages_in_flight());
    assert_eq!(
        passed_on(&silicon.unanswered_requests()),
        silicon.unanswered_requests()
    );
    assert_eq!(passed_on(&silicon.holds()), silicon.holds());
}

/// A command with everything that a record can have of one.
fn whole_command() -> CommandRecord {
    CommandRecord {
        n: u64::MAX,
        opcode: Hex(0xffff),
        name: "UNKNOWN".into(),
        op_mod: u16::MAX,
        in_len: u32::MAX,
        out_len: 0,
        completion: Completion::Event,
        slot: 31,
        status: Some(u8::MAX),
        syndrome: Some(u32::MAX),
        delivery: Some(7),
        fields: CommandFields {
            function_id: Some(u16::MAX),
            ec: Some(1),
            entries: Some(u32::MAX),
            returned: Some(0),
            reply_npages: Some(i32::MIN),
            reply_func: Some(0),
            cap_type: Some(0x20),
            cap_mode: Some(CapabilityValues::Max),
            icm_mode_set: Some(1),
            release_all_set: Some(1),
            num_vhca_ports_set: Some(2),
            other: Some(1),
            ec_vf: Some(1),
            id_type: Some(1),
            vport: Some(u16::MAX),
            other_vport: Some(1),
            issi: Some(1),
            reg: Some(Hex(0x9041)),
            arg: Some(u32::MAX),
            uar: Some(u32::MAX),
            eqn: Some(u8::MAX),
            log_eq_size: Some(15),
            log_page_size: Some(0),
            intr: Some(u16::MAX),
            uar_page: Some(3),
            mask: Some(Hex(u64::MAX)),
            npas: Some(1),
            first_owner: Some(1),
            profile: Some(1),
            sw_vhca_id: Some(2),
            layout_v1: Some(false),
            obj: Some(9),
            stub: Some(true),
        },
        endpoint: Function::AdjacentVf(u16::MAX),
        rung: Cycles::ZERO,
        cycles: Cycles::MAX,
    }
}

/// One record of each kind, each with what is hard to write.
fn one_of_each() -> Vec<Record> {
    let (cycles, endpoint) = (Cycles(u64::MAX - 1), Function::EcVf(2));
    let owner = Owner::Unnamed { id: 3, ec: true };
    let (why, name) = ("a \"quote\"\nand a line", "gi\\ve {\"record\":\"x\"}".to_owned());
    let page = Iova(u64::MAX);
    let moved = PagesMoved {
        cycles,
        supplier: Function::Ecpf,
        owner,
        pages: u64::MAX,
    };
    let corruption = |what| Record::Corruption {
        cycles,
        endpoint,
        what,
    };
    vec![
        Record::Command(Box::new(whole_command())),
        Record::CommandUnfinished {
            cycles,
            why: why.into(),
            command: Box::new(CommandRecord {
                status: None,
                fields: CommandFields::default(),
                ..whole_command()
            }),
        },
        Record::Doorbell {
            cycles,
            endpoint,
            vector: u32::MAX,
        },
        Record::Event {
            cycles,
            endpoint,
            eqn: 1,
            event_type: 0x0b,
        },
        Record::EventLost {
            cycles,
            endpoint,
            event_type: 0xff,
            why: why.into(),
        },
        Record::Interrupt {
            cycles,
            endpoint,
            vector: u16::MAX,
        },
        Record::InterruptLost {
            cycles,
            endpoint,
            vector: 0,
        },
        Record::PageRequestPosted {
            cycles,
            supplier: Function::Pf,
            owner,
            identity: WireIdentity { id: 3, ec: true },
            pages: i32::MIN,
            release_all: true,
        },
        Record::PagesGiven(moved),
        Record::PagesTaken(moved),
        Record::PagesForgotten(moved),
        Record::GateCaught {
            cycles,
            name: name.clone(),
            n: u64::MAX,
        },
        Record::GateReleased {
            cycles,
            name: name.clone(),
            n: Some(1),
        },
        Record::GateReleased {
            cycles,
            name,
            n: None,
        },
        Record::Refused {
            cycles,
            endpoint,
            why: why.into(),
        },
        corruption(Corruption::SignatureLost { owner, page }),
        corruption(Corruption::PageNotMapped { owner, page }),
        corruption(Corruption::GivenTwice {
            owner,
            holder: Owner::from(Function::Sf(7)),
            page,
        }),
        corruption(Corruption::MailboxNotMapped { mailbox: page }),
        Record::StrayDma {
            cycles,
            endpoint,
            at: page,
            why: why.into(),
        },
        Record::LateCompletion {
            cycles,
            endpoint,
            n: 0,
            after: Cycles::MAX,
        },
    ]
}

#[test]
fn a_record_of_each_kind_reads_back() {
    let records = one_of_each();
    for record in &records {
        assert_eq!(passed_on(record), *record);
    }
    let kinds: BTreeSet<String> = records
        .iter()
        .map(|record| format!("{:?}", std::mem::discriminant(record)))
        .collect();
    assert_eq!(kinds.len(), 17, "each kind is among them");
}

#[test]
fn what_is_under_way_reads_back() {
    let mut bench = Bench::loaded(pf_config());
    let hold = |name: &str, command: &str| {
        GateOrder::Hold(Hold {
            name: name.to_owned(),
            command: to(command),
            at: HoldPoint::BeforeCompletion,
            posts: Vec::new(),
        })
    };
    bench.gate(&hold("caught", "MANAGE_PAGES"));
    bench.gate(&hold("open", "NOP"));
    bench.order(&FirmwareOrder::RequestPages(request(Function::Vf(1), 5)));
    let pages = bench.pages(3);
    bench.ring(PAGE_SLOT, &Bench::give_input(16, false, &pages), 16);
    bench.settle();
    let silicon = &bench.silicon;
    assert_eq!(
        (
            silicon.pages_in_flight().len(),
            silicon.outstanding_commands().len()
        ),
        (1, 1)
    );
    let caught: Vec<bool> = silicon.holds().iter().map(|hold| hold.caught.is_some()).collect();
    assert_eq!(
        (caught, silicon.unanswered_requests().len()),
        (vec![true, false], 1)
    );
    assert_all_reads_back(&mut bench);
}

#[test]
fn what_a_command_waits_for_and_why_an_order_fails_read_back() {
    let waits = [
        WaitsFor::Latency,
        WaitsFor::Turn,
        WaitsFor::Pages(vec![Function::Pf.into(), Owner::Unnamed { id: 300, ec: false }]),
        WaitsFor::Hold("h".to_owned()),
        WaitsFor::Never,
    ];
    for waits_for in waits {
        let command = OutstandingCommand {
            n: 1,
            endpoint: Function::SatellitePf(1),
            slot: 2,
            opcode: Opcode::Unknown(0xffe),
            op_mod: 3,
            function: None,
            since: Cycles(4),
            waits_for,
        };
        assert_eq!(passed_on(&command), command);
    }
    let errors = [
        OrderError::OneOfFunctionAndIdentity,
        OrderError::UnknownFunction(Function::HostPf),
        OrderError::NoIdentity(Function::Vf(1)),
        OrderError::NoEventQueue,
        OrderError::UnknownCommand("NOPE".to_owned()),
        OrderError::TooManyHostVfs,
        OrderError::NotOfThisKind(Function::HostPf),
        OrderError::HoldExists("h".to_owned()),
        OrderError::UnknownHold(String::new()),
        OrderError::TooManyRules,
        OrderError::TooManyRequests,
        OrderError::TooMuchPending,
        OrderError::TooManyOrders,
        OrderError::NameTooLong,
    ];
    for error in errors {
        assert_eq!(passed_on(&error), error);
    }
}
