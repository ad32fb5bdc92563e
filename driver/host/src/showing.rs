//! What a world shows of itself after a step.

use crate::look::{DriverLook, EndedOperation, HostLook};
use crate::machine::Machine;
use crate::world::World;
use driver::runtime::TaskId;
use std::collections::BTreeMap;

impl<M: Machine> World<M> {
    /// Shows everything that is not on the machine, and the stray accesses. What happened since the last call is shown once.
    pub fn show(&mut self) -> HostLook {
        let ended = self.show_ends();
        let drivers = self.show_drivers();
        let strays = self.machine_mut().memory_mut().take_strays();
        HostLook {
            now: self.now(),
            drivers,
            strays,
            cycles: self.take_cycles(),
            locks: self.locks(),
            ended,
            waits: self.waits(),
        }
    }

    /// Who waits for what, in words.
    #[must_use]
    pub fn waits(&self) -> Vec<String> {
        let tasks = self.runtime().tasks();
        let waiting = tasks.iter().filter_map(|task| Some((task, task.waiting?)));
        waiting
            .map(|(task, waiting)| format!("{} waits for {:?}", task.name, waiting.object))
            .collect()
    }

    fn show_drivers(&mut self) -> Vec<DriverLook> {
        let mut shown = std::mem::take(&mut self.shown.drivers);
        shown.resize(self.drivers().count(), (0, 0));
        let looks = self
            .drivers()
            .zip(&mut shown)
            .map(|((endpoint, _, driver), (told, waits))| {
                let look = DriverLook {
                    endpoint,
                    books: driver.books(),
                    messages: driver.messages_after(*told),
                    earlier_waits: *waits,
                };
                *told += look.messages.len();
                *waits = look.books.page_waits.len();
                look
            });
        let looks = looks.collect();
        self.shown.drivers = shown;
        looks
    }

    fn show_ends(&mut self) -> Vec<EndedOperation> {
        let mut ended = Vec::new();
        let mut running = std::mem::take(&mut self.shown.running);
        running.retain(|&(place, task)| {
            let Some(outcome) = self.outcome(place, task) else {
                return true;
            };
            ended.push(EndedOperation {
                task,
                at: self.ended_at(task).unwrap_or_else(|| self.now()),
                returned: outcome.map_or_else(|errno| errno.0, |()| 0),
            });
            false
        });
        self.shown.running = running;
        ended
    }

    fn locks(&self) -> BTreeMap<String, String> {
        let tasks = self.runtime().tasks().into_iter();
        let tasks: BTreeMap<TaskId, String> = tasks.map(|task| (task.id, task.name.to_string())).collect();
        let endpoint = self.endpoint();
        let mut locks = BTreeMap::new();
        for (function, _, driver) in self.drivers() {
            for (object, holder) in driver.lock_holders() {
                let lock = if function == endpoint {
                    format!("{object:?}")
                } else {
                    format!("{function}:{object:?}")
                };
                locks.insert(lock, tasks.get(&holder).cloned().unwrap_or_default());
            }
        }
        locks
    }
}
