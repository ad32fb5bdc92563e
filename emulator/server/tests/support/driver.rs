//! A driver just big enough to load a function and to answer page requests.

use super::guest::{BAR0, BAR2, Guest, Interrupt};
use prm::capability::{QueryHcaCap, SetHcaCap};
use prm::capability_area::GeneralCapabilities;
use prm::command::{Command, InputHeader, OutputHeader};
use prm::command_queue::{CommandEntry, ENTRY_KIND_PCIE, Mailbox, mailboxes_for};
use prm::event::EventEntry;
use prm::event_queue::{CreateEq, CreateEqOut, EqContext};
use prm::hca::{EnableHca, InitHca, SetIssi};
use prm::init_segment as segment;
use prm::pages::{ManagePages, QueryPages, QueryPagesOut};
use prm::uar::{AllocUar, AllocUarOut, EqDoorbell};
use prm::{CommandStatus, EventType, Layout, Opcode, PageCount, PagesOp, QueryPagesPhase};

/// Base-2 logarithm of the number of entries of an event queue.
const LOG_EVENTS: u8 = 4;

/// The driver of one function.
pub struct Driver {
    region: u32,
    window: u64,
    queue: u64,
    token: u8,
    uar: u32,
    events: Option<Events>,
    ec: bool,
}

/// An event queue.
struct Events {
    number: u8,
    buffer: u64,
    consumer: u32,
}

impl Driver {
    /// Sets up the command queue of the function's own window.
    pub fn attach(guest: &mut Guest) -> Self {
        Self::at(guest, BAR0, 0)
    }

    /// Sets up the command queue of an SF's window, `index` from 0.
    pub fn attach_sf(guest: &mut Guest, index: u64) -> Self {
        Self::at(guest, BAR2, index << 20)
    }

    fn at(guest: &mut Guest, region: u32, window: u64) -> Self {
        let queue = guest.allocate(4096);
        let mut driver = Self {
            region,
            window,
            queue,
            token: 0,
            uar: 0,
            events: None,
            ec: false,
        };
        while driver.read(guest, segment::INITIALIZING) >> 31 == 1 {
            guest.wait();
        }
        driver.ec = driver.read(guest, segment::INITIALIZING) >> 23 & 1 == 1;
        let [high, low] = [queue >> 32, queue & 0xffff_ffff].map(|half| u32::try_from(half).unwrap());
        driver.write(guest, segment::QUEUE_ADDRESS_HIGH, high);
        driver.write(guest, segment::QUEUE_ADDRESS_LOW, low);
        driver
    }

    /// The bus address of the command queue.
    pub const fn queue_address(&self) -> u64 {
        self.queue
    }

    pub fn read(&self, guest: &mut Guest, at: u64) -> u32 {
        guest.register(self.region, self.window + at)
    }

    pub fn write(&self, guest: &mut Guest, at: u64, value: u32) {
        guest.set_register(self.region, self.window + at, value);
    }

    fn chain(&self, guest: &mut Guest, data: &[u8]) -> u64 {
        let count = mailboxes_for(data.len() + 16) as u64;
        if count == 0 {
            return 0;
        }
        let first = guest.allocate(count * 1024);
        for (position, part) in (0u32..).zip(data.chunks(512)) {
            let at = first + u64::from(position) * 1024;
            let mut mailbox = Mailbox::new();
            mailbox.data_mut()[..part.len()].copy_from_slice(part);
            mailbox.set_block_number(position);
            mailbox.set_token(self.token);
            mailbox.set_next(if u64::from(position) + 1 < count {
                at + 1024
            } else {
                0
            });
            guest.store(at, mailbox.as_bytes());
        }
        first
    }

    /// Rings a command in a slot; the bus address of its entry and of its first output mailbox.
    pub fn ring(&mut self, guest: &mut Guest, slot: u8, input: &[u8], out_len: usize) -> (u64, u64) {
        self.token = self.token.wrapping_add(1).max(1);
        let inline = input.len().min(16);
        let input_mailbox = self.chain(guest, &input[inline..]);
        let output_mailbox = self.chain(guest, &vec![0; out_len.saturating_sub(16)]);
        let mut entry = CommandEntry::new()
            .with_kind(ENTRY_KIND_PCIE)
            .with_input_length(u32::try_from(input.len()).unwrap())
            .with_input_mailbox(input_mailbox)
            .with_output_mailbox(output_mailbox)
            .with_output_length(u32::try_from(out_len).unwrap())
            .with_token(self.token)
            .with_owner(true);
        entry.inline_input_mut()[..inline].copy_from_slice(&input[..inline]);
        entry.sign();
        let at = self.queue + u64::from(slot) * 64;
        guest.store(at, entry.as_bytes());
        self.write(guest, segment::COMMAND_DOORBELL, 1 << slot);
        (at, output_mailbox)
    }

    /// The entry at an address, once the device has given it back; none if it does not.
    pub fn poll(guest: &Guest, at: u64) -> Option<CommandEntry> {
        for _ in 0..100_000 {
            let mut entry = CommandEntry::new();
            guest.load(at, entry.as_bytes_mut());
            if !entry.owner() {
                return Some(entry);
            }
            guest.wait();
        }
        None
    }

