//! What is known of those who take part in a race: what each was seen to touch, and whom he was seen to set going.
//!
//! It is learnt, and it is sound all the same. A search that leaves something out since nobody is known to touch it notes whoever
//! does. Take the shortest way on which somebody does what is not known of him: up to there everybody has done what is known, so
//! what the search left out did not matter, and it has come to where he is about to do it, and has seen it. A search that was
//! surprised is done again with what it has learnt; one that was not has left nothing out.

use super::choice::{Actor, Choice};
use super::touched::Touched;
use driver::runtime::{Access, TaskName};
use driver_host::{Name, Possible};
use embedding::DeviceAct;
use emulator::Action;
use prm::Function;
use std::collections::{BTreeMap, BTreeSet};

/// A kind of actor: all who are of one kind are taken for one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Role {
    /// Tasks of one purpose.
    Task(TaskName),
    /// Handlers of a function's interrupts.
    Interrupt(Function),
    /// What the device does at a function, by its action.
    Device(Function, Deed),
    /// A line of the race.
    Line(u8),
    /// Time.
    Time,
}

/// What the device does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Deed {
    /// It fetches a command.
    Fetches,
    /// It does this.
    Does(Action),
}

/// Something that somebody does, as far as it is known beforehand.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Doing {
    pub(super) role: Role,
    /// What he has announced first.
    first: Option<Access>,
}

impl Doing {
    pub(super) fn of(choice: &Choice) -> Self {
        let first = match choice {
            Choice::World(Possible::Now(Name::Step { object, .. })) => *object,
            _ => None,
        };
        Self {
            role: Role::of(&choice.actor()),
            first,
        }
    }
}

impl Role {
    pub(super) fn of(actor: &Actor) -> Self {
        match *actor {
            Actor::Task(task) => Self::Task(task.first_of_its_purpose()),
            Actor::Interrupt(function, _) => Self::Interrupt(function),
            Actor::Device(DeviceAct::Fetches { function, .. }) => Self::Device(function, Deed::Fetches),
            Actor::Device(DeviceAct::Does { act, .. }) => Self::Device(act.endpoint, Deed::Does(act.action)),
            Actor::Line(line) => Self::Line(line),
            Actor::Time | Actor::EarlyTime(_) => Self::Time,
        }
    }
}

/// See the module's head.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Knowledge {
    /// What was touched by doing something.
    doings: BTreeMap<Doing, Touched>,
    /// What somebody was seen to touch in all.
    pub(super) reach: BTreeMap<Role, Touched>,
    /// Who could go on after somebody had done something, and could not before.
    wakes: BTreeMap<Role, BTreeSet<Role>>,
    /// The same over as many as it takes: whoever may set somebody going, himself included.
    wakers: BTreeMap<Role, BTreeSet<Role>>,
}

impl Knowledge {
    /// Somebody has done something. Returns whether that was not known.
    pub(super) fn learn_touch(&mut self, doing: Doing, touched: &Touched) -> bool {
        let mut is_new = false;
        let known = self.doings.entry(doing).or_insert_with(|| {
            is_new = true;
            Touched::default()
        });
        is_new |= !known.holds(touched);
        if is_new {
            known.add(touched);
            self.reach.entry(doing.role).or_default().add(touched);
        }
        is_new
    }

    /// Somebody could go on after somebody had done something. Returns whether that was not known.
    pub(super) fn learn_wake(&mut self, waker: Role, woken: Role) -> bool {
        let is_new = self.wakes.entry(waker).or_default().insert(woken);
        if is_new {
            self.wakers.clear();
        }
        is_new
    }

    /// Whether it is known that doing this touches that.
    pub(super) fn knows_touch(&self, doing: &Doing, touched: &Touched) -> bool {
        self.doings.get(doing).is_some_and(|known| known.holds(touched))
    }

    /// Whether it is known that one may set the other going.
    pub(super) fn knows_wake(&self, waker: Role, woken: Role) -> bool {
        self.wakes.get(&waker).is_some_and(|known| known.contains(&woken))
    }

    /// What doing this touches; everything, where nobody knows.
    pub(super) fn touched_by(&self, doing: &Doing) -> Touched {
        let known = self.doings.get(doing).copied();
        known.unwrap_or_else(Touched::EVERYTHING)
    }

    /// What both know. Returns whether anything of it was not known.
    pub(super) fn add(&mut self, other: &Self) -> bool {
        let mut is_new = false;
        for (doing, touched) in &other.doings {
            is_new |= self.learn_touch(*doing, touched);
        }
        for (waker, woken) in &other.wakes {
            for woken in woken {
                is_new |= self.learn_wake(*waker, *woken);
            }
        }
        is_new
    }

    /// Works out who may set whom going, for a search.
    pub(super) fn settle(&mut self) {
        let roles = self
            .reach
            .keys()
            .map(|&role| (role, self.work_out_wakers_of(role)));
        self.wakers = roles.collect();
    }

    fn work_out_wakers_of(&self, role: Role) -> BTreeSet<Role> {
        let mut wakers = BTreeSet::from([role]);
        loop {
            let before = wakers.len();
            for (waker, woken) in &self.wakes {
                if woken.iter().any(|woken| wakers.contains(woken)) {
                    wakers.insert(*waker);
                }
            }
            if wakers.len() == before {
                return wakers;
            }
        }
    }

    /// Whoever may set somebody of this role going, over as many as it takes; nothing where that role is not known.
    pub(super) fn wakers_of(&self, role: Role) -> Option<&BTreeSet<Role>> {
        self.wakers.get(&role)
    }
}
