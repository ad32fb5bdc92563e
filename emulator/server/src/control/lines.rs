//! Lines out of a stream of bytes, none longer than it may be.

/// The longest line, in bytes without its end.
pub const LONGEST_LINE: usize = 64 * 1024;

/// What has come in and was not yet looked at.
#[derive(Debug, Default)]
pub(super) struct Lines {
    bytes: Vec<u8>,
    /// Where the next line begins.
    start: usize,
    /// Up to where no line end was found.
    searched: usize,
    /// The beginning of the line was thrown away: it is too long.
    skips: bool,
    /// How many lines were taken out.
    count: u64,
}

/// A line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Line {
    /// Its bytes, without its end.
    Whole(Vec<u8>),
    /// It was longer than [`LONGEST_LINE`].
    TooLong,
}

impl Lines {
    /// Takes what has come.
    pub(super) fn push(&mut self, bytes: &[u8]) {
        self.bytes.drain(..self.start);
        self.searched -= self.start;
        self.start = 0;
        self.bytes.extend_from_slice(bytes);
    }

    /// The next line that is whole, with its number, counted from 1.
    pub(super) fn next(&mut self) -> Option<(u64, Line)> {
        let end = self.bytes[self.searched..].iter().position(|byte| *byte == b'\n');
        let Some(end) = end.map(|end| self.searched + end) else {
            self.searched = self.bytes.len();
            if self.searched - self.start > LONGEST_LINE {
                self.skips = true;
                self.start = self.searched;
            }
            return None;
        };
        let line = self.cut(end);
        self.start = end + 1;
        self.searched = self.start;
        Some(line)
    }

    /// What is left when no more comes: a line without an end.
    pub(super) fn last(&mut self) -> Option<(u64, Line)> {
        let end = self.bytes.len();
        (end > self.start || self.skips).then(|| {
            let line = self.cut(end);
            self.start = end;
            line
        })
    }

    /// Whether [`Self::next`] has one, or [`Self::last`] if `at_the_end`.
    pub(super) fn has_line(&self, at_the_end: bool) -> bool {
        let rest = at_the_end && (self.bytes.len() > self.start || self.skips);
        rest || self.bytes[self.searched..].contains(&b'\n')
    }

    fn cut(&mut self, end: usize) -> (u64, Line) {
        self.count += 1;
        let bytes = &self.bytes[self.start..end];
        let line = if std::mem::take(&mut self.skips) || bytes.len() > LONGEST_LINE {
            Line::TooLong
        } else {
            Line::Whole(bytes.to_owned())
        };
        (self.count, line)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn all(lines: &mut Lines) -> Vec<(u64, Line)> {
        std::iter::from_fn(|| lines.next()).collect()
    }

    #[test]
    fn a_line_that_is_too_long_is_skipped_and_counted() {
        let mut lines = Lines::default();
        lines.push(b"a\n");
        let mut found = all(&mut lines);
        for _ in 0..9 {
            lines.push(&[b'x'; 8192]);
            found.extend(all(&mut lines));
            assert!(lines.bytes.len() <= LONGEST_LINE + 8192);
        }
        lines.push(b"x\nb\nc");
        found.extend(all(&mut lines));
        let whole = |text: &str| Line::Whole(text.into());
        assert_eq!(found, [(1, whole("a")), (2, Line::TooLong), (3, whole("b"))]);
        assert_eq!(lines.last(), Some((4, whole("c"))));
        assert_eq!(lines.last(), None);
    }

    proptest! {
        #[test]
        fn however_the_bytes_arrive_the_lines_are_the_same(
            text in prop::collection::vec(prop::sample::select(vec![b'\n', b'a', 0xff]), 0..200),
            cuts in prop::collection::vec(0..40usize, 0..20),
        ) {
            let mut lines = Lines::default();
            let (mut rest, mut found) = (text.as_slice(), Vec::new());
            for cut in cuts {
                let (now, later) = rest.split_at(cut.min(rest.len()));
                lines.push(now);
                found.extend(all(&mut lines));
                rest = later;
            }
            lines.push(rest);
            found.extend(all(&mut lines));
            found.extend(lines.last());
            let mut wanted: Vec<_> = text.split(|byte| *byte == b'\n').collect();
            if wanted.last().is_some_and(|last| last.is_empty()) {
                wanted.pop();
            }
            let wanted: Vec<_> = (1..).zip(wanted.into_iter().map(|line| Line::Whole(line.to_owned()))).collect();
            prop_assert_eq!(found, wanted);
        }
    }
}
