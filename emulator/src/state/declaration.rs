//! What each action may ever touch.
//!
//! Whatever is concluded about the order of two actions before they have happened is concluded from this table. It is held
//! against what each act was seen to touch, in every build ([`Surprise`](crate::Surprise)). Reads of
//! [`Thing::Description`] stand nowhere: everybody may.

use crate::state::action::{Act, Action, Order, Register};
use crate::state::place::{Place, Thing};
use Thing::{
    Board, Capabilities, Chore, Description, Doorbells, Draws, EventQueue, Health, Holds, HostVfs, Inflow,
    Interface, Ledger, Life, Line, Managed, Naming, Objects, PageMemory, Port, Return, Rules, Slot, Takers,
    Uars, Vport, Waits,
};
use parts::Touch;
use prm::Opcode;

/// A use that is declared.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
struct May {
    thing: Thing,
    touch: Touch,
    /// Whether only what is the act's own: of its endpoint, and if it has a slot, that one.
    own: bool,
}

/// What is the act's own, or of what there is one, may be looked at.
const fn reads(thing: Thing) -> May {
    May {
        thing,
        touch: Touch::Read,
        own: true,
    }
}

/// What is the act's own, or of what there is one, may be looked at and changed.
const fn changes(thing: Thing) -> May {
    May {
        thing,
        touch: Touch::Write,
        own: true,
    }
}

/// Whoever's it is, it may be looked at.
const fn reads_any(thing: Thing) -> May {
    May {
        thing,
        touch: Touch::Read,
        own: false,
    }
}

/// Whoever's it is, it may be looked at and changed.
const fn changes_any(thing: Thing) -> May {
    May {
        thing,
        touch: Touch::Write,
        own: false,
    }
}

/// A list of uses.
macro_rules! may {
    ($($usage:ident($thing:ident)),* $(,)?) => {
        const { &[$($usage($thing)),*] as &[May] }
    };
}

/// An event is posted at the act's endpoint.
const POSTS: &[May] = may![reads(Takers), changes(EventQueue)];

/// An event is posted at the manager.
const TELLS_MANAGER: &[May] = may![reads_any(Takers), changes_any(EventQueue)];

/// The command queue is set up anew: what was in it is dropped; after a fatal error, firmware has restarted.
const SETS_UP: &[May] = may![
    changes(Interface),
    changes(Slot),
    changes(Doorbells),
    changes(Line),
    changes(Inflow),
    changes(Waits),
    changes(Holds),
    changes(Board),
    changes(Return),
    changes(Health),
    changes(Ledger),
    changes(Chore),
    changes(Naming),
    changes(Capabilities),
    changes(Takers),
    changes(EventQueue),
    changes(Uars),
    changes(Life),
];

/// Besides what is the function's own: what a device has once goes with its main function.
const RESETS_DEVICE: &[May] = may![
    changes(Objects),
    changes_any(Vport),
    changes(Port),
    changes_any(Managed)
];

/// A serial firmware's next command is chosen when one is out of the way.
const FETCHES: &[May] = may![
    reads(Interface),
    changes(Slot),
    changes(Doorbells),
    changes(Inflow),
    changes(Line),
    // A command in the same slot that firmware had lost is dropped.
    changes(Waits),
    changes(Holds),
    // Whether it completes by event is decided here, and whom it is about.
    reads(Takers),
    reads(Naming),
    // In portions: how much is under way in all.
    reads_any(Slot),
    reads_any(Doorbells),
];

const SERVES: &[May] = may![
    changes(Slot),
    changes(Rules),
    changes(Holds),
    changes(Waits),
    reads(Takers),
    // A command that a rule loses makes room and ends its turn.
    changes(Inflow),
    changes(Line),
];

/// Of every command, whatever it does: its reply, its reactions, whether a hold catches it.
const EXECUTES: &[May] = may![changes(Slot), changes(Rules), reads(Holds), reads(Chore)];

const COMPLETES: &[May] = may![
    changes(Slot),
    changes(Holds),
    changes(Inflow),
    changes(Line),
    reads(Takers),
    changes(EventQueue),
];

