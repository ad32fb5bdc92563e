//! What `explore` found, in lines of at most 72 letters that fit a mail.

use crate::explore::account::{Account, EndAccount, FlawAccount, Outcome};
use crate::explore::story::Turn;
use crate::report::palette::{Palette, Tone};
use crate::text::printable::one_line;
use std::fmt::Write;

/// Letters in a line.
const WIDTH: usize = 72;

/// What a verdict takes for granted.
const ASSUMPTIONS: &str = "completions are seen at once, memory is sequentially consistent, nobody gives up \
     before nothing else can happen";

/// Everything about a race under one revision.
#[must_use]
pub fn account(account: &Account, palette: Palette) -> String {
    let mut text = String::new();
    let head = format!("{}, {}", account.race, account.revision);
    line(&mut text, &palette.paint(Tone::Heading, &one_line(&head)));
    line(&mut text, &verdict(account, palette));
    paragraph(&mut text, "  ", &bounds(account));
    for (index, flaw) in account.flaws.iter().enumerate() {
        text.push('\n');
        tell_flaw(&mut text, index + 1, flaw, palette);
    }
    if !account.ends.is_empty() {
        text.push('\n');
        tell_ends(&mut text, &account.ends);
    }
    text
}

/// Something that goes wrong, as a story.
#[must_use]
pub fn flaw(flaw: &FlawAccount, palette: Palette) -> String {
    let mut text = String::new();
    tell_flaw(&mut text, 1, flaw, palette);
    text
}

fn verdict(account: &Account, palette: Palette) -> String {
    let size = format!(
        "{} states, {} transitions, {:.2} s",
        account.states, account.transitions, account.seconds
    );
    let part = account
        .part
        .as_ref()
        .map_or_else(String::new, |part| format!(" of part {part}"));
    match account.outcome {
        Outcome::None => {
            let none = palette.paint(Tone::Good, "none");
            format!("  {none} in {size}{part}")
        }
        Outcome::Violated => {
            let count = account.flaws.len();
            let things = if count == 1 { "thing goes" } else { "things go" };
            let words = palette.paint(Tone::Bad, &format!("{count} {things} wrong"));
            format!("  {words}, in {size}{part}")
        }
        Outcome::NotProved if account.walks > 0 => {
            let words = palette.paint(Tone::Notable, "nothing found, nothing proved");
            format!("  {words}: {} ways drawn, {size}", account.walks)
        }
        Outcome::NotProved => {
            let words = palette.paint(Tone::Notable, "budget used up");
            format!("  {words}: nothing so far in {size}{part}")
        }
    }
}

fn bounds(account: &Account) -> String {
    let mut words = format!("bounds: {}", account.bounds);
    if account.exhausted {
        let _ = write!(
            words,
            "; under these assumptions: {ASSUMPTIONS}; two states share a fingerprint with a probability below {:.0e}",
            account.collision_bound.max(1e-19)
        );
    }
    words
}

fn tell_flaw(text: &mut String, number: usize, flaw: &FlawAccount, palette: Palette) {
    let expected = if flaw.expected {
        " (as the file expects)"
    } else {
        ""
    };
    let head = format!("  {number}) {}{expected}", flaw.flaw);
    line(text, &palette.paint(Tone::Bad, &one_line(&head)));
    paragraph(text, "     ", &flaw.detail);
    for (index, turn) in flaw.story.iter().enumerate() {
        paragraph(text, &format!("    {:>2}. ", index + 1), &turn_in_words(turn));
    }
    let ways = match flaw.preemptions {
        0 => "no preemption".to_owned(),
        1 => "1 preemption".to_owned(),
        many => format!("{many} preemptions"),
    };
    let sizes = flaw.sizes.map_or_else(String::new, |sizes| {
        let vfs = sizes.vfs.map(|vfs| format!(", {vfs} VFs"));
        let requests = sizes
            .requests
            .map(|requests| format!(", repeated {requests} times"));
        vfs.into_iter().chain(requests).collect()
    });
    let size = format!("{} choices, {ways}{sizes}", flaw.choices.len());
    paragraph(text, "     ", &size);
    if let Some(artifact) = &flaw.artifact {
        line(text, &format!("     mlx5-cosim replay {}", one_line(artifact)));
    }
}

fn turn_in_words(turn: &Turn) -> String {
    let mut words = match turn.does == turn.actor {
        true => turn.does.clone(),
        false => format!("{} ({})", turn.does, turn.actor),
    };
    if !turn.about.is_empty() {
        let _ = write!(words, " {}", in_short(&turn.about));
    }
    if !turn.changed.is_empty() {
        let _ = write!(words, ": {}", turn.changed.join(", "));
    }
    if !turn.wrong.is_empty() {
        let _ = write!(words, " -- {}", turn.wrong.join("; "));
    }
    words
}

/// So many things are told of a turn.
const MOST_TOLD: usize = 4;

/// What a turn is about: each thing once, and of many the first ones and the last.
pub(super) fn in_short(about: &[String]) -> String {
    let mut told: Vec<&str> = Vec::new();
    for what in about {
        if !told.contains(&what.as_str()) {
            told.push(what);
        }
    }
    let more = told.len().saturating_sub(MOST_TOLD);
    if more == 0 {
        return told.join(", ");
    }
    let last = told[told.len() - 1];
    format!("{}, ... ({more} more), {last}", told[..MOST_TOLD - 1].join(", "))
}

fn tell_ends(text: &mut String, ends: &[EndAccount]) {
    let count = ends.len();
    let (verb, ends_word) = if count == 1 {
        ("is", "end")
    } else {
        ("are", "ends")
    };
    line(
        text,
        &format!("  there {verb} {count} {ends_word}; states, books, the shortest way:"),
    );
    for end in ends {
        paragraph(text, &format!("  {:>6}  ", end.states), &end.books.to_string());
        if !end.turns.is_empty() {
            paragraph(text, "          ", &format!("by {}", end.turns.join(", ")));
        }
    }
}

fn line(text: &mut String, words: &str) {
    text.push_str(words);
    text.push('\n');
}

/// Words in lines, the first of which begins with `lead`.
fn paragraph(text: &mut String, lead: &str, words: &str) {
    let indent = " ".repeat(lead.chars().count());
    let options = textwrap::Options::new(WIDTH)
        .initial_indent(lead)
        .subsequent_indent(&indent)
        .word_splitter(textwrap::WordSplitter::NoHyphenation);
    for wrapped in textwrap::wrap(&one_line(words), options) {
        line(text, &wrapped);
    }
}
