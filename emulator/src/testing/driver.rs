//! A driver for tests: it rings commands, waits for them and reads event queues, and knows nothing of pages but
//! where they are.

use super::{Host, Hosts};
use crate::config::DeviceConfig;
use crate::order::{FirmwareOrder, GateOrder, PageRequest};
use crate::owner::Owner;
use crate::record::Record;
use crate::state::silicon::Silicon;
use prm::command::{Command, InputHeader, OutputHeader};
use prm::command_queue::{CommandEntry, ENTRY_KIND_PCIE, Mailbox, mailboxes_for};
use prm::event::EventEntry;
use prm::event_queue::{CreateEq, CreateEqIn, CreateEqOut, EqContext};
use prm::init_segment as segment;
use prm::link::HostBus;
use prm::pages::{ManagePages, ManagePagesOut};
use prm::uar::EqDoorbell;
use prm::{CommandStatus, Cycles, Function, Iova, Layout, PagesOp};

/// A command that was rung.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Handle {
    slot: u8,
    out_len: u32,
    mailboxes: u64,
}

/// What came back.
#[derive(Clone, Debug)]
pub(crate) struct Output {
    pub(crate) delivery: u8,
    pub(crate) bytes: Vec<u8>,
}

impl Output {
    pub(crate) fn status(&self) -> CommandStatus {
        OutputHeader::from_prefix(&self.bytes)
            .expect("outputs have heads")
            .command_status()
    }

    pub(crate) fn read<L: Layout>(&self) -> L {
        L::from_prefix(&self.bytes).expect("the output is long enough")
    }

    pub(crate) fn ok(self) -> Self {
        assert_eq!((self.delivery, self.status()), (0, CommandStatus::Ok));
        self
    }
}

/// An event queue that the driver reads.
#[derive(Clone, Debug)]
pub(super) struct Queue {
    number: u8,
    pages: Vec<Iova>,
    log_size: u32,
    consumer: u32,
}

/// Silicon, its hosts, a clock and a driver at one endpoint.
#[derive(Clone, Debug)]
pub(crate) struct Bench {
    pub(crate) silicon: Silicon,
    pub(crate) hosts: Hosts,
    pub(crate) now: Cycles,
    pub(crate) endpoint: Function,
    pub(crate) records: Vec<Record>,
    free: u64,
    token: u8,
    pub(super) queues: Vec<Queue>,
    pub(crate) uar: u32,
    /// The test has taken a declaration away, and looks for what comes of it.
    pub(crate) expects_surprise: bool,
}

const QUEUE: Iova = Iova(0x10_0000);
/// The dedicated slot of MANAGE_PAGES.
pub(crate) const PAGE_SLOT: u8 = 31;

impl Bench {
    pub(crate) fn new(config: DeviceConfig) -> Self {
        let silicon = Silicon::new(config, 1).expect("the description is good");
        let endpoint = silicon.main_function();
        let mut bench = Self {
            silicon,
            hosts: Hosts::default(),
            now: Cycles::ZERO,
            endpoint,
            records: Vec::new(),
            free: 0x100_0000,
            token: 0,
            queues: Vec::new(),
            uar: 0,
            expects_surprise: false,
        };
        bench.connect(endpoint);
        bench
    }

    /// Loads the driver of the main function up to its event queues.
    pub(crate) fn loaded(config: DeviceConfig) -> Self {
        let mut bench = Self::new(config);
        bench.load();
        bench
    }

    /// Goes on at this endpoint.
    pub(crate) fn connect(&mut self, endpoint: Function) {
        self.endpoint = endpoint;
        self.queues.clear();
        self.host().map(QUEUE, 4096);
        self.write(segment::QUEUE_ADDRESS_HIGH, 0);
        self.write(
            segment::QUEUE_ADDRESS_LOW,
            u32::try_from(QUEUE.0).expect("low memory"),
        );
    }

    pub(crate) fn host(&mut self) -> &mut Host {
        self.hosts.host(self.endpoint)
    }

    pub(crate) fn write(&mut self, offset: u64, value: u32) {
        let offset = u32::try_from(offset).expect("registers are in BAR 0");
        self.silicon
            .write_register(self.endpoint, offset, value, self.now, &mut self.hosts);
        self.look();
    }

    pub(crate) fn read(&mut self, offset: u64) -> u32 {
        let offset = u32::try_from(offset).expect("registers are in BAR 0");
        let value = self.silicon.read_register(self.endpoint, offset, self.now);
        self.look();
        value
    }

    /// Takes the records, and sees that the silicon has touched nothing but what it may.
    pub(crate) fn look(&mut self) {
        self.records.extend(self.silicon.take_records());
        if let Some(surprise) = self.silicon.surprise().filter(|_| !self.expects_surprise) {
            panic!("{surprise}");
        }
    }

    /// Takes fresh, mapped, contiguous memory.
    pub(crate) fn memory(&mut self, bytes: u64) -> Iova {
        let at = Iova(self.free);
        self.free += bytes.next_multiple_of(4096);
        self.host().map(at, bytes);
        at
    }

