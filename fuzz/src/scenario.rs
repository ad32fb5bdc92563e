//! `scenario`: a scenario's file, read and, where it is one, played in this process.
//!
//! Whatever is in it: what is wrong is told of places in its text, in words that a terminal can show, and not without end; what
//! is right can be told in sentences and is the same when it is written and read again; and a run ends within its budget, does
//! nothing that it has not announced, and is the same the second time.

use crate::driver::FRAMES;
use driver::RevisionName;
use driver_host::{Limits, Machine};
use harness::cli::diagnostic;
use harness::play::{RunOptions, play_on, setup};
use harness::record::failure::Failure;
use harness::record::result::RunResult;
use harness::scenario::explanation::explain;
use harness::scenario::problem::MOST_PROBLEMS;
use harness::scenario::{Problems, ScenarioFile, parse_scenario};
use harness::stage::inproc;
use harness::text::reading::decoded;
use std::hash::{DefaultHasher, Hash, Hasher};

/// The budget of a run, in events: the longest scenario of the project takes some tens of thousands.
const EVENTS: u64 = 20_000;
/// The longest text that tells what is wrong, in bytes: twenty problems with an excerpt of the file for each.
const LONGEST_WORDS: usize = 256 << 10;
/// Columns of a terminal.
const WIDTH: usize = 100;
/// One of so many runs is repeated.
const REPEATED: u64 = 4;

/// Reads a file, and plays it.
///
/// # Panics
/// If a promise is broken.
pub fn run(input: &[u8]) {
    let text = match decoded(input.to_vec()) {
        Ok(text) => text,
        Err(foreign) => {
            assert!(foreign.text.is_char_boundary(foreign.span.start), "{foreign:?}");
            let (line, column) = foreign.line_and_column();
            assert!(
                line >= 1 && column >= 1 && foreign.span.end <= foreign.text.len(),
                "{foreign:?}"
            );
            return;
        }
    };
    match parse_scenario("input.json", None, text) {
        Ok(scenario) => play(&scenario, input),
        Err(problems) => told(&problems),
    }
}

/// What is wrong with a file can be shown.
pub(crate) fn told(problems: &Problems) {
    let found = problems.problems.len();
    assert!((1..=MOST_PROBLEMS).contains(&found), "{found} problems");
    for problem in &problems.problems {
        let (text, span) = (&problems.text, &problem.span);
        assert!(span.start <= span.end && span.end <= text.len(), "{problem:?}");
        assert!(
            text.is_char_boundary(span.start) && text.is_char_boundary(span.end),
            "{problem:?}"
        );
        assert!(!problem.message.is_empty(), "{problem:?}");
    }
    printable(&diagnostic::render(problems, false, WIDTH));
}

/// A terminal shows these words, and nothing else happens to it.
pub(crate) fn printable(words: &str) {
    assert!(words.len() <= LONGEST_WORDS, "{} bytes", words.len());
    let control = words
        .chars()
        .find(|letter| letter.is_control() && *letter != '\n');
    assert_eq!(control, None, "{words}");
}

fn play(scenario: &ScenarioFile, input: &[u8]) {
    assert!(!explain(scenario, WIDTH).is_empty());
    let written = serde_json::to_string(scenario).expect("a scenario can be written");
    let read: ScenarioFile = serde_json::from_str(&written).expect("what was written can be read");
    assert_eq!(&read, scenario, "written and read it is the same");

    let mut hasher = DefaultHasher::new();
    input.hash(&mut hasher);
    let drawn = hasher.finish();
    let revisions = RevisionName::ALL;
    let revision = revisions[usize::try_from(drawn % revisions.len() as u64).unwrap_or(0)];
    let options = RunOptions {
        seed: (drawn & 0x100 != 0).then_some(drawn),
        limits: Limits {
            events: EVENTS,
            ..Limits::default()
        },
        ..RunOptions::default()
    };
    let result = in_a_small_host(scenario, revision, &options);
    judged(&result);
    if drawn >> 32 & (REPEATED - 1) == 0 {
        let again = in_a_small_host(scenario, revision, &options);
        assert_eq!(
            again.trace_hash, result.trace_hash,
            "the same arguments yield the same run"
        );
    }
}

/// The run of a scenario where the host has as much memory as an input may take.
pub(crate) fn in_a_small_host(
    scenario: &ScenarioFile,
    revision: RevisionName,
    options: &RunOptions,
) -> RunResult {
    let mut result = RunResult::empty(scenario, "input.json", &revision.to_string(), options.seed);
    let stage = inproc::stage_where(&setup(scenario, revision, options), |world| {
        world.machine_mut().memory_mut().frames_mut().set_room(FRAMES);
    });
    // What a file says is a device can be built.
    let mut stage = stage.expect("the file was judged");
    play_on(&mut stage, scenario, revision, &mut result).expect("nothing is lost in this process");
    result
}

/// A run has come to its end as a run does.
pub(crate) fn judged(result: &RunResult) {
    assert_ne!(result.failure, Some(Failure::Internal), "{:?}", result.reason);
    // What failed an expectation names it; a run that has none was stopped because a step did what it had not announced.
    let is_explained = result.failure != Some(Failure::Expectation) || !result.mismatches.is_empty();
    assert!(is_explained, "{:?}", result.reason);
    serde_json::to_string(result).expect("a result can be written");
}
