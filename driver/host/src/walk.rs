//! A world that somebody walks through step by step: whatever could happen next is told, and he says what does.
//!
//! Time is no number here, and stands still. A pause may end whenever it likes; who looks at something now and then may look again
//! once anything has changed; the device does what it has yet to do in any order; and a limit is reached only when nothing else can
//! happen.

use crate::halt::Halt;
use crate::machine::Machine;
use crate::world::World;
use driver::runtime::{Announcement, Object, TaskId};
use prm::Function;
use std::collections::BTreeMap;
use std::hash::{DefaultHasher, Hash, Hasher};

/// Something that could happen next.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Possible {
    /// A task takes its next step.
    Step {
        /// Whose.
        task: String,
        /// What it touches.
        announcement: Announcement,
    },
    /// A task's pause ends.
    PauseEnds {
        /// Whose.
        task: String,
    },
    /// A task that looks at something now and then looks again.
    Look {
        /// Whose.
        task: String,
    },
    /// An interrupt reaches its driver.
    Interrupt {
        /// Of this function.
        function: Function,
        /// By this vector.
        vector: u16,
    },
    /// The device does something that it has yet to do.
    Device {
        /// What, and for whom.
        act: String,
    },
    /// The first limit is reached, since nothing else can happen.
    Limit,
}

impl Possible {
    /// Whether the order of two of them cannot matter, by what they have announced. What is no step of a task announces nothing, and
    /// is taken to matter to all.
    #[must_use]
    pub fn commutes_with(&self, other: &Self) -> bool {
        match (self, other) {
            (
                Self::Step { task, announcement },
                Self::Step {
                    task: other_task,
                    announcement: other,
                },
            ) => task != other_task && !announcement.conflicts_with(other),
            _ => false,
        }
    }
}

/// A machine that somebody can walk through: whatever it could do next can be told, and done by itself.
pub trait Steppable: Machine {
    /// The interrupts that nobody has taken, oldest first.
    fn raised(&self) -> Vec<(Function, u16)>;

    /// Takes one of them. Returns whether it was there.
    fn take_raised(&mut self, vector: (Function, u16)) -> bool;

    /// What the device has yet to do by itself, by names, each once. What waits for time to pass is not among it.
    fn acts(&self) -> Vec<String>;

    /// Has the device do one of that now, whatever the clock says. Returns whether it was there.
    fn act(&mut self, name: &str) -> bool;
}

/// See the module's head.
pub struct Walk<M> {
    world: World<M>,
    /// What the drivers' states were when a task looked last.
    looked: BTreeMap<TaskId, u64>,
}

impl<M: Steppable> Walk<M> {
    /// From here on nothing happens in this world by itself.
    ///
    /// # Errors
    /// [`Halt`] when a task that had been started did what it had not announced.
    pub fn begin(world: World<M>) -> Result<Self, Halt> {
        world.runtime.explore(true);
        let mut walk = Self {
            world,
            looked: BTreeMap::new(),
        };
        walk.let_announce()?;
        Ok(walk)
    }

    /// The world, to start something in it or to give firmware an order. Then [`Self::let_announce`] is to be called.
    pub fn world(&mut self) -> &mut World<M> {
        &mut self.world
    }

    /// The world as it was found, with all its tasks.
    #[must_use]
    pub fn end(self) -> World<M> {
        self.world.runtime.explore(false);
        self.world
    }

    /// Everything that could happen next, tasks first. Nothing, if nobody does anything any more.
    #[must_use]
    pub fn possible(&self) -> Vec<Possible> {
        let runtime = &self.world.runtime;
        let steps = runtime.ready().into_iter().map(|ready| Possible::Step {
            task: ready.name,
            announcement: ready.announcement,
        });
        let mut possible: Vec<Possible> = steps.collect();
        let sleepers = runtime.sleepers();
        if !sleepers.is_empty() {
            let present = self.drivers_hash();
            for (id, object) in sleepers {
                let task = runtime.name_of(id);
                match object {
                    Object::Pause => possible.push(Possible::PauseEnds { task }),
                    _ if self.looked.get(&id) != Some(&present) => possible.push(Possible::Look { task }),
                    _ => {}
                }
            }
        }
        let machine = self.world.machine.borrow();
        let raised = machine.raised().into_iter();
        possible.extend(raised.map(|(function, vector)| Possible::Interrupt { function, vector }));
        possible.extend(machine.acts().into_iter().map(|act| Possible::Device { act }));
        if possible.is_empty() && (runtime.next_deadline().is_some() || machine.next_due().is_some()) {
            possible.push(Possible::Limit);
        }
        possible
    }

    /// Lets something of what is possible happen, and every task that it wakes go on to where it announces its next step. Returns
    /// whether it was possible.
    ///
    /// # Errors
    /// [`Halt`] when a step has touched what it had not announced, or announced what was not declared.
    pub fn take(&mut self, what: &Possible) -> Result<bool, Halt> {
        let taken = match what {
            Possible::Step { task, .. } => match self.world.runtime.id_of(task) {
                Some(id) => self.world.runtime.run(id)?,
                None => false,
            },
            Possible::PauseEnds { task } | Possible::Look { task } => match self.world.runtime.id_of(task) {
                Some(id) => {
                    self.looked.insert(id, self.drivers_hash());
                    self.world.runtime.expire_task(id);
                    true
                }
                None => false,
            },
            Possible::Interrupt { function, vector } => {
                let taken = self.world.machine.borrow_mut().take_raised((*function, *vector));
                taken && self.world.deliver(*function, *vector)
            }
            Possible::Device { act } => {
                let acted = self.world.machine.borrow_mut().act(act);
                self.world.notify_device();
                acted
            }
            Possible::Limit => self.reach_limit(),
        };
        self.let_announce()?;
        Ok(taken)
    }

    /// Tasks that have said nothing yet go on to where they say what they touch next: before that they touch nothing.
    ///
    /// # Errors
    /// [`Halt`] as [`Self::take`].
    pub fn let_announce(&mut self) -> Result<(), Halt> {
        loop {
            let ready = self.world.runtime.ready();
            let silent = ready
                .into_iter()
                .find(|task| task.announcement.iter().next().is_none());
            let Some(task) = silent else { return Ok(()) };
            self.world.runtime.run(task.id)?;
        }
    }

    /// All by which this world could go on otherwise than another one, the device apart: the drivers and their tasks. Times are no part
    /// of it.
    #[must_use]
    pub fn drivers_and_tasks_hash(&self) -> u64 {
        let mut hasher = DefaultHasher::new();
        let present = self.drivers_hash();
        present.hash(&mut hasher);
        self.world.runtime.hash_tasks(&mut hasher);
        for (id, _) in self.world.runtime.sleepers() {
            (self.looked.get(&id) == Some(&present)).hash(&mut hasher);
        }
        hasher.finish()
    }

    fn drivers_hash(&self) -> u64 {
        let mut hasher = DefaultHasher::new();
        for instance in &self.world.instances {
            instance.driver.look(|state| state.hash(&mut hasher));
            for (object, _) in instance.driver.lock_holders() {
                object.hash(&mut hasher);
            }
        }
        hasher.finish()
    }

    /// Time passes to the first limit of a task, or to what the device does only if so much time passes.
    fn reach_limit(&mut self) -> bool {
        let device = self.world.machine.borrow().next_due();
        let Some(at) = [device, self.world.runtime.next_deadline()]
            .into_iter()
            .flatten()
            .min()
        else {
            return false;
        };
        let acted = self.world.machine.borrow_mut().advance_to(at);
        if acted {
            self.world.notify_device();
        }
        self.world.runtime.expire(at);
        true
    }
}
