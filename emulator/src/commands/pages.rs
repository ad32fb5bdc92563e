//! QUERY_PAGES and MANAGE_PAGES: how pages come to firmware and go back.

use crate::bus::Buses;
use crate::config::{GiveAfterRelease, QueryPagesId, TakeUnknownId};
use crate::order::Answer;
use crate::owner::Owner;
use crate::record::{Corruption, PagesMoved, Record};
use crate::reply::{Answered, Refusal, Reply};
use crate::state::command::Command;
use crate::state::endpoint::PageNaming;
use crate::state::ledger::OwnedPage;
use crate::state::numbers::CommandNumber;
use crate::state::page_chore::PageWork;
use crate::state::silicon::Silicon;
use crate::work::demand;
use prm::pages::{ManagePagesIn, ManagePagesOut, PAGE_ADDRESS_LENGTH, QueryPagesIn, QueryPagesOut};
use prm::saturated;
use prm::{ADAPTER_PAGE_SHIFT, Cycles, Function, Iova, PageCount, PagesOp, QueryPagesPhase, WireIdentity};

/// Most pages that firmware keeps a book of, whoever gave them: 16 GiB. Drivers can give what nobody asked them for.
const MOST_HELD: u64 = 4 << 20;

/// Where the addresses that were never given come from: far above any host's memory, so that no driver knows them.
const UNKNOWN_PAGES: u64 = 0x00ff_f000_0000_0000;

pub(crate) fn query_pages(silicon: &mut Silicon, command: &Command) -> Answered {
    let input = QueryPagesIn::from_prefix(&command.input).unwrap_or_default();
    let asked = WireIdentity {
        id: input.function_id(),
        ec: input.ec_function(),
    };
    let endpoint = command.endpoint;
    let demand = demand::at(&silicon.config, &silicon.roster, endpoint);
    let (boot, init) = demand.map_or((0, 0), |demand| (demand.boot, demand.init));
    let (identity, pages) = match QueryPagesPhase::from_raw(command.op_mod) {
        QueryPagesPhase::Boot => {
            let id = if endpoint == silicon.main_function() {
                silicon.config.firmware.boot_function_id
            } else {
                0
            };
            let identity = WireIdentity {
                id,
                ec: endpoint == Function::Ecpf,
            };
            (identity, boot)
        }
        QueryPagesPhase::Init => {
            let identity = silicon.init_identity(endpoint, asked)?;
            (identity, init)
        }
        QueryPagesPhase::Regular => {
            let wanted = silicon.board.wanted(endpoint, silicon.owner_of(endpoint, asked));
            let bounded = wanted.clamp(i32::MIN.into(), i32::MAX.into());
            (asked, i32::try_from(bounded).unwrap_or(0))
        }
        QueryPagesPhase::Unknown(_) => return Err(Refusal::UnknownModifier),
    };
    let pages = match command.answer {
        Some(Answer::PageCount { pages }) => pages,
        _ => pages,
    };
    let output = QueryPagesOut::new()
        .with_ec_function(identity.ec)
        .with_function_id(identity.id)
        .with_page_count(PageCount(pages).to_bits());
    Ok(Reply::done(&output))
}

pub(crate) fn manage_pages(
    silicon: &mut Silicon,
    command: &Command,
    at: Cycles,
    buses: &mut dyn Buses,
) -> Answered {
    let input = ManagePagesIn::from_prefix(&command.input).map_err(|_| Refusal::InputLength)?;
    let supplier = command.endpoint;
    let owner = silicon.page_owner(command);
    let count = input.entry_count();
    match PagesOp::from_raw(command.op_mod) {
        PagesOp::CannotGive => {
            silicon.pages_denied(supplier, owner);
            Ok(Reply::ok())
        }
        PagesOp::Give => {
            let given = silicon.give_pages(command, owner, count, at, buses);
            match given {
                Ok(()) => silicon.needs_met(),
                // What a release made void stays void.
                Err(Refusal::OwnerReleased) => {}
                Err(_) => silicon.board.refused(supplier, owner),
            }
            given.map(|()| Reply::ok())
        }
        PagesOp::Take => silicon.take_pages(command, owner, count, at, buses),
        PagesOp::Unknown(_) => Err(Refusal::UnknownModifier),
    }
}

