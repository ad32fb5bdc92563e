//! What a stage does for whoever plays a scenario on it.

use super::abilities::{Abilities, Obstacle};
use super::foresight::Foreseen;
use super::heard::Heard;
use super::operations::Operations;
use super::problem::Problem;
use super::sight::Sight;
use super::stop::Stop;
use crate::record::measured::Measured;
use crate::record::result::StepRecord;
use crate::record::timeline::Timeline;
use crate::scenario::{Action, Fault, RaceStep};
use driver_host::ScheduleMismatch;
use emulator::{CommandRecord, FirmwareOrder, GateOrder, HoldState, OrderError};
use prm::Cycles;
use thiserror::Error;

/// A device, one or more drivers on it, and a clock. `play::Execution` calls it step by step: `begin_step`, one of the
/// verbs, `settle`, `look`; after the last step `close`, and `linger` with one more `look`.
pub trait Stage {
    /// What breaks it so that nobody can judge the driver.
    type Broken;
    /// What it knows of an operation beyond what everybody does.
    type Own;

    /// What it can do and what it shows. The reason of every skip comes from here.
    fn abilities(&self) -> Abilities;

    /// A step begins. What another run of the step was like is foreseen; a stage that needs no such help ignores it.
    ///
    /// # Errors
    /// [`Stop`].
    fn begin_step(&mut self, foreseen: Foreseen) -> Result<(), Stop<Self::Broken>>;

    /// Starts the host operation of an action (any host step but `wait_for`, or a race that is one), and returns its
    /// number, or why there is none.
    ///
    /// # Errors
    /// [`Stop`], as of every verb.
    fn start(
        &mut self,
        action: Action<'_>,
        name: Option<String>,
    ) -> Result<Result<usize, Problem>, Stop<Self::Broken>>;

    /// Lets time pass until an operation has ended, and returns why it does not, in words.
    ///
    /// # Errors
    /// [`Stop`].
    fn join(&mut self, number: usize) -> Result<Option<String>, Stop<Self::Broken>>;

    /// Every operation that was started.
    fn operations(&self) -> &Operations<Self::Own>;

    /// Notes which operations have ended by now.
    fn observe(&mut self);

    /// Gives firmware an order.
    ///
    /// # Errors
    /// [`Stop`]; inside, that firmware cannot carry it out.
    fn order(&mut self, order: &FirmwareOrder) -> Result<Result<(), OrderRefused>, Stop<Self::Broken>>;

    /// Gives the gate an order.
    ///
    /// # Errors
    /// [`Stop`]; inside, that the gate cannot carry it out.
    fn gate(&mut self, order: &GateOrder) -> Result<Result<(), OrderRefused>, Stop<Self::Broken>>;

    /// The holds that are in force.
    ///
    /// # Errors
    /// What has broken the stage.
    fn holds(&mut self) -> Result<Vec<HoldState>, Self::Broken>;

    /// Lets time pass until the hold of this name, which is in force, has caught a command. Returns whether it has.
    ///
    /// # Errors
    /// [`Stop`].
    fn wait_held(&mut self, name: &str) -> Result<bool, Stop<Self::Broken>>;

    /// Plans a failure of the host's allocators.
    ///
    /// # Errors
    /// [`Stop`]; inside, [`Obstacle`] where nobody can.
    fn fault(&mut self, fault: &Fault) -> Result<Result<(), Obstacle>, Stop<Self::Broken>>;

    /// Stops the driver between two of its own steps, or lets it go on.
    ///
    /// # Errors
    /// [`Stop`]; inside, [`Obstacle`] where nobody can.
    fn race(&mut self, race: &RaceStep) -> Result<Result<(), Obstacle>, Stop<Self::Broken>>;

    /// Lets so much time pass.
    ///
    /// # Errors
    /// [`Stop`].
    fn pass(&mut self, time: Cycles) -> Result<(), Stop<Self::Broken>>;

    /// Lets time pass until nothing is under way; returns why it does not come to that, in words.
    ///
    /// # Errors
    /// [`Stop`].
    fn quiesce(&mut self) -> Result<Option<String>, Stop<Self::Broken>>;

    /// After the step's verb: lets everything happen that happens by itself.
    ///
    /// # Errors
    /// [`Stop`].
    fn settle(&mut self) -> Result<(), Stop<Self::Broken>>;

    /// Shows what the step has come to. What happened since the last look is shown once.
    ///
    /// # Errors
    /// [`Stop`].
    fn look<R>(&mut self, see: impl FnOnce(&Sight<'_>) -> R) -> Result<R, Stop<Self::Broken>>;

    /// The time since the run began.
    fn now(&self) -> Cycles;

    /// Who waited for what at the last look, in words, as far as that can be seen.
    fn waits(&self) -> Vec<String>;

    /// What a kernel was heard to say.
    fn heard(&self) -> &Heard;

    /// The last step has ended: what the stage has kept of the run. What comes after it is not the scenario's.
    ///
    /// # Errors
    /// [`Stop`].
    fn close(&mut self, steps: &[StepRecord]) -> Result<Closing, Stop<Self::Broken>>;

    /// Watches for what comes late. Returns whether there is anything to look at again.
    ///
    /// # Errors
    /// [`Stop`].
    fn linger(&mut self) -> Result<bool, Stop<Self::Broken>> {
        Ok(false)
    }
}

/// Why firmware or gate does not carry out an order, in words.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
#[error("{0}")]
pub struct OrderRefused(pub String);

impl From<OrderError> for OrderRefused {
    fn from(error: OrderError) -> Self {
        Self(error.to_string())
    }
}

/// What a stage has kept of a run.
#[derive(Debug, Default)]
pub struct Closing {
    /// The time that the run took.
    pub took: Cycles,
    /// The command stream, in the order of doorbells.
    pub commands: Vec<CommandRecord>,
    /// What was chosen, where there was a choice, by name.
    pub choices: Vec<String>,
    /// Where a recorded schedule was not followed to its end.
    pub unfollowed: Option<ScheduleMismatch>,
    /// What was measured of another driver than ours.
    pub measured: Option<Measured>,
    /// When everything happened, where that was to be kept.
    pub timeline: Option<Timeline>,
}
