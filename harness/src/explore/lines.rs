//! The lines of a race on their way: what every actor does next, and what he waits for.

use super::knowledge::Role;
use crate::scenario::{Action, FunctionOperation, GateStep, HostStep, Line, RaceStep, Step};
use crate::stage::ours::plan_of;
use driver::HostOperation;
use driver::books::OwnerKey;
use driver::runtime::{TaskId, TaskName, TaskPurpose, TaskRole};
use driver_host::Machine;
use driver_host::fault::FaultPlan;
use embedding::InprocWorld;
use emulator::order::{FirmwareOrder, GateOrder};
use prm::Function;
use std::hash::{Hash, Hasher};
use std::rc::Rc;

/// What an actor does.
#[derive(Clone, Debug)]
pub(super) enum Deed {
    /// Starts an operation of a driver.
    Start {
        /// Of the driver on this function; nothing: the one under test.
        function: Option<Function>,
        operation: HostOperation,
        /// What a later step waits for it by; who starts it in the background goes on at once.
        name: Option<String>,
        background: bool,
    },
    /// Waits until an operation has ended.
    Join(String),
    /// Firmware carries out an order.
    Order(FirmwareOrder),
    /// The gate carries out an order.
    Gate(GateOrder),
    /// Waits until a hold has caught a command.
    AwaitHeld(String),
    /// Allocators will fail.
    Fail(FaultPlan),
    /// Nothing that matters in a race.
    Nothing,
}

impl Deed {
    fn of(step: &Step) -> Self {
        let start = |function, operation| Self::Start {
            function,
            operation,
            name: step.name.clone(),
            background: step.background,
        };
        match step.action() {
            Some(Action::Host(HostStep::WaitFor(name))) => Self::Join(name.clone()),
            Some(Action::Host(HostStep::Operation(operation))) => start(None, *operation),
            Some(Action::Host(HostStep::Flr(function))) => {
                start(Some(*function), HostOperation::ResetFunction)
            }
            Some(Action::Host(HostStep::Function(function))) => start(
                Some(function.which),
                match function.operation {
                    FunctionOperation::Load => HostOperation::Load,
                    FunctionOperation::Unload => HostOperation::Unload,
                },
            ),
            Some(Action::Race(RaceStep::FreePage { key })) => {
                start(None, HostOperation::FreePage(OwnerKey(*key)))
            }
            Some(Action::Firmware(order)) => Self::Order(order.clone()),
            Some(Action::Gate(GateStep::WaitHeld { name })) => Self::AwaitHeld(name.clone()),
            Some(Action::Gate(gate)) => gate.order().map_or(Self::Nothing, Self::Gate),
            Some(Action::Fault(fault)) => Self::Fail(plan_of(fault)),
            Some(Action::Race(_) | Action::Time(_) | Action::Together(_)) | None => Self::Nothing,
        }
    }

    /// The operation that it starts.
    const fn operation(&self) -> Option<(Option<Function>, HostOperation)> {
        match self {
            Self::Start {
                function, operation, ..
            } => Some((*function, *operation)),
            _ => None,
        }
    }
}

/// What every actor does.
pub(super) type Script = Rc<[(String, Vec<Deed>)]>;

/// An operation of the host.
#[derive(Clone, Debug)]
pub(super) struct Started {
    /// How people call it.
    pub(super) label: String,
    name: Option<String>,
    /// The place of its driver.
    pub(super) place: usize,
    pub(super) task: TaskId,
}

/// See the module's head.
#[derive(Clone, Debug)]
pub(super) struct Lines {
    script: Script,
    /// Per line: its next step, and the operation that has to end before it.
    stands: Vec<(usize, Option<TaskId>)>,
    /// All operations, in the order in which they were started.
    pub(super) started: Vec<Started>,
}

impl Hash for Lines {
    /// Where everybody stands. Which operations there are follows from that.
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.stands.hash(state);
        for started in &self.started {
            started.task.hash(state);
        }
    }
}

impl Lines {
    pub(super) fn new(lines: &[Line], started: Vec<(Option<String>, usize, TaskId)>) -> Self {
        let script: Vec<(String, Vec<Deed>)> = lines
            .iter()
            .map(|line| (line.actor.clone(), line.steps.iter().map(Deed::of).collect()))
            .collect();
        let started = started.into_iter().map(|(name, place, task)| Started {
            label: name.clone().unwrap_or_default(),
            name,
            place,
            task,
        });
        Self {
            stands: vec![(0, None); script.len()],
            script: script.into(),
            started: started.collect(),
        }
    }