impl Silicon {
    /// The identity for which the init pages are asked.
    fn init_identity(&self, endpoint: Function, asked: WireIdentity) -> Result<WireIdentity, Refusal> {
        let own = WireIdentity {
            id: 0,
            ec: endpoint == Function::Ecpf,
        };
        let own_vhca = WireIdentity {
            id: self.roster.vhca_id(endpoint),
            ec: false,
        };
        let naming = self
            .endpoints
            .get(&endpoint)
            .map_or(PageNaming::FunctionId, |state| *state.naming);
        let names_own = self.owner_of(endpoint, asked) == Owner::from(endpoint);
        match naming {
            PageNaming::VhcaId | PageNaming::Either if names_own => Ok(own_vhca),
            PageNaming::VhcaId | PageNaming::Either => Err(Refusal::WrongPageIdentity),
            PageNaming::FunctionId if asked.id == 0 => Ok(own),
            PageNaming::FunctionId => match self.config.firmware.query_pages_id {
                QueryPagesId::Ignore => Ok(own),
                QueryPagesId::Reject => Err(Refusal::WrongPageIdentity),
                QueryPagesId::Literal => Ok(asked),
            },
        }
    }

    /// A rule refuses a page command: as far as the request goes, the driver has answered.
    pub(crate) fn page_command_refused(&mut self, number: CommandNumber) {
        let Some(command) = self.commands.get(&number) else {
            return;
        };
        let (supplier, owner) = (command.endpoint, self.page_owner(command));
        match PagesOp::from_raw(command.op_mod) {
            PagesOp::Give => {
                let input = ManagePagesIn::from_prefix(&command.input).unwrap_or_default();
                if !self
                    .board
                    .answers_released(supplier, owner, input.entry_count().into())
                {
                    self.board.refused(supplier, owner);
                }
            }
            PagesOp::Take => self.board.taken(supplier, owner),
            PagesOp::CannotGive | PagesOp::Unknown(_) => {}
        }
    }

    fn give_pages(
        &mut self,
        command: &Command,
        owner: Owner,
        count: u32,
        at: Cycles,
        buses: &mut dyn Buses,
    ) -> Result<(), Refusal> {
        let supplier = command.endpoint;
        let released = self.board.answers_released(supplier, owner, count.into());
        if released && self.config.firmware.give_after_release == GiveAfterRelease::Refuse {
            return Err(Refusal::OwnerReleased);
        }
        let listed = command.input.get(ManagePagesIn::SIZE..).unwrap_or_default();
        let (addresses, rest) = listed.as_chunks::<PAGE_ADDRESS_LENGTH>();
        if u32::try_from(addresses.len()) != Ok(count) || !rest.is_empty() {
            return Err(Refusal::InputLength);
        }
        if self.ledger.held() + u64::from(count) > MOST_HELD {
            return Err(Refusal::TooManyPages);
        }
        let addresses = addresses.iter().map(|bytes| Iova(u64::from_be_bytes(*bytes)));
        let usable = |address: Iova| address.0 != 0 && address.is_page_aligned();
        let numbers = addresses.map(|a| {
            usable(a)
                .then_some(a.0 >> ADAPTER_PAGE_SHIFT)
                .ok_or(Refusal::BadPageAddress)
        });
        let numbers: Vec<u64> = numbers.collect::<Result<_, _>>()?;
        let first = self.ledger.give(supplier, owner, &numbers).map_err(|twice| {
            let page = Iova(twice.number << ADAPTER_PAGE_SHIFT);
            let what = Corruption::GivenTwice {
                owner,
                holder: twice.holder,
                page,
            };
            self.record_corruption(supplier, what, at);
            Refusal::PageGivenTwice
        })?;
        let pages = numbers.iter().zip(first..);
        let pages = pages.map(|(&number, generation)| OwnedPage { number, generation });
        let pages: Vec<OwnedPage> = pages.collect();
        self.decide_use(command, &pages, at);
        self.go_through(command, owner, PageWork::Sign, pages.into_iter(), at, buses);
        if !released {
            self.board.given(supplier, owner, count.into());
        }
        let moved = PagesMoved {
            cycles: at,
            supplier,
            owner,
            pages: count.into(),
        };
        self.records.push(Record::PagesGiven(moved));
        Ok(())
    }