    pub(crate) fn pages(&mut self, count: u32) -> Vec<Iova> {
        (0..count).map(|_| self.memory(4096)).collect()
    }

    fn chain(&mut self, data: &[u8], token: u8) -> Iova {
        let count = mailboxes_for(data.len() + 16) as u64;
        let first = self.memory(count * 1024);
        for (position, part) in data.chunks(512).enumerate() {
            let at = first.0 + position as u64 * 1024;
            let mut mailbox = Mailbox::new();
            mailbox.data_mut()[..part.len()].copy_from_slice(part);
            mailbox.set_block_number(u32::try_from(position).expect("short"));
            mailbox.set_token(token);
            mailbox.set_next(if position as u64 + 1 < count { at + 1024 } else { 0 });
            self.host()
                .dma_write(Iova(at), mailbox.as_bytes())
                .expect("mapped");
        }
        if count == 0 { Iova(0) } else { first }
    }

    /// Writes a command into a slot without ringing.
    pub(crate) fn place(&mut self, slot: u8, input: &[u8], out_len: u32) -> Handle {
        self.token = self.token.wrapping_add(1).max(1);
        let token = self.token;
        let inline = input.len().min(16);
        let input_mailbox = self.chain(&input[inline..], token);
        let rest = vec![0; (out_len as usize).saturating_sub(16)];
        let output_mailbox = self.chain(&rest, token);
        let mut entry = CommandEntry::new()
            .with_kind(ENTRY_KIND_PCIE)
            .with_input_length(u32::try_from(input.len()).expect("short"))
            .with_input_mailbox(input_mailbox.0)
            .with_output_mailbox(output_mailbox.0)
            .with_output_length(out_len)
            .with_token(token)
            .with_owner(true);
        entry.inline_input_mut()[..inline].copy_from_slice(&input[..inline]);
        entry.sign();
        self.place_entry(slot, &entry);
        Handle {
            slot,
            out_len,
            mailboxes: output_mailbox.0,
        }
    }

    pub(crate) fn place_entry(&mut self, slot: u8, entry: &CommandEntry) {
        let at = Iova(QUEUE.0 + u64::from(slot) * 64);
        self.host()
            .dma_write(at, entry.as_bytes())
            .expect("the queue is mapped");
    }

    pub(crate) fn ring(&mut self, slot: u8, input: &[u8], out_len: u32) -> Handle {
        let handle = self.place(slot, input, out_len);
        self.write(segment::COMMAND_DOORBELL, 1 << slot);
        handle
    }

    /// The output, if the device has given the entry back.
    pub(crate) fn poll(&mut self, handle: Handle) -> Option<Output> {
        let mut entry = CommandEntry::new();
        let at = Iova(QUEUE.0 + u64::from(handle.slot) * 64);
        self.host()
            .dma_read(at, entry.as_bytes_mut())
            .expect("the queue is mapped");
        if entry.owner() {
            return None;
        }
        let mut bytes = entry.inline_output().to_vec();
        let rest = (handle.out_len as usize).saturating_sub(16);
        let mut data = vec![0; rest];
        for (position, part) in data.chunks_mut(512).enumerate() {
            let at = Iova(handle.mailboxes + position as u64 * 1024);
            self.host().dma_read(at, part).expect("mailboxes are mapped");
        }
        bytes.extend(data);
        Some(Output {
            delivery: entry.delivery_status(),
            bytes,
        })
    }

    /// Lets time pass.
    pub(crate) fn wait(&mut self, time: Cycles) {
        self.now = self.now.saturating_add(time);
        self.silicon.advance(self.now, &mut self.hosts);
        self.look();
    }

    /// Lets firmware do what it does without anybody's doing.
    pub(crate) fn settle(&mut self) {
        while let Some(due) = self.silicon.next_in_service() {
            self.wait(due.saturating_sub(self.now));
        }
    }

    /// Rings a command, lets firmware work, and fetches the output.
    pub(crate) fn run_bytes(&mut self, input: &[u8], out_len: u32) -> Output {
        let opcode = InputHeader::from_prefix(input)
            .expect("inputs have heads")
            .operation();
        let slot = if opcode == prm::Opcode::ManagePages {
            PAGE_SLOT
        } else {
            0
        };
        let handle = self.ring(slot, input, out_len);
        self.settle();
        self.poll(handle).expect("nothing keeps the command back")
    }

    pub(crate) fn run<C: Command>(&mut self, input: &C::In) -> Output {
        let out_len = u32::try_from(C::OUTPUT_LENGTH).expect("short");
        self.run_bytes(input.as_bytes(), out_len)
    }

    pub(crate) fn give_input(id: u16, ec: bool, pages: &[Iova]) -> Vec<u8> {
        let head = ManagePages::input()
            .with_op_mod(PagesOp::Give.raw())
            .with_function_id(id);
        let head = head
            .with_ec_function(ec)
            .with_entry_count(u32::try_from(pages.len()).expect("few"));
        let addresses = pages.iter().flat_map(|page| page.0.to_be_bytes());
        head.as_bytes().iter().copied().chain(addresses).collect()
    }

