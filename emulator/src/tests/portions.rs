//! Long chains and long lists of pages, whole and in portions.

use crate::Pace;
use crate::device::account::WaitsFor;
use crate::record::{Corruption, Record};
use crate::state::message_length::PLAIN;
use crate::testing::{Bench, PAGE_SLOT, pf_config};
use prm::command::{Command, InputHeader};
use prm::command_queue::CommandEntry;
use prm::hca::EnableHca;
use prm::init_segment::{COMMAND_DOORBELL, QUEUE_ADDRESS_LOW};
use prm::link::HostBus;
use prm::pages::ManagePages;
use prm::{Cycles, DeliveryStatus, Function, Iova, Opcode, PagesOp};

/// The longest list in portions.
const MOST_PAGES: u32 = 1 << 18;
const QUEUE: Iova = Iova(0x10_0000);

/// A driver whose firmware works in portions from now on.
fn in_portions() -> Bench {
    let mut bench = Bench::loaded(pf_config());
    bench.silicon.set_pace(Pace::Portions);
    bench
}

/// Lets firmware do all that it does by itself; how many portions that took.
fn settle(bench: &mut Bench) -> usize {
    let mut portions = 0;
    loop {
        while bench.silicon.work(bench.now, &mut bench.hosts) {
            portions += 1;
        }
        bench.look();
        match bench.silicon.next_in_service() {
            Some(due) => bench.now = bench.now.max(due),
            None => return portions,
        }
    }
}

fn take_input(count: u32) -> Vec<u8> {
    let head = ManagePages::input()
        .with_op_mod(PagesOp::Take.raw())
        .with_function_id(5)
        .with_entry_count(count);
    head.as_bytes().to_vec()
}

/// Gives and takes this many pages, and what the driver and the records saw of it.
fn exchange(pace: Pace, count: u32) -> (Vec<Vec<u8>>, Vec<Record>, usize) {
    let mut bench = Bench::loaded(pf_config());
    bench.silicon.set_pace(pace);
    bench.records.clear();
    let pages = bench.pages(count);
    bench.host().unmap(pages[1]);
    let give = Bench::give_input(5, false, &pages);
    let give = bench.ring(PAGE_SLOT, &give, 16);
    let mut portions = settle(&mut bench);
    let given = bench.poll(give).expect("completed").ok();
    assert_eq!(bench.held(Function::Pf), 240 + u64::from(count));
    let take = bench.ring(PAGE_SLOT, &take_input(count), 16 + 8 * count);
    portions += settle(&mut bench);
    let taken = bench.poll(take).expect("completed").ok();
    assert_eq!(bench.held(Function::Pf), 240);
    (vec![given.bytes, taken.bytes], bench.records, portions)
}

#[test]
fn in_portions_a_driver_and_the_book_see_the_same_as_at_once() {
    for count in [10, 9_000] {
        let (outputs, mut records, portions) = exchange(Pace::Whole, count);
        let (outputs_in_portions, mut records_in_portions, more_portions) = exchange(Pace::Portions, count);
        assert!(outputs == outputs_in_portions);
        // What is found on pages of a long list is found after the list was booked.
        let by_kind = |record: &Record| matches!(record, Record::Corruption { .. });
        records.sort_by_key(by_kind);
        records_in_portions.sort_by_key(by_kind);
        assert!(records == records_in_portions);
        let lost = |record: &&Record| {
            matches!(
                record,
                Record::Corruption {
                    what: Corruption::PageNotMapped { .. },
                    ..
                }
            )
        };
        assert_eq!(records.iter().filter(lost).count(), 2);
        // 9000 pages are 141 mailboxes, and three lists each way.
        assert_eq!(more_portions > portions + 3, count == 9_000);
    }
}

