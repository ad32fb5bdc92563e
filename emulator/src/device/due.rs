//! Time: what is due is done, one thing after the other.

use crate::bus::Buses;
use crate::state::action::{Act, Action};
use crate::state::agenda::{DueKind, Task};
use crate::state::silicon::Silicon;
use prm::Cycles;

/// Something that the device has yet to do by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ToDo {
    key: (Cycles, u64),
    /// What it begins with.
    pub act: Act,
    /// Why it is not done yet.
    pub kind: DueKind,
}

impl ToDo {
    /// When it is due.
    #[must_use]
    pub const fn at(&self) -> Cycles {
        self.key.0
    }
}

impl Silicon {
    /// What the device has yet to do by itself, in order of time. Whoever lets it act in another order names one of it.
    #[must_use]
    pub fn to_do(&self) -> Vec<ToDo> {
        let entries = self.agenda.entries();
        let named = entries.filter_map(|(key, kind, task)| {
            let act = self.act_of(task)?;
            Some(ToDo { key, act, kind })
        });
        named.collect()
    }

    /// Does one of them at `now`, whenever it was due; false if it is not there any more.
    pub fn do_now(&mut self, what: &ToDo, now: Cycles, buses: &mut dyn Buses) -> bool {
        let Some(task) = self.agenda.take(what.key) else {
            return false;
        };
        self.do_task(task, now, buses);
        true
    }

    /// Does all work that is due at `now`, in order of time. Each piece of work happens at the time at which it was
    /// due, also if `now` is later.
    pub fn advance(&mut self, now: Cycles, buses: &mut dyn Buses) {
        while self.do_next(now, buses) {}
    }

    /// Does the first piece of work that is due at `now`; false if there is none.
    pub(crate) fn do_next(&mut self, now: Cycles, buses: &mut dyn Buses) -> bool {
        let Some((at, task)) = self.agenda.pop_due(now) else {
            return false;
        };
        self.do_task(task, at, buses);
        true
    }

    fn do_task(&mut self, task: Task, at: Cycles, buses: &mut dyn Buses) {
        match task {
            Task::Execute(number) => self.execute(number, at, buses),
            Task::Complete(number) => self.complete(number, at, buses),
            Task::Pages { supplier, command } => {
                let portion = Act::at(supplier, Action::Portion);
                let more = self.acts(portion, |silicon| {
                    silicon.go_on_through(supplier, command, at, buses)
                });
                if !more {
                    self.end_execution(command, at, buses);
                }
            }
            Task::React { rule, at: own } => self.react(own, &rule.then, at, buses),
            Task::ReturnPages { supplier, owner } => {
                let back = Act::at(supplier, Action::ReturnPages);
                self.acts(back, |silicon| {
                    silicon.returns.get(&supplier);
                    silicon.return_pages(supplier, owner, at, buses);
                });
            }
            Task::Interrupt { at: endpoint, queue } => {
                self.acts(Act::at(endpoint, Action::LateInterrupt), |silicon| {
                    silicon.raise_late(endpoint, queue, at, buses);
                });
            }
        }
    }
}
