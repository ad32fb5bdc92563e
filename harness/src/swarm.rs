//! Search by seeds. On the kernel itself what firmware may do is drawn, played on the unmodified driver in a guest, and judged by what
//! holds for every driver; our own driver's run says nothing there. In process everything is drawn, the device and the host's
//! troubles as well, and every revision of our driver is judged by all that is checked.
//!
//! | where | what |
//! |---|---|
//! | [`frame`] | what of a file stays: the device, the first steps, the operations of the host |
//! | [`dice`] | numbers from a seed |
//! | [`book`] | what firmware may know: which functions are there, and how many pages each was given |
//! | [`compliance`] | what a firmware does that keeps to the interface |
//! | [`drawing`] | a scenario from a frame and a seed |
//! | `draft` | a scenario that is being drawn |
//! | [`device`] | a device from a seed |
//! | `choice` | which move comes next |
//! | `moves`, `functions`, `trouble`, `quirks` | what firmware and host do in it, within the interface and beyond it |
//! | [`judgement`] | what of a run breaks an invariant |
//! | [`finding`] | a broken invariant, and what makes two of them the same |
//! | [`shrinking`] | the smallest scenario that still shows it |
//! | [`player`] | a scenario on a guest |
//! | [`ours`] | a scenario on our driver, and what of it breaks an invariant |
//! | `lateness` | whether a give that is answered late has been answered |
//! | [`restraint`] | what is known to break a rule, and is left out of a clean drawing |
//! | [`differential`] | what of it a kernel can be told as well |
//! | [`known`] | which findings the shipped scenarios show |
//! | [`hunt`] | from a finding to one that is believed |
//! | [`saving`] | a finding as a file |
//! | [`tally`] | what was found so far on a kernel |
//! | [`census`] | what was found so far on our driver, and which rows explain it |

pub mod book;
pub mod census;
mod choice;
pub mod compliance;
pub mod device;
pub mod dice;
pub mod differential;
mod draft;
pub mod drawing;
pub mod finding;
pub mod frame;
mod functions;
pub mod hunt;
pub mod judgement;
pub mod known;
mod lateness;
mod moves;
pub mod ours;
pub mod player;
mod quirks;
pub mod restraint;
pub mod saving;
pub mod shrinking;
pub mod tally;
mod trouble;