    fn take_pages(
        &mut self,
        command: &Command,
        owner: Owner,
        count: u32,
        at: Cycles,
        buses: &mut dyn Buses,
    ) -> Answered {
        let supplier = command.endpoint;
        let wanted = u64::from(count) * PAGE_ADDRESS_LENGTH as u64 + ManagePagesOut::SIZE as u64;
        if u64::from(command.out_len) < wanted {
            return Err(Refusal::OutputLength);
        }
        let names_nobody = owner.function().is_none() && self.ledger.pages(supplier, owner) == 0;
        let makes_pages_up = matches!(command.answer, Some(Answer::UnknownPages { .. }));
        if names_nobody
            && !makes_pages_up
            && self.config.firmware.take_unknown_id == TakeUnknownId::BadResource
        {
            self.board.taken(supplier, owner);
            return Err(Refusal::UnknownPageOwner);
        }
        let order = self.config.firmware.return_order;
        let limit = saturated::<usize>(count);
        let pages = match &command.answer {
            Some(Answer::UnknownPages { pages }) => {
                return Ok(self.unknown_pages((*pages).min(count)));
            }
            Some(Answer::Returns { indices }) => {
                let indices = &indices[..indices.len().min(limit)];
                self.ledger.take_at(supplier, owner, indices, order)
            }
            _ => {
                let most = match self.config.firmware.returns_at_most {
                    0 => limit,
                    most => limit.min(saturated::<usize>(most)),
                };
                self.ledger
                    .take(supplier, owner, most, order, &mut self.draws.rng)
            }
        };
        // Each page once, though a rule may have listed it several times.
        let moved = if matches!(command.answer, Some(Answer::Returns { .. })) {
            let mut seen = std::collections::BTreeSet::new();
            let first_time = pages.iter().copied().filter(|&page| seen.insert(page));
            first_time.collect()
        } else {
            pages.clone()
        };
        let (check, taken) = (PageWork::Check, moved.len() as u64);
        self.go_through(command, owner, check, moved.into_iter(), at, buses);
        self.board.taken(supplier, owner);
        if taken > 0 {
            let moved = PagesMoved {
                cycles: at,
                supplier,
                owner,
                pages: taken,
            };
            self.records.push(Record::PagesTaken(moved));
        }
        let extra = match command.answer {
            Some(Answer::ClaimExtra { pages }) => pages,
            _ => 0,
        };
        Ok(list(pages.iter().map(|page| page.address()), extra))
    }

    /// Addresses that were never given, other ones each time.
    fn unknown_pages(&mut self, count: u32) -> Reply {
        let first = self.draws.invented_pages;
        self.draws.invented_pages = first.wrapping_add(count.into());
        let addresses = (0..u64::from(count)).map(|page| {
            let number = first.wrapping_add(page) & 0xffff_ffff;
            Iova(UNKNOWN_PAGES + (number << ADAPTER_PAGE_SHIFT))
        });
        list(addresses, 0)
    }
}

/// The answer to a TAKE: these addresses, and a count that claims `extra` more.
fn list(addresses: impl Iterator<Item = Iova>, extra: u32) -> Reply {
    let mut output = ManagePagesOut::new().as_bytes().to_vec();
    let mut count: u32 = 0;
    for address in addresses {
        output.extend_from_slice(&address.0.to_be_bytes());
        count += 1;
    }
    let head = ManagePagesOut::new().with_entry_count(count.wrapping_add(extra));
    output[..ManagePagesOut::SIZE].copy_from_slice(head.as_bytes());
    Reply::bytes(output)
}
