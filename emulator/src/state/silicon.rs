//! The silicon: one device's firmware with all its functions, as one value.

use crate::commands::{Objects, Port, Subfunctions, Vports};
use crate::config::DeviceConfig;
use crate::device::doorbell::Inflow;
use crate::order::HoldPoint;
use crate::owner::Owner;
use crate::record::{Journal, PagesMoved, Record};
use crate::state::agenda::{Agenda, Due};
use crate::state::board::{RequestBoard, UnansweredRequest};
use crate::state::command::{Command, Stage};
use crate::state::endpoint::Endpoint;
use crate::state::gate::{Caught, Gate, HoldState};
use crate::state::ledger::Ledger;
use crate::state::pace::Pace;
use crate::state::roster::{Roster, function_under_test};
use crate::state::validation::{self, ConfigError};
use crate::work::chores::PageChore;
use prm::link::HostBus;
use prm::{Cycles, Function, Iova, Opcode, PagesOp};
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::SeedableRng as _;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// The hosts that the silicon's functions see.
///
/// Every endpoint has its own: a VF that is passed through lives in another address space than its PF.
pub trait Buses {
    /// The bus of an endpoint. Only asked for functions of [`Silicon::endpoints`].
    fn bus(&mut self, endpoint: Function) -> &mut dyn HostBus;
}

/// One piece of silicon and its firmware: a deterministic state machine without I/O.
///
/// Whoever drives it passes register accesses, orders and time in; DMA and interrupts go out through [`Buses`] during the
/// call that causes them. What was asked for later is done by [`Silicon::advance`]. A clone is a checkpoint: it goes on
/// exactly as the original would.
#[derive(Clone, Debug)]
pub struct Silicon {
    pub(crate) config: Arc<DeviceConfig>,
    /// vhca_ids that a scenario changed.
    pub(crate) vhca_ids: BTreeMap<Function, u16>,
    pub(crate) roster: Arc<Roster>,
    pub(crate) endpoints: BTreeMap<Function, Endpoint>,
    /// Commands that are not over, by number.
    pub(crate) commands: BTreeMap<u64, Command>,
    /// How many commands were fetched.
    pub(crate) commands_seen: u64,
    pub(crate) agenda: Agenda,
    pub(crate) gate: Gate,
    pub(crate) ledger: Ledger,
    pub(crate) board: RequestBoard,
    pub(crate) objects: Objects,
    pub(crate) vports: Vports,
    pub(crate) port: Port,
    pub(crate) subfunctions: Subfunctions,
    /// Satellite PFs and delegated VFs whose vport was created.
    pub(crate) created_vports: BTreeSet<Function>,
    /// Whether the registers of the firmware's components are offered.
    pub(crate) offers_versions: bool,
    /// host_num_of_vfs of the external host.
    pub(crate) host_vfs: u16,
    /// How many page addresses were made up.
    pub(crate) invented_pages: u64,
    pub(crate) rng: ChaCha8Rng,
    pub(crate) pace: Pace,
    pub(crate) inflow: Inflow,
    /// Long lists of pages that are being gone through, by supplier.
    pub(crate) chores: BTreeMap<Function, PageChore>,
    pub(crate) records: Journal,
}

/// A command that the driver handed over and that has not been given back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OutstandingCommand {
    /// Number of the command.
    pub n: u64,
    /// Whose command interface it came through.
    pub endpoint: Function,
    /// Its slot.
    pub slot: u8,
    /// Its operation.
    pub opcode: Opcode,
    /// Its operation modifier.
    pub op_mod: u16,
    /// The function it is about, where its input names one.
    pub function: Option<Function>,
    /// When its doorbell was rung.
    pub since: Cycles,
    /// What it waits for.
    pub waits_for: WaitsFor,
}

/// What keeps a command from being over.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum WaitsFor {
    /// Its own latency.
    Latency,
    /// Serial firmware works on another command.
    Turn,
    /// Pages for these owners.
    Pages(Vec<Owner>),
    /// The hold of this name.
    Hold(String),
    /// Nothing: firmware lost it.
    Never,
}

