//! A way through a race that `explore` has recorded is gone again.

use crate::cli::artifact::{Artifact, Explored};
use crate::cli::exit::Exit;
use crate::cli::streams;
use crate::explore::account::FlawAccount;
use crate::explore::following::{Followed, follow};
use crate::explore::{Race, RaceHalt, RaceOptions};
use crate::report::exploration;
use crate::report::palette::Palette;

/// Goes it again, tells it, and says whether it is the same.
pub(super) fn replay(artifact: &Artifact, explored: &Explored) -> Exit {
    let followed = match again(artifact, explored) {
        Ok(followed) => followed,
        Err(halt) => {
            streams::error(format_args!("{}: {halt}", artifact.file.display()));
            return Exit::NotDeterministic;
        }
    };
    let Followed { story, missed } = followed;
    let seen = story
        .flaws
        .iter()
        .find(|(flaw, _)| flaw.to_string() == explored.flaw);
    let account = FlawAccount {
        flaw: explored.flaw.clone(),
        detail: seen.map_or_else(
            || "it does not happen any more".to_owned(),
            |(flaw, detail)| format!("{}: {detail}", flaw.says()),
        ),
        expected: false,
        times: 1,
        sizes: None,
        preemptions: explored.preemptions,
        choices: story.names.clone(),
        story: story.turns,
        artifact: None,
    };
    streams::out(exploration::flaw(&account, Palette::for_stdout()));
    let is_same = story.hash == artifact.trace_hash && story.names == artifact.choices;
    let (words, exit) = match (is_same, seen.is_some(), missed) {
        (true, true, _) => (
            format!("the same way, byte for byte: {}", story.hash),
            Exit::AsExpected,
        ),
        (_, true, _) => (
            format!(
                "the same goes wrong by another way: {} choices, recorded were {}",
                story.names.len(),
                artifact.choices.len()
            ),
            Exit::AsExpected,
        ),
        (_, false, Some(missed)) => (
            format!("not the same way: `{missed}` never came"),
            Exit::NotDeterministic,
        ),
        (_, false, None) => (
            "the same choices, and nothing goes wrong".to_owned(),
            Exit::NotDeterministic,
        ),
    };
    streams::out(format!("{words}\n"));
    exit
}

fn again(artifact: &Artifact, explored: &Explored) -> Result<Followed, RaceHalt> {
    let options = RaceOptions {
        detail: explored.detail,
        early_timeouts: explored.early_timeouts,
    };
    let mut race = Race::begin(&artifact.scenario, artifact.revision, options)?;
    follow(&mut race, &artifact.choices)
}
