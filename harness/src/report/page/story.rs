//! A scenario in sentences, as `explain` tells them: once for all of its runs.

use super::words::{Word, Words};
use crate::scenario::ScenarioFile;
use crate::scenario::explanation::{Explanation, ToldEnd, ToldStep};
use serde::Serialize;

/// See the module's head.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Story {
    row: Word,
    heading: Vec<(Word, Word)>,
    steps: Vec<Sentence>,
    ends: Vec<End>,
    outcomes: Vec<Word>,
    why: Word,
}

#[derive(Clone, Debug, Serialize)]
struct Sentence {
    says: Word,
    remarks: Vec<Word>,
    expected: Vec<Word>,
}

#[derive(Clone, Debug, Serialize)]
struct End {
    revision: Word,
    judged: Word,
    lines: Vec<Word>,
}

impl Story {
    /// The scenario in sentences.
    pub(super) fn of(scenario: &ScenarioFile, words: &mut Words) -> Self {
        let told = Explanation::of(scenario);
        let heading = told.heading.iter();
        let heading = heading.map(|(heading, text)| (words.number(heading), words.number(text)));
        let heading = heading.collect();
        Self {
            row: words.number(&scenario.row),
            heading,
            steps: told.steps.iter().map(|step| Sentence::of(step, words)).collect(),
            ends: told.ends.iter().map(|end| End::of(end, words)).collect(),
            outcomes: words.numbers(&told.outcomes),
            why: words.number(&told.why),
        }
    }
}

impl Sentence {
    fn of(step: &ToldStep, words: &mut Words) -> Self {
        Self {
            says: words.number(&step.sentence),
            remarks: words.numbers(&step.remarks),
            expected: words.numbers(&step.expected),
        }
    }
}

impl End {
    fn of(end: &ToldEnd, words: &mut Words) -> Self {
        Self {
            revision: words.number(&end.revision),
            judged: words.number(&end.judged),
            lines: words.numbers(&end.lines),
        }
    }
}
