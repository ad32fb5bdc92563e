//! A tiny deterministic executor. A task announces its next operation and is suspended; the executor picks a task,
//! applies the announced operation to the shared state, and hands the observation to the task, which then runs
//! without interruption to its next announcement. A task never holds the shared state, so it cannot touch anything
//! it did not announce.

use std::cell::{Cell, RefCell};
use std::future::Future;
use std::hash::Hash;
use std::panic::Location;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, Waker};

use crate::async_actors::spawn_actor;
use crate::exploration::World;
use crate::model::{Observation, Operation, Shape, Shared, TerminalOutcome, fingerprint_of};

pub type ActorFuture = Pin<Box<dyn Future<Output = ()>>>;

#[derive(Default)]
struct Mailbox {
    announced: Cell<Option<Operation>>,
    observed: Cell<Option<Observation>>,
    item: Cell<u8>,
    remembered_only: Cell<Option<u64>>,
}

/// An actor's handle to the executor.
#[derive(Clone, Default)]
pub struct Task(Rc<Mailbox>);

impl Task {
    /// The scheduling point: announce, wait to be picked, learn the outcome.
    pub fn perform(&self, operation: Operation) -> ScheduledOperation<'_> {
        ScheduledOperation {
            task: self,
            operation: Some(operation),
        }
    }

    /// A new item of work begins: of all before it, only the item's number still matters.
    #[track_caller]
    pub fn begin_item(&self, number: u8) {
        self.0.item.set(number);
        self.forget_all_but(());
    }

    /// Declares every local variable of this item dead except `live`. Without it a task's fingerprint keeps its whole
    /// history, and states that will behave alike from here on are told apart.
    #[track_caller]
    pub fn forget_all_but(&self, live: impl Hash) {
        let line = u64::from(Location::caller().line());
        self.0
            .remembered_only
            .set(Some(fingerprint_of(&(line, self.0.item.get(), live))));
    }
}

/// See [`Task::perform`].
pub struct ScheduledOperation<'task> {
    task: &'task Task,
    operation: Option<Operation>,
}

impl Future for ScheduledOperation<'_> {
    type Output = Observation;

    fn poll(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Observation> {
        if let Some(operation) = self.operation.take() {
            self.task.0.announced.set(Some(operation));
            return Poll::Pending;
        }
        match self.task.0.observed.take() {
            Some(observation) => Poll::Ready(observation),
            None => Poll::Pending,
        }
    }
}

const FINISHED: u64 = 0;

/// One future between two scheduling points.
struct SuspendedTask {
    future: ActorFuture,
    task: Task,
    /// The operation it announced; none once it has finished.
    announced: Option<Operation>,
    /// Stands for the future in the state's fingerprint: a hash of all it has observed and not forgotten.
    observed_hash: u64,
}

impl SuspendedTask {
    fn start(shape: Shape, actor: usize) -> Self {
        let task = Task::default();
        let future = spawn_actor(task.clone(), shape, actor);
        let mut started = Self {
            future,
            task,
            announced: None,
            observed_hash: 1,
        };
        started.run_to_next_announcement();
        started
    }

    fn learn(&mut self, observation: Observation) {
        self.observed_hash = fingerprint_of(&(self.observed_hash, observation));
        self.task.0.observed.set(Some(observation));
        self.run_to_next_announcement();
    }

    fn run_to_next_announcement(&mut self) {
        let finished = self
            .future
            .as_mut()
            .poll(&mut Context::from_waker(Waker::noop()))
            .is_ready();
        self.announced = self.task.0.announced.take();
        assert_eq!(
            finished,
            self.announced.is_none(),
            "a suspended task must have announced an operation"
        );
        if let Some(position_and_live) = self.task.0.remembered_only.take() {
            self.observed_hash = position_and_live;
        }
        if finished {
            self.observed_hash = FINISHED;
        }
    }
}

/// Live futures over a shared state. Futures are not `Clone`: going back means running again from the start.
pub struct RunningFutures {
    shared: Shared,
    tasks: Vec<SuspendedTask>,
}

impl RunningFutures {
    pub fn start(shape: Shape) -> Self {
        let tasks = (0..crate::actor_count(shape))
            .map(|actor| SuspendedTask::start(shape, actor))
            .collect();
        Self {
            shared: Shared::default(),
            tasks,
        }
    }
}

impl World for RunningFutures {
    fn announced(&self, actor: usize) -> Option<Operation> {
        self.tasks[actor].announced
    }

    fn actors(&self) -> usize {
        self.tasks.len()
    }

    fn shared(&self) -> &Shared {
        &self.shared
    }

    fn step(&mut self, actor: usize, operation: Operation) {
        let observation = self.shared.apply(operation);
        self.tasks[actor].learn(observation);
    }

