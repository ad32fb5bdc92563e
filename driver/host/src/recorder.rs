//! Keeps what the tasks of our drivers do, by looking at them after every step of one.

use crate::activity::{Activity, CounterSample, LockSpan, Span, TaskSpan, WaitSpan};
use driver::books::Counters;
use driver::runtime::{DriverId, Object, TaskId, TaskView};
use prm::{Cycles, Function};
use std::collections::BTreeMap;

/// What is to be seen of a driver between two steps of its tasks.
#[derive(Clone, Debug)]
pub struct DriverView {
    /// Its place in the run.
    pub id: DriverId,
    /// Its function.
    pub endpoint: Function,
    /// Who holds which of its locks.
    pub locks: Vec<(Object, TaskId)>,
    /// Its counters.
    pub counters: Counters,
}

/// Makes an [`Activity`] as the run goes on.
#[derive(Clone, Debug, Default)]
pub struct Recorder {
    /// What is known so far.
    pub activity: Activity,
    /// The places of the tasks that live.
    living: BTreeMap<TaskId, usize>,
    /// The places of the locks that are held, and by whom.
    held: BTreeMap<(Function, Object), (TaskId, usize)>,
    counters: BTreeMap<(Function, &'static str), u32>,
}

impl Recorder {
    /// A task has made a step: notes what is not as it was after the last.
    pub fn look(&mut self, now: Cycles, tasks: &[TaskView], drivers: &[DriverView]) {
        self.activity.ended = now;
        self.note_tasks(now, tasks, drivers);
        self.note_locks(now, tasks, drivers);
        for driver in drivers {
            for (name, value) in driver.counters.named() {
                if self.counters.insert((driver.endpoint, name), value) != Some(value) {
                    self.activity.counters.push(CounterSample {
                        at: now,
                        endpoint: driver.endpoint,
                        name: name.to_owned(),
                        value,
                    });
                }
            }
        }
    }

    fn note_tasks(&mut self, now: Cycles, tasks: &[TaskView], drivers: &[DriverView]) {
        let all = &mut self.activity.tasks;
        self.living.retain(|id, place| {
            let lives = tasks.iter().any(|task| task.id == *id);
            if !lives {
                end_wait(&mut all[*place], now);
                all[*place].span.ended = Some(now);
            }
            lives
        });
        for task in tasks {
            let place = *self.living.entry(task.id).or_insert_with(|| {
                all.push(TaskSpan {
                    name: task.name.to_string(),
                    span: since(now),
                    waits: Vec::new(),
                });
                all.len() - 1
            });
            let known = &mut all[place];
            let waits = task.waiting.map(|waiting| {
                let driver = drivers.iter().find(|driver| driver.id == waiting.driver);
                let endpoint = driver.map_or(Function::Pf, |driver| driver.endpoint);
                (endpoint, waiting.object)
            });
            let open = known.waits.last().filter(|wait| wait.span.ended.is_none());
            if open.map(|wait| (wait.endpoint, wait.object)) == waits {
                continue;
            }
            end_wait(known, now);
            if let Some((endpoint, object)) = waits {
                begin_wait(known, endpoint, object, now);
            }
        }
    }

