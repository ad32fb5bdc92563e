//! What one client can do to keep the others waiting, and how long they wait.
#![allow(
    clippy::unwrap_used,
    clippy::disallowed_methods,
    clippy::disallowed_types,
    reason = "a test panics when something is wrong, runs the clients on threads and measures how long they wait"
)]

#[allow(dead_code, reason = "half of it is for others")]
#[path = "../../transport/tests/support/process.rs"]
mod process;
mod support;

use prm::Function;
use prm::command::Command;
use prm::command_queue::{CommandEntry, ENTRY_KIND_PCIE, Mailbox};
use prm::init_segment as segment;
use prm::pages::ManagePages;
use prm::{DeliveryStatus, PagesOp};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};
use support::driver::Driver;
use support::guest::{BAR0, Guest};
use support::late::Late;
use support::{Served, pf};

/// How long nobody waits for longer, whatever others do.
const MOST: Duration = Duration::from_millis(50);
/// How often a wait may be disturbed by what else the machine does: the shortest of so many counts.
const ATTEMPTS: usize = 5;

/// The longest of the waits of a client that connects and reads, over and over while `goes_on`.
fn longest_wait(served: &Served, function: Function, mut goes_on: impl FnMut() -> bool) -> Duration {
    let mut longest = Duration::ZERO;
    let mut timed = |act: &mut dyn FnMut()| {
        let begin = Instant::now();
        act();
        longest = longest.max(begin.elapsed());
    };
    let mut client = Late::connect(&served.socket(function));
    timed(&mut || client.negotiate());
    loop {
        timed(&mut || _ = client.read(7, 0, 4));
        timed(&mut || _ = client.read(0, 0, 4));
        if !goes_on() {
            return longest;
        }
        support::pause();
    }
}

/// The best of several attempts is short.
fn is_short(mut attempt: impl FnMut() -> Duration) {
    let mut waits = Vec::new();
    for _ in 0..ATTEMPTS {
        waits.push(attempt());
        if waits.last().is_some_and(|wait| *wait < MOST) {
            return;
        }
    }
    panic!("others have waited for {waits:?}");
}

/// Entries in all 32 slots, all with one chain of mailboxes for as many pages as one may have, and what they are; the queue's address.
fn longest_entries(guest: &mut Guest, op: PagesOp, queue: u64) {
    const PAGES: u32 = 1 << 18;
    let (input, output) = match op {
        PagesOp::Give => (16 + 8 * PAGES, 16),
        _ => (16, 16 + 8 * PAGES),
    };
    let count = PAGES / 64;
    let chain = guest.allocate(u64::from(count) * 1024);
    for position in 0..count {
        let mut mailbox = Mailbox::new();
        for (at, place) in (0_u64..).zip(mailbox.data_mut().chunks_exact_mut(8)) {
            // Pages that nobody has mapped, each another.
            let page = 1_u64 << 28 | u64::from(position) << 6 | at;
            place.copy_from_slice(&(page << 12).to_be_bytes());
        }
        let at = chain + u64::from(position) * 1024;
        mailbox.set_next(if position + 1 < count { at + 1024 } else { 0 });
        mailbox.set_block_number(position);
        mailbox.set_token(9);
        guest.store(at, mailbox.as_bytes());
    }
    let head = ManagePages::input().with_op_mod(op.raw()).with_entry_count(PAGES);
    for slot in 0..32 {
        let mut entry = CommandEntry::new()
            .with_kind(ENTRY_KIND_PCIE)
            .with_input_length(input)
            .with_output_length(output)
            .with_input_mailbox(chain)
            .with_output_mailbox(chain)
            .with_token(9)
            .with_owner(true);
        entry.inline_input_mut().copy_from_slice(head.as_bytes());
        entry.sign();
        guest.store(queue + slot * 64, entry.as_bytes());
    }
}

fn are_done(guest: &Guest, queue: u64) -> bool {
    let is_done = |slot: u64| {
        let mut last = [0];
        guest.load(queue + slot * 64 + 63, &mut last);
        last[0] & 1 == 0
    };
    (0..32).all(is_done)
}