    /// Lets every actor go on as far as that is nobody's choice: operations begin as soon as those before them have ended. Returns
    /// whether anybody did.
    pub(super) fn go_on(&mut self, world: &mut InprocWorld) -> bool {
        let mut went = false;
        for line in 0..self.stands.len() {
            while self.step(line, world) {
                went = true;
            }
        }
        went
    }

    fn step(&mut self, line: usize, world: &mut InprocWorld) -> bool {
        let (next, running) = self.stands[line];
        if running.is_some_and(|task| !world.runtime().has_ended(task)) {
            return false;
        }
        let script = Rc::clone(&self.script);
        let (actor, deeds) = &script[line];
        let Some(deed) = deeds.get(next) else { return false };
        let mut waits_for = None;
        match deed {
            Deed::Order(_) | Deed::Gate(_) => return false,
            Deed::Join(name) => {
                let named = self
                    .started
                    .iter()
                    .rev()
                    .find(|started| started.name.as_ref() == Some(name));
                if named.is_some_and(|started| !world.runtime().has_ended(started.task)) {
                    return false;
                }
            }
            Deed::AwaitHeld(hold) => {
                if !world.machine_mut().has_caught(hold) {
                    return false;
                }
            }
            Deed::Fail(plan) => {
                world.machine_mut().memory_mut().plan_fault(plan.clone());
            }
            Deed::Nothing => {}
            Deed::Start {
                function,
                operation,
                name,
                background,
            } => {
                let place = function.map_or(0, |function| world.bind(function));
                let task = world.start(place, *operation);
                let of = function.map_or_else(String::new, |function| format!("{function} "));
                self.started.push(Started {
                    label: format!("{actor} {}: {of}{}", next + 1, operation.name()),
                    name: name.clone(),
                    place,
                    task,
                });
                waits_for = (!background).then_some(task);
            }
        }
        self.stands[line] = (next + 1, waits_for);
        true
    }

    /// The orders that could come next, by line and step.
    pub(super) fn orders(&self) -> impl Iterator<Item = (usize, usize)> {
        let lines = self.stands.iter().zip(self.script.iter()).enumerate();
        lines.filter_map(|(line, (&(next, _), (_, deeds)))| match deeds.get(next)? {
            Deed::Order(_) | Deed::Gate(_) => Some((line, next)),
            _ => None,
        })
    }

    /// Carries out the next order of a line, if it is this one. What a device refuses was never done.
    pub(super) fn order(&mut self, line: usize, step: usize, world: &mut InprocWorld) -> bool {
        let Some(&(next, _)) = self.stands.get(line) else {
            return false;
        };
        let script = Rc::clone(&self.script);
        if next != step {
            return false;
        }
        match script[line].1.get(step) {
            Some(Deed::Order(order)) => _ = world.machine_mut().order(order),
            Some(Deed::Gate(order)) => _ = world.machine_mut().gate(order),
            _ => return false,
        }
        world.device_acted();
        self.stands[line] = (next + 1, None);
        true
    }

    /// The operations that have not begun.
    pub(super) fn to_come(&self, world: &InprocWorld) -> Vec<Role> {
        let lines = self.stands.iter().zip(self.script.iter());
        let deeds = lines.flat_map(|(&(next, _), (_, deeds))| deeds.get(next..).unwrap_or_default());
        let operations = deeds.filter_map(Deed::operation);
        let role = |(function, operation): (Option<Function>, HostOperation)| {
            Role::Task(TaskName::first(TaskPurpose {
                function: function.unwrap_or_else(|| world.endpoint()),
                role: TaskRole::Host(operation),
            }))
        };
        operations.map(role).collect()
    }

    /// The order of a line in words.
    pub(super) fn words(&self, line: usize, step: usize) -> String {
        let Some((actor, deeds)) = self.script.get(line) else {
            return String::new();
        };
        match deeds.get(step) {
            Some(Deed::Order(order)) => format!("{actor}: {}", crate::play::words(order)),
            Some(Deed::Gate(order)) => format!("{actor}: {}", crate::play::words(order)),
            _ => actor.clone(),
        }
    }

    /// All steps of all lines in words.
    pub(super) fn order_words(&self) -> Vec<Vec<String>> {
        let lines = self.script.iter().enumerate();
        let words =
            lines.map(|(line, (_, deeds))| (0..deeds.len()).map(|step| self.words(line, step)).collect());
        words.collect()
    }

    /// Whether the driver at a place has something to do for the host.
    pub(super) fn is_busy(&self, place: usize, world: &InprocWorld) -> bool {
        let mut its = self.started.iter().filter(|started| started.place == place);
        its.any(|started| world.outcome(place, started.task).is_none())
    }

    /// How many lines there are, with the names of their actors.
    pub(super) fn actors(&self) -> Vec<&str> {
        self.script.iter().map(|(actor, _)| actor.as_str()).collect()
    }
}