    fn note_locks(&mut self, now: Cycles, tasks: &[TaskView], drivers: &[DriverView]) {
        let held: BTreeMap<(Function, Object), TaskId> = drivers
            .iter()
            .flat_map(|driver| {
                let locks = driver.locks.iter();
                locks.map(|(object, holder)| ((driver.endpoint, *object), *holder))
            })
            .collect();
        let all = &mut self.activity.locks;
        self.held.retain(|lock, (holder, place)| {
            let is_held = held.get(lock) == Some(holder);
            if !is_held {
                all[*place].span.ended = Some(now);
            }
            is_held
        });
        for ((endpoint, object), holder) in held {
            self.held.entry((endpoint, object)).or_insert_with(|| {
                let task = tasks.iter().find(|task| task.id == holder);
                all.push(LockSpan {
                    endpoint,
                    object,
                    holder: task.map_or_else(String::new, |task| task.name.to_string()),
                    span: since(now),
                });
                (holder, all.len() - 1)
            });
        }
    }
}

/// A wait begins. One that asks again and again, and waits for the same each time, has never stopped.
fn begin_wait(task: &mut TaskSpan, endpoint: Function, object: Object, now: Cycles) {
    let asks = matches!(object, Object::Timer | Object::Device | Object::Pause);
    let last = task.waits.last_mut().filter(|last| {
        let same = (last.endpoint, last.object, last.span.ended);
        asks && same == (endpoint, object, Some(now))
    });
    match last {
        Some(last) => last.span.ended = None,
        None => task.waits.push(WaitSpan {
            endpoint,
            object,
            span: since(now),
        }),
    }
}

const fn since(began: Cycles) -> Span {
    Span { began, ended: None }
}

fn end_wait(task: &mut TaskSpan, now: Cycles) {
    if let Some(wait) = task.waits.last_mut().filter(|wait| wait.span.ended.is_none()) {
        wait.span.ended = Some(now);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use driver::runtime::{TaskName, TaskPurpose, TaskRole, Waiting};

    const LOCK: Object = Object::DevlinkLock;
    const SLOT: Object = Object::CommandSlot(3);

    fn task(id: u64, waits: Option<Object>) -> TaskView {
        let purpose = TaskPurpose {
            function: Function::Pf,
            role: TaskRole::PageWorker,
        };
        TaskView {
            id: TaskId(id),
            name: (1..id).fold(TaskName::first(purpose), |name, _| name.next()),
            purpose,
            waiting: waits.map(|object| Waiting {
                driver: DriverId(0),
                object,
                deadline: None,
            }),
        }
    }

    fn driver(total: u32, locks: &[(Object, u64)]) -> DriverView {
        DriverView {
            id: DriverId(0),
            endpoint: Function::Ecpf,
            locks: locks.iter().map(|(lock, task)| (*lock, TaskId(*task))).collect(),
            counters: Counters {
                fw_pages_total: total,
                ..Counters::default()
            },
        }
    }

    fn span(began: u64, ended: impl Into<Option<u64>>) -> Span {
        Span {
            began: Cycles(began),
            ended: ended.into().map(Cycles),
        }
    }

    #[test]
    fn what_changes_between_two_looks_began_or_ended_there() {
        let mut recorder = Recorder::default();
        let mut look = |at: u64, tasks: &[TaskView], driver: DriverView| {
            recorder.look(Cycles(at), tasks, &[driver]);
        };
        look(
            1,
            &[task(1, Some(SLOT)), task(2, Some(LOCK))],
            driver(0, &[(LOCK, 1)]),
        );
        look(4, &[task(1, Some(SLOT)), task(2, None)], driver(5, &[(LOCK, 1)]));
        look(7, &[task(2, Some(SLOT))], driver(5, &[(LOCK, 2)]));
        look(9, &[task(2, Some(SLOT))], driver(2, &[(LOCK, 2)]));
        let activity = recorder.activity;
        let tasks: Vec<_> = activity.tasks.iter().map(|task| task.span).collect();
        assert_eq!(tasks, [span(1, 7), span(1, None)]);
        let waits = |place: usize| -> Vec<(Object, Span)> {
            let waits = activity.tasks[place].waits.iter();
            waits.map(|wait| (wait.object, wait.span)).collect()
        };
        assert_eq!(waits(0), [(SLOT, span(1, 7))]);
        assert_eq!(waits(1), [(LOCK, span(1, 4)), (SLOT, span(7, None))]);
        let locks: Vec<_> = activity
            .locks
            .iter()
            .map(|lock| (lock.holder.as_str(), lock.span))
            .collect();
        assert_eq!(
            locks,
            [
                ("pf page_worker", span(1, 7)),
                ("pf page_worker (2)", span(7, None))
            ]
        );
        let totals = activity
            .counters
            .iter()
            .filter(|sample| sample.name == "fw_pages_total");
        let totals: Vec<_> = totals.map(|sample| (sample.at.0, sample.value)).collect();
        assert_eq!(totals, [(1, 0), (4, 5), (9, 2)]);
        assert_eq!(activity.ended, Cycles(9));
    }
}
