//! `artifact`: what `replay` and `merge` read of what the tool itself has written, or somebody else.
//!
//! Whatever is in such a file, it is refused with a reason or repeated within its budget; accounts of a search that are joined
//! are no more than they were, and can be shown.

use crate::scenario::{in_a_small_host, judged};
use driver_host::Limits;
use harness::cli::artifact::{Artifact, ArtifactError, Explored};
use harness::explore::account::Account;
use harness::explore::following::follow;
use harness::explore::joining::{join, missing};
use harness::explore::{Race, RaceOptions};
use harness::play::RunOptions;
use harness::report::exploration;
use harness::report::palette::Palette;
use rustix::fs::MemfdFlags;
use std::fs::File;
use std::io::Write;
use std::os::fd::AsRawFd;
use std::path::Path;

/// The budget of a run, in events.
const EVENTS: u64 = 20_000;
/// Parts of a search that are missing and named, at most.
const MOST_NAMED: usize = 1 << 16;

/// Reads a file as both commands do, and does what they do with it.
///
/// # Panics
/// If a promise is broken.
pub fn run(input: &[u8]) {
    // Accounts are lines, a recorded run is one object: the first byte that is no space tells which it might be.
    replay(input);
    if let Ok(text) = std::str::from_utf8(input) {
        merge(text);
    }
}

fn replay(input: &[u8]) {
    let mut file =
        File::from(rustix::fs::memfd_create("artifact", MemfdFlags::CLOEXEC).expect("there is memory"));
    file.write_all(input).expect("there is memory");
    let path = format!("/proc/self/fd/{}", file.as_raw_fd());
    match Artifact::read(Path::new(&path)) {
        Ok(artifact) => repeat(&artifact),
        Err(error) => {
            assert!(!error.to_string().is_empty());
            if let ArtifactError::Scenario { problems, .. } = error {
                crate::scenario::told(&problems);
            }
        }
    }
}

fn repeat(artifact: &Artifact) {
    let written = serde_json::to_string(artifact).expect("what was read can be written");
    let read: Artifact = serde_json::from_str(&written).expect("what was written can be read");
    assert_eq!(&read, artifact, "written and read it is the same");
    if let Some(explored) = &artifact.explored {
        return walk(artifact, explored);
    }
    let options = RunOptions {
        seed: artifact.seed,
        schedule: Some(artifact.choices.clone()),
        limits: Limits {
            events: EVENTS,
            ..Limits::default()
        },
        ..RunOptions::default()
    };
    let result = in_a_small_host(&artifact.scenario, artifact.revision, &options);
    // A schedule of another run is not followed to its end, and no expectation says so.
    if result.choices == artifact.choices {
        judged(&result);
    }
}

fn walk(artifact: &Artifact, explored: &Explored) {
    let options = RaceOptions {
        detail: explored.detail,
        early_timeouts: explored.early_timeouts,
    };
    let Ok(mut race) = Race::begin(&artifact.scenario, artifact.revision, options) else {
        return;
    };
    // Where it halts there is a reason.
    if let Ok(followed) = follow(&mut race, &artifact.choices) {
        assert!(
            followed
                .missed
                .is_none_or(|name| artifact.choices.contains(&name))
        );
    }
}

fn merge(text: &str) {
    let accounts: Result<Vec<Account>, _> = text.lines().map(serde_json::from_str).collect();
    let Ok(accounts) = accounts else { return };
    if accounts.is_empty() {
        return;
    }
    let missing = missing(&accounts);
    assert!(missing.len() <= MOST_NAMED, "{} parts are missing", missing.len());
    let joined = join(&accounts, missing.is_empty());
    let most = accounts
        .iter()
        .map(|account| account.fingerprints.len())
        .sum::<usize>();
    assert!(
        joined.fingerprints.len() <= most && joined.states <= most as u64,
        "{joined:?}"
    );
    assert!(
        joined.part.is_none() && (missing.is_empty() || !joined.exhausted),
        "{joined:?}"
    );
    let again = join(std::slice::from_ref(&joined), true);
    assert_eq!(
        again.fingerprints, joined.fingerprints,
        "joined once more it is the same"
    );
    assert_eq!(again.ends, joined.ends, "joined once more it is the same");
    let shown = exploration::account(&joined, Palette::for_stdout());
    let control = shown
        .chars()
        .find(|letter| letter.is_control() && *letter != '\n');
    assert_eq!(control, None, "{shown}");
}
