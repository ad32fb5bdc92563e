//! The command interface: what is delivered, what is refused, what is written where.

use crate::config::{CommandExecution, DeviceKind, ZeroMailboxPointer};
use crate::record::{Corruption, Record};
use crate::testing::{Bench, PAGE_SLOT, pf_config, plain};
use prm::capability::QueryHcaCap;
use prm::command::{Command, InputHeader};
use prm::command_queue::{CommandEntry, ENTRY_KIND_PCIE};
use prm::hca::{EnableHca, QueryIssi, QueryIssiOut};
use prm::init_segment::COMMAND_DOORBELL;
use prm::link::HostBus;
use prm::{CommandStatus, DeliveryStatus, Function, Iova};

const QUEUE: Iova = Iova(0x10_0000);

fn bench() -> Bench {
    Bench::new(plain(DeviceKind::Pf, 5))
}

/// Rings an entry of QUERY_HCA_CAP after a change, and returns the delivery status.
fn delivery(change: impl Fn(&mut Bench, &mut CommandEntry)) -> DeliveryStatus {
    let mut bench = bench();
    let handle = bench.place(0, QueryHcaCap::input().as_bytes(), 4112);
    let mut entry = CommandEntry::new();
    bench
        .host()
        .dma_read(QUEUE, entry.as_bytes_mut())
        .expect("mapped");
    change(&mut bench, &mut entry);
    bench.place_entry(0, &entry);
    bench.write(COMMAND_DOORBELL, 1);
    bench.settle();
    DeliveryStatus::from_raw(bench.poll(handle).expect("completed").delivery)
}

#[test]
fn a_broken_entry_is_answered_with_its_delivery_status() {
    assert_eq!(delivery(|_, _| ()), DeliveryStatus::Ok);
    assert_eq!(
        delivery(|_, entry| entry.set_signature(0)),
        DeliveryStatus::SignatureError
    );
    let signed = |change: fn(&mut CommandEntry)| {
        delivery(|_, entry| {
            change(entry);
            entry.sign();
        })
    };
    assert_eq!(signed(|entry| entry.set_kind(1)), DeliveryStatus::BadCommandKind);
    assert_eq!(
        signed(|entry| entry.set_input_length(4)),
        DeliveryStatus::BadInputLength
    );
    assert_eq!(
        signed(|entry| entry.set_output_length(u32::MAX)),
        DeliveryStatus::BadOutputLength
    );
    assert_eq!(signed(|entry| entry.set_token(99)), DeliveryStatus::TokenError);
    assert_eq!(
        signed(|entry| entry.set_output_mailbox(0x100_0001)),
        DeliveryStatus::BadOutputPointer
    );
    assert_eq!(
        signed(|entry| {
            entry.set_input_length(32);
            entry.set_input_mailbox(7);
        }),
        DeliveryStatus::BadInputPointer
    );
    assert_eq!(
        signed(|entry| entry.set_output_mailbox(0xdead_0000)),
        DeliveryStatus::InternalError
    );
}

#[test]
fn a_wrong_block_number_is_found() {
    let status = delivery(|bench, entry| {
        let block = Iova(entry.output_mailbox() + 0x238);
        bench
            .host()
            .dma_write(block, &7u32.to_be_bytes())
            .expect("mapped");
    });
    assert_eq!(status, DeliveryStatus::BadBlockNumber);
}

#[test]
fn an_unknown_operation_is_refused_with_a_syndrome() {
    let mut bench = bench();
    let output = bench.run_bytes(InputHeader::new().with_opcode(0xfff).as_bytes(), 16);
    assert_eq!(output.status(), CommandStatus::BadOperation);
    assert_ne!(output.read::<prm::command::OutputHeader>().syndrome(), 0);
}

#[test]
fn wrong_lengths_are_refused() {
    let mut bench = bench();
    let short = &EnableHca::input().as_bytes()[..8].to_vec();
    assert_eq!(bench.run_bytes(short, 16).status(), CommandStatus::BadInputLength);
    let output = bench.run_bytes(QueryIssi::input().as_bytes(), 16);
    assert_eq!(output.status(), CommandStatus::BadOutputLength);
}

#[test]
fn an_output_of_twelve_bytes_stays_within_twelve_bytes() {
    let mut bench = bench();
    let handle = bench.place(0, EnableHca::input().as_bytes(), 12);
    let inline_end = Iova(QUEUE.0 + 0x2c);
    let mut before = [0; 4];
    bench.host().dma_read(inline_end, &mut before).expect("mapped");
    bench.write(COMMAND_DOORBELL, 1);
    bench.settle();
    assert_eq!(bench.poll(handle).expect("completed").status(), CommandStatus::Ok);
    let mut after = [0; 4];
    bench.host().dma_read(inline_end, &mut after).expect("mapped");
    assert_eq!(before, after);
}

#[test]
fn a_command_takes_time() {
    let mut bench = bench();
    let handle = bench.ring(0, QueryIssi::input().as_bytes(), 112);
    assert!(bench.poll(handle).is_none());
    bench.settle();
    assert!(bench.now.0 > 0);
    let output = bench.poll(handle).expect("completed").ok();
    assert_eq!(output.read::<QueryIssiOut>().supported_issi() & 2, 2);
}

