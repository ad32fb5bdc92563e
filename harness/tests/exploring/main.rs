//! Races are searched: every way of searching comes to the same, what the review found is found, and what is wrong on purpose, too.
//!
//! * `races` - the files, and races so small that they can be searched without leaving anything out
//! * `agreement` - every way of searching comes to the same
//! * `verdicts` - what is found of the races of the review, under each revision
//! * `mistakes` - drivers that are wrong on purpose
//! * `command_line` - `explore`, `replay`, `merge`

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod agreement;
mod command_line;
mod mistakes;
mod races;
mod verdicts;
