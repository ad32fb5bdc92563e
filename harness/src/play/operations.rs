//! Host operations of a run: which were started, which still run, how long they took.

use crate::stage::inproc::World;
use driver::HostOperation;
use driver::runtime::TaskId;
use prm::Cycles;

/// An operation that was started.
#[derive(Clone, Debug)]
pub(super) struct Operation {
    /// The driver's place in the world.
    pub(super) place: usize,
    /// Its task.
    pub(super) task: TaskId,
    /// What it is.
    pub(super) kind: HostOperation,
    /// The step that started it, by the name a later step joins it with.
    pub(super) name: Option<String>,
    /// When it was started.
    pub(super) began: Cycles,
    /// When it was seen to have ended, and its result.
    pub(super) end: Option<(Cycles, i32)>,
}

/// Every operation of a run.
#[derive(Clone, Debug, Default)]
pub(super) struct Operations {
    all: Vec<Operation>,
}

impl Operations {
    /// Starts an operation; returns its number.
    pub(super) fn start(
        &mut self,
        world: &mut World,
        place: usize,
        kind: HostOperation,
        name: Option<String>,
    ) -> usize {
        let task = world.start(place, kind);
        self.all.push(Operation {
            place,
            task,
            kind,
            name,
            began: world.now(),
            end: None,
        });
        self.all.len() - 1
    }

    /// Notes which operations have ended by now.
    pub(super) fn observe(&mut self, world: &World) {
        for operation in self.all.iter_mut().filter(|operation| operation.end.is_none()) {
            let Some(outcome) = world.outcome(operation.place, operation.task) else {
                continue;
            };
            let returned = outcome.map_or_else(|errno| errno.0, |()| 0);
            let ended = world.ended_at(operation.task).unwrap_or_else(|| world.now());
            operation.end = Some((ended, returned));
        }
    }

    /// The operation with this number.
    pub(super) fn get(&self, number: usize) -> &Operation {
        &self.all[number]
    }

    /// The number of the operation that the named step started.
    pub(super) fn named(&self, name: &str) -> Option<usize> {
        self.all
            .iter()
            .rposition(|operation| operation.name.as_deref() == Some(name))
    }

    /// Whether any operation still runs.
    pub(super) fn any_pending(&self) -> bool {
        self.all.iter().any(|operation| operation.end.is_none())
    }

    /// Whether an operation on this driver still runs.
    pub(super) fn is_busy(&self, place: usize) -> bool {
        self.all
            .iter()
            .any(|operation| operation.place == place && operation.end.is_none())
    }

    /// The operation that took longest, of those that have ended or still run.
    pub(super) fn longest(&self, now: Cycles) -> Option<(HostOperation, Cycles)> {
        let took = |operation: &Operation| {
            operation
                .end
                .map_or(now, |(ended, _)| ended)
                .saturating_sub(operation.began)
        };
        self.all
            .iter()
            .map(|operation| (operation.kind, took(operation)))
            .max_by_key(|&(_, took)| took)
    }
}
