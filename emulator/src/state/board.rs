//! All page requests that are open, and what has become of each.

use crate::order::MAX_PENDING;
use crate::owner::Owner;
use crate::state::numbers::RequestNumber;
use prm::saturated;
use prm::{Cycles, Function};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::hash::{Hash, Hasher};

/// What has become of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Fate {
    /// The driver has not answered.
    Unanswered,
    /// The driver answered and firmware refused its answer; pages may still come.
    Refused,
    /// The event was lost, or nobody takes such events; pages may still come.
    Lost,
    /// Firmware released all pages of the owner after it had asked. The driver does not know yet: it gives, then it gets to the
    /// release and drops what it gave.
    Released,
}

/// A request that was posted.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Posted {
    number: RequestNumber,
    request: UnansweredRequest,
    fate: Fate,
}

/// A page request that the driver has not answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
pub struct UnansweredRequest {
    /// Who is asked.
    pub supplier: Function,
    /// Whom the pages are for.
    pub owner: Owner,
    /// Signed count of what is still to be given (positive) or taken back (negative), in 4 KiB pages.
    pub pages: i64,
    /// When the event was posted.
    pub since: Cycles,
}

/// All requests that are open.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct RequestBoard {
    posted: Vec<Posted>,
    numbers: u64,
}

impl Hash for RequestBoard {
    /// How many requests there have been is no matter.
    fn hash<H: Hasher>(&self, state: &mut H) {
        let Self { posted, numbers: _ } = self;
        posted.hash(state);
    }
}

impl RequestBoard {
    /// Whether there is no room for another one.
    pub(crate) fn is_full(&self) -> bool {
        self.posted.len() >= MAX_PENDING
    }

    pub(crate) fn post(&mut self, request: UnansweredRequest, fate: Fate) -> RequestNumber {
        self.numbers += 1;
        self.posted.push(Posted {
            number: RequestNumber(self.numbers),
            request,
            fate,
        });
        RequestNumber(self.numbers)
    }

    fn of(&mut self, supplier: Function, owner: Owner) -> impl Iterator<Item = &mut Posted> + '_ {
        let mine =
            move |posted: &&mut Posted| posted.request.supplier == supplier && posted.request.owner == owner;
        self.posted.iter_mut().filter(mine)
    }

    /// Pages came in: they answer the oldest requests for pages of this owner.
    pub(crate) fn given(&mut self, supplier: Function, owner: Owner, pages: u64) {
        let mut left = saturated::<i64>(pages);
        let asking = |posted: &&mut Posted| posted.request.pages > 0 && posted.fate != Fate::Released;
        for posted in self.of(supplier, owner).filter(asking) {
            let part = left.min(posted.request.pages);
            posted.request.pages -= part;
            left -= part;
        }
        self.posted.retain(|posted| posted.request.pages != 0);
    }

    /// The driver took pages back: that answers the oldest request for it, whatever the number.
    pub(crate) fn taken(&mut self, supplier: Function, owner: Owner) {
        if let Some(posted) = self.of(supplier, owner).find(|posted| posted.request.pages < 0) {
            posted.request.pages = 0;
        }
        self.posted.retain(|posted| posted.request.pages != 0);
    }

    /// The driver gave pages and firmware did not accept them: the request counts as answered, but stays open.
    pub(crate) fn refused(&mut self, supplier: Function, owner: Owner) {
        let mut asking = self.of(supplier, owner).filter(|posted| posted.request.pages > 0);
        if let Some(posted) = asking.find(|posted| posted.fate == Fate::Unanswered) {
            posted.fate = Fate::Refused;
        }
    }

    /// Whether pages that come in now answer a request from before the release of all of the owner's pages. It counts as
    /// answered by them. The driver serves requests in their order, so those are the ones that are answered first; it may
    /// give a request's pages in parts, but never more than it asks for.
    pub(crate) fn answers_released(&mut self, supplier: Function, owner: Owner, pages: u64) -> bool {
        let pages = saturated::<i64>(pages);
        let Some(posted) = self
            .of(supplier, owner)
            .find(|posted| posted.fate == Fate::Released && posted.request.pages >= pages)
        else {
            return false;
        };
        posted.request.pages = posted.request.pages.saturating_sub(pages).max(0);
        self.posted.retain(|posted| posted.request.pages != 0);
        true
    }

    /// The driver cannot give: that ends the oldest unanswered request; returns its number.
    pub(crate) fn denied(&mut self, supplier: Function, owner: Owner) -> Option<RequestNumber> {
        let open = |posted: &&mut Posted| {
            posted.request.pages > 0 && matches!(posted.fate, Fate::Unanswered | Fate::Released)
        };
        let number = self.of(supplier, owner).find(open)?.number;
        self.posted.retain(|posted| posted.number != number);
        Some(number)
    }

    /// All pages of an owner were released: what was asked for it is void. Requests for pages that the driver still has to answer
    /// stay on the board, so that its answers are known for what they are.
    pub(crate) fn release_owner(&mut self, supplier: Function, owner: Owner) {
        for posted in self.of(supplier, owner) {
            let comes = posted.request.pages > 0 && matches!(posted.fate, Fate::Unanswered | Fate::Released);
            if comes {
                posted.fate = Fate::Released;
            } else {
                posted.request.pages = 0;
            }
        }
        self.posted.retain(|posted| posted.request.pages != 0);
    }

    /// Whether a supplier is asked for anything.
    pub(crate) fn asks(&self, supplier: Function) -> bool {
        self.posted
            .iter()
            .any(|posted| posted.request.supplier == supplier)
    }

    /// Drops the requests to a supplier.
    pub(crate) fn forget_supplier(&mut self, supplier: Function) {
        self.posted.retain(|posted| posted.request.supplier != supplier);
    }

    pub(crate) fn unanswered(&self) -> impl Iterator<Item = UnansweredRequest> + '_ {
        let open = self
            .posted
            .iter()
            .filter(|posted| posted.fate == Fate::Unanswered);
        open.map(|posted| posted.request)
    }

    /// The signed sum of everything that is still wanted from `supplier` for this owner.
    pub(crate) fn wanted(&self, supplier: Function, owner: Owner) -> i64 {
        let open = self.posted.iter().filter(|posted| posted.fate != Fate::Released);
        open.map(|posted| posted.request)
            .filter(|r| r.supplier == supplier && r.owner == owner)
            .map(|r| r.pages)
            .sum()
    }

    pub(crate) fn owner(&self, number: RequestNumber) -> Option<UnansweredRequest> {
        self.posted
            .iter()
            .find(|posted| posted.number == number && posted.fate != Fate::Released)
            .map(|posted| posted.request)
    }
}