#[test]
fn what_is_longer_than_its_operation_needs_is_not_followed() {
    for (opcode, op_mod) in [(0x100, 0), (0x104, 0), (0x999, 0), (0x108, 0), (0x301, 0)] {
        for (input, output, status) in [
            (8 << 20, 16, DeliveryStatus::BadInputLength),
            (16, 8 << 20, DeliveryStatus::BadOutputLength),
        ] {
            let mut bench = in_portions();
            // Nobody has mapped these mailboxes: to look at one would be an internal error.
            let mut entry = CommandEntry::new()
                .with_kind(prm::command_queue::ENTRY_KIND_PCIE)
                .with_input_length(input)
                .with_output_length(output)
                .with_input_mailbox(0xdead_0000)
                .with_output_mailbox(0xdead_0000)
                .with_token(7)
                .with_owner(true);
            let head = InputHeader::new().with_opcode(opcode).with_op_mod(op_mod);
            entry.inline_input_mut()[..8].copy_from_slice(&head.as_bytes()[..8]);
            entry.sign();
            bench.place_entry(3, &entry);
            bench.write(COMMAND_DOORBELL, 1 << 3);
            settle(&mut bench);
            bench
                .host()
                .dma_read(Iova(QUEUE.0 + 3 * 64), entry.as_bytes_mut())
                .expect("mapped");
            assert_eq!(
                DeliveryStatus::from_raw(entry.delivery_status()),
                status,
                "{opcode:#x}"
            );
        }
    }
}

/// Places a TAKE of this many pages whose output chain is that of another.
fn place_shared(bench: &mut Bench, slot: u8, count: u32, mailboxes: u64) {
    let mut entry = CommandEntry::new()
        .with_kind(prm::command_queue::ENTRY_KIND_PCIE)
        .with_input_length(16)
        .with_output_length(16 + 8 * count)
        .with_output_mailbox(mailboxes)
        .with_token(7)
        .with_owner(true);
    entry.inline_input_mut().copy_from_slice(&take_input(count));
    entry.sign();
    bench.place_entry(slot, &entry);
}

/// A chain of mailboxes with this token; the last one points to the first.
fn ring_of_mailboxes(bench: &mut Bench, count: u32) -> u64 {
    let first = bench.memory(u64::from(count) * 1024).0;
    for position in 0..count {
        let next = first + u64::from((position + 1) % count) * 1024;
        let mailbox = prm::command_queue::Mailbox::new()
            .with_next(next)
            .with_block_number(position)
            .with_token(7);
        let at = Iova(first + u64::from(position) * 1024);
        bench.host().dma_write(at, mailbox.as_bytes()).expect("mapped");
    }
    first
}

#[test]
fn a_chain_that_comes_back_to_itself_ends_there() {
    let mut bench = in_portions();
    let first = ring_of_mailboxes(&mut bench, 3);
    place_shared(&mut bench, 2, MOST_PAGES, first);
    bench.write(COMMAND_DOORBELL, 1 << 2);
    let portions = settle(&mut bench);
    let mut entry = CommandEntry::new();
    bench
        .host()
        .dma_read(Iova(QUEUE.0 + 2 * 64), entry.as_bytes_mut())
        .expect("mapped");
    assert_eq!(
        DeliveryStatus::from_raw(entry.delivery_status()),
        DeliveryStatus::BadBlockNumber
    );
    assert!(portions <= 2);
}

#[test]
fn another_function_does_not_wait_for_the_longest_chains_and_what_is_kept_of_them_is_bounded() {
    let mut bench = in_portions();
    let length = 16 + 8 * MOST_PAGES;
    let mailboxes = u32::try_from(prm::command_queue::mailboxes_for(length as usize)).expect("few");
    let first = ring_of_mailboxes(&mut bench, mailboxes);
    (0..32).for_each(|slot| place_shared(&mut bench, slot, MOST_PAGES, first));
    bench.write(COMMAND_DOORBELL, u32::MAX);
    bench
        .silicon
        .endpoints
        .get_mut(&Function::Vf(1))
        .expect("there")
        .interface
        .ready_at = Cycles::ZERO;
    bench.connect(Function::Vf(1));
    bench.ring(0, EnableHca::input().as_bytes(), 12);
    let mine = |bench: &Bench| {
        let commands = bench.silicon.outstanding_commands();
        commands
            .iter()
            .filter(|command| command.endpoint == Function::Vf(1))
            .count()
    };
    // The turn of the VF comes next, whatever the PF has rung.
    bench.silicon.work(bench.now, &mut bench.hosts);
    assert_eq!(mine(&bench), 1);
    let mut portions = 0;
    while bench.silicon.work(bench.now, &mut bench.hosts) {
        portions += 1;
    }
    let outstanding = bench.silicon.outstanding_commands();
    let waits = outstanding
        .iter()
        .filter(|command| command.opcode == Opcode::ManagePages);
    let waits: Vec<WaitsFor> = waits.map(|command| command.waits_for.clone()).collect();
    assert_eq!(
        waits,
        vec![WaitsFor::Latency; 3],
        "of 32, until the first are over"
    );
    assert!(portions >= 3 * 16 - 2, "{portions}");
    // None is forgotten for that.
    bench.endpoint = Function::Pf;
    settle(&mut bench);
    let done = bench.records.iter().filter(|record| match record {
        Record::Command(command) => command.op_mod == PagesOp::Take.raw() && command.out_len == length,
        _ => false,
    });
    assert_eq!(done.count(), 32);
}

