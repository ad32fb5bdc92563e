//! Page requests: what firmware has asked its suppliers for, and what has become of it.

use crate::bus::Buses;
use crate::config::OnReset;
use crate::order::{Answer, OrderError, PageRequest};
use crate::owner::Owner;
use crate::record::Record;
use crate::reply::{Refusal, Reply};
use crate::state::action::{Act, Action};
use crate::state::board::{Fate, UnansweredRequest};
use crate::state::command::Stage;
use crate::state::numbers::{CommandNumber, RequestNumber};
use crate::state::silicon::Silicon;
use crate::work::demand;
use prm::event::{self, EventEntry};
use prm::{Cycles, Function, PageCount, WireIdentity};

impl Silicon {
    /// The requests a command depends on: by a rule, or by the modelled demand.
    pub(crate) fn demand_of(&self, number: CommandNumber) -> Vec<PageRequest> {
        let Some(command) = self.commands.get(&number) else {
            return Vec::new();
        };
        match &command.answer {
            Some(Answer::Needs { requests }) => requests.clone(),
            Some(Answer::Refuse { .. } | Answer::Accept {}) => Vec::new(),
            _ if self.takes_page_requests(command.endpoint) => {
                demand::of(&self.config, &self.roster, command)
                    .into_iter()
                    .collect()
            }
            _ => Vec::new(),
        }
    }

    /// Posts a page request to `supplier`. Returns the request's number; none for release-all, which nobody answers.
    pub(crate) fn post_page_request(
        &mut self,
        supplier: Function,
        request: &PageRequest,
        now: Cycles,
        buses: &mut dyn Buses,
    ) -> Result<Option<RequestNumber>, OrderError> {
        self.acts(Act::at(supplier, Action::PageRequest), |silicon| {
            silicon.post_request(supplier, request, now, buses)
        })
    }

    fn post_request(
        &mut self,
        supplier: Function,
        request: &PageRequest,
        now: Cycles,
        buses: &mut dyn Buses,
    ) -> Result<Option<RequestNumber>, OrderError> {
        let (owner, identity) = match (request.function, request.identity) {
            (Some(function), None) => {
                let identity = self.identity_of(supplier, function);
                (
                    self.named_owner(supplier, function)?,
                    identity.ok_or(OrderError::NoIdentity(function))?,
                )
            }
            (None, Some(identity)) => (self.owner_of(supplier, identity), identity),
            _ => return Err(OrderError::OneOfFunctionAndIdentity),
        };
        let takes = self.takes_page_requests(supplier);
        if !takes {
            return Err(OrderError::NoEventQueue);
        }
        self.post_for(
            supplier,
            owner,
            identity,
            request.pages,
            request.release_all,
            now,
            buses,
        )
    }

    fn named_owner(&self, supplier: Function, function: Function) -> Result<Owner, OrderError> {
        let known = self.roster.get(function).is_some();
        let reachable = self.roster.names(supplier, function);
        if known && reachable {
            Ok(Owner::from(function))
        } else {
            Err(OrderError::UnknownFunction(function))
        }
    }

    #[expect(clippy::too_many_arguments, reason = "the fields of one event")]
    fn post_for(
        &mut self,
        supplier: Function,
        owner: Owner,
        identity: WireIdentity,
        pages: i32,
        release_all: bool,
        now: Cycles,
        buses: &mut dyn Buses,
    ) -> Result<Option<RequestNumber>, OrderError> {
        let is_answered = !release_all && pages != 0;
        if is_answered && self.board.is_full() {
            return Err(OrderError::TooManyRequests);
        }
        self.records.push(Record::PageRequestPosted {
            cycles: now,
            supplier,
            owner,
            identity,
            pages,
            release_all,
        });
        if release_all {
            self.forget_pages(supplier, owner, now);
        }
        let data = event::PageRequest::new()
            .with_ec_function(identity.ec)
            .with_release_all(release_all)
            .with_function_id(identity.id)
            .with_page_count(PageCount(pages).to_bits());
        let posted = self.post_event(supplier, &EventEntry::of(&data), now, buses);
        if release_all {
            self.needs_met();
        }
        if !is_answered {
            return Ok(None);
        }
        let fate = if posted { Fate::Unanswered } else { Fate::Lost };
        let request = UnansweredRequest {
            supplier,
            owner,
            pages: pages.into(),
            since: now,
        };
        Ok(Some(self.board.post(request, fate)))
    }

