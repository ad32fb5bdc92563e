//! What a stage shows after a step: the books of every driver, firmware's ledger, what was recorded, who waits for whom.
//!
//! Invariants and expectations ask a [`Sight`] and nothing else. What a stage cannot see is `None` or empty in it, and then
//! nothing is said about it.

use super::device_view::DeviceView;
use driver::books::{DriverBooks, OwnerView};
use driver::{Message, MessageKind};
use driver_host::{Account, HostView, Stray, WaitCycle};
use emulator::{Owner, Record};
use prm::{Cycles, Function, Opcode, WireIdentity};
use serde_json::Value;
use std::collections::BTreeMap;

/// One driver instance after a step.
pub struct DriverSight {
    /// The function it is bound to.
    pub endpoint: Function,
    /// Its place in the run.
    pub account: Account,
    /// Its counters by the name they have in debugfs, plus `self` and `none`; `None` where one is not shown.
    pub counters: BTreeMap<String, Option<u32>>,
    /// Its other books; `None` where nobody can look into it.
    pub books: Option<DriverBooks>,
    /// Messages of this step, where the driver is ours.
    pub messages: Vec<Message>,
    /// How many page waits had ended before this step.
    pub earlier_waits: usize,
    /// Whether an operation on it still runs.
    pub busy: bool,
}

/// What may still be expected of what the driver runs in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Health {
    /// Everything.
    #[default]
    Alive,
    /// Nothing more, but this look is good.
    Dying,
    /// Nothing: what this look shows is not compared.
    Dead,
}

/// See the module's head.
pub struct Sight<'a> {
    /// The device: firmware's books, which every stage shows.
    pub device: &'a dyn DeviceView,
    /// The host's memory; `None` where nobody sees it.
    pub host: Option<&'a dyn HostView>,
    /// The time since the run began.
    pub now: Cycles,
    /// Every driver, the one that scenarios speak of without a name first.
    pub drivers: Vec<DriverSight>,
    /// What the device recorded during the step, where nothing else follows from it.
    pub records: Vec<Record>,
    /// Stray memory accesses during the step.
    pub strays: Vec<Stray>,
    /// Cycles of waits seen during the step.
    pub cycles: Vec<WaitCycle>,
    /// Who holds which lock: the name of the task, nothing where that has ended.
    pub locks: BTreeMap<String, String>,
    /// What was printed during the step, in the form in which files name it.
    pub told: Vec<Value>,
    /// The first driver is loaded, so that its counters have to be seen.
    pub is_loaded: bool,
    /// What may still be expected.
    pub health: Health,
}

