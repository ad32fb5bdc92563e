//! Texts of files, guests and clients as a terminal can take them: what would move its cursor, ring its bell, turn the
//! direction of its letters or show nothing at all is written as JSON writes it, `\u001b`.

use std::borrow::Cow;
use std::fmt::Write;

/// Whether a letter is one that a reader sees where it stands.
///
/// Not so are control characters (C0, DEL and C1), line and paragraph separators, marks that turn the direction of
/// letters, letters without width or meaning, and what XML 1.0 forbids.
#[must_use]
pub const fn is_plain(letter: char) -> bool {
    !matches!(letter,
        '\u{0}'..='\u{1f}'
        | '\u{7f}'..='\u{9f}'
        | '\u{ad}'
        | '\u{61c}'
        | '\u{180e}'
        | '\u{200b}'
        | '\u{200e}'..='\u{200f}'
        | '\u{2028}'..='\u{202e}'
        | '\u{2060}'..='\u{206f}'
        | '\u{fdd0}'..='\u{fdef}'
        | '\u{feff}'
        | '\u{fff9}'..='\u{fffb}'
        | '\u{fffe}'..='\u{ffff}'
        | '\u{e0000}'..='\u{e007f}'
    )
}

/// `text` on one line, with everything that is not plain as an escape.
#[must_use]
pub fn one_line(text: &str) -> Cow<'_, str> {
    escaped(text, is_plain)
}

/// `text` with its lines as they are, and everything else that is not plain as an escape.
#[must_use]
pub fn lines(text: &str) -> Cow<'_, str> {
    escaped(text, |letter| is_plain(letter) || letter == '\n')
}

/// As [`lines`], and the changes of colour that our own texts carry stay what they are.
#[must_use]
pub fn coloured_lines(text: &str) -> Cow<'_, str> {
    if !text.contains('\u{1b}') {
        return lines(text);
    }
    let mut shown = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('\u{1b}') {
        shown.push_str(&lines(&rest[..at]));
        let length = colour_change(&rest[at..]);
        match length {
            Some(length) => shown.push_str(&rest[at..at + length]),
            None => escape(&mut shown, '\u{1b}'),
        }
        rest = &rest[at + length.unwrap_or(1)..];
    }
    shown.push_str(&lines(rest));
    Cow::Owned(shown)
}

/// The length of the change of colour (SGR) that `text` begins with.
fn colour_change(text: &str) -> Option<usize> {
    let parameters = text.strip_prefix("\u{1b}[")?;
    let end = parameters.find(|letter: char| !letter.is_ascii_digit() && letter != ';')?;
    parameters[end..].starts_with('m').then_some(2 + end + 1)
}

/// A JSON text that says the same with escapes for everything that is not plain: such letters stand in its strings
/// only, or in the white space between its values, which stays.
#[must_use]
pub fn json(text: &str) -> Cow<'_, str> {
    escaped(text, |letter| {
        is_plain(letter) || matches!(letter, '\n' | '\t' | '\r')
    })
}

/// The first `most` letters of `text`, with a sign where some are left out.
#[must_use]
pub fn clipped(text: &str, most: usize) -> Cow<'_, str> {
    match text.char_indices().nth(most) {
        None => Cow::Borrowed(text),
        Some((end, _)) => Cow::Owned(format!("{}…", &text[..end])),
    }
}

fn escaped(text: &str, stays: impl Fn(char) -> bool) -> Cow<'_, str> {
    let Some(first) = text.find(|letter| !stays(letter)) else {
        return Cow::Borrowed(text);
    };
    let mut shown = String::with_capacity(text.len() + 16);
    shown.push_str(&text[..first]);
    for letter in text[first..].chars() {
        if stays(letter) {
            shown.push(letter);
        } else {
            escape(&mut shown, letter);
        }
    }
    Cow::Owned(shown)
}

fn escape(shown: &mut String, letter: char) {
    let short = match letter {
        '\n' => "\\n",
        '\r' => "\\r",
        '\t' => "\\t",
        _ => "",
    };
    shown.push_str(short);
    if short.is_empty() {
        for unit in letter.encode_utf16(&mut [0; 2]) {
            let _ = write!(shown, "\\u{unit:04x}");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_terminal_obeys_is_shown_as_an_escape() {
        let text = "a\u{1b}[31mb\u{7}\u{0}\u{9b}2J\u{7f}\r\n\t\u{202e}c\u{e0041}\u{ffff}é世🦀";
        let shown = "a\\u001b[31mb\\u0007\\u0000\\u009b2J\\u007f\\r\\n\\t\\u202ec\\udb40\\udc41\\uffffé世🦀";
        assert_eq!(one_line(text), shown);
        assert_eq!(lines("a\nb\rc"), "a\nb\\rc");
        assert!(matches!(one_line("plain"), Cow::Borrowed("plain")));
    }

    #[test]
    fn only_changes_of_colour_stay_in_coloured_lines() {
        let red = "\u{1b}[1;31mFAIL\u{1b}[0m";
        assert_eq!(coloured_lines(red), red);
        for wrong in [
            "\u{1b}[2J",
            "\u{1b}]0;title\u{7}",
            "\u{1b}",
            "\u{1b}[31",
            "\u{1b}c\n",
        ] {
            assert!(!coloured_lines(wrong).contains('\u{1b}'), "{wrong:?}");
        }
        assert_eq!(coloured_lines("\u{1b}[31\u{1b}[2m"), "\\u001b[31\u{1b}[2m");
    }

    #[test]
    fn json_with_escapes_says_the_same() {
        let value = serde_json::json!({ "a\u{9b}": ["\u{202e}\u{7f}\u{fffe}\u{e0041}", "\u{1b}\n"] });
        let text = format!("{value:#}\n");
        let shown = json(&text);
        assert!(shown.chars().all(|letter| is_plain(letter) || letter == '\n'));
        let again: serde_json::Value = serde_json::from_str(&shown).unwrap();
        assert_eq!(again, value);
    }

    #[test]
    fn long_texts_are_clipped_at_a_letter() {
        assert_eq!(clipped("äöü", 3), "äöü");
        assert_eq!(clipped("äöü", 2), "äö…");
    }
}