    fn fingerprint(&self) -> u64 {
        let mut observed = [FINISHED; crate::MAX_ACTORS];
        for (slot, task) in observed.iter_mut().zip(&self.tasks) {
            *slot = task.observed_hash;
        }
        fingerprint_of(&(self.shared, observed))
    }

    fn outcome(&self) -> TerminalOutcome {
        crate::exploration::outcome_of(self)
    }
}

/// A task is deterministic, so where it stands is a function of what it has observed. Each standing is built once,
/// by running that one future from its start, and remembered: from then on a step is a table look-up and a state of
/// the world is plain `Clone` data, although the actors are `async fn`.
#[derive(Default)]
struct Standing {
    announced: Option<Operation>,
    observed_hash: u64,
    /// How this standing was first reached, to run a fresh future there.
    reached_by: Option<(usize, Observation)>,
    next: Vec<(Observation, usize)>,
}

struct Standings {
    shape: Shape,
    of_actor: Vec<Vec<Standing>>,
}

impl Standings {
    fn new(shape: Shape) -> Self {
        let of_actor = (0..crate::actor_count(shape))
            .map(|actor| {
                let task = SuspendedTask::start(shape, actor);
                let (announced, observed_hash) = (task.announced, task.observed_hash);
                vec![Standing {
                    announced,
                    observed_hash,
                    ..Standing::default()
                }]
            })
            .collect();
        Self { shape, of_actor }
    }

    fn after(&mut self, actor: usize, standing: usize, observation: Observation) -> usize {
        let known = &self.of_actor[actor][standing].next;
        if let Some(&(_, next)) = known.iter().find(|(seen, _)| *seen == observation) {
            return next;
        }
        let mut task = SuspendedTask::start(self.shape, actor);
        for earlier in self.observations_up_to(actor, standing) {
            task.learn(earlier);
        }
        task.learn(observation);
        let standings = &mut self.of_actor[actor];
        // Observations that the task has declared forgotten lead to one and the same standing.
        let same = standings
            .iter()
            .position(|other| other.observed_hash == task.observed_hash);
        let next = same.unwrap_or(standings.len());
        if same.is_none() {
            standings.push(Standing {
                announced: task.announced,
                observed_hash: task.observed_hash,
                reached_by: Some((standing, observation)),
                next: Vec::new(),
            });
        }
        assert_eq!(
            standings[next].announced, task.announced,
            "a variable declared dead was still alive"
        );
        standings[standing].next.push((observation, next));
        next
    }

    fn observations_up_to(&self, actor: usize, mut standing: usize) -> Vec<Observation> {
        let mut observations = Vec::new();
        while let Some((before, observation)) = self.of_actor[actor][standing].reached_by {
            observations.push(observation);
            standing = before;
        }
        observations.reverse();
        observations
    }
}

/// The same tasks over remembered standings: cheap to clone, no future alive.
#[derive(Clone)]
pub struct RememberedFutures {
    shared: Shared,
    standing: [usize; crate::MAX_ACTORS],
    announced: [Option<Operation>; crate::MAX_ACTORS],
    observed: [u64; crate::MAX_ACTORS],
    actors: usize,
    standings: Rc<RefCell<Standings>>,
}

impl RememberedFutures {
    pub fn start(shape: Shape) -> Self {
        let standings = Standings::new(shape);
        let mut world = Self {
            shared: Shared::default(),
            standing: [0; crate::MAX_ACTORS],
            announced: [None; crate::MAX_ACTORS],
            observed: [FINISHED; crate::MAX_ACTORS],
            actors: standings.of_actor.len(),
            standings: Rc::new(RefCell::new(standings)),
        };
        for actor in 0..world.actors {
            world.stand(actor, 0);
        }
        world
    }

    fn stand(&mut self, actor: usize, standing: usize) {
        let standings = self.standings.borrow();
        let now = &standings.of_actor[actor][standing];
        self.standing[actor] = standing;
        self.announced[actor] = now.announced;
        self.observed[actor] = now.observed_hash;
    }
}

impl World for RememberedFutures {
    fn announced(&self, actor: usize) -> Option<Operation> {
        self.announced[actor]
    }

    fn actors(&self) -> usize {
        self.actors
    }

    fn shared(&self) -> &Shared {
        &self.shared
    }

    fn step(&mut self, actor: usize, operation: Operation) {
        let observation = self.shared.apply(operation);
        let next = self
            .standings
            .borrow_mut()
            .after(actor, self.standing[actor], observation);
        self.stand(actor, next);
    }

    fn fingerprint(&self) -> u64 {
        fingerprint_of(&(self.shared, self.observed))
    }

    fn outcome(&self) -> TerminalOutcome {
        crate::exploration::outcome_of(self)
    }
}
