//! All ways through a race: what it can come to, with the drivers' own code and the firmware's.
//!
//! | where | what |
//! |---|---|
//! | [`plan`] | a scenario as a race: before, at the same time, after |
//! | [`race`] | a race on its way, as something that can be searched |
//! | [`choice`] | what can be chosen, by name |
//! | [`detail`] | what goes on at once |
//! | `enough`, `knowledge` | which choices are enough, by what is known of those who take part |
//! | `touched`, `vocabulary` | what a choice was seen to touch |
//! | `lines` | what every actor does next |
//! | `player` | what comes before and after |
//! | `sentry` | what must not happen, watched |
//! | [`survey`] | what is done to find what there is |
//! | [`emission`], `completed` | a way as a scenario that any stage plays |
//! | [`following`] | a recorded way, gone again |
//! | [`account`] | what is said of it, as plain data |
//! | [`joining`] | the accounts of parts of a search, as one |
//! | [`story`], `words` | a way as a short story, in the kernel's words |
//! | [`flaw`], [`end`] | what must not happen, what a race comes to |
//! | [`halt`] | why a race cannot be explored |

pub mod account;
pub mod choice;
mod completed;
pub mod detail;
pub mod emission;
pub mod end;
mod enough;
pub mod flaw;
pub mod following;
pub mod halt;
pub mod joining;
mod knowledge;
mod lines;
pub mod plan;
mod player;
pub mod race;
mod sentry;
pub mod story;
pub mod survey;
mod touched;
mod vocabulary;
mod words;

pub use choice::{Actor, Choice};
pub use detail::Detail;
pub use end::End;
pub use flaw::{Flaw, FlawKind};
pub use halt::RaceHalt;
pub use plan::{NoRace, Plan};
pub use race::{Race, RaceOptions};
pub use story::{Story, Turn};
pub use survey::{Strategy, Survey};
pub use touched::Touched;
