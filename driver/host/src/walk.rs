//! A world that somebody walks through step by step: whatever could happen next is told, and he says what does.
//!
//! Time is no number here, and stands still. A pause may end whenever it likes; who looks at something now and then may look again
//! once anything has changed; the device does what it has yet to do in any order; and somebody gives up only when nothing else can
//! happen: who, is a choice, since nobody knows how long it took to get there.

use crate::halt::Halt;
use crate::machine::{Acts, Machine};
use crate::name::{ActName, Name};
use crate::standing::Standing;
use crate::world::World;
use driver::runtime::{Announcement, Sleep, Sleeper, TaskName};
use std::fmt::{self, Display};

/// Something that could happen next.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Possible<A> {
    /// It happens now: a step of a task, an interrupt, an act of the device.
    Now(Name<A>),
    /// A task's pause ends.
    PauseEnds(TaskName),
    /// A task that looks at something now and then looks again.
    Look(TaskName),
    /// The time of a task's wait is over.
    GivesUp(TaskName),
    /// So much time passes that the device does what it does only then.
    Due,
}

impl<A: ActName> Display for Possible<A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Now(name) => name.fmt(f),
            Self::PauseEnds(task) => write!(f, "{task} goes on after a pause"),
            Self::Look(task) => write!(f, "{task} looks again"),
            Self::GivesUp(task) => write!(f, "{task} gives up"),
            Self::Due => f.write_str("time passes for the device"),
        }
    }
}

/// See the module's head.
pub struct Walk<M: Machine> {
    world: World<M>,
}

impl<M: Machine + Clone> Walk<M> {
    /// Where it stands.
    #[must_use]
    pub fn snapshot(&self) -> Standing<M> {
        self.world.snapshot()
    }

    /// Goes back to where it stood.
    pub fn go_back(&mut self, standing: &Standing<M>) {
        self.world.go_back(standing);
    }
}

impl<M: Machine> Walk<M> {
    /// From here on nothing happens in this world by itself. Tasks that were started before have to have remembered what they saw
    /// ([`World::remember`]) if somebody wants to go back.
    ///
    /// # Errors
    /// [`Halt`] when a task that had been started did what it had not announced.
    pub fn begin(world: World<M>) -> Result<Self, Halt> {
        world.runtime.explore(true);
        world.machine.borrow_mut().fetch_later(true);
        let mut walk = Self { world };
        walk.let_announce()?;
        Ok(walk)
    }

    /// The world, to look at.
    #[must_use]
    pub const fn world(&self) -> &World<M> {
        &self.world
    }

    /// The world, to start something in it or to give firmware an order. Then [`Self::let_announce`] is to be called.
    pub const fn world_mut(&mut self) -> &mut World<M> {
        &mut self.world
    }

    /// The world as it was found, with all its tasks.
    #[must_use]
    pub fn end(self) -> World<M> {
        self.world.machine.borrow_mut().fetch_later(false);
        self.world.runtime.explore(false);
        self.world
    }

    /// Everything that could happen next, tasks first. Nothing, if nobody does anything any more.
    #[must_use]
    pub fn possible(&self) -> Vec<Possible<M::Act>> {
        let mut possible: Vec<Possible<M::Act>> = self.world.steps().into_iter().map(Possible::Now).collect();
        possible.extend(self.possible_beside_tasks());
        if possible.is_empty() {
            possible = self.possible_in_time();
        }
        possible
    }

    /// What could happen next and is no step of a task that can run, without what takes time.
    #[must_use]
    pub fn possible_beside_tasks(&self) -> Vec<Possible<M::Act>> {
        let runtime = &self.world.runtime;
        let mut possible = Vec::new();
        for Sleeper { task, sleep } in runtime.sleepers() {
            match sleep {
                Sleep::Pause => possible.push(Possible::PauseEnds(task)),
                Sleep::Look { has_news: true } => possible.push(Possible::Look(task)),
                Sleep::Look { has_news: false } => {}
            }
        }
        possible.extend(self.world.interrupts().into_iter().map(Possible::Now));
        possible.extend(self.world.acts(Acts::InService).into_iter().map(Possible::Now));
        possible
    }

    /// What could happen if time passed: somebody gives up, the device does what it does only then.
    #[must_use]
    pub fn possible_in_time(&self) -> Vec<Possible<M::Act>> {
        let patient = self.world.runtime.patient().into_iter();
        let mut possible: Vec<Possible<M::Act>> = patient.map(|(task, _)| Possible::GivesUp(task)).collect();
        if self.world.machine.borrow().next_due().is_some() {
            possible.push(Possible::Due);
        }
        possible
    }

    /// What a task has announced that it touches next; nothing where it has not.
    #[must_use]
    pub fn announcement(&self, task: TaskName) -> Announcement {
        let ready = self.world.runtime.ready().into_iter();
        let mut its = ready.filter(|ready| ready.name == task);
        its.next().map(|ready| ready.announcement).unwrap_or_default()
    }

    /// Whether the order of two of what is possible cannot matter, by what they have announced. What is no step of a task announces
    /// nothing, and is taken to matter to all.
    #[must_use]
    pub fn commute(&self, one: &Possible<M::Act>, other: &Possible<M::Act>) -> bool {
        match (one, other) {
            (Possible::Now(Name::Step { task: one, .. }), Possible::Now(Name::Step { task: other, .. })) => {
                one != other && !self.announcement(*one).conflicts_with(&self.announcement(*other))
            }
            _ => false,
        }
    }

    /// Lets something of what is possible happen, and every task that it wakes go on to where it announces its next step. Returns
    /// whether it was possible.
    ///
    /// # Errors
    /// [`Halt`] when a step has touched what it had not announced, or announced what was not declared.
    pub fn take(&mut self, what: &Possible<M::Act>) -> Result<bool, Halt> {
        let taken = match *what {
            Possible::Now(name) => self.world.happens(name)?,
            Possible::PauseEnds(task) | Possible::Look(task) => match self.world.runtime.id_of(task) {
                Some(id) => {
                    self.world.runtime.expire_task(id);
                    true
                }
                None => false,
            },
            Possible::GivesUp(task) => self.give_up(task),
            Possible::Due => self.pass_to_due(),
        };
        self.let_announce()?;
        Ok(taken)
    }

    /// Tasks that have said nothing yet go on to where they say what they touch next: before that they touch nothing.
    ///
    /// # Errors
    /// [`Halt`] as [`Self::take`].
    pub fn let_announce(&mut self) -> Result<(), Halt> {
        while let Some(silent) = self.world.runtime.first_silent() {
            self.world.runtime.run(silent)?;
        }
        Ok(())
    }

    /// Time passes to where a task's wait is over, and it goes on before anybody else whose wait is over, too.
    fn give_up(&mut self, task: TaskName) -> bool {
        let mut patient = self.world.runtime.patient().into_iter();
        let Some((_, at)) = patient.find(|(name, _)| *name == task) else {
            return false;
        };
        let Some(id) = self.world.runtime.id_of(task) else {
            return false;
        };
        // The clock alone: what the device has to do by then is a choice of its own.
        let _is_due = self.world.machine.borrow_mut().set_clock(at);
        self.world.runtime.expire_task(id);
        true
    }

    /// Time passes to what the device does next.
    fn pass_to_due(&mut self) -> bool {
        let Some(at) = self.world.machine.borrow().next_due() else {
            return false;
        };
        let acted = self.world.machine.borrow_mut().advance_to(at);
        if acted {
            self.world.notify_device();
        }
        true
    }
}
