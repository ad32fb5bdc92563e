//! What the actors of a step do.

use super::execution::{Done, Execution};
use super::wording;
use crate::record::aspect::Deed;
use crate::scenario::{Action, Fault, FunctionOperation, GateStep, HostStep, RaceStep, Step, TimeStep};
use crate::stage::inproc::fault::{FaultPlan, FaultSite};
use crate::stage::inproc::{Ending, Halt, World};
use driver::HostOperation;
use driver::books::OwnerKey;
use prm::Cycles;

impl Execution<'_> {
    /// Does what the step says, and lets time pass as far as that takes.
    pub(super) fn act(&mut self, step: &Step) -> Result<Done, Halt> {
        let Some(action) = step.action() else {
            return Ok(Done::problem(Deed::Step, "exactly one action", "none or several"));
        };
        match action {
            Action::Host(host) => self.host(host, step),
            Action::Firmware(order) => Ok(match self.world.order(order) {
                Ok(()) => Done::default(),
                Err(error) => Done::problem(Deed::Firmware, "carried out", error.to_string()),
            }),
            Action::Gate(gate) => self.gate(gate),
            Action::Fault(fault) => {
                self.world.machine_mut().memory.plan_fault(plan(fault));
                Ok(Done::default())
            }
            Action::Race(race) => self.race(race, step),
            Action::Time(TimeStep::PassMs(ms)) => {
                let time = Cycles::from_millis(*ms);
                self.world.grant(time);
                self.world.pass(time).map(|()| Done::default())
            }
            Action::Time(TimeStep::Quiesce) => self.world.quiesce().map(|()| Done::default()),
        }
    }

    fn host(&mut self, host: &HostStep, step: &Step) -> Result<Done, Halt> {
        let (place, operation) = match host {
            HostStep::WaitFor(name) => {
                let Some(number) = self.operations.named(name) else {
                    return Ok(Done::problem(
                        Deed::WaitFor,
                        "an operation that was started",
                        name.clone(),
                    ));
                };
                return self.join(number);
            }
            HostStep::Function(function) => {
                if !self.world.machine().silicon.endpoints().contains(&function.which) {
                    let what = format!("{} has no interface of its own", function.which);
                    return Ok(Done::problem(
                        Deed::Function,
                        "a function a driver can bind to",
                        what,
                    ));
                }
                let operation = match function.operation {
                    FunctionOperation::Load => HostOperation::Load,
                    FunctionOperation::Unload => HostOperation::Unload,
                };
                (self.world.bind(function.which), operation)
            }
            HostStep::Operation(operation) => (0, *operation),
            HostStep::Flr(function) => (self.world.bind(*function), HostOperation::ResetFunction),
        };
        self.operate(place, operation, step)
    }

    fn operate(&mut self, place: usize, operation: HostOperation, step: &Step) -> Result<Done, Halt> {
        let number = self
            .operations
            .start(&mut self.world, place, operation, step.name.clone());
        if step.background {
            Ok(Done {
                operation: Some(number),
                problem: None,
            })
        } else {
            self.join(number)
        }
    }

    fn join(&mut self, number: usize) -> Result<Done, Halt> {
        let task = self.operations.get(number).task;
        let ending = self.world.run_until(|world| world.ended_at(task).is_some())?;
        let mut done = Done::default();
        if ending == Ending::Stuck {
            let waits = wording::waits(&self.world).join("; ");
            done = Done::problem(Deed::Operation, "ends", format!("everything waits, {waits}"));
        }
        Ok(Done {
            operation: Some(number),
            ..done
        })
    }

    fn gate(&mut self, gate: &GateStep) -> Result<Done, Halt> {
        let GateStep::WaitHeld { name } = gate else {
            let done = gate.order().map_or(Ok(()), |order| self.world.gate(&order));
            return Ok(match done {
                Ok(()) => Done::default(),
                Err(error) => Done::problem(Deed::Gate, "carried out", error.to_string()),
            });
        };
        let caught = |world: &World| {
            let holds = world.machine().silicon.holds();
            holds
                .iter()
                .any(|hold| hold.name == *name && hold.caught.is_some())
        };
        if !self
            .world
            .machine()
            .silicon
            .holds()
            .iter()
            .any(|hold| hold.name == *name)
        {
            return Ok(Done::problem(
                Deed::Gate,
                "a hold of this name",
                format!("no hold `{name}`"),
            ));
        }
        Ok(match self.world.run_until(caught)? {
            Ending::Reached => Done::default(),
            Ending::Stuck => Done::problem(
                Deed::Gate,
                "the hold catches a command",
                self.observer.holds.caught_nothing(name),
            ),
        })
    }

    fn race(&mut self, race: &RaceStep, step: &Step) -> Result<Done, Halt> {
        match race {
            RaceStep::Pause { at } => self.world.runtime().pause_at(at),
            RaceStep::Resume { at } => self.world.runtime().resume_at(at),
            RaceStep::FreePage { key } => {
                return self.operate(0, HostOperation::FreePage(OwnerKey(*key)), step);
            }
        }
        Ok(Done::default())
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
