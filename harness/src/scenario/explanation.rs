//! A scenario as sentences: who does what, what is expected of each revision, and why.

mod actions;
mod device;
mod expectations;

pub use actions::sentence;

use crate::scenario::expectation::REVISIONS;
use crate::scenario::model::{Reachability, ScenarioFile};
use crate::scenario::step::Step;
use std::fmt::Write;

const WIDTH: usize = 100;

/// The scenario in words.
#[must_use]
pub fn explain(scenario: &ScenarioFile) -> String {
    let mut text = format!("{} (row {})\n\n", scenario.name, scenario.row);
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
    text.push('\n');
    let digits = scenario.steps.len().to_string().len();
    for (index, step) in scenario.steps.iter().enumerate() {
        explain_step(&mut text, scenario, step, &format!("{:>digits$}. ", index + 1));
    }
    text.push_str("\nAt the end\n");
    for (revision, end) in scenario.expect.named() {
        text.push('\n');
        paragraph(
            &mut text,
            "  ",
            &format!("{revision}: {}", expectations::judged(end)),
        );
        for line in expectations::end(end, scenario) {
            paragraph(&mut text, "    - ", &line);
        }
    }
    text.push('\n');
    paragraph(&mut text, "", &format!("Why: {}", scenario.why));
    if scenario.schedule_matters {
        paragraph(
            &mut text,
            "",
            "The final books may depend on the order in which tasks run.",
        );
    }
    text
}

fn explain_step(text: &mut String, scenario: &ScenarioFile, step: &Step, number: &str) {
    let action = step
        .action()
        .map_or_else(|| "Nothing happens.".to_owned(), |action| sentence(action, step));
    let named = step.name.as_ref().filter(|_| !step.background);
    let named = named.map_or_else(String::new, |name| format!(" (This is step `{name}`.)"));
    paragraph(text, number, &format!("{action}{named}"));
    let indent = " ".repeat(number.len());
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
fn paragraph(text: &mut String, lead: &str, content: &str) {
    let indent = " ".repeat(lead.chars().count());
    let mut line = lead.to_owned();
    let mut words_on_line = 0;
    for word in content.split_whitespace() {
        if words_on_line > 0 && line.chars().count() + 1 + word.chars().count() > WIDTH {
            let _ = writeln!(text, "{line}");
            line.clone_from(&indent);
            words_on_line = 0;
        }
        if words_on_line > 0 {
            line.push(' ');
        }
        line.push_str(word);
        words_on_line += 1;
    }
    let _ = writeln!(text, "{line}");
}

/// Things in a list, as `a, b and c`.
pub(crate) fn enumeration(things: &[String]) -> String {
    match things {
        [] => "nothing".to_owned(),
        [only] => only.clone(),
        [first @ .., last] => format!("{} and {last}", first.join(", ")),
    }
}

/// A number of things, as `1 page` or `2 pages`.
pub(crate) fn count(number: impl Into<i64>, thing: &str) -> String {
    match number.into() {
        1 => format!("1 {thing}"),
        number => format!("{number} {thing}s"),
    }
}
