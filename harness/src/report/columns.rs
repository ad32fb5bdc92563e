//! A table whose columns are as wide as they need to be, or as a terminal has room for.

use crate::text::printable::one_line;
use std::borrow::Cow;
use std::fmt;
use textwrap::{Options, WordSeparator, WordSplitter, WrapAlgorithm};

/// Letters that a column keeps when there is too little room: its longest word, within these bounds.
const NARROWEST: (usize, usize) = (12, 24);

/// Blanks between two columns.
const GAP: usize = 2;

/// Rows under a heading.
#[derive(Clone, Debug)]
pub struct Columns<const N: usize> {
    rows: Vec<[String; N]>,
    right: [bool; N],
    room: Option<usize>,
}

impl<const N: usize> Columns<N> {
    /// A table with this heading.
    #[must_use]
    pub fn new(heading: [&str; N]) -> Self {
        Self {
            rows: vec![heading.map(str::to_owned)],
            right: [false; N],
            room: None,
        }
    }

    /// The same with every column from this one on aligned to the right.
    #[must_use]
    pub fn right_from(mut self, first: usize) -> Self {
        self.right.iter_mut().skip(first).for_each(|right| *right = true);
        self
    }

    /// The same within so many letters, where they are known: the widest columns but the first give way, and their
    /// cells take more lines.
    #[must_use]
    pub const fn within(mut self, room: Option<usize>) -> Self {
        self.room = room;
        self
    }

    /// Adds a row. What others wrote is shown as a terminal can take it.
    pub fn row(&mut self, row: [String; N]) {
        self.rows.push(row.map(|cell| one_line(&cell).into_owned()));
    }

    /// Whether there is nothing under the heading.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.rows.len() == 1
    }

    fn widths(&self) -> [usize; N] {
        let needed = |column: usize| {
            let cells = self.rows.iter().map(|row| row[column].chars().count());
            cells.max().unwrap_or(0)
        };
        let mut widths: [usize; N] = std::array::from_fn(needed);
        let Some(room) = self.room else {
            return widths;
        };
        let longest_word = |column: usize| {
            let words = self.rows.iter().flat_map(|row| row[column].split(' '));
            let longest = words.map(|word| word.chars().count()).max().unwrap_or(0);
            longest.clamp(NARROWEST.0, NARROWEST.1)
        };
        let narrowest: [usize; N] = std::array::from_fn(longest_word);
        let room = room.saturating_sub(GAP * N.saturating_sub(1));
        while widths.iter().sum::<usize>() > room {
            // The first column has the names, which nobody can read in pieces.
            let wide = (1..N).filter(|&column| widths[column] > narrowest[column]);
            match wide.max_by_key(|&column| widths[column]) {
                Some(column) => widths[column] -= 1,
                None => break,
            }
        }
        widths
    }
}

impl<const N: usize> fmt::Display for Columns<N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let widths = self.widths();
        for row in &self.rows {
            let cells: [Vec<String>; N] = std::array::from_fn(|column| wrapped(&row[column], widths[column]));
            let height = cells.iter().map(Vec::len).max().unwrap_or(0);
            for number in 0..height {
                let mut line = String::new();
                for (column, cell) in cells.iter().enumerate() {
                    let cell = cell.get(number).map_or("", String::as_str);
                    let blanks = " ".repeat(widths[column].saturating_sub(cell.chars().count()));
                    let (before, after) = if self.right[column] {
                        (blanks, String::new())
                    } else {
                        (String::new(), blanks)
                    };
                    let gap = if column == 0 { "" } else { "  " };
                    line.push_str(&format!("{gap}{before}{cell}{after}"));
                }
                writeln!(f, "{}", line.trim_end())?;
            }
        }
        Ok(())
    }
}

/// A text in lines of at most `width` letters, parted at blanks where that is possible; blanks at its beginning stay.
#[must_use]
pub fn wrapped(text: &str, width: usize) -> Vec<String> {
    let options = Options::new(width.max(1))
        .word_separator(WordSeparator::AsciiSpace)
        .word_splitter(WordSplitter::NoHyphenation)
        .wrap_algorithm(WrapAlgorithm::FirstFit);
    let lines = textwrap::wrap(text, options);
    lines.into_iter().map(Cow::into_owned).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_keeps_to_the_room_it_has() {
        let mut table = Columns::new(["case", "what it shows"]);
        table.row([
            "a".to_owned(),
            "books part at step 3; VF ends at -512 of 0".to_owned(),
        ]);
        assert_eq!(table.to_string().lines().count(), 2);
        let narrow = table.clone().within(Some(26)).to_string();
        assert!(narrow.lines().count() > 2, "{narrow}");
        assert!(narrow.lines().all(|line| line.chars().count() <= 26), "{narrow}");
        let words = |text: &str| text.split_whitespace().map(str::to_owned).collect::<Vec<_>>();
        assert_eq!(words(&narrow), words(&table.to_string()));
    }

    #[test]
    fn a_word_that_is_too_long_is_cut_and_nothing_is_lost() {
        assert_eq!(wrapped("ab cdefghij k", 4), ["ab", "cdef", "ghij", "k"]);
        assert_eq!(wrapped("short", 10), ["short"]);
        assert_eq!(wrapped("", 3), [""]);
    }
}
