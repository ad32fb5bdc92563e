//! A device, its hosts, and a driver's side that does what a program says.

use super::act::Act;
use crate::budget::tell;
use crate::devices;
use crate::draw::Draw;
use crate::host::Hosts;
use crate::program::{self, QUEUE, SPAN, Wish};
use emulator::order::{MAX_PENDING, MAX_RULES};
use emulator::{Pace, Record, Silicon, WaitsFor};
use prm::capability::{QueryHcaCap, SetHcaCap};
use prm::capability_area::GeneralCapabilities;
use prm::command::Command;
use prm::event_queue::{CreateEq, CreateEqIn, CreateEqOut, EqContext};
use prm::hca::{DisableHca, EnableHca, InitHca, SetIssi, TeardownHca};
use prm::link::HostBus;
use prm::pages::{QueryPages, QueryPagesOut};
use prm::uar::{AllocUar, AllocUarOut, EQ_DOORBELL_ARM, EQ_DOORBELL_NO_ARM, EqDoorbell};
use prm::{
    Cycles, Function, Iova, Layout, PageCount, PagesOp, QueryPagesPhase, UarIndex, init_segment, saturated,
};
use std::collections::BTreeMap;

/// Pages that one GIVE lists at most.
pub(super) const MOST_GIVEN: u32 = 300;
/// Where pages to be given begin.
pub(super) const PAGES: u64 = 0x1000_0000;
/// Pieces of work after which a device that still works by itself is said not to end.
const PATIENCE: usize = 100_000;
/// The slot of MANAGE_PAGES.
const PAGE_SLOT: u8 = 31;

/// A device, its hosts, and what a driver at one endpoint knows.
#[derive(Clone, Debug)]
pub(super) struct Bench {
    pub(super) silicon: Silicon,
    hosts: Hosts,
    now: Cycles,
    endpoint: Function,
    /// Pages that nobody was given yet begin here.
    free: u64,
    uar: u32,
    /// How many records there were, and of which commands.
    pub(super) told: (usize, u64),
}

impl Bench {
    pub(super) fn new(draw: &mut Draw<'_>) -> Option<Self> {
        let device = devices::device(draw);
        let mut silicon = Silicon::new(device, draw.byte().into()).ok()?;
        if draw.flag() {
            silicon.connect_host();
        }
        let endpoint = silicon.main_function();
        let mut bench = Self {
            silicon,
            hosts: Hosts::default(),
            now: Cycles::ZERO,
            endpoint,
            free: PAGES,
            uar: 0,
            told: (0, 0),
        };
        bench.attach(endpoint);
        Some(bench)
    }

    /// A driver at this endpoint tells where its queue is.
    fn attach(&mut self, endpoint: Function) {
        self.endpoint = endpoint;
        self.hosts.host(endpoint).map(QUEUE, SPAN);
        self.write(offset_of(init_segment::QUEUE_ADDRESS_HIGH), 0);
        self.write(
            offset_of(init_segment::QUEUE_ADDRESS_LOW),
            u32::try_from(QUEUE.0).expect("it lies low"),
        );
    }

    fn write(&mut self, offset: u32, value: u32) {
        self.silicon
            .write_register(self.endpoint, offset, value, self.now, &mut self.hosts);
    }

    pub(super) fn carry_out(&mut self, act: &Act) {
        match act {
            Act::Load => self.load(),
            Act::Unload => self.unload(),
            Act::Ring(wish) => self.ring(wish),
            Act::Give { id, pages, again } => {
                let pages = self.pages(*pages, *again);
                self.ring(&program::manage_pages(
                    PAGE_SLOT,
                    PagesOp::Give,
                    *id,
                    &pages,
                    saturated(pages.len()),
                ));
            }
            Act::Take { id, pages } => {
                self.ring(&program::manage_pages(PAGE_SLOT, PagesOp::Take, *id, &[], *pages));
            }
            Act::Entry { slot, bytes } => {
                _ = self
                    .hosts
                    .host(self.endpoint)
                    .dma_write(program::place_of(*slot), bytes);
                self.write(offset_of(init_segment::COMMAND_DOORBELL), 1 << slot);
            }
            Act::Write { offset, value } => self.write(*offset, *value),
            Act::Read { offset } => {
                let word = self.silicon.read_register(self.endpoint, *offset, self.now);
                let byte = self.silicon.read_register_byte(self.endpoint, *offset, self.now);
                let once_more = self.silicon.read_register(self.endpoint, *offset, self.now);
                let first = word.to_be_bytes()[(*offset % 4) as usize];
                // The counter of health counts readings.
                assert!(
                    word != once_more || offset % 4 != 0 || byte == first,
                    "{offset:#x}: {word:#x} {byte:#x}"
                );
            }
            Act::Scribble { at, bytes } => _ = self.hosts.host(self.endpoint).dma_write(*at, bytes),
            Act::Unmap { at } => self.hosts.host(self.endpoint).unmap(*at),
            Act::Arm {
                queue,
                consumer,
                arms,
            } => self.arm(*queue, *consumer, *arms),
            Act::Queue { mask, log_size } => self.create_queue(*mask, *log_size),
            Act::Pass(time) => {
                // An hour at most: what is put off is put off by less than 50 days, and nothing else waits for a year.
                self.now = self.now.saturating_add(Cycles(time.0.min(3_600_000_000_000)));
                self.silicon.advance(self.now, &mut self.hosts);
                let due = self.silicon.next_due();
                assert!(
                    due.is_none_or(|due| due.at > self.now),
                    "what is due is done: {due:?}"
                );
            }
            Act::Settle => self.settle(),
            Act::DoNow(place) => {
                if let Some(what) = self.silicon.to_do().get(*place).copied() {
                    assert!(
                        self.silicon.do_now(&what, self.now, &mut self.hosts),
                        "it was there"
                    );
                }
            }
            Act::Order(order) => _ = self.silicon.order(order, self.now, &mut self.hosts),
            Act::Gate(order) => _ = self.silicon.gate(order, self.now, &mut self.hosts),
            Act::Reset => self
                .silicon
                .reset_function(self.endpoint, self.now, &mut self.hosts),
            Act::Endpoint(place) => {
                let endpoints = self.silicon.endpoints();
                self.attach(endpoints[place % endpoints.len()]);
            }
            Act::Portions => {
                self.silicon.set_pace(Pace::Portions);
                self.work();
            }
        }
        self.work();
    }

