//! Who is next: the one place where a run has a choice.

use crate::name::{ActName, Name};
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};
use serde::{Deserialize, Serialize};
use std::collections::VecDeque;
use thiserror::Error;

/// How it is chosen what happens next, where more than one thing can.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Schedule {
    /// Interrupts first, then whoever became ready first, then the device in order of time.
    #[default]
    InOrder,
    /// Drawn from a seed.
    Seeded(u64),
    /// These choices again, then in order.
    Recorded(Vec<String>),
}

/// A recorded schedule does not fit the run any more.
#[derive(Clone, Debug, Error, PartialEq, Eq, Serialize, Deserialize)]
#[error("the recorded schedule wants `{wanted}` at its choice {place} of {of}, which never came")]
pub struct ScheduleMismatch {
    /// What should have happened.
    pub wanted: String,
    /// Which choice that is, from 1.
    pub place: usize,
    /// How many there are.
    pub of: usize,
}

/// A schedule that is being followed.
#[derive(Clone, Debug)]
pub(crate) enum Policy {
    InOrder,
    Seeded(Box<ChaCha8Rng>),
    Recorded { left: VecDeque<String>, of: usize },
}

impl From<Schedule> for Policy {
    fn from(schedule: Schedule) -> Self {
        match schedule {
            Schedule::InOrder => Self::InOrder,
            Schedule::Seeded(seed) => Self::Seeded(Box::new(ChaCha8Rng::seed_from_u64(seed))),
            // Nothing was chosen: that was a run in order, which asks nobody.
            Schedule::Recorded(choices) if choices.is_empty() => Self::InOrder,
            Schedule::Recorded(choices) => Self::Recorded {
                of: choices.len(),
                left: choices.into(),
            },
        }
    }
}

impl Policy {
    /// Chooses what would happen in order.
    pub(crate) const FIRST: Self = Self::Recorded {
        left: VecDeque::new(),
        of: 0,
    };

    /// Whether it wants to know what there is to choose from. In order there is nothing to choose.
    pub(crate) const fn chooses(&self) -> bool {
        !matches!(self, Self::InOrder)
    }

    /// Which of at least two happens; they are told as they would happen in order.
    ///
    /// Who repeats a schedule waits for the name that it wants: an actor that has come to do something else meanwhile does that
    /// first, and where the actor is not there everything goes on in order.
    pub(crate) fn choose<A: ActName>(&mut self, names: &[Name<A>]) -> usize {
        match self {
            Self::InOrder => 0,
            Self::Seeded(draws) => {
                let draw = draws.next_u64() % names.len() as u64;
                usize::try_from(draw).unwrap_or(0)
            }
            Self::Recorded { left, .. } => {
                let Some(wanted) = left.front() else { return 0 };
                if let Some(place) = names.iter().position(|name| name.to_string() == *wanted) {
                    left.pop_front();
                    return place;
                }
                let same_actor = names.iter().position(|name| name.is_of_the_actor_of(wanted));
                same_actor.unwrap_or(0)
            }
        }
    }

    /// The first choice of a recorded schedule that never came.
    pub(crate) fn unfollowed(&self) -> Option<ScheduleMismatch> {
        let Self::Recorded { left, of } = self else {
            return None;
        };
        left.front().map(|wanted| ScheduleMismatch {
            wanted: wanted.clone(),
            place: of - left.len() + 1,
            of: *of,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::name::NoAct;
    use driver::runtime::{Access, DriverId, Object, TaskName, TaskPurpose, TaskRole, Use};
    use prm::Function;

    fn step(role: TaskRole, object: Object) -> Name<NoAct> {
        let function = Function::Pf;
        let access = Access {
            driver: DriverId(0),
            object,
            usage: Use::Write,
        };
        Name::Step {
            task: TaskName::first(TaskPurpose { function, role }),
            object: Some(access),
        }
    }

    fn interrupt(vector: u16) -> Name<NoAct> {
        let function = Function::Pf;
        Name::Interrupt { function, vector }
    }

    #[test]
    fn a_recorded_schedule_waits_for_its_names_and_tells_the_first_that_never_came() {
        let book = step(TaskRole::PageWorker, Object::PageBook);
        let slot = step(TaskRole::PageWorker, Object::PageSlot);
        let other = step(TaskRole::EswitchWorker, Object::PageBook);
        assert_eq!(book.to_string(), "pf page_worker: writes PageBook");
        let recorded = [book.to_string(), interrupt(3).to_string()];
        let mut policy = Policy::from(Schedule::Recorded(recorded.to_vec()));
        assert_eq!(
            policy.choose(&[other, slot]),
            1,
            "its actor does something else first"
        );
        assert_eq!(policy.choose(&[other, interrupt(1)]), 0, "its actor is not there");
        assert_eq!(policy.choose(&[other, book]), 1);
        let left = policy.unfollowed().unwrap();
        assert_eq!(
            (left.wanted.as_str(), left.place, left.of),
            ("pf interrupt 3", 2, 2)
        );
        assert_eq!(policy.choose(&[other, slot, interrupt(3)]), 2);
        assert_eq!(policy.unfollowed(), None);
        assert_eq!(policy.choose(&[other, book]), 0, "then in order");
    }

    #[test]
    fn a_record_of_a_run_in_order_is_one_in_order() {
        assert!(!Policy::from(Schedule::Recorded(Vec::new())).chooses());
        assert!(Policy::from(Schedule::Recorded(vec!["pf interrupt 3".to_owned()])).chooses());
    }

    #[test]
    fn a_seed_alone_decides() {
        let names = [interrupt(1), interrupt(2), interrupt(3)];
        let draws = |seed| {
            let mut policy = Policy::from(Schedule::Seeded(seed));
            (0..20).map(|_| policy.choose(&names)).collect::<Vec<_>>()
        };
        assert_eq!(draws(1), draws(1));
        assert_ne!(draws(1), draws(2));
    }
}
