//! What the actors of a step do.

use super::holds::Holds;
use crate::record::aspect::Deed;
use crate::scenario::{Action, GateStep, HostStep, RaceStep, Step, TimeStep, Together};
use crate::stage::Stage;
use crate::stage::abilities::Obstacle;
use crate::stage::problem::Problem;
use crate::stage::stop::Stop;
use prm::Cycles;

/// What a step did, before anybody looked at the books.
#[derive(Default)]
pub(crate) struct Done {
    /// The operation that the step started or joined.
    pub(crate) operation: Option<usize>,
    /// What went wrong with the step itself.
    pub(crate) problem: Option<Problem>,
}

impl Done {
    /// A step that did not do what it should have done.
    pub(super) const fn problem(problem: Problem) -> Self {
        Self {
            operation: None,
            problem: Some(problem),
        }
    }
}

/// Does what the step says, and lets time pass as far as that takes.
pub(crate) fn act<S: Stage>(stage: &mut S, holds: &Holds<'_>, step: &Step) -> Result<Done, Stop<S::Broken>> {
    let Some(action) = step.action() else {
        let problem = Problem::new(Deed::Step, "exactly one action", "none or several");
        return Ok(Done::problem(problem));
    };
    Ok(match action {
        Action::Host(HostStep::WaitFor(name)) => match stage.operations().named(name) {
            Some(number) => wait_for_end(stage, number)?,
            None => Done::problem(Problem::new(
                Deed::WaitFor,
                "an operation that was started",
                name.clone(),
            )),
        },
        Action::Host(_) | Action::Race(RaceStep::FreePage { .. }) => operate(stage, action, step)?,
        Action::Firmware(order) => match stage.order(order)? {
            Ok(()) => Done::default(),
            Err(error) => Done::problem(Problem::new(Deed::Firmware, "carried out", error.to_string())),
        },
        Action::Gate(gate) => gate_step(stage, holds, gate)?,
        Action::Fault(fault) => possible(stage.fault(fault)?),
        Action::Race(race) => possible(stage.race(race)?),
        Action::Together(together) => in_file_order(stage, holds, together)?,
        Action::Time(TimeStep::PassMs(ms)) => {
            stage.pass(Cycles::from_millis(*ms))?;
            Done::default()
        }
        Action::Time(TimeStep::Quiesce) => match stage.quiesce()? {
            None => Done::default(),
            Some(why) => Done::problem(Problem::new(Deed::Quiesce, "comes to rest", why)),
        },
    })
}

/// Plays what happens together as the file has it, one after the other. The first thing that goes wrong is the step's problem.
fn in_file_order<S: Stage>(
    stage: &mut S,
    holds: &Holds<'_>,
    together: &Together,
) -> Result<Done, Stop<S::Broken>> {
    let mut problem = None;
    for step in together.in_file_order() {
        let done = act(stage, holds, &step)?;
        problem = problem.or(done.problem);
        stage.settle()?;
    }
    let operation = None;
    Ok(Done { operation, problem })
}

fn operate<S: Stage>(stage: &mut S, action: Action<'_>, step: &Step) -> Result<Done, Stop<S::Broken>> {
    Ok(match stage.start(action, step.name.clone())? {
        Err(problem) => Done::problem(problem),
        Ok(number) if step.background => Done {
            operation: Some(number),
            problem: None,
        },
        Ok(number) => wait_for_end(stage, number)?,
    })
}

fn wait_for_end<S: Stage>(stage: &mut S, number: usize) -> Result<Done, Stop<S::Broken>> {
    let why = stage.join(number)?;
    Ok(Done {
        operation: Some(number),
        problem: why.map(|why| Problem::new(Deed::Operation, "ends", why)),
    })
}

fn gate_step<S: Stage>(stage: &mut S, holds: &Holds<'_>, gate: &GateStep) -> Result<Done, Stop<S::Broken>> {
    let GateStep::WaitHeld { name } = gate else {
        let done = gate.order().map_or(Ok(Ok(())), |order| stage.gate(&order))?;
        return Ok(done.map_or_else(
            |error| Done::problem(Problem::new(Deed::Gate, "carried out", error.to_string())),
            |()| Done::default(),
        ));
    };
    let holds_in_force = stage.holds().map_err(Stop::Broken)?;
    if !holds_in_force.iter().any(|hold| hold.name == *name) {
        let actual = format!("no hold `{name}`");
        return Ok(Done::problem(Problem::new(
            Deed::Gate,
            "a hold of this name",
            actual,
        )));
    }
    Ok(if stage.wait_held(name)? {
        Done::default()
    } else {
        let actual = holds.caught_nothing(name);
        Done::problem(Problem::new(Deed::Gate, "the hold catches a command", actual))
    })
}

fn possible(done: Result<(), Obstacle>) -> Done {
    done.map_or_else(
        |obstacle| Done::problem(Problem::new(Deed::Step, "possible", obstacle.to_string())),
        |()| Done::default(),
    )
}
