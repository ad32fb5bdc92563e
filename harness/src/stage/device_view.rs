//! What a judge asks of the device: firmware's books, whatever process they are in.

use emulator::ledger::OwnedPage;
use emulator::{OutstandingCommand, Owner, PagesInFlight, Silicon};
use prm::{Function, PageMode, WireIdentity};

/// The device's own books at one moment.
pub trait DeviceView {
    /// The function that the device is described from.
    fn main_function(&self) -> Function;

    /// Every function that the ledger can name, the main one first.
    fn functions(&self) -> Vec<Function>;

    /// Every row of the ledger, in order: supplier, owner, number of 4 KiB pages. Owners that hold nothing have no row.
    fn rows(&self) -> Vec<(Function, Owner, u64)>;

    /// The rows of one supplier, in order: owner, number of pages.
    fn owners(&self, supplier: Function) -> Vec<(Owner, u64)>;

    /// The pages of one owner.
    fn pages_of(&self, supplier: Function, owner: Owner) -> Box<dyn Iterator<Item = OwnedPage> + '_>;

    /// Who is meant at the interface of `endpoint` by an identity of commands, where owners are named in this way.
    fn owner_in_mode(&self, endpoint: Function, mode: PageMode, identity: WireIdentity) -> Owner;

    /// The page commands that are on the wire.
    fn pages_in_flight(&self) -> Vec<PagesInFlight>;

    /// The commands that the driver has not got back, in the order of their doorbells.
    fn outstanding_commands(&self) -> Vec<OutstandingCommand>;
}

impl DeviceView for Silicon {
    fn main_function(&self) -> Function {
        self.main_function()
    }

    fn functions(&self) -> Vec<Function> {
        self.functions()
    }

    fn rows(&self) -> Vec<(Function, Owner, u64)> {
        self.ledger().rows().collect()
    }

    fn owners(&self, supplier: Function) -> Vec<(Owner, u64)> {
        self.ledger().owners(supplier).collect()
    }

    fn pages_of(&self, supplier: Function, owner: Owner) -> Box<dyn Iterator<Item = OwnedPage> + '_> {
        Box::new(self.ledger().pages_of(supplier, owner))
    }

    fn owner_in_mode(&self, endpoint: Function, mode: PageMode, identity: WireIdentity) -> Owner {
        self.owner_in_mode(endpoint, mode, identity)
    }

    fn pages_in_flight(&self) -> Vec<PagesInFlight> {
        self.pages_in_flight()
    }

    fn outstanding_commands(&self) -> Vec<OutstandingCommand> {
        self.outstanding_commands()
    }
}