    /// What a server does between two messages, where the device works in portions.
    fn work(&mut self) {
        for _ in 0..PATIENCE {
            if !self.silicon.work(self.now, &mut self.hosts) {
                return;
            }
        }
        panic!("work that is due has no end");
    }

    fn ring(&mut self, wish: &Wish) {
        program::put(wish, self.hosts.host(self.endpoint));
        self.write(offset_of(init_segment::COMMAND_DOORBELL), 1 << wish.slot);
    }

    /// Rings, and waits for as long as the device works on it.
    fn call(&mut self, wish: &Wish) -> Option<Vec<u8>> {
        self.ring(wish);
        self.work();
        self.settle();
        program::output(wish.slot, wish.out_len as usize, self.hosts.host(self.endpoint))
    }

    fn issue<C: Command>(&mut self, input: &C::In) -> Option<C::Out> {
        let output = self.call(&program::plain(0, input.as_bytes(), saturated(C::OUTPUT_LENGTH)))?;
        C::Out::from_prefix(&output).ok()
    }

    /// As a driver begins: as far as the device lets it.
    fn load(&mut self) {
        let ec = self.endpoint == Function::Ecpf;
        self.issue::<EnableHca>(&EnableHca::input().with_ec_function(ec));
        self.issue::<SetIssi>(&SetIssi::input().with_current_issi(1));
        self.startup_pages(QueryPagesPhase::Boot, 0, ec);
        let maximum = self.call(&program::plain(0, QueryHcaCap::input().as_bytes(), 16 + 4096));
        if let Some(maximum) = maximum {
            let area = SetHcaCap::input()
                .as_bytes()
                .iter()
                .chain(&maximum[16..])
                .copied()
                .collect::<Vec<u8>>();
            self.call(&program::plain(0, &area, 16));
            let offered = GeneralCapabilities::from_prefix(&maximum[16..]).unwrap_or_default();
            if offered.icm_mng_function_id_mode() {
                self.startup_pages(QueryPagesPhase::Init, offered.vhca_id(), false);
            } else {
                self.startup_pages(QueryPagesPhase::Init, 0, ec);
            }
        }
        self.issue::<InitHca>(&InitHca::input());
        if let Some(output) = self.issue::<AllocUar>(&AllocUar::input()) {
            let output: AllocUarOut = output;
            self.uar = output.uar();
        }
        for mask in [1 << 0x0a, 0x1f_f2be, 1 << 0x0b] {
            self.create_queue(mask, 6);
        }
    }

    fn startup_pages(&mut self, phase: QueryPagesPhase, id: u16, ec: bool) {
        let input = QueryPages::input()
            .with_op_mod(phase.raw())
            .with_function_id(id)
            .with_ec_function(ec);
        let Some(wanted) = self.issue::<QueryPages>(&input) else {
            return;
        };
        let wanted: QueryPagesOut = wanted;
        let count = PageCount::from_bits(wanted.page_count()).0;
        if let Ok(count @ 1..=MOST_GIVEN) = u32::try_from(count) {
            let pages = self.pages(count, false);
            let mut wish =
                program::manage_pages(PAGE_SLOT, PagesOp::Give, wanted.function_id(), &pages, count);
            // ec_function is the highest bit of the word of function_id.
            wish.input[8] |= u8::from(wanted.ec_function()) << 7;
            self.call(&wish);
        }
    }

