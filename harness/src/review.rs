//! What a change of the Linux driver does: its runs before and after, held against each other.
//!
//! * `applying` - patches onto the distribution's source
//! * `touches` - which scenarios are about what a patch changes
//! * `mark` - what a run shows that a driver without fault would not
//! * `shown` - what is kept of a run
//! * `comparing` - mended, broken, changed, same
//! * `kept` - runs that were done before
//! * `telling`, `mail`, `lines`, `paged` - for people, below a patch, for machines, to look at

pub mod applying;
pub mod comparing;
pub mod kept;
pub mod lines;
pub mod mail;
pub mod mark;
pub mod paged;
pub mod shown;
pub mod telling;
pub mod touches;
