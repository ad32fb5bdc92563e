//! The floors of the house, held against the code.
//!
//! `floors.toml` at the project's root says once, for every crate, which files stand on which floor. This crate reads the
//! sources, finds which file uses which, and complains about an arrow that points upward, about files that use each other
//! in a circle, and about a file that stands nowhere. It also draws the floors for `docs/architecture.md`.
//!
//! | floor | files |
//! |---|---|
//! | what is asked and answered | `main` |
//! | [`judgement`], [`picture`] | what is wrong; the drawing |
//! | [`reading`], [`arrows`] | the sources, read once; which file uses which |
//! | [`names`], [`modules`] | where a path leads; which file is which module |
//! | [`plan`], [`error`] | `floors.toml` as data |

pub mod arrows;
pub mod error;
pub mod judgement;
pub mod mentions;
pub mod modules;
pub mod names;
pub mod picture;
pub mod plan;
pub mod reading;