impl Sight<'_> {
    /// Pages that firmware books per owner, for this supplier. Owners without pages are absent.
    #[must_use]
    pub fn ledger(&self, supplier: Function) -> BTreeMap<Owner, u64> {
        self.device.owners(supplier).into_iter().collect()
    }

    /// The same at an earlier time of this step.
    #[must_use]
    pub fn ledger_at(&self, supplier: Function, at: Cycles) -> BTreeMap<Owner, u64> {
        let mut ledger = self.ledger(supplier);
        for record in self.records.iter().rev() {
            let (moved, given) = match record {
                Record::PagesGiven(moved) => (moved, true),
                Record::PagesTaken(moved) | Record::PagesForgotten(moved) => (moved, false),
                _ => continue,
            };
            if moved.supplier != supplier || moved.cycles <= at {
                continue;
            }
            let pages = ledger.entry(moved.owner).or_default();
            *pages = if given {
                pages.saturating_sub(moved.pages)
            } else {
                *pages + moved.pages
            };
        }
        ledger
    }

    /// Who is meant by an owner of the driver's book.
    #[must_use]
    pub fn owner_of(&self, endpoint: Function, view: &OwnerView) -> Owner {
        let identity = WireIdentity {
            id: view.id,
            ec: view.ec,
        };
        self.device.owner_in_mode(endpoint, view.mode, identity)
    }

    /// Pages that a driver has set aside, per owner: firmware may have them.
    #[must_use]
    pub fn set_aside(&self, driver: &DriverSight) -> BTreeMap<Owner, u64> {
        let mut set_aside = BTreeMap::new();
        for view in driver.owners().filter(|view| view.set_aside > 0) {
            *set_aside.entry(self.owner_of(driver.endpoint, view)).or_default() += view.set_aside;
        }
        set_aside
    }

    /// Pages that a driver tracks though firmware has released them: the driver drops them when it gets to the release in its
    /// queue.
    #[must_use]
    pub fn released(&self, driver: &DriverSight) -> BTreeMap<Owner, u64> {
        let mut released = BTreeMap::new();
        for view in driver.owners().filter(|view| view.release_queued) {
            *released.entry(self.owner_of(driver.endpoint, view)).or_default() += view.pages;
        }
        released
    }

    /// Owners for whom pages are on their way between driver and firmware: their books cannot agree.
    #[must_use]
    pub fn in_flight(&self, supplier: Function) -> Vec<Owner> {
        let executing = self
            .device
            .pages_in_flight()
            .into_iter()
            .filter(|pages| pages.supplier == supplier)
            .map(|pages| pages.owner);
        // A command that firmware lost, or whose completion event is held, is on the wire for the driver.
        let outstanding = self.device.outstanding_commands().into_iter();
        let page_commands = outstanding
            .filter(|command| command.endpoint == supplier && command.opcode == Opcode::ManagePages);
        executing
            .chain(page_commands.filter_map(|command| command.function.map(Owner::from)))
            .collect()
    }
}

impl DriverSight {
    /// A subject's name: with the function in front where the driver is not the one that scenarios speak of without a name.
    #[must_use]
    pub fn subject(&self, name: impl std::fmt::Display) -> String {
        if self.account == Account::default() {
            name.to_string()
        } else {
            format!("{}:{name}", self.endpoint)
        }
    }

    /// The owners of its book, as far as anybody can see them.
    pub fn owners(&self) -> impl Iterator<Item = &OwnerView> {
        self.books.iter().flat_map(|books| &books.owners)
    }

    /// Whether it wrote where it must not during the step, or went on with what it had let go of, as far as its messages are known.
    #[must_use]
    pub fn wrote_astray(&self) -> bool {
        self.messages.iter().any(|message| {
            matches!(
                message.kind,
                MessageKind::OutOfBoundsWrite { .. }
                    | MessageKind::MailboxPoolCorrupted { .. }
                    | MessageKind::CompletedTwice { .. }
            )
        })
    }

    /// Whether nothing of it is at work: it is not bound, and no operation runs.
    #[must_use]
    pub fn is_gone(&self) -> bool {
        self.books.as_ref().is_some_and(|books| !books.bound) && !self.busy
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use prm::Iova;

    fn wrote_astray(kind: MessageKind) -> bool {
        let message = Message {
            at: Cycles::ZERO,
            level: kind.level(),
            kind,
        };
        let driver = DriverSight {
            endpoint: Function::Pf,
            account: Account::default(),
            counters: BTreeMap::new(),
            books: None,
            messages: vec![message],
            earlier_waits: 0,
            busy: false,
        };
        driver.wrote_astray()
    }

    #[test]
    fn a_driver_that_tells_of_a_write_outside_wrote_astray() {
        let (length, offset) = (0, 16);
        assert!(wrote_astray(MessageKind::OutOfBoundsWrite { length, offset }));
        let block = Iova(4_096);
        assert!(wrote_astray(MessageKind::MailboxPoolCorrupted { block }));
        assert!(wrote_astray(MessageKind::CompletedTwice { slot: 0 }));
        let others = MessageKind::examples(1)
            .into_iter()
            .filter(|kind| wrote_astray(kind.clone()));
        assert_eq!(others.count(), 3, "no other message tells of one");
    }
}