/// A page command that is on the wire: rung and not completed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PagesInFlight {
    /// Whose book.
    pub supplier: Function,
    /// Whose pages.
    pub owner: Owner,
    /// Which way.
    pub op: PagesOp,
    /// Whether firmware has executed it already: the ledger shows it and the driver does not know yet.
    pub executed: bool,
}

impl Silicon {
    /// Silicon as described, just powered on. All randomness follows from `seed`.
    ///
    /// # Errors
    /// [`ConfigError`] if the description contradicts itself.
    pub fn new(config: DeviceConfig, seed: u64) -> Result<Self, ConfigError> {
        validation::check(&config)?;
        let roster = Roster::new(&config, &BTreeMap::new());
        let own = function_under_test(config.kind);
        let has_window =
            |function: &Function| matches!(function, Function::Vf(_) | Function::EcVf(_) | Function::Sf(_));
        let others = roster.functions().iter().copied().filter(has_window);
        let endpoints = std::iter::once(own)
            .chain(others)
            .map(|f| (f, Endpoint::new(f)))
            .collect();
        Ok(Self {
            offers_versions: false,
            host_vfs: config.external_host.enabled_vfs,
            config: Arc::new(config),
            vhca_ids: BTreeMap::new(),
            roster: Arc::new(roster),
            endpoints,
            commands: BTreeMap::new(),
            commands_seen: 0,
            agenda: Agenda::default(),
            gate: Gate::default(),
            ledger: Ledger::default(),
            board: RequestBoard::default(),
            objects: Objects::default(),
            vports: Vports::default(),
            port: Port::default(),
            subfunctions: Subfunctions::default(),
            created_vports: BTreeSet::new(),
            invented_pages: 0,
            rng: ChaCha8Rng::seed_from_u64(seed),
            pace: Pace::default(),
            inflow: Inflow::default(),
            chores: BTreeMap::new(),
            records: Journal::default(),
        })
    }

    /// Offers the registers of the firmware's components from now on (MCAM, MCQS, MCQI), which `devlink dev info` reads. It is no
    /// part of the description: a driver that is offered them reads MCAM three times when it loads, which recorded command
    /// streams do not have.
    pub fn offer_versions(&mut self) {
        self.offers_versions = true;
    }

    /// The device as it is described now: the given description with what orders changed.
    #[must_use]
    pub fn config(&self) -> &DeviceConfig {
        &self.config
    }

    /// The function that the driver under test binds to.
    #[must_use]
    pub fn function_under_test(&self) -> Function {
        function_under_test(self.config.kind)
    }

    /// The functions that have a register window: the one under test, its VFs and its SFs.
    #[must_use]
    pub fn endpoints(&self) -> Vec<Function> {
        let in_order = self.roster.functions().iter().copied();
        in_order
            .filter(|function| self.endpoints.contains_key(function))
            .collect()
    }

    /// Every function that the ledger can name, the one under test first.
    #[must_use]
    pub fn functions(&self) -> Vec<Function> {
        self.roster.functions().to_vec()
    }

    /// The vhca_id of a function of this silicon.
    #[must_use]
    pub fn vhca_id_of(&self, function: Function) -> Option<u16> {
        self.roster.get(function).map(|entry| entry.vhca_id)
    }

    /// The firmware's book of pages.
    #[must_use]
    pub const fn ledger(&self) -> &Ledger {
        &self.ledger
    }

    /// The earliest thing that is due later.
    #[must_use]
    pub fn next_due(&self) -> Option<Due> {
        self.agenda.first()
    }

    /// When the earliest thing is due that happens without anybody's doing, whatever is scheduled before it.
    #[must_use]
    pub fn next_in_service(&self) -> Option<Cycles> {
        self.agenda.first_in_service()
    }

    /// When the driver of this endpoint last looked at its health: it polls, and sees an error at its next look.
    #[must_use]
    pub fn health_seen_at(&self, endpoint: Function) -> Option<Cycles> {
        self.endpoints.get(&endpoint)?.health_seen_at
    }

    /// Whether a page request to this endpoint would be seen.
    #[must_use]
    pub fn takes_page_requests(&self, endpoint: Function) -> bool {
        self.endpoints
            .get(&endpoint)
            .is_some_and(Endpoint::takes_page_requests)
    }

