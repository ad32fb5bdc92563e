//! What the actors of a step do.

use super::execution::{Done, Execution};
use crate::record::aspect::Deed;
use crate::scenario::{Action, GateStep, HostStep, RaceStep, Step, TimeStep};
use crate::stage::Stage;
use crate::stage::abilities::Obstacle;
use crate::stage::problem::Problem;
use crate::stage::stop::Stop;
use prm::Cycles;

impl<S: Stage> Execution<'_, S> {
    /// Does what the step says, and lets time pass as far as that takes.
    pub(super) fn act(&mut self, step: &Step) -> Result<Done, Stop<S::Broken>> {
        let Some(action) = step.action() else {
            let problem = Problem::new(Deed::Step, "exactly one action", "none or several");
            return Ok(Done::problem(problem));
        };
        Ok(match action {
            Action::Host(HostStep::WaitFor(name)) => match self.stage.operations().named(name) {
                Some(number) => self.join(number)?,
                None => Done::problem(Problem::new(
                    Deed::WaitFor,
                    "an operation that was started",
                    name.clone(),
                )),
            },
            Action::Host(_) | Action::Race(RaceStep::FreePage { .. }) => self.operate(action, step)?,
            Action::Firmware(order) => match self.stage.order(order)? {
                Ok(()) => Done::default(),
                Err(error) => Done::problem(Problem::new(Deed::Firmware, "carried out", error.to_string())),
            },
            Action::Gate(gate) => self.gate(gate)?,
            Action::Fault(fault) => possible(self.stage.fault(fault)),
            Action::Race(race) => possible(self.stage.race(race)),
            Action::Time(TimeStep::PassMs(ms)) => {
                self.stage.pass(Cycles::from_millis(*ms))?;
                Done::default()
            }
            Action::Time(TimeStep::Quiesce) => match self.stage.quiesce()? {
                None => Done::default(),
                Some(why) => Done::problem(Problem::new(Deed::Quiesce, "comes to rest", why)),
            },
        })
    }

    fn operate(&mut self, action: Action<'_>, step: &Step) -> Result<Done, Stop<S::Broken>> {
        Ok(match self.stage.start(action, step.name.clone())? {
            Err(problem) => Done::problem(problem),
            Ok(number) if step.background => Done {
                operation: Some(number),
                problem: None,
            },
            Ok(number) => self.join(number)?,
        })
    }

    fn join(&mut self, number: usize) -> Result<Done, Stop<S::Broken>> {
        let why = self.stage.join(number)?;
        Ok(Done {
            operation: Some(number),
            problem: why.map(|why| Problem::new(Deed::Operation, "ends", why)),
        })
    }

    fn gate(&mut self, gate: &GateStep) -> Result<Done, Stop<S::Broken>> {
        let GateStep::WaitHeld { name } = gate else {
            let done = gate.order().map_or(Ok(()), |order| self.stage.gate(&order));
            return Ok(done.map_or_else(
                |error| Done::problem(Problem::new(Deed::Gate, "carried out", error.to_string())),
                |()| Done::default(),
            ));
        };
        if !self.stage.holds().iter().any(|hold| hold.name == *name) {
            let actual = format!("no hold `{name}`");
            return Ok(Done::problem(Problem::new(
                Deed::Gate,
                "a hold of this name",
                actual,
            )));
        }
        Ok(if self.stage.wait_held(name)? {
            Done::default()
        } else {
            let actual = self.observer.holds.caught_nothing(name);
            Done::problem(Problem::new(Deed::Gate, "the hold catches a command", actual))
        })
    }
}

fn possible(done: Result<(), Obstacle>) -> Done {
    done.map_or_else(
        |obstacle| Done::problem(Problem::new(Deed::Step, "possible", obstacle.to_string())),
        |()| Done::default(),
    )
}
