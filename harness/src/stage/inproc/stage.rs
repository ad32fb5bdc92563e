//! Driver and device in this process, as a stage.

use super::orders;
use super::setup::{InprocSetup, InprocWorld};
use crate::record::aspect::Deed;
use crate::record::result::StepRecord;
use crate::record::timeline::{Printed, Timeline};
use crate::scenario::{Action, Fault, FunctionOperation, HostStep, RaceStep};
use crate::stage::abilities::{Abilities, Insight, Obstacle};
use crate::stage::contract::{Closing, Stage};
use crate::stage::foresight::Foreseen;
use crate::stage::heard::Heard;
use crate::stage::operations::{Operation, Operations};
use crate::stage::problem::Problem;
use crate::stage::sight::{DriverSight, Health, Sight};
use crate::stage::stop::Stop;
use driver::books::OwnerKey;
use driver::runtime::TaskId;
use driver::{HostOperation, Message, MessageKind, MessageLevel};
use driver_host::fault::{FaultPlan, FaultSite};
use driver_host::{Ending, Machine};
use emulator::{CommandRecord, ConfigError, FirmwareOrder, GateOrder, HoldState, OrderError, Record};
use prm::Cycles;
use serde_json::Value;
use std::collections::BTreeMap;
use std::convert::Infallible;

/// What this stage can do: everything.
const ABILITIES: Abilities = Abilities {
    race_points: true,
    faults: true,
    subfunctions: true,
    page_sizes: true,
    without_eswitch: true,
    modelled_objects: true,
    without_expectations: true,
    longest_s: None,
    insight: Insight::Whole,
};

/// What this stage knows of an operation.
#[derive(Clone, Copy, Debug)]
pub struct OwnTask {
    /// The driver's place in the world.
    place: usize,
    /// Its task.
    task: TaskId,
}

/// See the module's head.
pub struct InprocStage {
    world: InprocWorld,
    operations: Operations<OwnTask>,
    /// The command stream.
    commands: Vec<CommandRecord>,
    /// Per driver: messages and page waits that have been shown.
    seen: Vec<(usize, usize)>,
    last_not_found: Option<OwnerKey>,
    heard: Heard,
    /// When everything happened, where that is kept.
    timeline: Option<Timeline>,
}

impl InprocStage {
    /// A device nobody has touched, and a driver that is not bound yet.
    ///
    /// # Errors
    /// [`ConfigError`] when the device cannot be built.
    pub fn new(setup: InprocSetup, keep_timeline: bool) -> Result<Self, ConfigError> {
        let mut world = setup.world()?;
        if keep_timeline {
            world.keep_activity();
        }
        let timeline = keep_timeline.then(|| Timeline::new(world.endpoint(), world.now()));
        Ok(Self {
            world,
            timeline,
            operations: Operations::default(),
            commands: Vec::new(),
            seen: Vec::new(),
            last_not_found: None,
            heard: Heard::default(),
        })
    }

    fn driver_sights(&mut self) -> Vec<DriverSight> {
        let mut sights = Vec::new();
        for (place, (endpoint, account, driver)) in self.world.drivers().enumerate() {
            let books = driver.books();
            if self.seen.len() <= place {
                self.seen.push((0, 0));
            }
            let (messages, waits) = self.seen[place];
            let printed = driver.messages_after(messages);
            self.seen[place] = (messages + printed.len(), books.page_waits.len());
            let counters = books.counters.named().into_iter();
            let mut pending = self.operations.iter().filter(|operation| operation.end.is_none());
            sights.push(DriverSight {
                endpoint,
                account,
                counters: counters
                    .map(|(name, value)| (name.to_owned(), Some(value)))
                    .collect(),
                messages: printed,
                earlier_waits: waits,
                busy: pending.any(|operation| operation.own.place == place),
                books: Some(books),
            });
        }
        sights
    }

    /// A message as it is compared: information is left out, and so are repetitions that the kernel would not print.
    fn told(&mut self, message: &Message) -> Option<Value> {
        if message.level == MessageLevel::Info {
            return None;
        }
        let not_found = match message.kind {
            MessageKind::PageNotFound { key, .. } => Some(key),
            _ => None,
        };
        let repeated = not_found.is_some() && not_found == self.last_not_found;
        self.last_not_found = not_found;
        (!repeated).then(|| kind_as_json(&message.kind))
    }

