//! All mutants of some files in one build, each switched on for a run of its own.
//!
//! [cargo-mutants](https://mutants.rs) changes a line, builds, tests, and changes it back. Whatever uses the changed crate is built
//! anew for each mutant, which takes longer than the tests: for a thousand of them, a day. So this asks cargo-mutants only which
//! mutants there are, and writes all of them into a copy of the project: the body of a function becomes a choice between its
//! mutants, by a number in the environment. That is built once, and then each mutant is a run of the tests.
//!
//! | floor | files |
//! |---|---|
//! | what is asked and answered | `main` |
//! | [`campaign`] | from the plan to the outcomes |
//! | [`table`], [`building`], [`trial`] | what is told; a build without those that do not compile; a mutant's run |
//! | [`weaving`] | the mutants of a file written into its functions |
//! | [`listing`], [`copying`], [`functions`], `program` | cargo-mutants' list; the copy; which function is where; what a program says |
//! | [`plan`], [`outcome`], [`error`] | `mutation.toml` as data; what became of a mutant |

pub mod building;
pub mod campaign;
pub mod copying;
pub mod error;
pub mod functions;
pub mod listing;
pub mod outcome;
pub mod plan;
mod program;
pub mod table;
pub mod trial;
pub mod weaving;
