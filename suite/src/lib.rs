//! Every run of the project in this process, held against its snapshot, until the first that is not as it was.
//!
//! `harness/tests/scenarios.rs` says of each run what is wrong with it. This says of all of them at once whether anything is, and
//! links little: what asks is somebody who changes one line, builds, asks, and changes the next one.

use harness::cli::naming::qualified_name;
use harness::play::{RunOptions, run_scenario};
use harness::record::result::Outcome;
use harness::report::canonical::canonical_text;
use harness::scenario::{read_scenario, scenario_files};
use std::path::Path;

/// Plays the runs of the project whose root this is, until one is not as its snapshot says. How many there were. Runs of the
/// scenarios `first`, named as `folder/name`, come before all others: who asks again and again knows what is likely to differ.
///
/// # Errors
/// Which run differs, and how it ended.
pub fn play(root: &Path, first: &[&str]) -> Result<usize, String> {
    let mut files = scenario_files(&root.join("scenarios")).map_err(|error| error.to_string())?;
    files.sort_by_key(|file| !first.contains(&qualified_name(file).as_str()));
    let mut runs = 0;
    for file in files {
        runs += play_file(root, &file)?;
    }
    Ok(runs)
}

/// Plays the runs of one file. How many there are.
fn play_file(root: &Path, file: &Path) -> Result<usize, String> {
    let name = qualified_name(file);
    let scenario = read_scenario(file).map_err(|error| error.to_string())?;
    let revisions = scenario.revisions();
    for revision in &revisions {
        let differs = |how: &str| format!("differs: {name} ({revision}): {how}");
        let shown = format!("scenarios/{name}.json");
        let result = run_scenario(&scenario, &shown, *revision, &RunOptions::default());
        if result.outcome != Outcome::Pass {
            return Err(differs(&result.reason.unwrap_or_default()));
        }
        let snapshot = format!("{}@{revision}.snap", name.replace('/', "__"));
        let text = std::fs::read_to_string(root.join("snapshots").join(&snapshot))
            .map_err(|error| differs(&error.to_string()))?;
        if content(&text) != canonical_text(&result).trim() {
            return Err(differs("it is not as its snapshot says"));
        }
    }
    Ok(revisions.len())
}

/// A snapshot without its head, which stands between two lines of three dashes.
fn content(snapshot: &str) -> &str {
    let mut parts = snapshot.splitn(3, "---\n");
    parts.nth(2).unwrap_or(snapshot).trim()
}