    fn create_queue(&mut self, mask: u64, log_size: u8) {
        let pages = (1u64 << log_size.min(12)) * 64 / 4096;
        let pages = self.pages(u32::try_from(pages).unwrap_or(1).clamp(1, 64), false);
        let mut head = CreateEq::input();
        head.set_event_bitmask_0(mask);
        head.set_context(
            &EqContext::new()
                .with_log_eq_size(log_size & 0x1f)
                .with_uar_page(self.uar & 0xff_ffff),
        );
        let list = pages.iter().flat_map(|page| page.0.to_be_bytes());
        let input: Vec<u8> = head.as_bytes()[..CreateEqIn::SIZE]
            .iter()
            .copied()
            .chain(list)
            .collect();
        let output = self.call(&program::plain(1, &input, 16));
        if let Some(created) = output.and_then(|output| CreateEqOut::from_prefix(&output).ok()) {
            self.arm(created.eq_number(), 0, true);
        }
    }

    fn arm(&mut self, queue: u8, consumer: u32, arms: bool) {
        let doorbell = EqDoorbell::new()
            .with_eq_number(queue)
            .with_consumer_index(consumer & 0xff_ffff);
        let register = if arms { EQ_DOORBELL_ARM } else { EQ_DOORBELL_NO_ARM };
        if let Ok(offset) = u32::try_from(UarIndex(self.uar).bar_offset() + register) {
            self.write(offset, doorbell.to_word());
        }
    }

    /// As a driver ends, in the worst order: with its pages still there.
    fn unload(&mut self) {
        self.issue::<TeardownHca>(&TeardownHca::input());
        self.call(&program::manage_pages(PAGE_SLOT, PagesOp::Take, 0, &[], 512));
        let ec = self.endpoint == Function::Ecpf;
        self.issue::<DisableHca>(&DisableHca::input().with_ec_function(ec));
    }

    /// Mapped pages: fresh ones, or those that were handed out last.
    fn pages(&mut self, count: u32, again: bool) -> Vec<Iova> {
        let bytes = u64::from(count) << 12;
        let first = if again {
            self.free.saturating_sub(bytes).max(PAGES)
        } else {
            self.free
        };
        self.hosts.host(self.endpoint).map(Iova(first), bytes);
        self.free = self.free.max(first + bytes);
        (0..u64::from(count))
            .map(|number| Iova(first + (number << 12)))
            .collect()
    }

    /// Lets firmware do what it does without anybody's doing.
    pub(super) fn settle(&mut self) {
        for _ in 0..PATIENCE {
            let Some(due) = self.silicon.next_in_service() else {
                let outstanding = self.silicon.outstanding_commands();
                let works = outstanding
                    .iter()
                    .find(|command| command.waits_for == WaitsFor::Latency);
                // An order may have put its answer off.
                assert!(
                    works.is_none() || self.silicon.next_due().is_some(),
                    "nobody works on it: {works:?}"
                );
                return;
            };
            self.now = self.now.max(due);
            self.silicon.advance(self.now, &mut self.hosts);
            self.work();
        }
        panic!("firmware works without end, and nobody asks it to");
    }

    /// What holds at any time; `every_page`: also that none has two holders, which takes a look at each.
    pub(super) fn check(&mut self, every_page: bool) {
        for record in self.silicon.take_records() {
            self.told.0 += 1;
            tell(|| format!("    {record:?}"));
            if let Record::Command(command) = &record {
                self.told.1 = self.told.1.wrapping_mul(31).wrapping_add(command.n);
            }
        }
        assert_eq!(
            self.silicon.surprise(),
            None,
            "an act touches what it has declared"
        );
        let ledger = self.silicon.ledger();
        let mut held = 0;
        let mut seen: BTreeMap<Function, Vec<u64>> = BTreeMap::new();
        for (supplier, owner, pages) in ledger.rows() {
            assert!(pages > 0, "owners that hold nothing have no row");
            assert_eq!(ledger.pages(supplier, owner), pages);
            held += pages;
            if every_page {
                let numbers = ledger.pages_of(supplier, owner).map(|page| page.number);
                seen.entry(supplier).or_default().extend(numbers);
            }
        }
        assert_eq!(ledger.held(), held, "rows add up");
        for (supplier, mut numbers) in seen {
            assert_eq!(
                numbers.len() as u64,
                ledger.total(supplier),
                "a row has its pages"
            );
            numbers.sort_unstable();
            let twice = numbers.windows(2).find(|two| two[0] == two[1]);
            assert_eq!(twice, None, "a page has one holder");
        }
        let endpoints = self.silicon.endpoints().len();
        assert!(
            self.silicon.outstanding_commands().len() <= 32 * endpoints,
            "a slot has one command"
        );
        assert!(
            self.silicon.unanswered_requests().len() <= MAX_PENDING,
            "open requests are bounded"
        );
        assert!(self.silicon.holds().len() <= MAX_RULES, "holds are bounded");
        let put_off = self.silicon.to_do().len();
        assert!(
            put_off <= 3 * MAX_PENDING + 2 * 32 * endpoints,
            "what is put off is bounded: {put_off}"
        );
    }
}

fn offset_of(register: u64) -> u32 {
    u32::try_from(register).expect("registers lie low")
}
