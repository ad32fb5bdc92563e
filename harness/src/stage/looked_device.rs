//! A device that somebody else has looked at: what its control socket shows, as a judge asks it.

use crate::stage::device_view::DeviceView;
use crate::stage::ours::OwnerQuestion;
use device_server::control::look::{Look, LookRequest, NamedOwner};
use emulator::ledger::OwnedPage;
use emulator::{OutstandingCommand, Owner, PagesInFlight};
use prm::{Function, PageMode, WireIdentity};

/// See the module's head.
#[derive(Debug)]
pub struct LookedDevice {
    look: Look,
    owners: Vec<(OwnerQuestion, Owner)>,
}

/// The look that answers these questions.
#[must_use]
pub fn request(questions: &[OwnerQuestion]) -> LookRequest {
    let named = |question: &OwnerQuestion| NamedOwner {
        endpoint: question.endpoint,
        mode: question.mode,
        id: question.identity.id,
        ec: question.identity.ec,
    };
    LookRequest {
        identities: questions.iter().map(named).collect(),
    }
}

impl LookedDevice {
    /// What a look has shown that was asked these questions.
    #[must_use]
    pub fn new(questions: &[OwnerQuestion], look: Look) -> Self {
        let owners = questions.iter().copied().zip(look.owners.iter().copied());
        Self {
            owners: owners.collect(),
            look,
        }
    }
}

impl DeviceView for LookedDevice {
    fn main_function(&self) -> Function {
        self.look.main_function
    }

    fn functions(&self) -> Vec<Function> {
        self.look.functions.clone()
    }

    fn rows(&self) -> Vec<(Function, Owner, u64)> {
        let rows = self.look.rows.iter();
        rows.map(|row| (row.supplier, row.owner, row.pages())).collect()
    }

    fn owners(&self, supplier: Function) -> Vec<(Owner, u64)> {
        let rows = self.look.rows.iter().filter(|row| row.supplier == supplier);
        rows.map(|row| (row.owner, row.pages())).collect()
    }

    fn pages_of(&self, supplier: Function, owner: Owner) -> Box<dyn Iterator<Item = OwnedPage> + '_> {
        let mut rows = self.look.rows.iter();
        let row = rows.find(|row| row.supplier == supplier && row.owner == owner);
        Box::new(row.into_iter().flat_map(|row| row.iter()))
    }

    /// Of names that nobody has asked about, what they mean without the device's books.
    fn owner_in_mode(&self, endpoint: Function, mode: PageMode, identity: WireIdentity) -> Owner {
        let question = OwnerQuestion {
            endpoint,
            mode,
            identity,
        };
        let asked = self.owners.iter().find(|(asked, _)| *asked == question);
        asked.map_or_else(|| Owner::unnamed(identity), |&(_, owner)| owner)
    }

    fn pages_in_flight(&self) -> Vec<PagesInFlight> {
        self.look.pages_in_flight.clone()
    }

    fn outstanding_commands(&self) -> Vec<OutstandingCommand> {
        self.look.commands.clone()
    }
}