    /// Asks `supplier` to take back everything that `owner` holds.
    pub(crate) fn return_pages(
        &mut self,
        supplier: Function,
        owner: Owner,
        now: Cycles,
        buses: &mut dyn Buses,
    ) {
        self.acts(Act::at(supplier, Action::PageRequest), |silicon| {
            let held = silicon.ledger.pages(supplier, owner);
            let pages = i32::try_from(held).map_or(i32::MIN, |held| -held);
            silicon.post_back(supplier, owner, pages, false, now, buses);
        });
    }

    /// Tells `supplier` that everything that `owner` holds is its own again: firmware does not use it any more.
    pub(crate) fn release_pages(
        &mut self,
        supplier: Function,
        owner: Owner,
        now: Cycles,
        buses: &mut dyn Buses,
    ) {
        self.acts(Act::at(supplier, Action::PageRequest), |silicon| {
            silicon.post_back(supplier, owner, 0, true, now, buses);
        });
    }

    /// A function has no use any more for what others supplied for it: it goes back as [`OnReset`] says.
    pub(crate) fn give_up_pages_of(&mut self, function: Function, now: Cycles, buses: &mut dyn Buses) {
        let owner = Owner::from(function);
        let suppliers = self.all_endpoints();
        for supplier in suppliers.into_iter().filter(|&supplier| supplier != function) {
            match self.config.firmware.on_reset {
                OnReset::ReleaseAll => self.release_pages(supplier, owner, now, buses),
                OnReset::ReturnPages => self.return_pages(supplier, owner, now, buses),
                OnReset::Silent => {}
            }
        }
    }

    /// Posts an event by which pages of `owner` go back, if it holds any and its supplier listens.
    fn post_back(
        &mut self,
        supplier: Function,
        owner: Owner,
        pages: i32,
        release_all: bool,
        now: Cycles,
        buses: &mut dyn Buses,
    ) {
        let held = self.ledger.pages(supplier, owner);
        let takes = self.takes_page_requests(supplier);
        let identity = owner
            .function()
            .and_then(|function| self.identity_of(supplier, function));
        if let Some(identity) = identity.filter(|_| held > 0 && takes)
            && let Err(error) = self.post_for(supplier, owner, identity, pages, release_all, now, buses)
        {
            self.refuse(supplier, now, error.reason());
        }
    }

    /// The driver cannot give what was asked for: a command that waits for it ends without having been executed. It is ready for
    /// that.
    pub(crate) fn pages_denied(&mut self, supplier: Function, owner: Owner) {
        if let Some(request) = self.board.denied(supplier, owner) {
            for number in self.waits.waiting_for(request) {
                self.waits.forget(number);
                if let Some(command) = self.commands.get_mut(&number) {
                    command.reply = Some(Reply::refused(Refusal::PagesDenied));
                    self.ready.push(number);
                }
            }
        }
    }

    /// Finds the commands whose needs are met: they are ready.
    pub(crate) fn needs_met(&mut self) {
        let board = &self.board;
        let is_open = |number| board.owner(number).is_some();
        if !self.waits.is_met(is_open) {
            return;
        }
        for number in self.waits.meet(is_open) {
            let command = self.commands.get(&number);
            if command.is_some_and(|command| command.stage == Stage::InService) {
                self.ready.push(number);
            }
        }
    }
}
