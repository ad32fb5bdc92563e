//! What happens in a world, by name: who, and to what. A name says nothing of how often or how late something happens: what a revision
//! does more or less leaves the names of all the rest as they are.

use driver::runtime::{Access, TaskName};
use prm::Function;
use std::fmt::{self, Debug, Display};
use std::hash::Hash;

/// The name of something that a device does by itself.
pub trait ActName: Copy + Ord + Hash + Debug + Display + 'static {}

impl<T: Copy + Ord + Hash + Debug + Display + 'static> ActName for T {}

/// A device of which nobody can say what it does next.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum NoAct {}

impl Display for NoAct {
    fn fmt(&self, _: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {}
    }
}

/// Something that happens, by actor and object. It is put into words only where somebody wants to read it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Name<A> {
    /// A task takes its next step.
    Step {
        /// Whose.
        task: TaskName,
        /// What it has announced first. Nothing, where it begins or goes on after a wait.
        object: Option<Access>,
    },
    /// An interrupt reaches its driver.
    Interrupt {
        /// Of this function.
        function: Function,
        /// By this vector.
        vector: u16,
    },
    /// The device does something that it has yet to do.
    Act(A),
}

impl<A: ActName> Name<A> {
    /// Whether both are of one actor: what it does may be another thing.
    #[must_use]
    pub fn is_of_the_actor_of(&self, words: &str) -> bool {
        match self {
            Self::Step { task, .. } => words
                .strip_prefix(&task.to_string())
                .is_some_and(|rest| rest.is_empty() || rest.starts_with(SEPARATOR)),
            Self::Interrupt { .. } | Self::Act(_) => false,
        }
    }
}

/// Between an actor and what it does.
const SEPARATOR: &str = ": ";

impl<A: Display> Display for Name<A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Step { task, object: None } => write!(f, "{task}"),
            Self::Step {
                task,
                object: Some(access),
            } => {
                write!(f, "{task}{SEPARATOR}{} {:?}", access.usage, access.object)?;
                match access.driver.0 {
                    0 => Ok(()),
                    driver => write!(f, " of driver {driver}"),
                }
            }
            Self::Interrupt { function, vector } => write!(f, "{function} interrupt {vector}"),
            Self::Act(act) => write!(f, "device{SEPARATOR}{act}"),
        }
    }
}
