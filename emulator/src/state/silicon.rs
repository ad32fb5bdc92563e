//! The silicon: one device's firmware with all its functions, as one value.

use crate::config::DeviceConfig;
use crate::order::LinkState;
use crate::record::Record;
use crate::state::action::{Act, Action};
use crate::state::agenda::{Agenda, Due, DueKind, Task};
use crate::state::board::{RequestBoard, UnansweredRequest};
use crate::state::command::Command;
use crate::state::draws::Draws;
use crate::state::endpoint::{Endpoint, PageNaming, ResetStage};
use crate::state::gate::Gate;
use crate::state::hosts::Hosts;
use crate::state::journal::Journal;
use crate::state::ledger::Ledger;
use crate::state::numbers::CommandNumber;
use crate::state::objects::Objects;
use crate::state::pace::Pace;
use crate::state::page_chore::PageChore;
use crate::state::page_use::PagesInUse;
use crate::state::port::Port;
use crate::state::reception::Inflow;
use crate::state::roster::Roster;
use crate::state::subfunctions::Subfunctions;
use crate::state::validation;
use crate::state::validation::ConfigError;
use crate::state::vports::Vports;
use crate::state::waits::Waits;
use crate::state::watch::Watch;
use parts::{Group, Groups, Part, Parts};
use prm::{Cycles, Function, Iova, Opcode};
use std::collections::{BTreeMap, BTreeSet};
use std::hash::{Hash, Hasher};
use std::sync::Arc;

/// One piece of silicon and its firmware: a deterministic state machine without I/O.
///
/// Whoever drives it passes register accesses, orders and time in; DMA and interrupts go out through `Buses` during the
/// call that causes them. What was asked for later is done by [`Silicon::advance`]. A clone is a checkpoint: it goes on
/// exactly as the original would.
#[derive(Clone, Debug)]
pub struct Silicon {
    pub(crate) config: Part<Arc<DeviceConfig>>,
    /// vhca_ids that a scenario changed.
    pub(crate) vhca_ids: Part<BTreeMap<Function, u16>>,
    /// Functions besides the main one whose drivers name others.
    pub(crate) managers: Part<BTreeSet<Function>>,
    pub(crate) roster: Part<Arc<Roster>>,
    /// Which there are follows from the description. Each is made of parts: the notes here tell only whose to ask.
    pub(crate) endpoints: Groups<Function, Endpoint>,
    /// Commands that are not over, by number.
    pub(crate) commands: Parts<CommandNumber, Command>,
    /// Which commands wait for which page requests.
    pub(crate) waits: Part<Waits>,
    /// Those that nothing keeps waiting any more, for the service to go on with. No part: empty again when an act is over.
    pub(crate) ready: Vec<CommandNumber>,
    /// How many commands were fetched. No part: a number is a name, and whoever compares two silicons renames them. It is more
    /// than that only where one act lets several commands go on: they are taken in the order of their numbers.
    pub(crate) commands_seen: u64,
    /// No part, see there.
    pub(crate) agenda: Agenda,
    /// Returns of pages that are due, by supplier: what stands in the agenda of them can be taken off again.
    pub(crate) returns: Parts<Function, ()>,
    pub(crate) gate: Gate,
    pub(crate) ledger: Part<Ledger>,
    /// The memory of the pages that firmware holds, by supplier. It is not ours: what stands here is that it was used.
    pub(crate) page_memory: Parts<Function, ()>,
    /// No part, see there.
    pub(crate) pages_in_use: PagesInUse,
    pub(crate) board: Part<RequestBoard>,
    pub(crate) objects: Part<Objects>,
    /// Made of parts, as the endpoints are; the notes here tell only whether to ask them.
    pub(crate) vports: Group<Vports>,
    pub(crate) port: Part<Port>,
    pub(crate) subfunctions: Group<Subfunctions>,
    /// Whether the registers of the firmware's components are offered.
    pub(crate) offers_versions: Part<bool>,
    pub(crate) hosts: Part<Hosts>,
    /// Whether the host reaches the device. Everybody looks: it is noted as the description is.
    pub(crate) link: Part<LinkState>,
    pub(crate) draws: Part<Draws>,
    pub(crate) pace: Part<Pace>,
    pub(crate) inflow: Part<Inflow>,
    /// Long lists of pages that are being gone through, by supplier.
    pub(crate) chores: Parts<Function, PageChore>,
    /// No part: what happened is only ever added to, and nothing that firmware does depends on it.
    pub(crate) records: Journal,
    /// No part: it is what looks at the parts.
    pub(crate) watch: Watch,
}

