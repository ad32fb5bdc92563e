//! The driver's texts as patterns: what is printed there is recognised here, and read back as data.
//!
//! A text's data stand in braces. A datum becomes a group of its name, the rest stands for itself. What follows the text
//! in a kernel's log does not matter, except that a word must be over where the text ends in one.

use driver::Errno;
use driver::message::{Datum, Row};
use prm::Opcode;
use regex::{Captures, Regex};
use serde_json::{Map, Value};

/// A text, or a place, of one kind of message.
#[derive(Debug)]
pub(super) struct Pattern {
    regex: Regex,
    row: &'static Row,
}

impl Pattern {
    /// The message of a text. A number that is none makes no message.
    pub(super) fn read(&self, text: &str) -> Option<Value> {
        let parts = self.regex.captures(text)?;
        message(self.row, &parts)
    }
}

/// The patterns for the texts of these kinds.
pub(super) fn texts<'a>(rows: impl Iterator<Item = &'static Row> + 'a) -> impl Iterator<Item = Pattern> + 'a {
    rows.flat_map(|row| {
        let own = if row.own.is_empty() {
            String::new()
        } else {
            format!("(?:{})?", pattern(row.own, row.fields))
        };
        let text = format!("{}{own}", pattern(row.text, row.fields));
        let others = row.others.iter().map(|other| pattern(other, row.fields));
        std::iter::once(text)
            .chain(others)
            .map(|pattern| of_row(&format!("^{pattern}"), row))
            .collect::<Vec<_>>()
    })
}

/// The patterns for the places of these kinds' `WARN`s.
pub(super) fn places(rows: impl Iterator<Item = &'static Row>) -> impl Iterator<Item = Pattern> {
    rows.flat_map(|row| row.places.iter().map(move |place| of_row(place, row)))
}

fn of_row(pattern: &str, row: &'static Row) -> Pattern {
    Pattern {
        regex: compiled(pattern),
        row,
    }
}

/// A pattern of the source.
pub(super) fn compiled(pattern: &str) -> Regex {
    Regex::new(pattern).expect("the patterns stand in the source, and a test compiles them all")
}

fn pattern(text: &str, fields: &[(&'static str, Datum)]) -> String {
    let mut pattern = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('{') {
        let (name, after) = after.split_once('}').expect("the compiler has read the texts");
        pattern.push_str(&regex::escape(before));
        pattern.push_str(&group(name, fields));
        rest = after;
    }
    pattern.push_str(&regex::escape(rest));
    if rest.ends_with(|last: char| last.is_ascii_alphanumeric()) {
        pattern.push_str(r"\b");
    }
    pattern
}

/// The group of a datum: `opcode`, `pages`, `opcode:#`.
fn group(placeholder: &str, fields: &[(&'static str, Datum)]) -> String {
    const NUMBER: &str = r"-?(?:0x[0-9a-f]+|\d+)";
    let (name, form) = placeholder.split_once(':').unwrap_or((placeholder, ""));
    let Some((name, datum)) = fields.iter().find(|(field, _)| *field == name) else {
        return r"\S+".to_owned();
    };
    match datum {
        Datum::Operation | Datum::Status if form == "#" => format!(r".*?\((?<{name}>{NUMBER})\)"),
        Datum::Number | Datum::Operation | Datum::Status | Datum::VfNumber => format!("(?<{name}>{NUMBER})"),
        Datum::Flag => format!("(?<{name}>true|false|{NUMBER})"),
        Datum::ErrorNumber => format!(r"(?<{name}>-?\d+|-E[A-Z0-9]+)"),
        Datum::Words(words) => {
            let words: Vec<String> = words.iter().map(|(text, _)| regex::escape(text)).collect();
            format!("(?<{name}>{})", words.join("|"))
        }
    }
}

fn message(row: &Row, parts: &Captures<'_>) -> Option<Value> {
    let mut told = Map::new();
    for (name, datum) in row.fields {
        // Some texts tell it only at some places.
        if let Some(part) = parts.name(name) {
            told.insert((*name).to_owned(), read(*datum, part.as_str())?);
        }
    }
    Some(if told.is_empty() {
        Value::String(row.kind.to_owned())
    } else {
        Value::Object(Map::from_iter([(row.kind.to_owned(), Value::Object(told))]))
    })
}

/// `None` if the text is not what it should be.
fn read(datum: Datum, text: &str) -> Option<Value> {
    Some(match datum {
        Datum::Number | Datum::Status => number(text)?.into(),
        Datum::Flag => match text {
            "true" => true,
            "false" => false,
            number_text => number(number_text)? != 0,
        }
        .into(),
        Datum::Operation => {
            let code = u16::try_from(number(text)?).ok()?;
            Opcode::from_raw(code).to_string().into()
        }
        Datum::ErrorNumber => match text.strip_prefix("-E") {
            Some(_) => Errno::from_symbol(&text[1..])?.0.into(),
            None => number(text)?.into(),
        },
        Datum::Words(words) => words.iter().find(|(told, _)| *told == text)?.1.into(),
        Datum::VfNumber => number(text)?.checked_add(1)?.into(),
    })
}

fn number(text: &str) -> Option<i64> {
    match text.strip_prefix("0x") {
        Some(digits) => i64::from_str_radix(digits, 16).ok(),
        None => text.parse().ok(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use driver::MessageKind;
    use proptest::prelude::*;
    use std::iter;

    /// What a text tells of a message's data.
    fn is_part_of(read: &Value, whole: &Value) -> bool {
        match (read, whole) {
            (Value::Object(read), Value::Object(whole)) => read
                .iter()
                .all(|(name, value)| whole.get(name).is_some_and(|other| is_part_of(value, other))),
            (Value::String(kind), Value::Object(whole)) => whole.contains_key(kind),
            (read, whole) => read == whole,
        }
    }

    proptest! {
        #[test]
        fn every_message_of_ours_is_read_back_from_its_own_text(seed: u8) {
            let examples = MessageKind::examples(seed);
            prop_assert_eq!(examples.len(), MessageKind::ROWS.len());
            for (example, row) in examples.iter().zip(MessageKind::ROWS) {
                let whole = serde_json::to_value(example).unwrap();
                let text = example.to_string();
                let read = texts(iter::once(row)).find_map(|pattern| pattern.read(&text));
                prop_assert!(read.as_ref().is_some_and(|read| is_part_of(read, &whole)), "{text}: {read:?}");
            }
        }
    }

    #[test]
    fn a_text_names_only_data_of_its_message() {
        for row in MessageKind::ROWS {
            for text in iter::once(&row.text).chain([&row.own]).chain(row.others) {
                for placeholder in text.split('{').skip(1) {
                    let name = placeholder.split(['}', ':']).next().unwrap_or_default();
                    assert!(
                        name == "_" || row.fields.iter().any(|(field, _)| *field == name),
                        "{}: {text}",
                        row.kind
                    );
                }
            }
        }
    }
}
