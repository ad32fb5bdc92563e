//! A world where it stands, to come back to: the machine, the drivers, and their tasks wherever they are.

use crate::budget::Budget;
use crate::machine::Machine;
use crate::shown::Shown;
use crate::succession::NextKernel;
use crate::wait_cycle::WaitCycle;
use crate::world::World;
use driver::DriverStanding;
use driver::runtime::{TaskId, TasksStanding};
use prm::Cycles;
use std::collections::BTreeMap;

/// A copy of a world. What it has in common with the world and with other copies is there once.
#[derive(Clone)]
pub struct Standing<M> {
    machine: M,
    drivers: Vec<DriverStanding>,
    tasks: TasksStanding,
    budget: Budget,
    watched: Vec<(TaskId, Option<NextKernel>)>,
    ended: BTreeMap<TaskId, Cycles>,
    cycles: Vec<WaitCycle>,
    shown: Shown,
    choices: usize,
    acts_first: bool,
}

impl<M: Machine + Clone> World<M> {
    /// Copies the world. While tasks exist it can be gone back to only if they have remembered what they saw from their beginning on
    /// ([`Self::remember`]). What a recorder has kept is no part of it, nor is what a policy has drawn.
    #[must_use]
    pub fn snapshot(&self) -> Standing<M> {
        let drivers = self.instances.iter();
        Standing {
            machine: self.machine.borrow().clone(),
            drivers: drivers.map(|instance| instance.driver.snapshot()).collect(),
            tasks: self.runtime.snapshot(),
            budget: self.budget,
            watched: self.watched.clone(),
            ended: self.ended.clone(),
            cycles: self.cycles.clone(),
            shown: self.shown.clone(),
            choices: self.choices.len(),
            acts_first: self.acts_first,
        }
    }

    /// Goes back to a standing of this world.
    pub fn go_back(&mut self, standing: &Standing<M>) {
        self.runtime.go_back(&standing.tasks);
        self.machine.borrow_mut().clone_from(&standing.machine);
        if self.instances.len() > standing.drivers.len() {
            self.instances.truncate(standing.drivers.len());
            let (parent, children) = self.instances.split_at(1);
            for parent in parent {
                parent.driver.disown_all();
                children
                    .iter()
                    .for_each(|child| parent.driver.adopt(&child.driver));
            }
        }
        for (instance, standing) in self.instances.iter().zip(&standing.drivers) {
            instance.driver.go_back(standing);
        }
        self.budget = standing.budget;
        self.watched.clone_from(&standing.watched);
        self.ended.clone_from(&standing.ended);
        self.cycles.clone_from(&standing.cycles);
        self.shown.clone_from(&standing.shown);
        self.choices.truncate(standing.choices);
        self.acts_first = standing.acts_first;
    }

    /// From here on tasks remember what they see: that is what a world with tasks needs to be gone back to.
    pub fn remember(&mut self) {
        self.runtime.remember(true);
    }
}
