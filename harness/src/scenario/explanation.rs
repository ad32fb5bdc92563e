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

/// The scenario in words, in lines of `width` columns where its words allow.
#[must_use]
pub fn explain(scenario: &ScenarioFile, width: usize) -> String {
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
    paragraph(&mut text, "", &format!("Concern: {}", scenario.concern));
    paragraph(
        &mut text,
        "",
        &format!("Device: {}", device::sentence(&scenario.device)),
    );
    if !scenario.host.is_default() {
        paragraph(
            &mut text,
            "",
            &format!("Host: {}", device::host_sentence(scenario.host)),
        );
    }
    paragraph(
        &mut text,
        "",
        &format!("Getting there: {}", reachability(scenario.reachability)),
    );
    text.gap();
    let digits = scenario.steps.len().to_string().len();
    for (index, step) in scenario.steps.iter().enumerate() {
        explain_step(&mut text, scenario, step, &format!("{:>digits$}. ", index + 1));
    }
    text.gap();
    paragraph(&mut text, "", "At the end");
    for (revision, end) in scenario.expect.named() {
        text.gap();
        paragraph(
            &mut text,
            "  ",
            &format!("{revision}: {}", expectations::judged(end)),
        );
        for line in expectations::end(end, scenario) {
            paragraph(&mut text, "    - ", &line);
        }
    }
    explain_outcomes(&mut text, scenario);
    text.gap();
    paragraph(&mut text, "", &format!("Why: {}", scenario.why));
    if scenario.schedule_matters {
        paragraph(
            &mut text,
            "",
            "The final books may depend on the order of what happens at one moment.",
        );
    }
    text.text
}

fn explain_step(text: &mut Page, scenario: &ScenarioFile, step: &Step, number: &str) {
    let action = step
        .action()
        .map_or_else(|| "Nothing happens.".to_owned(), |action| sentence(action, step));
    let named = step.name.as_ref().filter(|_| !step.background);
    let named = named.map_or_else(String::new, |name| format!(" (This is step `{name}`.)"));
    paragraph(text, number, &format!("{action}{named}"));
    let indent = " ".repeat(number.len());
    if !step.only.is_empty() {
        let only: Vec<String> = step.only.iter().map(ToString::to_string).collect();
        paragraph(text, &indent, &format!("Only {} does this.", only.join(" and ")));
    }
    if let Some(note) = &step.note {
        paragraph(text, &indent, note);
    }
    if let Some(books) = &step.expect.all {
        paragraph(
            text,
            &format!("{indent}- "),
            &format!("expected: {}", expectations::books(books)),
        );
    }
    for revision in REVISIONS
        .into_iter()
        .filter(|revision| scenario.expect.get(*revision).is_some())
    {
        if let Some(books) = step.expect.own(revision) {
            paragraph(
                text,
                &format!("{indent}- "),
                &format!("{revision}: {}", expectations::books(books)),
            );
        }
    }
}

fn explain_outcomes(text: &mut Page, scenario: &ScenarioFile) {
    if scenario.linux_outcomes.is_empty() {
        return;
    }
    text.gap();
    paragraph(text, "", "On Linux it may end in one of these ways:");
    for outcome in &scenario.linux_outcomes {
        paragraph(text, "  - ", &expectations::outcome(outcome, scenario));
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