    fn locks(&self) -> BTreeMap<String, String> {
        let tasks = self.world.runtime().tasks().into_iter();
        let tasks: BTreeMap<TaskId, String> = tasks.map(|task| (task.id, task.name)).collect();
        let endpoint = self.world.endpoint();
        let mut locks = BTreeMap::new();
        for (function, _, driver) in self.world.drivers() {
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

    /// Whose driver does what.
    fn operation(&mut self, action: Action<'_>) -> Result<(usize, HostOperation), Problem> {
        let host = match action {
            Action::Host(host) => host,
            Action::Race(RaceStep::FreePage { key }) => {
                return Ok((0, HostOperation::FreePage(OwnerKey(*key))));
            }
            _ => return Err(Problem::new(Deed::Step, "a host operation", "another action")),
        };
        Ok(match host {
            HostStep::Function(function) => {
                if !self.world.has_function(function.which) {
                    let what = format!("{} has no interface of its own", function.which);
                    let expected = "a function a driver can bind to";
                    return Err(Problem::new(Deed::Function, expected, what));
                }
                let operation = match function.operation {
                    FunctionOperation::Load => HostOperation::Load,
                    FunctionOperation::Unload => HostOperation::Unload,
                };
                (self.world.bind(function.which), operation)
            }
            HostStep::Operation(operation) => (0, *operation),
            HostStep::Flr(function) => (self.world.bind(*function), HostOperation::ResetFunction),
            HostStep::WaitFor(_) => {
                return Err(Problem::new(Deed::Step, "a host operation", "a wait for one"));
            }
        })
    }
}

impl Stage for InprocStage {
    type Broken = Infallible;
    type Own = OwnTask;

    fn abilities(&self) -> Abilities {
        ABILITIES
    }

    fn begin_step(&mut self, _: Foreseen) {
        self.world.begin_step();
    }

    fn start(
        &mut self,
        action: Action<'_>,
        name: Option<String>,
    ) -> Result<Result<usize, Problem>, Stop<Infallible>> {
        let (place, operation) = match self.operation(action) {
            Ok(operation) => operation,
            Err(problem) => return Ok(Err(problem)),
        };
        let task = self.world.start(place, operation);
        Ok(Ok(self.operations.add(Operation {
            kind: operation.name(),
            name,
            began: self.world.now(),
            end: None,
            own: OwnTask { place, task },
        })))
    }

    fn join(&mut self, number: usize) -> Result<Option<String>, Stop<Infallible>> {
        let task = self.operations.get(number).own.task;
        let ending = self.world.run_until(|world| world.ended_at(task).is_some())?;
        Ok(match ending {
            Ending::Reached => None,
            Ending::Stuck => Some(format!("everything waits, {}", self.waits().join("; "))),
        })
    }

    fn operations(&self) -> &Operations<OwnTask> {
        &self.operations
    }

    fn observe(&mut self) {
        let world = &self.world;
        for operation in self.operations.pending_mut() {
            let OwnTask { place, task } = operation.own;
            let Some(outcome) = world.outcome(place, task) else {
                continue;
            };
            let returned = outcome.map_or_else(|errno| errno.0, |()| 0);
            let ended = world.ended_at(task).unwrap_or_else(|| world.now());
            operation.end = Some((ended, returned));
        }
    }

    fn order(&mut self, order: &FirmwareOrder) -> Result<Result<(), OrderError>, Stop<Infallible>> {
        Ok(orders::order(&mut self.world, order))
    }

    fn gate(&mut self, order: &GateOrder) -> Result<(), OrderError> {
        orders::gate(&mut self.world, order)
    }

    fn holds(&self) -> Vec<HoldState> {
        self.world.machine().silicon.holds()
    }

    fn wait_held(&mut self, name: &str) -> Result<bool, Stop<Infallible>> {
        let caught = |world: &InprocWorld| world.machine_mut().has_caught(name);
        Ok(self.world.run_until(caught)? == Ending::Reached)
    }

    fn fault(&mut self, fault: &Fault) -> Result<(), Obstacle> {
        self.world.machine_mut().memory.plan_fault(plan(fault));
        Ok(())
    }

    fn race(&mut self, race: &RaceStep) -> Result<(), Obstacle> {
        match race {
            RaceStep::Pause { at } => self.world.runtime().pause_at(at),
            RaceStep::Resume { at } => self.world.runtime().resume_at(at),
            // Started as an operation.
            RaceStep::FreePage { .. } => {}
        }
        Ok(())
    }

    fn pass(&mut self, time: Cycles) -> Result<(), Stop<Infallible>> {
        self.world.grant(time);
        Ok(self.world.pass(time)?)
    }

    fn quiesce(&mut self) -> Result<Option<String>, Stop<Infallible>> {
        self.world.quiesce()?;
        Ok(None)
    }

    fn settle(&mut self) -> Result<(), Stop<Infallible>> {
        Ok(self.world.settle()?)
    }

    fn look<R>(&mut self, see: impl FnOnce(&Sight<'_>) -> R) -> Result<R, Stop<Infallible>> {
        self.observe();
        let drivers = self.driver_sights();
        let records = self.world.machine_mut().silicon.take_records();
        let strays = self.world.machine_mut().memory.take_strays();
        let cycles = self.world.take_cycles();
        if let Some(timeline) = &mut self.timeline {
            timeline.records.extend(records.iter().cloned());
            let printed = drivers.iter().flat_map(|driver| &driver.messages);
            timeline.printed.extend(printed.map(|message| Printed {
                at: message.at,
                words: message.to_string(),
            }));
        }
        let messages = drivers.iter().flat_map(|driver| &driver.messages);
        let told = messages.filter_map(|message| self.told(message)).collect();
        let machine = self.world.machine();
        let sight = Sight {
            device: &machine.silicon,
            host: Some(&machine.memory),
            now: machine.now(),
            drivers,
            records,
            strays,
            cycles,
            locks: self.locks(),
            told,
            is_loaded: false,
            health: Health::Alive,
        };
        let seen = see(&sight);
        let commands = sight.records.into_iter().filter_map(|record| match record {
            Record::Command(command) => Some(*command),
            _ => None,
        });
        self.commands.extend(commands);
        Ok(seen)
    }

    fn now(&self) -> Cycles {
        self.world.now()
    }

    fn waits(&self) -> Vec<String> {
        let tasks = self.world.runtime().tasks();
        let waiting = tasks.iter().filter_map(|task| Some((task, task.waiting?)));
        waiting
            .map(|(task, waiting)| format!("{} waits for {:?}", task.name, waiting.object))
            .collect()
    }

    fn heard(&self) -> &Heard {
        &self.heard
    }

    fn close(&mut self, steps: &[StepRecord]) -> Closing {
        let activity = self.world.take_activity();
        let timeline = self.timeline.take().map(|mut timeline| {
            timeline.add_activity(activity.unwrap_or_default());
            let ends = steps
                .iter()
                .map(|step| (Cycles(step.after.virtual_ns), &step.after.ledger));
            timeline.add_ledger(ends);
            timeline
        });
        // Recorded streams are in the order of doorbells.
        self.commands.sort_by_key(|command| command.n);
        Closing {
            took: self.world.now(),
            commands: std::mem::take(&mut self.commands),
            choices: self.world.runtime().choices(),
            timeline,
        }
    }
}

fn plan(fault: &Fault) -> FaultPlan {
    match fault {
        Fault::Allocation(fault) => FaultPlan {
            site: FaultSite::Allocation(fault.site.clone()),
            skip: fault.skip,
            times: fault.times,
        },
        Fault::PageAllocation(count) => FaultPlan {
            site: FaultSite::Page,
            skip: count.skip,
            times: count.times,
        },
        Fault::Mapping(count) => FaultPlan {
            site: FaultSite::Mapping,
            skip: count.skip,
            times: count.times,
        },
    }
}

fn kind_as_json(kind: &MessageKind) -> Value {
    serde_json::to_value(kind).unwrap_or_else(|_| Value::String(kind.to_string()))
}