    /// Carries out a command by polling; its output.
    pub fn run_bytes(&mut self, guest: &mut Guest, input: &[u8], out_len: usize) -> Vec<u8> {
        let opcode = InputHeader::from_prefix(input).unwrap().operation();
        let slot = if opcode == Opcode::ManagePages { 31 } else { 0 };
        let (at, mailboxes) = self.ring(guest, slot, input, out_len);
        let entry = Self::poll(guest, at).expect("the command must complete");
        assert_eq!(entry.delivery_status(), 0, "{opcode:?}");
        let mut output = entry.inline_output().to_vec();
        let mut rest = vec![0; out_len.saturating_sub(16)];
        for (position, part) in (0u64..).zip(rest.chunks_mut(512)) {
            guest.load(mailboxes + position * 1024, part);
        }
        output.extend(rest);
        let status = OutputHeader::from_prefix(&output).unwrap().command_status();
        assert_eq!(status, CommandStatus::Ok, "{opcode:?}");
        output
    }

    pub fn run<C: Command>(&mut self, guest: &mut Guest, input: &C::In) -> Vec<u8> {
        self.run_bytes(guest, input.as_bytes(), C::OUTPUT_LENGTH)
    }

    /// Gives pages; the bus address of the first.
    pub fn give(&mut self, guest: &mut Guest, id: u16, ec: bool, count: u32) -> u64 {
        let first = guest.allocate(u64::from(count) * 4096);
        let head = ManagePages::input()
            .with_op_mod(PagesOp::Give.raw())
            .with_function_id(id)
            .with_ec_function(ec)
            .with_entry_count(count);
        let addresses = (0..u64::from(count)).flat_map(|page| (first + page * 4096).to_be_bytes());
        let input: Vec<u8> = head.as_bytes().iter().copied().chain(addresses).collect();
        self.run_bytes(guest, &input, 16);
        first
    }

    fn startup_pages(&mut self, guest: &mut Guest, phase: QueryPagesPhase, id: u16, ec: bool) {
        let input = QueryPages::input()
            .with_op_mod(phase.raw())
            .with_function_id(id)
            .with_ec_function(ec);
        let output = self.run::<QueryPages>(guest, &input);
        let wanted = QueryPagesOut::from_prefix(&output).unwrap();
        let count = u32::try_from(PageCount::from_bits(wanted.page_count()).0).unwrap();
        if count > 0 {
            self.give(guest, wanted.function_id(), wanted.ec_function(), count);
        }
    }

    /// ENABLE_HCA to INIT_HCA.
    pub fn start(&mut self, guest: &mut Guest) {
        let ec = self.ec;
        self.run::<EnableHca>(guest, &EnableHca::input().with_ec_function(ec));
        self.run::<SetIssi>(guest, &SetIssi::input().with_current_issi(1));
        self.startup_pages(guest, QueryPagesPhase::Boot, 0, ec);
        let output = self.run::<QueryHcaCap>(guest, &QueryHcaCap::input());
        let maximum = GeneralCapabilities::from_bytes(&output[16..]).unwrap();
        let head = SetHcaCap::input();
        self.run_bytes(
            guest,
            &[head.as_bytes(), maximum.as_bytes().as_slice()].concat(),
            16,
        );
        let by_vhca_id = maximum.icm_mng_function_id_mode();
        let id = if by_vhca_id { maximum.vhca_id() } else { 0 };
        self.startup_pages(guest, QueryPagesPhase::Init, id, ec && !by_vhca_id);
        self.run::<InitHca>(guest, &InitHca::input());
    }

    /// Creates and arms a queue for one type of event on an MSI-X vector.
    pub fn create_queue(&mut self, guest: &mut Guest, event: EventType, vector: u16) {
        let output = self.run::<AllocUar>(guest, &AllocUar::input());
        self.uar = AllocUarOut::from_prefix(&output).unwrap().uar();
        let buffer = guest.allocate(4096);
        guest.store(buffer, &[0xff; 4096]);
        let mut head = CreateEq::input().with_event_bitmask_0(1 << event.raw());
        let context = EqContext::new()
            .with_log_eq_size(LOG_EVENTS)
            .with_uar_page(self.uar)
            .with_intr(vector);
        head.set_context(&context);
        let input = [head.as_bytes(), buffer.to_be_bytes().as_slice()].concat();
        let output = self.run_bytes(guest, &input, 16);
        let number = CreateEqOut::from_prefix(&output).unwrap().eq_number();
        self.events = Some(Events {
            number,
            buffer,
            consumer: 0,
        });
        self.arm(guest);
    }

    fn arm(&mut self, guest: &mut Guest) {
        let events = self.events.as_ref().expect("a queue was created");
        let doorbell = EqDoorbell::new()
            .with_eq_number(events.number)
            .with_consumer_index(events.consumer);
        self.write(guest, u64::from(self.uar) * 4096 + 0x40, doorbell.to_word());
    }

    /// Takes the next event, which must be there, and arms again.
    pub fn event(&mut self, guest: &mut Guest) -> EventEntry {
        let events = self.events.as_mut().expect("a queue was created");
        let slot = events.consumer & ((1 << LOG_EVENTS) - 1);
        let mut entry = EventEntry::new();
        guest.load(events.buffer + u64::from(slot) * 64, entry.as_bytes_mut());
        let parity = events.consumer >> LOG_EVENTS & 1 == 1;
        assert_eq!(entry.owner(), parity, "an entry was written");
        events.consumer += 1;
        self.arm(guest);
        entry
    }

    /// A function that is loaded, with its interrupt.
    pub fn load(guest: &mut Guest) -> (Self, Interrupt) {
        let interrupt = guest.arm(0);
        (Self::load_unarmed(guest), interrupt)
    }

    /// A function that is loaded, with the interrupts that its guest has armed.
    pub fn load_unarmed(guest: &mut Guest) -> Self {
        let mut driver = Self::attach(guest);
        driver.start(guest);
        driver.create_queue(guest, EventType::PageRequest, 0);
        driver
    }
}
