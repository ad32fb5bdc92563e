//! What a review prints for people.

use crate::cli::streams;
use crate::report::columns::wrapped;
use crate::review::lines::About;
use crate::text::printable::one_line;

/// What is reviewed.
pub(super) fn head(about: &About) -> String {
    let mut text = String::new();
    let mut line = |word: &str, says: &str| {
        for (number, part) in lines(says, 8).into_iter().enumerate() {
            let word = if number == 0 { word } else { "" };
            text.push_str(&format!("{word:<8}{part}\n"));
        }
    };
    for patch in &about.patches {
        line("patch", patch);
    }
    line("before", &about.before);
    line("after", &about.after);
    for note in &about.notes {
        line("note", note);
    }
    text.push('\n');
    text
}

/// A case: its lines, as a terminal takes them.
pub(super) fn case(told: &[String]) -> String {
    let mut text = String::new();
    for line in told {
        let indent = line.len() - line.trim_start().len();
        for (number, part) in lines(line.trim_start(), indent + 6).into_iter().enumerate() {
            let indent = if number == 0 { indent } else { indent + 6 };
            text.push_str(&format!("{:indent$}{part}\n", ""));
        }
    }
    text
}

/// A text in lines that are as long as there is room for beside `taken` columns.
fn lines(text: &str, taken: usize) -> Vec<String> {
    let text = one_line(text);
    match streams::out_room() {
        Some(room) => wrapped(&text, room.saturating_sub(taken).max(20)),
        None => vec![text.into_owned()],
    }
}