const ASKS_FOR_PAGES: &[May] = may![
    reads(Naming),
    reads(Takers),
    changes(EventQueue),
    changes(Board),
    // The release of all pages of an owner: they are forgotten, and those that waited for some look again.
    changes(Ledger),
    changes(Chore),
    changes(Waits),
    reads_any(Slot),
];

/// Firmware forgets what a supplier gave, and how it named functions.
const FORGETS: &[May] = may![
    changes(Chore),
    changes(Ledger),
    changes(Board),
    changes(Return),
    changes(Naming),
    changes(Capabilities),
    changes(Life),
    changes(Waits),
    reads_any(Slot),
];

const ENABLES: &[May] = may![
    changes(Board),
    changes(Return),
    changes(Naming),
    changes(Capabilities),
    changes(Life),
    changes(Health),
    changes_any(Managed),
];

const DISABLES: &[May] = may![
    changes(Board),
    changes(Return),
    changes(Naming),
    changes(Capabilities),
    changes(Life),
    reads_any(Life),
    changes(Takers),
    changes(EventQueue),
    changes(Uars),
    changes_any(Managed),
];

const EXCHANGES_PAGES: &[May] = may![
    reads(Naming),
    changes(Ledger),
    changes(Board),
    changes(PageMemory),
    changes(Chore),
    changes(Draws),
    // Pages that come, or are denied, let others go on.
    changes(Waits),
    changes_any(Slot),
];

/// Boot pages move to the row that they have in the mode that is in force now.
const CHOOSES_MODE: &[May] = may![
    changes(Capabilities),
    changes(Life),
    changes(Naming),
    changes(Ledger),
    changes(PageMemory),
];

/// What the execution of an operation may touch besides [`EXECUTES`], and which events it posts.
const fn execution(opcode: Opcode) -> [&'static [May]; 2] {
    match opcode {
        Opcode::ManagePages => [EXCHANGES_PAGES, may![]],
        Opcode::QueryPages => [may![reads(Naming), reads(Board)], may![]],
        Opcode::EnableHca => [ENABLES, TELLS_MANAGER],
        Opcode::DisableHca => [DISABLES, TELLS_MANAGER],
        Opcode::InitHca | Opcode::SetHcaCap => [CHOOSES_MODE, may![]],
        Opcode::TeardownHca => [
            may![changes(Life), changes(Naming), changes(Capabilities)],
            may![],
        ],
        Opcode::QueryHcaCap => [may![reads_any(Capabilities)], may![]],
        Opcode::QueryIssi => [may![reads(Life)], may![]],
        Opcode::SetIssi => [may![changes(Life)], may![]],
        Opcode::AllocSf | Opcode::DeallocSf => [may![changes_any(Managed)], may![]],
        Opcode::QueryVhcaState => [may![reads_any(Managed)], may![]],
        Opcode::ModifyVhcaState => [may![changes_any(Managed)], TELLS_MANAGER],
        Opcode::CreateEq | Opcode::DestroyEq => [
            may![reads(Life), reads(Uars), changes(Takers), changes(EventQueue)],
            may![],
        ],
        Opcode::QueryEq => [may![reads(EventQueue)], may![]],
        Opcode::AllocUar | Opcode::DeallocUar => [may![changes(Uars), reads(EventQueue)], may![]],
        Opcode::QueryEswFunctions => [may![reads(HostVfs)], may![]],
        Opcode::CreateEswVport
        | Opcode::DestroyEswVport
        | Opcode::ModifyNicVportContext
        | Opcode::ModifyVportState
        | Opcode::ModifyEswVportContext => [may![changes_any(Vport)], may![]],
        Opcode::QueryNicVportContext | Opcode::QueryVportState | Opcode::QueryEswVportContext => {
            [may![reads_any(Vport)], may![]]
        }
        Opcode::AccessReg => [may![changes(Port)], may![]],
        // What firmware numbers, flow tables, and what it does nothing for.
        _ => [may![changes(Objects)], may![]],
    }
}

