//! A scenario as sentences: who does what, what is expected of each revision, and why.

mod actions;
mod device;
mod expectations;
mod wording;

pub use actions::sentence;

use crate::scenario::expectation::REVISIONS;
use crate::scenario::model::{Reachability, ScenarioFile};
use crate::scenario::step::Step;
use crate::text::printable::one_line;
use std::fmt::Write;

/// A text in lines of some width.
struct Page {
    text: String,
    width: usize,
}

impl Page {
    /// Leaves a line free.
    fn gap(&mut self) {
        self.text.push('\n');
    }
}

/// A scenario in words, sentence by sentence.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Explanation {
    /// What it is about, by headings: concern, device, host, getting there.
    pub heading: Vec<(&'static str, String)>,
    /// Who does what.
    pub steps: Vec<ToldStep>,
    /// What is expected of each revision at the end.
    pub ends: Vec<ToldEnd>,
    /// The ways in which it may end on Linux, where there are several.
    pub outcomes: Vec<String>,
    /// Why that is expected.
    pub why: String,
    /// Whether the order of what happens at one moment matters.
    pub schedule_matters: bool,
}

/// A step in words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ToldStep {
    /// Who does what.
    pub sentence: String,
    /// What else the file says of it.
    pub remarks: Vec<String>,
    /// What is expected after it.
    pub expected: Vec<String>,
}

/// What is expected of a revision at the end, in words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ToldEnd {
    /// Which revision.
    pub revision: String,
    /// The verdict in one clause.
    pub judged: String,
    /// Every number.
    pub lines: Vec<String>,
}

impl Explanation {
    /// The scenario in words.
    #[must_use]
    pub fn of(scenario: &ScenarioFile) -> Self {
        let mut heading = vec![
            ("Concern", scenario.concern.clone()),
            ("Device", device::sentence(&scenario.device)),
        ];
        if !scenario.host.is_default() {
            heading.push(("Host", device::host_sentence(scenario.host)));
        }
        heading.push(("Getting there", reachability(scenario.reachability).to_owned()));
        let ends = scenario.expect.named().map(|(revision, end)| ToldEnd {
            revision: revision.to_string(),
            judged: expectations::judged(end),
            lines: expectations::end(end, scenario),
        });
        let outcomes = scenario.linux_outcomes.iter();
        Self {
            heading,
            steps: scenario
                .steps
                .iter()
                .map(|step| told_step(scenario, step))
                .collect(),
            ends: ends.collect(),
            outcomes: outcomes
                .map(|outcome| expectations::outcome(outcome, scenario))
                .collect(),
            why: scenario.why.clone(),
            schedule_matters: scenario.schedule_matters,
        }
    }
}

/// The scenario in words, in lines of `width` columns where its words allow.
#[must_use]
pub fn explain(scenario: &ScenarioFile, width: usize) -> String {
    let told = Explanation::of(scenario);
    let mut text = Page {
        text: String::new(),
        width,
    };
    paragraph(
        &mut text,
        "",
        &format!("{} (row {})", scenario.name, scenario.row),
    );
    text.gap();
    for (heading, words) in &told.heading {
        paragraph(&mut text, "", &format!("{heading}: {words}"));
    }
    text.gap();
    let digits = told.steps.len().to_string().len();
    for (index, step) in told.steps.iter().enumerate() {
        let number = format!("{:>digits$}. ", index + 1);
        let indent = " ".repeat(number.len());
        paragraph(&mut text, &number, &step.sentence);
        for remark in &step.remarks {
            paragraph(&mut text, &indent, remark);
        }
        for expected in &step.expected {
            paragraph(&mut text, &format!("{indent}- "), expected);
        }
    }
    text.gap();
    paragraph(&mut text, "", "At the end");
    for end in &told.ends {
        text.gap();
        paragraph(&mut text, "  ", &format!("{}: {}", end.revision, end.judged));
        for line in &end.lines {
            paragraph(&mut text, "    - ", line);
        }
    }
    if !told.outcomes.is_empty() {
        text.gap();
        paragraph(&mut text, "", "On Linux it may end in one of these ways:");
        for outcome in &told.outcomes {
            paragraph(&mut text, "  - ", outcome);
        }
    }
    text.gap();
    paragraph(&mut text, "", &format!("Why: {}", told.why));
    if told.schedule_matters {
        paragraph(
            &mut text,
            "",
            "The final books may depend on the order of what happens at one moment.",
        );
    }
    text.text
}

fn told_step(scenario: &ScenarioFile, step: &Step) -> ToldStep {
    let action = step
        .action()
        .map_or_else(|| "Nothing happens.".to_owned(), |action| sentence(action, step));
    let named = step.name.as_ref().filter(|_| !step.background);
    let named = named.map_or_else(String::new, |name| format!(" (This is step `{name}`.)"));
    let mut remarks = Vec::new();
    if !step.only.is_empty() {
        let only: Vec<String> = step.only.iter().map(ToString::to_string).collect();
        remarks.push(format!("Only {} does this.", only.join(" and ")));
    }
    remarks.extend(step.note.clone());
    let all = step.expect.all.iter();
    let all = all.map(|books| format!("expected: {}", expectations::books(books)));
    let named_revisions = REVISIONS
        .into_iter()
        .filter(|revision| scenario.expect.get(*revision).is_some());
    let own = named_revisions.filter_map(|revision| {
        let books = step.expect.own(revision)?;
        Some(format!("{revision}: {}", expectations::books(books)))
    });
    ToldStep {
        sentence: format!("{action}{named}"),
        remarks,
        expected: all.chain(own).collect(),
    }
}

fn reachability(reachability: Reachability) -> &'static str {
    match reachability {
        Reachability::CompliantFirmware => {
            "firmware that keeps to the interface is enough, given the timing."
        }
        Reachability::FirmwareQuirk => "firmware has to do something that the interface does not foresee.",
        Reachability::WhiteBox => "only by stopping the driver between two of its own steps.",
    }
}

/// Appends a paragraph: `lead` before its first line, as many blanks before the others.
fn paragraph(page: &mut Page, lead: &str, content: &str) {
    let indent = " ".repeat(lead.chars().count());
    let mut line = lead.to_owned();
    let mut words_on_line = 0;
    for word in content
        .split([' ', '\t', '\n', '\r'])
        .filter(|word| !word.is_empty())
    {
        let word = &one_line(word);
        if words_on_line > 0 && line.chars().count() + 1 + word.chars().count() > page.width {
            let _ = writeln!(page.text, "{line}");
            line.clone_from(&indent);
            words_on_line = 0;
        }
        if words_on_line > 0 {
            line.push(' ');
        }
        line.push_str(word);
        words_on_line += 1;
    }
    let _ = writeln!(page.text, "{line}");
}
