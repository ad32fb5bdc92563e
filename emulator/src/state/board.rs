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

#[cfg(test)]
mod tests {
    use super::*;

    const VF: Function = Function::Vf(1);

    /// A board with requests for pages of VF1, each posted and unanswered, and one for VF2 that nothing here is about.
    fn board(pages: &[i64]) -> RequestBoard {
        let mut board = RequestBoard::default();
        board.post(request(Function::Vf(2), 7), Fate::Unanswered);
        for pages in pages {
            board.post(request(VF, *pages), Fate::Unanswered);
        }
        board
    }

    fn request(function: Function, pages: i64) -> UnansweredRequest {
        UnansweredRequest {
            supplier: Function::Pf,
            owner: function.into(),
            pages,
            since: Cycles(1),
        }
    }

    /// What is still unanswered of VF1's.
    fn unanswered(board: &RequestBoard) -> Vec<i64> {
        let mine = board.unanswered().filter(|request| request.owner == VF.into());
        mine.map(|request| request.pages).collect()
    }

    fn wanted(board: &RequestBoard) -> i64 {
        board.wanted(Function::Pf, VF.into())
    }

    #[test]
    fn pages_that_come_in_answer_the_oldest_requests_for_pages() {
        let mut board = board(&[10, -4, 20]);
        board.given(Function::Pf, VF.into(), 12);
        assert_eq!(unanswered(&board), [-4, 18]);
        assert_eq!(wanted(&board), 14);
        board.given(Function::HostPf, VF.into(), 5);
        board.given(Function::Pf, Function::Vf(3).into(), 5);
        assert_eq!(unanswered(&board), [-4, 18]);
        board.given(Function::Pf, VF.into(), 100);
        assert_eq!(unanswered(&board), [-4]);
    }

    #[test]
    fn a_take_answers_one_request_whatever_its_number() {
        let mut board = board(&[10, -4, -6]);
        board.taken(Function::Pf, VF.into());
        assert_eq!(unanswered(&board), [10, -6]);
        board.taken(Function::Pf, VF.into());
        board.taken(Function::Pf, VF.into());
        assert_eq!(unanswered(&board), [10]);
    }

    #[test]
    fn what_firmware_refused_is_answered_and_still_wanted() {
        let mut board = board(&[-4, 10, 20]);
        board.refused(Function::Pf, VF.into());
        assert_eq!(unanswered(&board), [-4, 20]);
        assert_eq!(wanted(&board), 26);
        board.refused(Function::Pf, VF.into());
        board.refused(Function::Pf, VF.into());
        assert_eq!(unanswered(&board), [-4]);
        board.given(Function::Pf, VF.into(), 30);
        assert_eq!(wanted(&board), -4);
    }

    #[test]
    fn a_driver_that_cannot_give_ends_the_oldest_request_that_it_has_not_answered() {
        let mut board = board(&[10]);
        let number = board.post(request(VF, 20), Fate::Unanswered);
        board.refused(Function::Pf, VF.into());
        assert_eq!(board.denied(Function::Pf, VF.into()), Some(number));
        assert_eq!(board.denied(Function::Pf, VF.into()), None);
        assert_eq!(wanted(&board), 10);
        assert!(board.owner(number).is_none());
    }

    #[test]
    fn a_release_makes_void_what_was_asked_for() {
        let mut board = board(&[10, -4, 20]);
        let lost = board.post(request(VF, 5), Fate::Lost);
        assert_eq!(board.owner(lost).map(|request| request.pages), Some(5));
        board.release_owner(Function::Pf, VF.into());
        assert_eq!((unanswered(&board), wanted(&board)), (vec![], 0));
        assert!(board.owner(lost).is_none());
        // The driver does not know yet: what it gives now answers those from before, in parts and in their order.
        assert!(!board.answers_released(Function::Pf, VF.into(), 21));
        assert!(board.answers_released(Function::Pf, VF.into(), 4));
        assert!(board.answers_released(Function::Pf, VF.into(), 6));
        assert!(board.answers_released(Function::Pf, VF.into(), 20));
        assert!(!board.answers_released(Function::Pf, VF.into(), 1));
        // Others' requests are as they were.
        assert_eq!(board.wanted(Function::Pf, Function::Vf(2).into()), 7);
    }

    #[test]
    fn pages_given_after_a_release_answer_nothing_from_before() {
        let mut board = board(&[10]);
        board.release_owner(Function::Pf, VF.into());
        board.post(request(VF, 3), Fate::Unanswered);
        board.given(Function::Pf, VF.into(), 3);
        assert!(unanswered(&board).is_empty());
        assert!(board.answers_released(Function::Pf, VF.into(), 10));
    }

    #[test]
    fn who_is_gone_is_asked_for_nothing() {
        let mut board = board(&[10, -4]);
        assert!(board.asks(Function::Pf));
        assert!(!board.asks(Function::HostPf));
        board.forget_supplier(Function::HostPf);
        assert!(board.asks(Function::Pf));
        board.forget_supplier(Function::Pf);
        assert!(!board.asks(Function::Pf));
    }

    #[test]
    fn boards_with_the_same_requests_are_the_same_state() {
        let hash = |board: &RequestBoard| {
            let mut hasher = std::hash::DefaultHasher::new();
            board.hash(&mut hasher);
            hasher.finish()
        };
        assert_eq!(hash(&board(&[10, -4])), hash(&board(&[10, -4])));
        assert_ne!(hash(&board(&[10, -4])), hash(&board(&[10, -5])));
    }

    #[test]
    fn there_is_room_for_so_many_requests() {
        let mut board = RequestBoard::default();
        for _ in 0..MAX_PENDING {
            assert!(!board.is_full());
            board.post(request(VF, 1), Fate::Unanswered);
        }
        assert!(board.is_full());
    }
}
