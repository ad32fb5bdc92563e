//! A recorded way through a race is gone again, by the names of its choices.
//!
//! Who follows waits for the name that he wants: where it is not offered, its actor does what he has come to do meanwhile, and where
//! the actor is not there, whatever comes first happens. So a way survives what does not concern it.

use super::choice::Choice;
use super::halt::RaceHalt;
use super::race::Race;
use super::story::{Story, Till, tell};
use std::cell::Cell;

/// A way that was gone again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Followed {
    /// What it came to.
    pub story: Story,
    /// The first name that never came.
    pub missed: Option<String>,
}

/// So many other things may happen before a name comes.
const PATIENCE: usize = 2_000;

/// Follows a recorded way from the beginning of a race.
///
/// # Errors
/// [`RaceHalt`].
pub fn follow(race: &mut Race, names: &[String]) -> Result<Followed, RaceHalt> {
    let words = race.order_words();
    let name_of = |choice: &Choice| match choice {
        Choice::Line { line, step } => words
            .get(usize::from(*line))
            .and_then(|steps| steps.get(usize::from(*step) - 1))
            .cloned()
            .unwrap_or_default(),
        other => other.to_string(),
    };
    let next = Cell::new(0);
    let waited = Cell::new(0);
    let story = tell(race, Till::TheEnd, |offered| {
        // Behind the last name everything goes on in order.
        let Some(wanted) = names.get(next.get()) else {
            return (!offered.is_empty()).then_some(0);
        };
        if let Some(place) = offered.iter().position(|choice| name_of(choice) == *wanted) {
            next.set(next.get() + 1);
            waited.set(0);
            return Some(place);
        }
        waited.set(waited.get() + 1);
        if offered.is_empty() || waited.get() > PATIENCE {
            return None;
        }
        let is_of_the_actor = |choice: &Choice| is_of_one_actor(&name_of(choice), wanted);
        Some(offered.iter().position(is_of_the_actor).unwrap_or(0))
    })?;
    let missed = names.get(next.get()).cloned();
    Ok(Followed { story, missed })
}

/// Whether two names are of one actor: they are alike up to their first colon.
fn is_of_one_actor(one: &str, other: &str) -> bool {
    let actor = |name: &str| {
        name.split_once(": ")
            .map_or_else(|| name.to_owned(), |(actor, _)| actor.to_owned())
    };
    actor(one) == actor(other)
}
