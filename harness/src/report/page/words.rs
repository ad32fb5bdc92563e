//! Texts by number: each stands once in the file, however many runs say it.

use crate::text::printable::lines;
use serde::Serialize;
use std::collections::BTreeMap;

/// A text, by its place in the list.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(transparent)]
pub struct Word(u32);

/// See the module's head.
#[derive(Clone, Debug, Default)]
pub struct Words {
    places: BTreeMap<String, u32>,
    list: Vec<String>,
}

impl Words {
    /// The number of a text. What would not be seen, or would turn the letters around it, is written as an escape.
    pub fn number(&mut self, text: &str) -> Word {
        let text = lines(text);
        if let Some(place) = self.places.get(&*text) {
            return Word(*place);
        }
        let place = prm::saturated::<u32>(self.list.len());
        self.places.insert(text.clone().into_owned(), place);
        self.list.push(text.into_owned());
        Word(place)
    }

    /// The numbers of several texts.
    pub fn numbers<'a>(&mut self, texts: impl IntoIterator<Item = &'a String>) -> Vec<Word> {
        texts.into_iter().map(|text| self.number(text)).collect()
    }

    /// All texts, by number.
    #[must_use]
    pub fn list(&self) -> &[String] {
        &self.list
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_stands_once() {
        let mut words = Words::default();
        let numbers = ["a", "b", "a"].map(|text| words.number(text));
        assert_eq!(numbers, [Word(0), Word(1), Word(0)]);
        assert_eq!(words.list(), ["a", "b"]);
    }

    #[test]
    fn what_cannot_be_seen_is_shown_as_an_escape() {
        let mut words = Words::default();
        words.number("\u{1b}[2J\u{202e}\n");
        assert_eq!(words.list(), ["\\u001b[2J\\u202e\n"]);
    }
}
