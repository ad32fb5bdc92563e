//! Search on the kernel itself: what firmware may do is drawn from a seed, played on the unmodified driver in a guest, and judged
//! by what holds for every driver. Our own driver's run says nothing here.
//!
//! | where | what |
//! |---|---|
//! | [`frame`] | what of a file stays: the device, the first steps, the operations of the host |
//! | [`dice`] | numbers from a seed |
//! | [`book`] | what firmware may know: which functions are there, and how many pages each was given |
//! | [`drawing`] | a scenario from a frame and a seed |
//! | `draft` | a scenario that is being drawn |
//! | `moves`, `quirks` | what firmware and host do in it, within the interface and beyond it |
//! | [`judgement`] | what of a run breaks an invariant |
//! | [`finding`] | a broken invariant, and what makes two of them the same |
//! | [`shrinking`] | the smallest scenario that still shows it |
//! | [`player`] | a scenario on a guest |
//! | [`hunt`] | from a finding to one that is believed |
//! | [`saving`] | a finding as a file |
//! | [`tally`] | what was found so far |

pub mod book;
pub mod dice;
mod draft;
pub mod drawing;
pub mod finding;
pub mod frame;
pub mod hunt;
pub mod judgement;
mod moves;
pub mod player;
mod quirks;
pub mod saving;
pub mod shrinking;
pub mod tally;