const fn order(order: Order) -> [&'static [May]; 2] {
    match order {
        // The request is an act of its own.
        Order::RequestPages => [may![], may![]],
        Order::Answer | Order::When => [may![changes(Rules)], may![]],
        Order::Reset => [FORGETS, may![]],
        Order::DeviceError => [may![changes(Health)], may![]],
        Order::VportChange => [may![], POSTS],
        Order::FunctionsChanged => [may![changes(HostVfs)], POSTS],
        Order::Reconfigure => [may![changes(Description)], may![]],
        Order::Hold => [may![changes(Holds)], may![]],
        Order::Release => [may![changes(Holds), reads_any(Slot)], may![]],
    }
}

/// All that an action may touch.
const fn declared(action: Action) -> [&'static [May]; 3] {
    match action {
        // What it chooses, and what follows from what it chose, are acts of their own.
        Action::Time | Action::Reaction => [may![], may![], may![]],
        Action::Read(register) | Action::Write(register) => match (action, register) {
            (Action::Read(_), Register::Health) => [may![changes(Health)], may![], may![]],
            (Action::Read(_), _) => [may![reads(Interface)], may![], may![]],
            (_, Register::QueueAddress) => [may![changes(Interface)], may![], may![]],
            (_, Register::Interface) => [SETS_UP, may![], may![]],
            (_, Register::Health | Register::Other) => [may![reads(Uars)], may![], may![]],
        },
        Action::CommandDoorbell => [
            may![reads(Interface), changes(Doorbells), changes(Inflow)],
            may![],
            may![],
        ],
        Action::Fetch => [FETCHES, may![], may![]],
        Action::Service(_) => [SERVES, may![], may![]],
        Action::Execution(opcode) => {
            let [own, posts] = execution(opcode);
            [EXECUTES, own, posts]
        }
        Action::Completion(_) => [COMPLETES, may![], may![]],
        Action::Portion => [may![changes(Chore), changes(PageMemory)], may![], may![]],
        Action::ReturnPages => [may![reads(Return)], may![], may![]],
        Action::PageRequest => [ASKS_FOR_PAGES, may![], may![]],
        Action::EventDoorbell => [may![reads(Uars), changes(EventQueue)], may![], may![]],
        Action::Order(which) => {
            let [own, posts] = order(which);
            [own, posts, may![]]
        }
        Action::Reset => [SETS_UP, RESETS_DEVICE, may![]],
    }
}

impl May {
    fn covers(self, act: Act, place: Place, touch: Touch) -> bool {
        let whose = || {
            let function = place.function.is_none_or(|function| function == act.endpoint);
            let slot = place.thing != Slot || act.slot.is_none() || place.number == act.slot;
            function && slot
        };
        self.thing == place.thing && touch <= self.touch && (!self.own || whose())
    }
}

impl Action {
    /// Whether something of this kind may ever be touched so, of whatever function.
    #[must_use]
    pub fn may_touch(self, thing: Thing, touch: Touch) -> bool {
        if thing == Description && touch <= Touch::Read {
            return true;
        }
        let mut all = declared(self).into_iter().flatten();
        all.any(|may| may.thing == thing && touch <= may.touch)
    }
}

impl Act {
    /// Whether it may touch this place so.
    #[must_use]
    pub fn may_touch(self, place: Place, touch: Touch) -> bool {
        if place.thing == Description && touch <= Touch::Read {
            return true;
        }
        let mut all = declared(self.action).into_iter().flatten();
        all.any(|may| may.covers(self, place, touch))
    }
}

/// The declarations in force: the table, or in tests one with a gap.
#[derive(Clone, Copy, Debug, Default, Hash)]
pub(crate) struct Declarations {
    gap: Option<(Action, Thing)>,
}

impl Declarations {
    /// The table without what this action may do to things of this kind.
    #[cfg(test)]
    pub(crate) const fn without(action: Action, thing: Thing) -> Self {
        Self {
            gap: Some((action, thing)),
        }
    }

    /// Whether an act may touch this place so.
    pub(crate) fn allow(self, act: Act, place: Place, touch: Touch) -> bool {
        self.gap != Some((act.action, place.thing)) && act.may_touch(place, touch)
    }
}