    pub(crate) fn give(&mut self, id: u16, ec: bool, count: u32) -> Output {
        let pages = self.pages(count);
        self.run_bytes(&Self::give_input(id, ec, &pages), 16)
    }

    pub(crate) fn take(&mut self, id: u16, ec: bool, count: u32) -> Output {
        self.take_with_room(id, ec, count, 16 + 8 * count)
    }

    /// A TAKE with so many bytes for its answer.
    pub(crate) fn take_with_room(&mut self, id: u16, ec: bool, count: u32, room: u32) -> Output {
        let head = ManagePages::input()
            .with_op_mod(PagesOp::Take.raw())
            .with_function_id(id);
        let head = head.with_ec_function(ec).with_entry_count(count);
        self.run_bytes(head.as_bytes(), room)
    }

    /// The addresses of a TAKE's answer.
    pub(crate) fn taken(output: &Output) -> Vec<Iova> {
        let count = output.read::<ManagePagesOut>().entry_count() as usize;
        let listed = output.bytes[16..].chunks_exact(8).take(count);
        listed
            .map(|word| Iova(u64::from_be_bytes(word.try_into().expect("eight bytes"))))
            .collect()
    }

    pub(crate) fn create_eq_input(&mut self, mask: u64, log_size: u8) -> (Vec<u8>, Vec<Iova>) {
        let pages = self.pages((64u32 << log_size).div_ceil(4096));
        for &page in &pages {
            let empty = [0xff; 4096];
            self.host().dma_write(page, &empty).expect("mapped");
        }
        let mut head = CreateEq::input().with_event_bitmask_0(mask);
        head.set_context(
            &EqContext::new()
                .with_log_eq_size(log_size)
                .with_uar_page(self.uar),
        );
        let addresses = pages.iter().flat_map(|page| page.0.to_be_bytes());
        (head.as_bytes().iter().copied().chain(addresses).collect(), pages)
    }

    pub(crate) fn create_eq(&mut self, mask: u64, log_size: u8) -> u8 {
        let (input, pages) = self.create_eq_input(mask, log_size);
        debug_assert!(input.len() >= CreateEqIn::SIZE);
        let number = self.run_bytes(&input, 16).ok().read::<CreateEqOut>().eq_number();
        self.queues.retain(|queue| queue.number != number);
        self.queues.push(Queue {
            number,
            pages,
            log_size: log_size.into(),
            consumer: 0,
        });
        self.arm(number, true);
        number
    }

    pub(crate) fn arm(&mut self, number: u8, arm: bool) {
        let queue = self
            .queues
            .iter()
            .find(|queue| queue.number == number)
            .expect("it was created");
        let index = queue.consumer & 0xff_ffff;
        let doorbell = EqDoorbell::new()
            .with_eq_number(number)
            .with_consumer_index(index);
        let offset = u64::from(self.uar) * 4096 + if arm { 0x40 } else { 0x48 };
        self.write(offset, doorbell.to_word());
    }

    /// Reads the entries that came in a queue; does not ring its doorbell.
    pub(crate) fn events(&mut self, number: u8) -> Vec<EventEntry> {
        let mut events = Vec::new();
        let index = self
            .queues
            .iter()
            .position(|queue| queue.number == number)
            .expect("it was created");
        loop {
            let queue = self.queues[index].clone();
            let place = u64::from(queue.consumer & ((1 << queue.log_size) - 1)) * 64;
            let at = Iova(queue.pages[(place / 4096) as usize].0 + place % 4096);
            let mut entry = EventEntry::new();
            self.host().dma_read(at, entry.as_bytes_mut()).expect("mapped");
            let parity = queue.consumer >> queue.log_size & 1 == 1;
            if entry.owner() != parity {
                return events;
            }
            self.queues[index].consumer += 1;
            events.push(entry);
        }
    }

    pub(crate) fn order(&mut self, order: &FirmwareOrder) {
        self.silicon
            .order(order, self.now, &mut self.hosts)
            .expect("the order is good");
        self.look();
    }

    pub(crate) fn gate(&mut self, order: &GateOrder) {
        self.silicon
            .gate(order, self.now, &mut self.hosts)
            .expect("the order is good");
        self.look();
    }

    pub(crate) fn request(&mut self, function: Function, pages: i32) {
        self.order(&FirmwareOrder::RequestPages(request(function, pages)));
    }

    pub(crate) fn held(&self, owner: impl Into<Owner>) -> u64 {
        self.silicon
            .ledger()
            .pages(self.silicon.main_function(), owner.into())
    }
}

/// A page request by name.
pub(crate) fn request(function: Function, pages: i32) -> PageRequest {
    PageRequest {
        function: Some(function),
        identity: None,
        pages,
        release_all: false,
    }
}