    /// The holds in force, in the order in which they were installed.
    #[must_use]
    pub fn holds(&self) -> Vec<HoldState> {
        let state = |(name, number): (&str, Option<u64>)| {
            let command = number.and_then(|number| self.commands.get(&number));
            HoldState {
                name: name.to_owned(),
                caught: command.and_then(caught),
            }
        };
        self.gate.holds().map(state).collect()
    }

    /// The page commands that are on the wire.
    #[must_use]
    pub fn pages_in_flight(&self) -> Vec<PagesInFlight> {
        let page_commands = self.commands.values().filter(|command| {
            command.opcode == Opcode::ManagePages && !matches!(command.stage, Stage::Written | Stage::Lost)
        });
        let in_flight = page_commands.map(|command| PagesInFlight {
            supplier: command.endpoint,
            owner: self.page_owner(command),
            op: PagesOp::from_raw(command.op_mod),
            executed: command.stage == Stage::Executed,
        });
        in_flight.collect()
    }

    /// The commands that the driver has not got back, in the order of their doorbells. One whose outputs are written and
    /// whose event is held is among them.
    #[must_use]
    pub fn outstanding_commands(&self) -> Vec<OutstandingCommand> {
        let outstanding = self.commands.values().map(|command| OutstandingCommand {
            n: command.number,
            endpoint: command.endpoint,
            slot: command.slot,
            opcode: command.opcode,
            op_mod: command.op_mod,
            function: command.subject.function,
            since: command.rung,
            waits_for: self.waits_for(command),
        });
        outstanding.collect()
    }

    fn waits_for(&self, command: &Command) -> WaitsFor {
        let held = command.held_since.and(command.hold.as_ref());
        match (command.stage, held) {
            (Stage::Lost, _) => WaitsFor::Never,
            (Stage::Queued, _) => WaitsFor::Turn,
            (_, Some((name, _))) => WaitsFor::Hold(name.clone()),
            _ if !command.needs.is_empty() => WaitsFor::Pages(self.waits_for_pages(command)),
            _ => WaitsFor::Latency,
        }
    }

    /// Page requests that were posted and that the driver has not answered with GIVE, TAKE or CANNOT GIVE.
    #[must_use]
    pub fn unanswered_requests(&self) -> Vec<UnansweredRequest> {
        self.board.unanswered().collect()
    }

    /// What happened since the last call, in order.
    #[must_use]
    pub fn take_records(&mut self) -> Vec<Record> {
        self.records.take()
    }

    /// Firmware forgets what a supplier gave and what it asked that supplier for.
    pub(crate) fn forget_supplies(&mut self, supplier: Function, now: Cycles) {
        self.forget_chore(supplier, None);
        for (owner, pages) in self.ledger.forget_supplier(supplier) {
            let moved = PagesMoved {
                cycles: now,
                supplier,
                owner,
                pages,
            };
            self.records.push(Record::PagesForgotten(moved));
        }
        self.drop_requests(supplier);
    }

    /// Nobody is there any more to answer what this supplier was asked for.
    pub(crate) fn drop_requests(&mut self, supplier: Function) {
        self.board.forget_supplier(supplier);
        self.agenda.forget_supplier(supplier);
    }

    /// Puts an access to host memory on record that met none.
    pub(crate) fn note_stray_dma(&mut self, endpoint: Function, now: Cycles, at: Iova, why: &'static str) {
        self.records.push(Record::StrayDma {
            cycles: now,
            endpoint,
            at,
            why,
        });
    }

    /// Puts on record what no command status tells.
    pub(crate) fn refuse(&mut self, endpoint: Function, now: Cycles, why: &'static str) {
        self.records.push(Record::Refused {
            cycles: now,
            endpoint,
            why,
        });
    }
}

fn caught(command: &Command) -> Option<Caught> {
    let (_, at) = command.hold.as_ref()?;
    let at: HoldPoint = *at;
    let &Command {
        number,
        endpoint,
        slot,
        opcode,
        ..
    } = command;
    command.held_since.map(|since| Caught {
        n: number,
        endpoint,
        slot,
        opcode,
        at,
        since,
    })
}
