//! What each action may ever touch.
//!
//! Whatever is concluded about the order of two actions before they have happened is concluded from this table. It is held
//! against what each act was seen to touch, in every build ([`Surprise`](crate::Surprise)). Reads of
//! [`Thing::Description`] stand nowhere: everybody may.

use crate::state::action::{Act, Action, OrderKind, Register};
use crate::state::may::{May, bit, changes, changes_any, may, reads, reads_any};
use crate::state::place::{Place, Thing};
use Thing::{
    Board, Capabilities, Chore, Description, Doorbells, Draws, EventQueue, Health, Holds, Hosts, Inflow,
    Interface, Ledger, Life, Line, Managed, Naming, Objects, PageMemory, Port, Return, Rules, Slot, Takers,
    Uars, Vport, Waits,
};
use parts::Touch;
use prm::Opcode;

/// An event is posted at the act's endpoint.
const POSTS: May = may![reads(Takers), changes(EventQueue)];

/// An event is posted at the manager.
const TELLS_MANAGER: May = may![reads_any(Takers), changes_any(EventQueue)];

/// The command queue is set up anew: what was in it is dropped; after a fatal error, firmware has restarted.
const SETS_UP: May = may![
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
const RESETS_DEVICE: May = may![
    changes(Objects),
    changes_any(Vport),
    changes(Port),
    changes_any(Managed)
];

/// A command comes in; serial firmware puts it at the end of its line.
const FETCHES: May = may![
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

/// Rules and holds are matched, a command that they keep waiting is put aside.
const SERVES: May = may![
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
const EXECUTES: May = may![changes(Slot), changes(Rules), reads(Holds), reads(Chore)];

/// Outputs and event; serial firmware takes the next command of its line.
const COMPLETES: May = may![
    changes(Slot),
    changes(Holds),
    changes(Inflow),
    changes(Line),
    reads(Takers),
    changes(EventQueue),
];

/// A page request is put on the board, and its event is posted.
const ASKS_FOR_PAGES: May = may![
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
const FORGETS: May = may![
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

/// The function's own, or by its manager.
const ENABLES: May = may![
    changes(Board),
    changes(Return),
    changes(Naming),
    changes(Capabilities),
    changes(Life),
    changes(Health),
    changes_any(Managed),
];

/// The function's own, or by its manager.
const DISABLES: May = may![
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

/// Pages come, go back, or are denied.
const EXCHANGES_PAGES: May = may![
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

/// A register of the port, or firmware is asked for its reset, asks for it, or is answered.
const ASKS_FOR_RESET: May = may![changes(Port), changes(Interface), changes_any(Slot)].and(POSTS);

/// Boot pages move to the row that they have in the mode that is in force now.
const CHOOSES_MODE: May = may![
    changes(Capabilities),
    changes(Life),
    changes(Naming),
    changes(Ledger),
    changes(PageMemory),
];

/// What the execution of an operation may touch besides [`EXECUTES`], and which events it posts.
const fn execution(opcode: Opcode) -> May {
    match opcode {
        Opcode::ManagePages => EXCHANGES_PAGES,
        Opcode::QueryPages => may![reads(Naming), reads(Board)],
        Opcode::EnableHca => ENABLES.and(TELLS_MANAGER),
        Opcode::DisableHca => DISABLES.and(TELLS_MANAGER),
        Opcode::InitHca | Opcode::SetHcaCap => CHOOSES_MODE,
        // In haste everything is closed.
        Opcode::TeardownHca => SETS_UP,
        Opcode::QueryHcaCap => may![reads_any(Capabilities)],
        Opcode::QueryIssi => may![reads(Life)],
        Opcode::SetIssi => may![changes(Life)],
        Opcode::AllocSf | Opcode::DeallocSf => may![changes_any(Managed)],
        Opcode::QueryVhcaState => may![reads_any(Managed)],
        Opcode::ModifyVhcaState => may![changes_any(Managed)].and(TELLS_MANAGER),
        Opcode::CreateEq | Opcode::DestroyEq => {
            may![reads(Life), reads(Uars), changes(Takers), changes(EventQueue)]
        }
        Opcode::QueryEq => may![reads(EventQueue)],
        Opcode::AllocUar | Opcode::DeallocUar => may![changes(Uars), reads(EventQueue)],
        Opcode::QueryEswFunctions | Opcode::QueryDelegatedVhca => may![reads(Hosts)],
        Opcode::CreateEswVport => may![changes_any(Vport), reads(Hosts)],
        Opcode::DestroyEswVport
        | Opcode::ModifyNicVportContext
        | Opcode::ModifyVportState
        | Opcode::ModifyEswVportContext => may![changes_any(Vport)],
        Opcode::QueryNicVportContext | Opcode::QueryVportState | Opcode::QueryEswVportContext => {
            may![reads_any(Vport)]
        }
        Opcode::AccessReg => ASKS_FOR_RESET,
        // What firmware numbers, flow tables, and what it does nothing for.
        _ => may![changes(Objects)],
    }
}

/// What an order may touch, and which events it posts.
const fn order(order: OrderKind) -> May {
    match order {
        // The request is an act of its own, and so is an order elsewhere.
        OrderKind::RequestPages | OrderKind::At => may![],
        OrderKind::Answer | OrderKind::When => may![changes(Rules)],
        OrderKind::Reset => FORGETS,
        OrderKind::DeviceError => may![changes(Health)],
        // What it drops or resets are acts of their own.
        OrderKind::Link => may![changes(Description)],
        OrderKind::VportChange => POSTS,
        OrderKind::FunctionsChanged => may![changes(Hosts), changes_any(Managed)].and(POSTS),
        OrderKind::StrayEvent => may![changes(Hosts)].and(POSTS),
        OrderKind::VhcaState => may![changes_any(Managed)].and(POSTS),
        OrderKind::SyncReset => may![changes(Interface)].and(POSTS),
        OrderKind::Interrupts => may![reads(Takers), changes(EventQueue)],
        OrderKind::SpuriousInterrupt => may![reads(Takers), reads(EventQueue)],
        OrderKind::Reconfigure => may![changes(Description), changes(Hosts)],
        OrderKind::Hold => may![changes(Holds)],
        OrderKind::Release => may![changes(Holds), reads_any(Slot)],
    }
}

/// All that an action may touch.
const fn declared(action: Action) -> May {
    match action {
        // Its orders are acts of their own.
        Action::Reaction => may![],
        Action::Read(register) | Action::Write(register) => match (action, register) {
            (Action::Read(_), Register::Health) => may![changes(Health)],
            (Action::Read(_), _) => may![reads(Interface)],
            (_, Register::QueueAddress) => may![changes(Interface)],
            (_, Register::Interface) => SETS_UP,
            (_, Register::Health | Register::Other) => may![reads(Uars)],
        },
        Action::CommandDoorbell => may![reads(Interface), changes(Doorbells), changes(Inflow)],
        Action::Fetch => FETCHES,
        Action::Service(_) => SERVES,
        Action::Execution(opcode) => EXECUTES.and(execution(opcode)),
        Action::Completion(_) => COMPLETES,
        Action::Portion => may![changes(Chore), changes(PageMemory)],
        Action::ReturnPages => may![reads(Return)],
        Action::PageRequest => ASKS_FOR_PAGES,
        Action::LateInterrupt => may![changes(EventQueue)],
        Action::EventDoorbell => may![reads(Uars), changes(EventQueue)],
        Action::Order(which) => order(which),
        Action::Reset => SETS_UP.and(RESETS_DEVICE),
    }
}

impl Action {
    /// Whether something of this kind may ever be touched so, of whatever function.
    #[must_use]
    pub const fn may_touch(self, thing: Thing, touch: Touch) -> bool {
        let (_, own) = declared(self).touches(touch);
        own & bit(thing) != 0
    }
}

impl Act {
    /// Whether the order of the two can ever matter, as far as they are declared. What they are seen to touch conflicts less
    /// often. What follows from an act in the same call is other acts, of which this tells nothing.
    #[must_use]
    pub fn may_conflict_with(self, other: Self) -> bool {
        let (mine, theirs) = (declared(self.action), declared(other.action));
        let changes_all = |may: May| may.touches(Touch::Write).1 & bit(Description) != 0;
        let ((any, own), (their_any, their_own)) = (mine.touches(Touch::Read), theirs.touches(Touch::Read));
        let ((any_changed, own_changed), (their_any_changed, their_own_changed)) =
            (mine.touches(Touch::Write), theirs.touches(Touch::Write));
        // Met where one of the two may reach for what is not its own, or where both have the same of their own.
        let anywhere = any_changed & their_own | any & their_own_changed | own_changed & their_any;
        let anywhere = anywhere | own & their_any_changed;
        let at_own = own_changed & their_own | own & their_own_changed;
        let at_own = Thing::ALL.into_iter().filter(|&thing| at_own & bit(thing) != 0);
        changes_all(mine)
            || changes_all(theirs)
            || anywhere & !bit(Description) != 0
            || at_own
                .filter(|&thing| thing != Description)
                .any(|thing| self.shares(other, thing))
    }

    /// Whether both have the same of such a thing.
    fn shares(self, other: Self, thing: Thing) -> bool {
        let apart = matches!((self.slot, other.slot), (Some(one), Some(two)) if one != two);
        !thing.is_of_functions() || self.endpoint == other.endpoint && !(thing == Slot && apart)
    }

    /// Whether it may touch this place so.
    #[must_use]
    pub fn may_touch(self, place: Place, touch: Touch) -> bool {
        Declarations::default().of(self).covers(place, touch)
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

    /// What an act may touch.
    pub(crate) fn of(self, act: Act) -> Allowed {
        let gap = self.gap.filter(|(action, _)| *action == act.action);
        Allowed {
            act,
            may: declared(act.action),
            gap: gap.map_or(0, |(_, thing)| bit(thing)),
        }
    }
}

/// What one act may touch.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Allowed {
    act: Act,
    may: May,
    gap: u32,
}

impl Allowed {
    /// Whether this place may be touched so.
    pub(crate) fn covers(self, place: Place, touch: Touch) -> bool {
        let Self { act, may, gap } = self;
        let function = !place.thing.is_of_functions() || place.function == Some(act.endpoint);
        let slot = place.thing != Slot || act.slot.is_none() || place.number == act.slot;
        let (any, own) = may.touches(touch);
        let allowed = if function && slot { own } else { any };
        allowed & !gap & bit(place.thing) != 0
    }
}
