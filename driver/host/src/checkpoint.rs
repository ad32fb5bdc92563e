//! A world at rest, to come back to.
//!
//! At rest no task exists, and all there is of a run is plain data: the machine, and the state of each driver.

use crate::machine::Machine;
use crate::world::World;
use driver::State;
use prm::Function;

/// A copy of a world at rest.
#[derive(Clone)]
pub struct Checkpoint<M> {
    machine: M,
    drivers: Vec<(Function, State)>,
}

impl<M: Machine + Clone> World<M> {
    /// Copies the world; `None` while a task exists or an interrupt is on its way.
    #[must_use]
    pub fn checkpoint(&self) -> Option<Checkpoint<M>> {
        if !self.runtime().is_idle() {
            return None;
        }
        let mut machine = self.machine.borrow().clone();
        if machine.take_interrupt().is_some() {
            return None;
        }
        let drivers = self
            .instances
            .iter()
            .map(|instance| (instance.endpoint, instance.driver.state()));
        Some(Checkpoint {
            machine,
            drivers: drivers.collect(),
        })
    }

    /// Goes back to a checkpoint of this world. Returns whether that is possible: no task may exist.
    pub fn restore(&mut self, checkpoint: &Checkpoint<M>) -> bool {
        if !self.runtime().is_idle() {
            return false;
        }
        *self.machine.borrow_mut() = checkpoint.machine.clone();
        self.instances.truncate(checkpoint.drivers.len());
        let (parent, children) = self.instances.split_at(1);
        for parent in parent {
            parent.driver.disown_all();
            children
                .iter()
                .for_each(|child| parent.driver.adopt(&child.driver));
        }
        for (instance, (_, state)) in self.instances.iter().zip(&checkpoint.drivers) {
            instance.driver.restore(state.clone());
        }
        true
    }
}
