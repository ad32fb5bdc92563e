//! Which errors and invariants no test has ever seen.
//!
//! An error that no test makes is a promise about a bad day that nobody has kept yet, and an invariant that was never broken may
//! be one that cannot be. This reads the sources: every kind of every type that derives `Error`, every row of the invariants'
//! table. A kind of error is seen where a test names it (`Kind::Name`), or says a part of its message that no other error has; an
//! invariant where a scenario expects it broken, or a test of the judge names it. What cannot be seen stands in `witness.toml`
//! with its reason.
//!
//! It reads names, it does not run: a test that names an error and does not make it is taken at its word, and of two types with
//! one name each is seen where one is.
//!
//! | floor | files |
//! |---|---|
//! | what is asked and answered | `main` |
//! | [`report`] | what is seen and what not |
//! | [`errors`], [`invariants`] | what there is to be seen |
//! | [`testimony`] | what tests say |
//! | [`project`], [`reasons`], [`error`] | files, and `witness.toml` as data |

pub mod error;
pub mod errors;
pub mod invariants;
pub mod project;
pub mod reasons;
pub mod report;
pub mod testimony;