#[test]
fn the_longest_commands_in_all_slots_keep_nobody_waiting_and_take_little_memory() {
    let served = Served::start_discarding(pf());
    for op in [PagesOp::Give, PagesOp::Take] {
        for sealed in [true, false] {
            let mut guest = Guest::boot_with(&served, Function::Pf, sealed);
            let driver = Driver::attach(&mut guest);
            let queue = driver.queue_address();
            longest_entries(&mut guest, op, queue);
            let before = process::memory();
            let mut most = before;
            served.take_longest_turn();
            driver.write(&mut guest, segment::COMMAND_DOORBELL, u32::MAX);
            // A list of 262144 pages is worked on for up to half a second before it is gone through.
            let end = Instant::now() + Duration::from_secs(2);
            longest_wait(&served, Function::Vf(1), || {
                most = most.max(process::memory());
                Instant::now() < end && !are_done(&guest, queue)
            });
            // A client waits for the turn that it comes into, and for its own.
            let turn = served.take_longest_turn();
            assert!(2 * turn < MOST, "{turn:?} for {op:?}, mapped: {sealed}");
            assert!(most - before < 60 << 10, "{} KiB for {op:?}", most - before);
            drop(guest);
            served.wait_until_gone(Function::Pf);
            served.wait_until_gone(Function::Vf(1));
        }
    }
}

#[test]
fn lengths_that_no_operation_needs_are_answered_without_a_look_at_the_chain() {
    let served = Served::start_discarding(pf());
    let mut guest = Guest::boot(&served, Function::Pf);
    let mut driver = Driver::attach(&mut guest);
    for opcode in [0x100_u16, 0x104, 0x999] {
        let mut input = vec![0; 16];
        input[..2].copy_from_slice(&opcode.to_be_bytes());
        let (entry, _) = driver.ring(&mut guest, 0, &input, 70_000);
        let entry = Driver::poll(&guest, entry).unwrap();
        let status = DeliveryStatus::from_raw(entry.delivery_status());
        assert_eq!(status, DeliveryStatus::BadOutputLength);
    }
}

/// Clients that answer late, each on a thread, until this is dropped.
struct Crowd {
    over: Arc<AtomicBool>,
    threads: Vec<JoinHandle<usize>>,
}

impl Crowd {
    fn of(served: &Served, functions: &[Function], after: Option<Duration>) -> Self {
        let over = Arc::new(AtomicBool::new(false));
        let threads = functions.iter().map(|&function| {
            let mut late = Late::connect(&served.socket(function));
            late.negotiate();
            late.set_up();
            let over = Arc::clone(&over);
            std::thread::spawn(move || late.answer_late(after, || !over.load(Ordering::Relaxed)))
        });
        Self {
            threads: threads.collect(),
            over,
        }
    }

    /// Ends it; how many DMA messages they got.
    fn end(mut self) -> usize {
        self.over.store(true, Ordering::Relaxed);
        self.threads.drain(..).map(|thread| thread.join().unwrap()).sum()
    }
}

#[test]
fn clients_that_answer_dma_late_or_never_keep_nobody_waiting() {
    let vfs = [Function::Vf(1), Function::Vf(2)];
    for after in [
        None,
        Some(Duration::from_millis(900)),
        Some(Duration::from_millis(30)),
    ] {
        is_short(|| {
            let served = Served::start_discarding(pf());
            let mut pf = Guest::boot(&served, Function::Pf);
            pf.enable_vfs(3);
            let crowd = Crowd::of(&served, &vfs, after);
            let end = Instant::now() + Duration::from_secs(2);
            let wait = longest_wait(&served, Function::Vf(3), || Instant::now() < end);
            assert!(crowd.end() > 0, "they were asked");
            wait
        });
    }
}

#[test]
fn a_client_alone_that_answers_late_does_not_keep_a_new_one_waiting() {
    is_short(|| {
        let served = Served::start_discarding(pf());
        let crowd = Crowd::of(&served, &[Function::Pf], None);
        support::pause();
        let end = Instant::now() + Duration::from_millis(300);
        let wait = longest_wait(&served, Function::Vf(1), || Instant::now() < end);
        assert!(crowd.end() > 0, "it was asked");
        wait
    });
}

#[test]
fn a_vf_that_no_pf_has_enabled_has_no_doorbell() {
    let served = Served::start_discarding(pf());
    let crowd = Crowd::of(&served, &[Function::Vf(1)], Some(Duration::ZERO));
    std::thread::sleep(Duration::from_millis(300));
    assert_eq!(crowd.end(), 0);
    let records = served.with(|server| server.counters().functions[1].dma_read);
    assert_eq!(records, 0);
    // Nor has one whose PF has taken it away.
    let mut pf = Guest::boot(&served, Function::Pf);
    pf.enable_vfs(1);
    pf.disable_vfs();
    served.wait_until_gone(Function::Vf(1));
    let crowd = Crowd::of(&served, &[Function::Vf(1)], Some(Duration::ZERO));
    std::thread::sleep(Duration::from_millis(100));
    assert_eq!(crowd.end(), 0);
    assert_eq!(pf.register(BAR0, 0), pf.register(BAR0, 0));
}
