//! A review to paste below a patch: plain text of at most 72 columns, with a line that reproduces each claim.

use crate::review::comparing::{Comparison, Verdict};
use crate::review::lines::About;
use crate::review::telling::{Case, Totals, differences};
use crate::text::printable::one_line;

/// What fits into a line of a mail that will be quoted.
pub const WIDTH: usize = 72;

/// Cases of one kind that are told one by one.
const MOST_CASES: usize = 20;

/// Blanks before what belongs to a case.
const INDENT: usize = 2;

/// The whole text.
#[must_use]
pub fn text(about: &About, totals: &Totals, cases: &[Case]) -> String {
    let mut lines = Vec::new();
    paragraph(
        &mut lines,
        0,
        "Reviewed by mlx5-cosim: the driver before and after, on an emulated device, in QEMU.",
    );
    lines.push(String::new());
    for patch in &about.patches {
        paragraph(&mut lines, INDENT, &format!("patch   {patch}"));
    }
    paragraph(&mut lines, INDENT, &format!("before  {}", about.before));
    paragraph(&mut lines, INDENT, &format!("after   {}", about.after));
    paragraph(&mut lines, INDENT, &format!("on      {}", about.kit));
    for note in &about.notes {
        paragraph(&mut lines, INDENT, &format!("note    {note}"));
    }
    lines.push(String::new());
    paragraph(&mut lines, 0, &format!("{totals}."));
    for (verdict, says) in [
        (Verdict::Broken, "Broken"),
        (Verdict::Mended, "Mended"),
        (Verdict::Changed, "Changed, neither better nor worse by itself"),
        (Verdict::Unstable, "Not the same each time"),
    ] {
        let of_kind: Vec<(&Case, &Comparison)> = cases
            .iter()
            .filter_map(|case| Some((case, case.compared.as_ref().ok()?)))
            .filter(|(_, compared)| compared.verdict == verdict)
            .collect();
        if of_kind.is_empty() {
            continue;
        }
        lines.push(String::new());
        lines.push(format!("{says}:"));
        for (case, compared) in of_kind.iter().take(MOST_CASES) {
            lines.push(String::new());
            tell(&mut lines, case, compared);
        }
        let more = of_kind.len().saturating_sub(MOST_CASES);
        if more > 0 {
            lines.push(String::new());
            let names: Vec<&str> = of_kind
                .iter()
                .skip(MOST_CASES)
                .map(|(case, _)| case.name.as_str())
                .collect();
            paragraph(&mut lines, 0, &format!("and {more} more: {}", names.join(", ")));
        }
    }
    let errors = cases.iter().filter(|case| case.compared.is_err());
    let errors: Vec<&str> = errors.map(|case| case.name.as_str()).collect();
    if !errors.is_empty() {
        lines.push(String::new());
        paragraph(
            &mut lines,
            0,
            &format!("Without a verdict, as the guest failed: {}", errors.join(", ")),
        );
    }
    lines.push(String::new());
    lines.join("\n")
}

fn tell(lines: &mut Vec<String>, case: &Case, compared: &Comparison) {
    paragraph(lines, 0, &case.name);
    for difference in differences(compared, false) {
        paragraph(lines, INDENT, &difference);
    }
    lines.extend(command(&case.replay));
}

/// A text in lines of at most [`WIDTH`], the first `indent` blanks in and the others further; a word that is too long is
/// parted.
fn paragraph(lines: &mut Vec<String>, indent: usize, text: &str) {
    let text = plain(text);
    let mut line = " ".repeat(indent);
    let mut is_fresh = true;
    for word in text.split(' ') {
        let mut word: Vec<char> = word.chars().collect();
        if !is_fresh && line.chars().count() + 1 + word.len() > WIDTH {
            lines.push(line.trim_end().to_owned());
            line = " ".repeat(indent + INDENT);
            is_fresh = true;
        }
        if !is_fresh {
            line.push(' ');
        }
        while line.chars().count() + word.len() > WIDTH {
            let room = WIDTH - line.chars().count();
            line.extend(word.drain(..room));
            lines.push(std::mem::replace(&mut line, " ".repeat(indent + INDENT)));
        }
        line.extend(word);
        is_fresh = false;
    }
    lines.push(line.trim_end().to_owned());
}

/// Letters that every mail program shows as they are, and as one column each.
fn plain(text: &str) -> String {
    let letters = one_line(text);
    let letters = letters.chars().map(|letter| match letter {
        '\u{20}'..='\u{7e}' => letter,
        _ => '?',
    });
    letters.collect()
}

/// A command line that a shell takes, in lines of at most [`WIDTH`] that are joined by backslashes. A word that does not
/// fit is parted by a backslash, too: it goes on at the margin.
fn command(words: &[String]) -> Vec<String> {
    const PROMPT: &str = "  $ ";
    const NEXT: &str = "      ";
    // Room for ` \` at the end.
    let room = WIDTH - 2;
    let mut lines = Vec::new();
    let mut line = PROMPT.to_owned();
    let mut is_fresh = true;
    for word in words {
        let mut units = escaped(word);
        let length = |units: &[String]| units.iter().map(String::len).sum::<usize>();
        if !is_fresh && line.len() + 1 + length(&units) > room {
            lines.push(format!("{line} \\"));
            line = NEXT.to_owned();
            is_fresh = true;
        }
        if !is_fresh {
            line.push(' ');
        }
        while line.len() + length(&units) > room {
            let mut count = 0;
            let mut width = line.len();
            while units.get(count).is_some_and(|unit| width + unit.len() < WIDTH) {
                width += units[count].len();
                count += 1;
            }
            line.extend(units.drain(..count.max(1)));
            lines.push(format!("{line}\\"));
            line = String::new();
        }
        line.extend(units);
        is_fresh = false;
    }
    lines.push(line);
    lines
}

/// A word as a shell takes it, in pieces that must not be parted.
fn escaped(word: &str) -> Vec<String> {
    if word.is_empty() {
        return vec!["''".to_owned()];
    }
    let piece = |letter: char| match letter {
        letter if letter.is_ascii_alphanumeric() || "/._-+=:@%,".contains(letter) => letter.to_string(),
        ' '..='~' => format!("\\{letter}"),
        // A pattern that stands for any letter: the path is found by it, and the mail stays plain.
        _ => "?".to_owned(),
    };
    word.chars().map(piece).collect()
}

#[cfg(test)]
mod tests;
