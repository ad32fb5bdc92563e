//! What firmware will do, and when: the timed work of the whole silicon.

use crate::order::{MAX_PENDING, OrderError, ReactionRule};
use crate::owner::Owner;
use crate::state::numbers::CommandNumber;
use prm::{Cycles, Function};
use std::collections::BTreeMap;
use std::sync::Arc;

/// Work that is due at a time.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Task {
    /// Execute a command.
    Execute(CommandNumber),
    /// Complete a command that has been executed.
    Complete(CommandNumber),
    /// Go through the next portion of a supplier's list of pages, for a command.
    Pages {
        supplier: Function,
        command: CommandNumber,
    },
    /// Carry out the orders of a reaction, at this endpoint.
    React { rule: Arc<ReactionRule>, at: Function },
    /// Ask a supplier to take back all pages of a function that it disabled.
    ReturnPages { supplier: Function, owner: Owner },
    /// Raise the vector of an event queue, as a rule has put off.
    Interrupt { at: Function, queue: u8 },
}

/// When something is due, and of which kind it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Due {
    /// When.
    pub at: Cycles,
    /// Of which kind.
    pub kind: DueKind,
}

/// Why something is due later.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum DueKind {
    /// The latency of a command that is being executed: it will happen without anybody's doing.
    InService,
    /// A delayed reaction, a late completion: it happens only if so much time passes.
    Scheduled,
}

/// The timed work, in order of time and, at one time, in the order in which it was entered.
///
/// It is no part of the silicon that acts would meet at: it is a set, and two acts that both enter something leave the same set,
/// whoever comes first. Which of those that are due at one time comes next is for who drives the silicon to choose, who chooses
/// by name. What is taken off again is noted where it belongs: tasks of a command at its slot, returns of pages by their
/// supplier. Only at the bound of what may be put off does the order decide: then the later of two is refused.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Agenda {
    tasks: BTreeMap<(Cycles, u64), (DueKind, Task)>,
    entered: u64,
    /// How many of the tasks are put off.
    put_off: usize,
}

impl Task {
    /// Whether a rule or the configuration puts it off: there can be any number of those. What is entered for a command
    /// is bounded by the slots.
    const fn is_put_off(&self) -> bool {
        matches!(
            self,
            Self::React { .. } | Self::ReturnPages { .. } | Self::Interrupt { .. }
        )
    }
}

impl Agenda {
    pub(crate) fn enter(&mut self, at: Cycles, kind: DueKind, task: Task) {
        self.put_off += usize::from(task.is_put_off());
        self.tasks.insert((at, self.entered), (kind, task));
        self.entered += 1;
    }

    /// Enters a task that a rule or the configuration puts off.
    ///
    /// # Errors
    /// [`OrderError::TooMuchPending`] if there are as many of those as may be.
    pub(crate) fn put_off(&mut self, at: Cycles, kind: DueKind, task: Task) -> Result<(), OrderError> {
        if self.put_off >= MAX_PENDING {
            return Err(OrderError::TooMuchPending);
        }
        self.enter(at, kind, task);
        Ok(())
    }

    /// The first task that is due at `now`, with the time at which it was due.
    pub(crate) fn pop_due(&mut self, now: Cycles) -> Option<(Cycles, Task)> {
        let entry = self.tasks.first_entry()?;
        let at = entry.key().0;
        if at > now {
            return None;
        }
        let (_, task) = entry.remove();
        self.put_off -= usize::from(task.is_put_off());
        Some((at, task))
    }

    /// All tasks in order, with what they are found by again.
    pub(crate) fn entries(&self) -> impl Iterator<Item = ((Cycles, u64), DueKind, &Task)> {
        self.tasks.iter().map(|(&key, (kind, task))| (key, *kind, task))
    }

    /// Takes one task off, whenever it is due.
    pub(crate) fn take(&mut self, key: (Cycles, u64)) -> Option<Task> {
        let (_, task) = self.tasks.remove(&key)?;
        self.put_off -= usize::from(task.is_put_off());
        Some(task)
    }

    pub(crate) fn first(&self) -> Option<Due> {
        self.tasks
            .first_key_value()
            .map(|(&(at, _), &(kind, _))| Due { at, kind })
    }

    pub(crate) fn first_in_service(&self) -> Option<Cycles> {
        let mut due = self
            .tasks
            .iter()
            .filter(|(_, (kind, _))| *kind == DueKind::InService);
        due.next().map(|(&(at, _), _)| at)
    }

    /// Drops what is entered for a command.
    pub(crate) fn forget_command(&mut self, number: CommandNumber) {
        self.tasks
            .retain(|_, (_, task)| *task != Task::Execute(number) && *task != Task::Complete(number));
    }

    /// Drops the returns of pages to a supplier; how many there were.
    pub(crate) fn forget_supplier(&mut self, endpoint: Function) -> usize {
        self.forget_returns(|supplier, _| supplier == endpoint)
    }

    /// Drops the returns of an owner's pages; how many there were.
    pub(crate) fn forget_return(&mut self, endpoint: Function, of: Owner) -> usize {
        self.forget_returns(|supplier, owner| supplier == endpoint && owner == of)
    }

    fn forget_returns(&mut self, which: impl Fn(Function, Owner) -> bool) -> usize {
        let is_its =
            |task: &Task| matches!(task, Task::ReturnPages { supplier, owner } if which(*supplier, *owner));
        let before = self.tasks.len();
        self.tasks.retain(|_, (_, task)| !is_its(task));
        let gone = before - self.tasks.len();
        self.put_off -= gone;
        gone
    }
}
