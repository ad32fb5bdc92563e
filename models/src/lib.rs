//! Second opinions: three races of the review, written down again as models of a few lines, for tools that others made.
//!
//! The drivers of this project say by themselves what may happen next, and are searched by a search of this project. A mistake in
//! either would be seen by nobody. So the races are modelled here from the description alone, without any of the other crates, and
//! given to [loom](https://docs.rs/loom), which takes every schedule, and [shuttle](https://docs.rs/shuttle), which takes some.
//!
//! * [`Case`] - which race, in which revision, how large
//! * [`exhaust`] - loom: is there a violation in any schedule
//! * [`sample`] - shuttle: is there one in so many schedules, random ones or by PCT
//! * [`Finding`] - what they say
//!
//! A model that says the same proves little about the drivers. One that says something else proves that somebody is wrong.

mod case;
mod drift;
mod exhausting;
mod finding;
mod lock;
mod migration;
mod play;
mod sampling;
mod tool;

pub use case::{Case, Race, Revision, Size};
pub use exhausting::{Until, exhaust};
pub use finding::Finding;
pub use sampling::{Sampling, Strategy, sample};
