//! What comes before a race and after it: steps in order, as `run` plays them.

use super::halt::RaceHalt;
use super::plan::Plan;
use crate::play::actions;
use crate::play::holds::Holds;
use crate::play::{RunOptions, setup};
use crate::scenario::{ScenarioFile, Step};
use crate::stage::Stage;
use crate::stage::inproc::{self, InprocFirmware, InprocStage};
use crate::stage::ours::{ABILITIES, DriverStage};
use crate::stage::stop::Stop;
use driver::Revision;
use driver::runtime::TaskId;
use driver_host::{HostLost, WorldSetup};
use embedding::InprocWorld;
use emulator::Silicon;

/// A world in which what comes before a race has been done.
pub(super) struct Prepared {
    pub(super) world: InprocWorld,
    /// What it was made of, to make a stage of it again.
    pub(super) setup: WorldSetup,
    /// Operations that were started: their names, the places of their drivers, their tasks.
    pub(super) started: Vec<(Option<String>, usize, TaskId)>,
}

/// Does what comes before the race.
pub(super) fn prepare(
    scenario: &ScenarioFile,
    plan: &Plan,
    revision: &'static dyn Revision,
) -> Result<Prepared, RaceHalt> {
    let run = setup(scenario, revision.name(), &RunOptions::default());
    let of_world = run.world(&Silicon::new(run.device.clone(), run.seed)?);
    let mut stage = inproc::stage_of(&run, revision, InprocWorld::remember)?;
    for (index, step) in plan.before.iter().enumerate() {
        play(&mut stage, scenario, step).map_err(|why| RaceHalt::Before { step: index + 1, why })?;
    }
    let operations = stage.operations().iter();
    let started =
        operations.map(|operation| (operation.name.clone(), operation.own.place, operation.own.task));
    let started = started.collect();
    let (world, _) = stage.into_parts();
    Ok(Prepared {
        world,
        setup: of_world,
        started,
    })
}

/// Does what comes after the race. What of it cannot be done is not done.
pub(super) fn finish(
    world: InprocWorld,
    setup: &WorldSetup,
    scenario: &ScenarioFile,
    after: &[Step],
) -> InprocWorld {
    let firmware = InprocFirmware::of(&world);
    let mut stage = DriverStage::new(ABILITIES, world, firmware, setup);
    for step in after {
        // A step that is stuck, or that went too far, leaves what there is to be looked at.
        let _done = play(&mut stage, scenario, step);
    }
    stage.into_parts().0
}

/// Plays a step. Otherwise why not, in words.
fn play(stage: &mut InprocStage, scenario: &ScenarioFile, step: &Step) -> Result<(), String> {
    let words = |stop: Stop<HostLost>| match stop {
        Stop::Halted(halt) => halt.to_string(),
        Stop::Died(how) | Stop::Unusable(how) => how,
        Stop::Broken(lost) => lost.to_string(),
    };
    stage.begin_step(Default::default()).map_err(words)?;
    let done = actions::act(stage, &Holds::new(scenario), step).map_err(words)?;
    stage.settle().map_err(words)?;
    match done.problem {
        None => Ok(()),
        Some(problem) => Err(format!("{}: {}", problem.expected, problem.actual)),
    }
}
