//! What the invariants look at: both books after a step, and what happened during it.

use super::counter_book::in_flight;
use crate::stage::inproc::World;
use crate::stage::inproc::memory::{Account, Stray};
use crate::stage::inproc::wait_graph::WaitCycle;
use driver::Message;
use driver::books::{DriverBooks, FunctionType, OwnerView};
use emulator::Owner;
use emulator::Record;
use prm::{Cycles, Function, WireIdentity};
use std::collections::BTreeMap;

/// One driver instance after a step.
pub struct DriverScene {
    /// The function it is bound to.
    pub endpoint: Function,
    /// Its memory account.
    pub account: Account,
    /// Its books.
    pub books: DriverBooks,
    /// Messages of this step.
    pub messages: Vec<Message>,
    /// How many page waits had ended before this step.
    pub earlier_waits: usize,
    /// Whether an operation on it still runs.
    pub busy: bool,
}

/// A step that has ended.
pub struct Scene<'a> {
    /// Its 1-based number.
    pub step: u32,
    /// The world as it is now.
    pub world: &'a World,
    /// Every driver, the function under test first.
    pub drivers: &'a [DriverScene],
    /// What the device recorded during the step.
    pub records: &'a [Record],
    /// Stray memory accesses during the step.
    pub strays: &'a [Stray],
    /// Cycles of waits seen during the step.
    pub cycles: &'a [WaitCycle],
}

impl Scene<'_> {
    /// Pages that firmware books per owner, for this supplier. Owners without pages are absent.
    #[must_use]
    pub fn ledger(&self, supplier: Function) -> BTreeMap<Owner, u64> {
        self.world.machine().silicon.ledger().owners(supplier).collect()
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
        self.world
            .machine()
            .silicon
            .owner_in_mode(endpoint, view.mode, identity)
    }

    /// Pages that a driver has set aside, per owner: firmware may have them.
    #[must_use]
    pub fn set_aside(&self, driver: &DriverScene) -> BTreeMap<Owner, u64> {
        let mut set_aside = BTreeMap::new();
        for view in driver.books.owners.iter().filter(|view| view.set_aside > 0) {
            *set_aside.entry(self.owner_of(driver.endpoint, view)).or_default() += view.set_aside;
        }
        set_aside
    }

    /// Pages that a driver tracks though firmware has released them: the driver drops them when it gets to the release in its
    /// queue.
    #[must_use]
    pub fn released(&self, driver: &DriverScene) -> BTreeMap<Owner, u64> {
        let mut released = BTreeMap::new();
        for view in driver.books.owners.iter().filter(|view| view.release_queued) {
            *released.entry(self.owner_of(driver.endpoint, view)).or_default() += view.pages;
        }
        released
    }

    /// Owners for whom pages are on their way between driver and firmware: their books cannot agree.
    #[must_use]
    pub fn in_flight(&self, supplier: Function) -> Vec<Owner> {
        in_flight(&self.world.machine().silicon, supplier)
    }
}

/// What type of function the driver on `endpoint` has to charge an owner's pages to; `None` for an identity that names
/// nobody.
#[must_use]
pub fn type_of(endpoint: Function, owner: Owner) -> Option<FunctionType> {
    let function = owner.function()?;
    if function == endpoint {
        return Some(FunctionType::Own);
    }
    Some(match function {
        Function::Vf(_) | Function::HostVf(_) | Function::AdjacentVf(_) => FunctionType::Vf,
        Function::EcVf(_) => FunctionType::EcVf,
        Function::Sf(_) => FunctionType::Sf,
        Function::HostPf => FunctionType::HostPf,
        Function::SatellitePf(_) => FunctionType::Spf,
        Function::Pf | Function::Ecpf => return None,
    })
}

impl DriverScene {
    /// A subject's name: with the function in front where the driver is not the one under test.
    #[must_use]
    pub fn subject(&self, name: impl std::fmt::Display) -> String {
        if self.account == Account::default() {
            name.to_string()
        } else {
            format!("{}:{name}", self.endpoint)
        }
    }
}
