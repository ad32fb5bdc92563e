//! What can be chosen in a race, by name.

use driver::runtime::TaskName;
use driver_host::{Name, Possible};
use embedding::DeviceAct;
use prm::Function;
use std::fmt;

/// Something that happens next.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Choice {
    /// Something in the world.
    World(Possible<DeviceAct>),
    /// Firmware or the gate does the next thing of a line, counted from 1.
    Line {
        /// Which line of the race.
        line: u8,
        /// Which of its steps.
        step: u16,
    },
    /// A task gives up though others could go on.
    GivesUpEarly(TaskName),
}

/// Who does it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Actor {
    /// A task.
    Task(TaskName),
    /// The handler of an interrupt.
    Interrupt(Function, u16),
    /// The device, with what it is doing.
    Device(DeviceAct),
    /// A line of the race.
    Line(u8),
    /// Time.
    Time,
    /// Time, for a task that is in no need of it.
    EarlyTime(TaskName),
}

impl Choice {
    /// Whether it is made only since nothing else can be.
    #[must_use]
    pub const fn takes_time(&self) -> bool {
        matches!(self, Self::World(Possible::GivesUp(_) | Possible::Due))
    }

    /// Whose choice it is.
    #[must_use]
    pub const fn actor(&self) -> Actor {
        match *self {
            Self::World(Possible::Now(Name::Step { task, .. })) => Actor::Task(task),
            Self::World(Possible::Now(Name::Interrupt { function, vector })) => {
                Actor::Interrupt(function, vector)
            }
            Self::World(Possible::Now(Name::Act(act))) => Actor::Device(act),
            Self::World(Possible::PauseEnds(task) | Possible::Look(task) | Possible::GivesUp(task)) => {
                Actor::Task(task)
            }
            Self::World(Possible::Due) => Actor::Time,
            Self::Line { line, .. } => Actor::Line(line),
            Self::GivesUpEarly(task) => Actor::EarlyTime(task),
        }
    }
}

impl fmt::Display for Choice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::World(possible) => possible.fmt(f),
            Self::Line { line, step } => write!(f, "line {}, step {step}", line + 1),
            Self::GivesUpEarly(task) => write!(f, "{task} gives up early"),
        }
    }
}