impl Hash for Silicon {
    /// All by which a device could go on otherwise than another one. In which order commands came is no matter once they are there,
    /// nor is what happened; of what is yet to be done by itself the order is open, of what is put off it is that of time.
    fn hash<H: Hasher>(&self, state: &mut H) {
        let Self {
            config,
            vhca_ids,
            managers,
            roster,
            endpoints,
            commands,
            waits,
            ready,
            commands_seen: _,
            agenda,
            returns,
            gate,
            ledger,
            page_memory: _,
            pages_in_use: _,
            board,
            objects,
            vports,
            port,
            subfunctions,
            offers_versions,
            hosts,
            link,
            draws,
            pace,
            inflow,
            chores,
            records: _,
            watch: _,
        } = self;
        let mut in_slots: Vec<&Command> = commands.peek().values().collect();
        in_slots.sort_by_key(|command| (command.endpoint, command.slot, command.number));
        in_slots.hash(state);
        let mut to_do: Vec<_> = agenda.entries().collect();
        to_do.sort_by_key(|(key, kind, task)| match kind {
            DueKind::InService => (*kind, self.act_of(task), (Cycles::ZERO, 0)),
            DueKind::Scheduled => (*kind, None, *key),
        });
        for (_, kind, task) in to_do {
            (kind, task).hash(state);
        }
        (config, vhca_ids, managers, roster, endpoints, waits, ready).hash(state);
        (returns, gate, ledger, board, objects, vports, port).hash(state);
        (
            subfunctions,
            offers_versions,
            hosts,
            link,
            draws,
            pace,
            inflow,
            chores,
        )
            .hash(state);
    }
}

impl Silicon {
    /// Silicon as described, just powered on. All randomness follows from `seed`.
    ///
    /// # Errors
    /// [`ConfigError`] if the description contradicts itself.
    pub fn new(config: DeviceConfig, seed: u64) -> Result<Self, ConfigError> {
        validation::check(&config)?;
        let roster = Roster::new(&config, &BTreeMap::new(), &BTreeSet::new());
        let own = roster.main();
        let has_window = |function: &Function| {
            matches!(
                function,
                Function::Vf(_) | Function::EcVf(_) | Function::Sf(_) | Function::SecondPf
            )
        };
        let others = roster.functions().iter().copied().filter(has_window);
        let mut endpoints = Groups::default();
        for function in std::iter::once(own).chain(others) {
            endpoints.insert(function, Endpoint::new(function));
        }
        Ok(Self {
            offers_versions: Part::new(false),
            hosts: Part::new(Hosts {
                vfs: config.external_host.enabled_vfs,
                ..Hosts::default()
            }),
            link: Part::default(),
            config: Part::new(Arc::new(config)),
            vhca_ids: Part::default(),
            managers: Part::default(),
            roster: Part::new(Arc::new(roster)),
            endpoints,
            commands: Parts::default(),
            waits: Part::default(),
            ready: Vec::new(),
            commands_seen: 0,
            agenda: Agenda::default(),
            returns: Parts::default(),
            gate: Gate::default(),
            ledger: Part::default(),
            page_memory: Parts::default(),
            pages_in_use: PagesInUse::default(),
            board: Part::default(),
            objects: Part::default(),
            vports: Part::default(),
            port: Part::default(),
            subfunctions: Part::default(),
            draws: Part::new(Draws::new(seed)),
            pace: Part::default(),
            inflow: Part::default(),
            chores: Parts::default(),
            records: Journal::default(),
            watch: Watch::default(),
        })
    }

    /// Offers the registers of the firmware's components from now on (MCAM, MCQS, MCQI), which `devlink dev info` reads. It is no
    /// part of the description: a driver that is offered them reads MCAM three times when it loads, which recorded command
    /// streams do not have.
    pub fn offer_versions(&mut self) {
        self.watch.look();
        *self.offers_versions = true;
    }

    /// The device as it is described now: the given description with what orders changed.
    #[must_use]
    pub fn config(&self) -> &DeviceConfig {
        self.config.peek()
    }

    /// The function that the device is described from. It has what no other function has, the eswitch and the port, and orders
    /// that name no endpoint go to it; a device that is served is behind it.
    #[must_use]
    pub fn main_function(&self) -> Function {
        self.roster.main()
    }

    /// An external host has a driver of its own from now on: its PF has a register window, and names itself and its VFs in
    /// commands of its own, page commands among them. It is no part of the description: who plays the device plays the hosts too.
    /// False if the device has no external host.
    pub fn connect_host(&mut self) -> bool {
        self.watch.look();
        let host = Function::HostPf;
        if self.roster.get(host).is_none() {
            return false;
        }
        self.managers.insert(host);
        if !self.endpoints.contains_key(&host) {
            self.endpoints.insert(host, Endpoint::new(host));
        }
        self.describe_functions();
        true
    }