#[test]
fn slots_complete_independently_in_parallel_and_in_turn_when_serial() {
    for (execution, last) in [(CommandExecution::Parallel, 0), (CommandExecution::Serial, 1)] {
        let mut config = plain(DeviceKind::Pf, 5);
        config.firmware.command_execution = execution;
        let mut bench = Bench::new(config);
        let slow = bench.ring(0, QueryHcaCap::input().as_bytes(), 4112);
        let fast = bench.ring(1, EnableHca::input().as_bytes(), 12);
        let pages = bench.ring(PAGE_SLOT, &Bench::give_input(0, false, &[]), 16);
        while bench.poll(pages).is_none() {
            let due = bench.silicon.next_in_service().expect("something is in service");
            bench.wait(due.saturating_sub(bench.now));
        }
        assert!(bench.poll(slow).is_none(), "the page command gets through");
        bench.settle();
        bench.poll(slow).expect("completed").ok();
        bench.poll(fast).expect("completed").ok();
        let order: Vec<u8> = bench
            .records
            .iter()
            .filter_map(|record| match record {
                Record::Command(command) if command.slot != PAGE_SLOT => Some(command.slot),
                _ => None,
            })
            .collect();
        assert_eq!(order.last(), Some(&last));
    }
}

#[test]
fn a_null_mailbox_pointer_is_used_or_refused() {
    let ring = |knob| {
        let mut config = plain(DeviceKind::Pf, 5);
        config.firmware.zero_mailbox_pointer = knob;
        let mut bench = Bench::new(config);
        let handle = bench.place(0, QueryHcaCap::input().as_bytes(), 4112);
        let mut entry = CommandEntry::new();
        bench
            .host()
            .dma_read(QUEUE, entry.as_bytes_mut())
            .expect("mapped");
        entry.set_output_mailbox(0);
        entry.sign();
        bench.place_entry(0, &entry);
        bench.write(COMMAND_DOORBELL, 1);
        bench.settle();
        let delivery = bench.poll(handle).expect("completed").delivery;
        let stray = bench
            .records
            .iter()
            .any(|record| matches!(record, Record::StrayDma { at: Iova(0), .. }));
        (DeliveryStatus::from_raw(delivery), stray)
    };
    assert_eq!(ring(ZeroMailboxPointer::Use), (DeliveryStatus::Ok, true));
    assert_eq!(
        ring(ZeroMailboxPointer::Refuse),
        (DeliveryStatus::BadOutputPointer, false)
    );
}

#[test]
fn an_output_mailbox_that_is_gone_is_corruption() {
    let mut bench = bench();
    let handle = bench.ring(0, QueryHcaCap::input().as_bytes(), 4112);
    let mut entry = CommandEntry::new();
    bench
        .host()
        .dma_read(QUEUE, entry.as_bytes_mut())
        .expect("mapped");
    let mailbox = Iova(entry.output_mailbox());
    bench.host().unmap(mailbox);
    bench.settle();
    bench.host().map(mailbox, 4096);
    assert_eq!(bench.poll(handle).expect("completed").delivery, 0);
    let lost = |record: &Record| matches!(record, Record::Corruption { what: Corruption::MailboxNotMapped { mailbox: at }, .. } if *at == mailbox);
    assert!(bench.records.iter().any(lost));
}

#[test]
fn a_doorbell_without_a_command_does_nothing() {
    let mut bench = bench();
    bench.write(COMMAND_DOORBELL, u32::MAX);
    assert!(bench.silicon.outstanding_commands().is_empty());
    let entry = CommandEntry::new()
        .with_kind(ENTRY_KIND_PCIE)
        .with_input_length(16);
    bench.place_entry(3, &entry);
    bench.write(COMMAND_DOORBELL, 8);
    assert!(bench.silicon.next_due().is_none());
}

#[test]
fn commands_are_recorded_as_recorded_streams_are() {
    let mut bench = Bench::loaded(pf_config());
    bench.take(5, false, 768).ok();
    let lines: Vec<serde_json::Value> = bench
        .records
        .iter()
        .filter(|record| matches!(record, Record::Command(_)))
        .map(|record| serde_json::to_value(record).expect("records are JSON"))
        .collect();
    let line = |name: &str, op_mod: u64| {
        let mut fitting = lines
            .iter()
            .filter(|line| line["name"] == name && line["op_mod"] == op_mod);
        fitting.next().expect("the command was issued").clone()
    };
    let expect = |line: serde_json::Value, fields: serde_json::Value| {
        for (name, value) in fields.as_object().expect("an object") {
            assert_eq!(&line[name], value, "{name} of {line}");
        }
    };
    expect(
        line("ENABLE_HCA", 0),
        serde_json::json!({
            "opcode": "0x104", "in_len": 16, "out_len": 12, "completion": "poll", "slot": 0, "status": 0,
            "function_id": 0, "ec": 0, "id_type": 0,
        }),
    );
    expect(
        line("QUERY_PAGES", 2),
        serde_json::json!({"function_id": 5, "reply_npages": 200, "reply_func": 5}),
    );
    expect(
        line("MANAGE_PAGES", 1),
        serde_json::json!({"in_len": 336, "slot": 31, "entries": 40}),
    );
    expect(
        line("MANAGE_PAGES", 2),
        serde_json::json!({"out_len": 6160, "completion": "event", "entries": 768, "returned": 240}),
    );
    expect(
        line("SET_HCA_CAP", 0),
        serde_json::json!({"cap_type": 0, "icm_mode_set": 1, "release_all_set": 1, "num_vhca_ports_set": 0}),
    );
    expect(
        line("CREATE_EQ", 0),
        serde_json::json!({
            "eqn": 1, "log_eq_size": 8, "log_page_size": 0, "intr": 0, "uar_page": 8, "mask": "0x400", "npas": 4,
            "first_owner": 1,
        }),
    );
    assert_eq!(bench.silicon.main_function(), Function::Pf);
}
