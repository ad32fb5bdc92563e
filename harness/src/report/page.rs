//! A report to look at: one HTML file with everything in it, that asks nobody for anything.
//!
//! What a browser draws is data first: a table of the runs, and for each run its steps, books, lanes and messages. The
//! data of a run stands in an element of its own, which is read when somebody opens the run.
//!
//! * `words` - texts, each of which stands once in the file
//! * `quoting` - data as HTML takes it
//! * `policy` - what a browser may do with the file: run its own script, and nothing else
//! * `curves` - both books over the steps, and over time
//! * `lanes` - what lasted and happened, by lane
//! * `story` - a scenario in sentences
//! * `turn` - a turn of a race
//! * `details` - all that is known of one run
//! * `matrix` - the table of the runs
//! * `sheet` - the file, from its head to its end
//! * `runs` - the page of a `run`, and of a swarm
//! * `explored` - the page of an `explore`

mod curves;
pub mod details;
mod explored;
mod lanes;
pub mod matrix;
mod policy;
mod quoting;
mod runs;
mod sheet;
mod story;
pub mod turn;
pub mod words;

pub use explored::{Explored, explored};
pub use runs::{PageReport, found};
pub use sheet::{Sheet, Subject};