    /// Makes the roster anew, from the description and what was changed since.
    pub(crate) fn describe_functions(&mut self) {
        *self.roster = Arc::new(Roster::new(&self.config, &self.vhca_ids, &self.managers));
    }

    /// The functions that have a register window, the main one first: VFs and SFs have, a second host's PF, and the PF of an external
    /// host that is connected.
    #[must_use]
    pub fn endpoints(&self) -> Vec<Function> {
        let in_order = self.roster.functions().iter().copied();
        in_order
            .filter(|function| self.endpoints.peek().contains_key(function))
            .collect()
    }

    /// Every function that the ledger can name, the main one first.
    #[must_use]
    pub fn functions(&self) -> Vec<Function> {
        self.roster.functions().to_vec()
    }

    /// The vhca_id of a function of this silicon.
    #[must_use]
    pub fn vhca_id_of(&self, function: Function) -> Option<u16> {
        self.watch.look();
        self.roster.get(function).map(|entry| entry.vhca_id)
    }

    /// What a task of the agenda begins with; nothing where its command is gone.
    pub(crate) fn act_of(&self, task: &Task) -> Option<Act> {
        let of_command = |number: &CommandNumber, action: fn(Opcode) -> Action| {
            let command = self.commands.peek().get(number)?;
            Some(Act::at(command.endpoint, action(command.opcode)).in_slot(command.slot))
        };
        match task {
            Task::Execute(number) => of_command(number, Action::Execution),
            Task::Complete(number) => of_command(number, Action::Completion),
            Task::Pages { supplier, .. } => Some(Act::at(*supplier, Action::Portion)),
            Task::React { at, .. } => Some(Act::at(*at, Action::Reaction)),
            Task::ReturnPages { supplier, .. } => Some(Act::at(*supplier, Action::ReturnPages)),
            Task::Interrupt { at, .. } => Some(Act::at(*at, Action::LateInterrupt)),
        }
    }

    /// Whether the host reaches the device.
    #[must_use]
    pub fn is_reached(&self) -> bool {
        self.watch.look();
        *self.link == LinkState::Up
    }

    /// The firmware's book of pages.
    #[must_use]
    pub fn ledger(&self) -> &Ledger {
        self.ledger.peek()
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
        self.endpoints.peek().get(&endpoint)?.health.peek().seen_at
    }

    /// Whether a driver has been asked for a reset that hosts agree on, and it is not over: time is not idle then.
    #[must_use]
    pub fn expects_reset(&self, endpoint: Function) -> bool {
        let state = self.endpoints.peek().get(&endpoint);
        state.is_some_and(|state| {
            let stage = state.interface.peek().sync_reset.stage;
            !matches!(stage, ResetStage::Idle | ResetStage::Refused)
        })
    }

    /// Whether a page request to this endpoint would be seen.
    #[must_use]
    pub fn takes_page_requests(&self, endpoint: Function) -> bool {
        self.watch.look();
        self.endpoints
            .get(&endpoint)
            .is_some_and(Endpoint::takes_page_requests)
    }

    /// Page requests that were posted and that the driver has not answered with GIVE, TAKE or CANNOT GIVE.
    #[must_use]
    pub fn unanswered_requests(&self) -> Vec<UnansweredRequest> {
        self.board.peek().unanswered().collect()
    }

    /// What happened since the last call, in order.
    #[must_use]
    pub fn take_records(&mut self) -> Vec<Record> {
        self.records.take()
    }

    /// Puts an access to host memory on record that met none.
    pub(crate) fn note_stray_dma(&mut self, endpoint: Function, now: Cycles, at: Iova, why: &'static str) {
        self.records.push(Record::StrayDma {
            cycles: now,
            endpoint,
            at,
            why: why.into(),
        });
    }

    /// Puts on record what no command status tells.
    pub(crate) fn refuse(&mut self, endpoint: Function, now: Cycles, why: &'static str) {
        self.records.push(Record::Refused {
            cycles: now,
            endpoint,
            why: why.into(),
        });
    }

    /// Back to function ids and to the capabilities a device starts with.
    pub(crate) fn clear_mode(&mut self, endpoint: Function) {
        if let Some(state) = self.endpoints.get_mut(&endpoint) {
            *state.naming = PageNaming::FunctionId;
            state.set_capabilities.clear();
        }
    }

    /// Enters work for later; what cannot be entered goes on record.
    pub(crate) fn put_off(&mut self, due: Cycles, kind: DueKind, task: Task, now: Cycles) {
        if let Err(error) = self.agenda.put_off(due, kind, task) {
            let own = self.main_function();
            self.refuse(own, now, error.reason());
        }
    }
}
