//! The lines around a problem as they can be shown: cut to a width around the mark, without control characters.

use crate::scenario::{Problem, Problems};
use crate::text::printable::one_line;
use miette::{MietteError, MietteSpanContents, SourceCode, SourceSpan, SpanContents};

/// Columns that the picture's frame and line numbers take.
const FRAME: usize = 12;

/// A few lines of a text, which know where they stand.
#[derive(Debug)]
pub(super) struct Excerpt {
    file: String,
    /// The lines, clipped.
    text: String,
    /// Number (from 0) of the first of them.
    first_line: usize,
    lines: usize,
    /// The marked spot, in bytes of `text`.
    mark: std::ops::Range<usize>,
    /// Line and column (from 0) of the mark in the whole text.
    place: (usize, usize),
}

impl Excerpt {
    /// The line where the problem begins, with the lines before and after it.
    pub(super) fn of(problems: &Problems, problem: &Problem, width: usize) -> Self {
        let (text, width) = (&problems.text, width.saturating_sub(FRAME).max(20));
        let (line, column) = problems.position(problem.span.start);
        let lines: Vec<&str> = text.split('\n').skip(line.saturating_sub(2)).take(3).collect();
        let at = usize::from(line > 1);
        let marked = lines.get(at).copied().unwrap_or_default().trim_end_matches('\r');
        // A mark ends with its line.
        let length = problem.span.len().min(marked.len());
        let end = text.get(problem.span.start..).unwrap_or_default();
        let letters = end
            .char_indices()
            .take_while(|(offset, letter)| *offset < length && *letter != '\n')
            .count();
        let (clipped, mark) = around(marked, column - 1, letters.max(1), width);
        let mut shown = String::new();
        let mut mark_start = 0;
        for (index, line) in lines.iter().enumerate() {
            if index == at {
                mark_start = shown.len();
                shown.push_str(&clipped);
            } else {
                shown.push_str(&around(line.trim_end_matches('\r'), 0, 0, width).0);
            }
            shown.push('\n');
        }
        Self {
            file: problems.file.clone(),
            text: shown,
            first_line: line - 1 - at,
            lines: lines.len(),
            mark: mark_start + mark.start..mark_start + mark.end,
            place: (line - 1, column - 1),
        }
    }

    /// The marked spot.
    pub(super) fn mark(&self) -> SourceSpan {
        (self.mark.start, self.mark.len()).into()
    }
}

impl SourceCode for Excerpt {
    fn read_span<'a>(
        &'a self,
        span: &SourceSpan,
        lines_before: usize,
        _: usize,
    ) -> Result<Box<dyn SpanContents<'a> + 'a>, MietteError> {
        // Without lines around it, only the mark's place is asked for.
        let (line, column) = if lines_before == 0 {
            self.place
        } else {
            (self.first_line, 0)
        };
        let (span, data) = if lines_before == 0 {
            (*span, &self.text.as_bytes()[self.mark.clone()])
        } else {
            ((0, self.text.len()).into(), self.text.as_bytes())
        };
        let contents = MietteSpanContents::new_named(self.file.clone(), data, span, line, column, self.lines);
        Ok(Box::new(contents))
    }
}

/// About `width` letters of `line` around the letters from `start`, as they can be shown, and where these stand in it.
fn around(line: &str, start: usize, letters: usize, width: usize) -> (String, std::ops::Range<usize>) {
    // A third of the width before the mark, where there is no room for all of it.
    let first = if start + letters.min(width / 2) < width {
        0
    } else {
        start - start.min(width / 3)
    };
    let mut shown = String::new();
    if first > 0 {
        shown.push('…');
    }
    let (mut from, mut to) = (None, 0);
    let mut rest = line.chars().enumerate().skip(first);
    let (mut used, mut cut) = (0, false);
    for (index, letter) in rest.by_ref() {
        let letter = match letter {
            '\t' => "    ".to_owned(),
            other => one_line(other.encode_utf8(&mut [0; 4])).into_owned(),
        };
        used += letter.chars().count();
        if used > width {
            cut = true;
            break;
        }
        if index == start {
            from = Some(shown.len());
        }
        shown.push_str(&letter);
        if (start..start + letters).contains(&index) {
            to = shown.len();
        }
    }
    if cut {
        shown.push('…');
    }
    let from = from.unwrap_or(shown.len());
    (shown, from..to.max(from))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_cut_around_its_mark() {
        assert_eq!(around("a bcd e", 2, 3, 40), ("a bcd e".to_owned(), 2..5));
        let line = format!("{}mark{}", "x".repeat(70_000), "y".repeat(70_000));
        let (shown, mark) = around(&line, 70_000, 4, 60);
        assert_eq!(&shown[mark], "mark");
        assert_eq!(shown.chars().count(), 62);
        let (shown, mark) = around(&line, 0, 70_004, 60);
        assert_eq!((shown.chars().count(), mark), (61, 0..60));
    }

    #[test]
    fn what_a_terminal_obeys_is_no_part_of_a_picture() {
        let (shown, mark) = around("\t\"\u{1b}[2J\u{202e}\" x", 9, 1, 60);
        assert_eq!(shown, "    \"\\u001b[2J\\u202e\" x");
        assert_eq!(&shown[mark], "x");
    }
}
