//! Which runs are played in guests. All of them take a quarter of an hour of two processors.

use crate::project_runs::order::drawn;
use crate::project_runs::run::ProjectRun;
use std::collections::BTreeSet;
use std::fmt;

/// Environment variable that says which: `all`, or the number that one revision of each scenario is drawn from.
const GUEST_RUNS: &str = "MLX5_COSIM_GUEST_RUNS";

/// Which runs are played.
pub enum Sample {
    /// All.
    Every,
    /// Each scenario under one revision, drawn from this seed.
    OneRevisionEach(u64),
}

impl Sample {
    /// What the environment asks for.
    pub fn asked_for() -> Self {
        let asked = std::env::var(GUEST_RUNS).unwrap_or_else(|_| "1".to_owned());
        match asked.parse() {
            Ok(seed) => Self::OneRevisionEach(seed),
            Err(_) if asked == "all" => Self::Every,
            Err(_) => panic!("{GUEST_RUNS} is {asked}, neither `all` nor a number"),
        }
    }

    /// Those of `all` that are played.
    pub fn of(&self, all: Vec<ProjectRun>) -> Vec<ProjectRun> {
        match self {
            Self::Every => all,
            Self::OneRevisionEach(seed) => {
                let mut seen = BTreeSet::new();
                let mut runs = drawn(all, *seed);
                runs.retain(|run| seen.insert(run.file_name.clone()));
                runs
            }
        }
    }
}

impl fmt::Display for Sample {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Every => f.write_str("every scenario under every revision"),
            Self::OneRevisionEach(seed) => write!(
                f,
                "every scenario under one revision, drawn from {seed}; {GUEST_RUNS}=all plays all"
            ),
        }
    }
}
