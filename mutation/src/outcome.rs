//! What became of a mutant.

use serde::{Deserialize, Serialize};

/// See the module's head.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// It does not compile.
    Unviable,
    /// A test failed.
    Caught,
    /// A test did not end.
    TimedOut,
    /// No test failed.
    Missed,
    /// It cannot be switched: cargo-mutants has to try it.
    Alone,
}

/// One mutant and what became of it. A line of the file of outcomes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Outcome {
    /// The group.
    pub group: String,
    /// The mutant, as cargo-mutants names it.
    pub mutant: String,
    /// What became of it.
    pub verdict: Verdict,
    /// Which test caught it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by: Option<String>,
}
