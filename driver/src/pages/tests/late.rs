//! Completions that come after their caller gave up: what becomes of the pages.

use crate::books::FunctionType;
use crate::handle::Driver;
use crate::message::MessageKind;
use crate::pages::on_late_completion;
use crate::revision::{Accounting, RevisionName};
use crate::runtime::Object;
use crate::state::command::{LateCompletion, Ticket};
use crate::state::pages::{Owner, Unsettled};
use crate::test_bench::Bench;
use prm::{CommandStatus, DeliveryStatus, Iova, Opcode, PageMode, WireIdentity};

const TICKET: Ticket = Ticket(7);

fn owner() -> Owner {
    Owner::named(WireIdentity { id: 16, ec: false }, PageMode::VhcaId)
}

/// Four pages of a VF are in the book, and a command about them has no known outcome.
struct Open {
    bench: Bench,
    pages: Vec<Iova>,
}

impl Open {
    fn new(command: fn(Vec<Iova>) -> Unsettled) -> Self {
        let bench = Bench::new(RevisionName::Robust);
        let pages = bench
            .driver
            .step_outside(bench.driver.writes(Object::PageBook), move |state, bus| {
                let mut pages = Vec::new();
                let book = &mut state.pages.book;
                let taken = book.take(bus, owner(), FunctionType::Vf, 4, Accounting::Owners, &mut pages);
                assert!(taken.is_ok());
                let command = command(pages.clone());
                if let Unsettled::Give { owner, pages } = &command {
                    book.hold(owner.key, pages);
                }
                book.quarantine.note(TICKET, command);
                pages
            });
        Self { bench, pages }
    }

    fn give() -> Self {
        Self::new(|pages| Unsettled::Give {
            owner: owner(),
            pages,
        })
    }

    fn take() -> Self {
        Self::new(|_| Unsettled::Take {
            owner: owner(),
            asked: 2,
        })
    }

    /// The answer comes. What the book then has of the owner: taken pages, and pages that were given and came to nothing.
    fn answered(&self, delivery: DeliveryStatus, output: Vec<u8>, whole: bool) -> (u64, u32) {
        self.bench.start(move |driver: Driver| {
            let late = LateCompletion {
                ticket: TICKET,
                opcode: Opcode::ManagePages,
                delivery,
                output: output.clone(),
                whole,
            };
            async move { on_late_completion(&driver, &late).await }
        });
        self.bench.driver.look(|state| {
            let book = &state.pages.book;
            let used = book.root(owner().key).map_or(0, |root| root.used);
            assert!(book.quarantine.holds_nothing() || used > 0);
            (used, book.counters.fw_pages_give_dropped)
        })
    }

    /// Two of the pages, listed as returned.
    fn returned(&self, status: u8) -> Vec<u8> {
        let mut output = vec![0; 16];
        output[0] = status;
        output[11] = 2;
        for page in &self.pages[..2] {
            output.extend(page.0.to_be_bytes());
        }
        output
    }
}

fn failed() -> Vec<u8> {
    let mut output = vec![0; 16];
    output[0] = CommandStatus::BadParameter.raw();
    output
}

#[test]
fn pages_of_a_late_give_are_firmwares_only_if_it_was_delivered_and_done() {
    let open = Open::give();
    assert_eq!(open.answered(DeliveryStatus::Ok, vec![0; 16], true), (4, 0));
    let adopted = MessageKind::PagesAdopted {
        key: owner().key,
        pages: 4,
    };
    assert!(open.bench.printed().contains(&adopted));
    assert_eq!(Open::give().answered(DeliveryStatus::Ok, failed(), true), (0, 4));
    let lost = DeliveryStatus::InternalError;
    assert_eq!(Open::give().answered(lost, vec![0; 16], true), (0, 4));
    assert_eq!(
        Open::give().answered(DeliveryStatus::Ok, Vec::new(), true),
        (0, 4),
        "no head"
    );
}

#[test]
fn pages_of_a_late_take_come_back_only_if_it_was_done_and_its_list_is_whole() {
    let answered = |delivery, status, whole| {
        let open = Open::take();
        let output = open.returned(status);
        open.answered(delivery, output, whole)
    };
    assert_eq!(answered(DeliveryStatus::Ok, 0, true), (2, 0));
    assert_eq!(answered(DeliveryStatus::Ok, 0, false), (4, 0));
    assert_eq!(
        answered(DeliveryStatus::Ok, CommandStatus::BadParameter.raw(), true),
        (4, 0)
    );
    assert_eq!(answered(DeliveryStatus::InternalError, 0, true), (4, 0));
}
