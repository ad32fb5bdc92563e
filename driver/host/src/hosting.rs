//! What whoever plays a scenario asks of the host of our drivers, in this process or elsewhere.

use crate::fault::FaultPlan;
use crate::halt::Halt;
use crate::holdings::HostView;
use crate::look::{HostClosing, HostLook};
use crate::machine::Machine;
use crate::world::{Ending, World};
use driver::HostOperation;
use driver::runtime::TaskId;
use prm::{Cycles, Function};
use serde::{Deserialize, Serialize};
use thiserror::Error;

/// A host that does not answer any more. Why, in words.
#[derive(Clone, Debug, Error, PartialEq, Eq, Serialize, Deserialize)]
#[error("the drivers' host is lost: {0}")]
#[serde(transparent)]
pub struct HostLost(pub String);

/// Why a verb of a host does not come to its end.
#[derive(Clone, Debug, Error, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum HostStop {
    /// The run went too far, or cannot be followed; what there is of it can be looked at.
    #[error(transparent)]
    Halted(#[from] Halt),
    /// Nobody answers.
    #[error(transparent)]
    Lost(#[from] HostLost),
}

/// Drivers, and the loop that lets them run. Places of drivers are counted from 0, the driver of the function under test.
pub trait Hosting {
    /// The present time, as last learned.
    fn now(&self) -> Cycles;

    /// A step begins: its time is counted from now.
    ///
    /// # Errors
    /// [`HostStop`], as of every verb.
    fn begin_step(&mut self) -> Result<(), HostStop>;

    /// The step that is under way lets this much time pass of its own accord.
    ///
    /// # Errors
    /// [`HostStop`].
    fn grant(&mut self, time: Cycles) -> Result<(), HostStop>;

    /// The place of the driver on a function that has an interface; it gets one if it has none.
    ///
    /// # Errors
    /// [`HostStop`].
    fn bind(&mut self, function: Function) -> Result<usize, HostStop>;

    /// Starts an operation of the driver at this place.
    ///
    /// # Errors
    /// [`HostStop`].
    fn start(&mut self, place: usize, operation: HostOperation) -> Result<TaskId, HostStop>;

    /// Lets time pass until the operation of this task has ended.
    ///
    /// # Errors
    /// [`HostStop`].
    fn run_until_ended(&mut self, task: TaskId) -> Result<Ending, HostStop>;

    /// Lets time pass until the gate's hold of this name has caught a command.
    ///
    /// # Errors
    /// [`HostStop`].
    fn run_until_caught(&mut self, hold: &str) -> Result<Ending, HostStop>;

    /// Lets so much time pass, and everything happen that happens in it.
    ///
    /// # Errors
    /// [`HostStop`].
    fn pass(&mut self, time: Cycles) -> Result<(), HostStop>;

    /// Lets time pass until no task runs or waits for a time, and the device has nothing left to do.
    ///
    /// # Errors
    /// [`HostStop`].
    fn quiesce(&mut self) -> Result<(), HostStop>;

    /// Lets everything happen that happens by itself.
    ///
    /// # Errors
    /// [`HostStop`].
    fn settle(&mut self) -> Result<(), HostStop>;

    /// Somebody else has acted on the device, by an order to its firmware.
    ///
    /// # Errors
    /// [`HostStop`].
    fn device_acted(&mut self) -> Result<(), HostStop>;

    /// Asks that the next task that reaches this race point stops there.
    ///
    /// # Errors
    /// [`HostStop`].
    fn pause_at(&mut self, point: &str) -> Result<(), HostStop>;

    /// Takes that back, and lets a task go on that stopped there.
    ///
    /// # Errors
    /// [`HostStop`].
    fn resume_at(&mut self, point: &str) -> Result<(), HostStop>;

    /// Plans a fault.
    ///
    /// # Errors
    /// [`HostStop`].
    fn plan_fault(&mut self, plan: FaultPlan) -> Result<(), HostStop>;

    /// Who waits for what, in words.
    ///
    /// # Errors
    /// [`HostStop`].
    fn waits(&mut self) -> Result<Vec<String>, HostStop>;

    /// Shows what the step has come to, with the books of the host's memory. What happened since the last look is shown once.
    ///
    /// # Errors
    /// [`HostStop`].
    fn look<R>(&mut self, see: impl FnOnce(HostLook, &dyn HostView) -> R) -> Result<R, HostStop>;

    /// The run is over: what is kept of it.
    ///
    /// # Errors
    /// [`HostStop`].
    fn close(&mut self) -> Result<HostClosing, HostStop>;
}

impl<M: Machine> Hosting for World<M> {
    fn now(&self) -> Cycles {
        self.now()
    }

    fn begin_step(&mut self) -> Result<(), HostStop> {
        self.begin_step();
        Ok(())
    }

    fn grant(&mut self, time: Cycles) -> Result<(), HostStop> {
        self.grant(time);
        Ok(())
    }

    fn bind(&mut self, function: Function) -> Result<usize, HostStop> {
        Ok(self.bind(function))
    }

    fn start(&mut self, place: usize, operation: HostOperation) -> Result<TaskId, HostStop> {
        Ok(self.start(place, operation))
    }

    fn run_until_ended(&mut self, task: TaskId) -> Result<Ending, HostStop> {
        Ok(self.run_until(|world| world.ended_at(task).is_some())?)
    }

    fn run_until_caught(&mut self, hold: &str) -> Result<Ending, HostStop> {
        Ok(self.run_until(|world| world.machine_mut().has_caught(hold))?)
    }

    fn pass(&mut self, time: Cycles) -> Result<(), HostStop> {
        Ok(self.pass(time)?)
    }

    fn quiesce(&mut self) -> Result<(), HostStop> {
        Ok(self.quiesce()?)
    }

    fn settle(&mut self) -> Result<(), HostStop> {
        Ok(self.settle()?)
    }

    fn device_acted(&mut self) -> Result<(), HostStop> {
        self.device_acted();
        Ok(())
    }

    fn pause_at(&mut self, point: &str) -> Result<(), HostStop> {
        self.runtime().pause_at(point);
        Ok(())
    }

    fn resume_at(&mut self, point: &str) -> Result<(), HostStop> {
        self.runtime().resume_at(point);
        Ok(())
    }

    fn plan_fault(&mut self, plan: FaultPlan) -> Result<(), HostStop> {
        self.machine_mut().memory_mut().plan_fault(plan);
        Ok(())
    }

    fn waits(&mut self) -> Result<Vec<String>, HostStop> {
        Ok(Self::waits(self))
    }

    fn look<R>(&mut self, see: impl FnOnce(HostLook, &dyn HostView) -> R) -> Result<R, HostStop> {
        let look = self.show();
        let machine = self.machine();
        Ok(see(look, machine.memory()))
    }

    fn close(&mut self) -> Result<HostClosing, HostStop> {
        Ok(HostClosing {
            took: self.now(),
            choices: self.choices().map(|name| name.to_string()).collect(),
            unfollowed: self.unfollowed(),
            activity: self.take_activity(),
        })
    }
}