#[test]
fn plain_commands_of_all_slots_are_taken_in_at_once_or_nearly() {
    let mut bench = in_portions();
    (0..31).for_each(|slot| {
        bench.place(
            slot,
            &[
                EnableHca::input().as_bytes().to_vec(),
                vec![0; PLAIN as usize - 16],
            ]
            .concat(),
            PLAIN,
        );
    });
    bench.write(COMMAND_DOORBELL, (1 << 31) - 1);
    assert!(settle(&mut bench) <= 31 * 3);
    assert!(bench.silicon.outstanding_commands().is_empty());
}

#[test]
fn a_list_that_is_not_gone_through_when_its_queue_is_set_up_anew_is_gone_through_all_the_same() {
    let mut bench = in_portions();
    let pages = bench.pages(9_000);
    bench.ring(PAGE_SLOT, &Bench::give_input(5, false, &pages), 16);
    while bench.held(Function::Pf) == 240 {
        let due = bench.silicon.next_in_service().unwrap_or(bench.now);
        bench.now = bench.now.max(due);
        bench.silicon.work(bench.now, &mut bench.hosts);
    }
    let low = u32::try_from(QUEUE.0).expect("low memory");
    bench.write(QUEUE_ADDRESS_LOW, low);
    settle(&mut bench);
    assert_eq!(
        bench.silicon.audit(bench.now, &mut bench.hosts),
        0,
        "every page is signed"
    );
    // A reset forgets the pages, and with them what was left to do.
    bench.silicon.reset_endpoint(Function::Pf, bench.now);
    settle(&mut bench);
    assert_eq!(bench.held(Function::Pf), 0);
}

#[test]
fn what_a_driver_can_make_firmware_keep_is_bounded() {
    let mut bench = Bench::loaded(pf_config());
    let uar = bench.uar;
    // Three buffers of the largest size do not fit, however small the queues are.
    let mut statuses = Vec::new();
    for _ in 0..3 {
        let mut head = prm::event_queue::CreateEq::input();
        head.set_context(
            &prm::event_queue::EqContext::new()
                .with_log_eq_size(4)
                .with_uar_page(uar),
        );
        let pages = (1..=1_u64 << 16).flat_map(|page| (page << 12).to_be_bytes());
        let input: Vec<u8> = head.as_bytes().iter().copied().chain(pages).collect();
        statuses.push(bench.run_bytes(&input, 16).status());
    }
    assert_eq!(
        statuses[1..],
        [prm::CommandStatus::LimitExceeded; 2],
        "some are in use already"
    );
    // So with pages that nobody asked for: four times a million are more than the book takes.
    let mut statuses = Vec::new();
    for million in 0..5_u64 {
        let pages: Vec<Iova> = (0..1 << 20)
            .map(|page| Iova((1 << 40) + (million << 20 | page) * 4096))
            .collect();
        statuses.push(bench.run_bytes(&Bench::give_input(5, false, &pages), 16).status());
    }
    assert_eq!(
        statuses[2..],
        [
            prm::CommandStatus::Ok,
            prm::CommandStatus::LimitExceeded,
            prm::CommandStatus::LimitExceeded
        ]
    );
}
