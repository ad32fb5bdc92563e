//! Stretches of a file, before and after.

use crate::error::Broken;

/// A stretch of a file, before and after.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hunk {
    /// The line `@@ -1,3 +1,4 @@ function`.
    pub header: String,
    /// Its lines, each with its sign.
    pub lines: Vec<String>,
    /// Where it begins in the text that the diff was read from, from 1.
    pub line: usize,
}

impl Hunk {
    /// Header and lines.
    #[must_use]
    pub fn text(&self) -> String {
        let mut text = format!("{}\n", self.header);
        for line in &self.lines {
            text.push_str(line);
            text.push('\n');
        }
        text
    }

    /// The number of its first line in the file before, from 1.
    #[must_use]
    pub fn first_line(&self) -> usize {
        let range = self.header.strip_prefix("@@ -").unwrap_or_default();
        let digits = range.split([',', ' ']).next().unwrap_or_default();
        digits.parse().unwrap_or(0)
    }

    pub(crate) fn section(&self) -> &str {
        let parts = self.header.splitn(3, "@@");
        parts.last().unwrap_or_default().trim()
    }
}

/// A hunk, and the line after it.
pub(crate) fn hunk(lines: &[&str], start: usize) -> Result<(Hunk, usize), Broken> {
    let broken = |line: usize, what: &str| Broken {
        line: line + 1,
        what: what.to_owned(),
    };
    let header = lines[start];
    let (mut old, mut new) =
        lengths(header).ok_or_else(|| broken(start, "the head of a hunk is not as `@@ -1,3 +1,4 @@`"))?;
    let mut body = Vec::new();
    let mut at = start + 1;
    while old > 0 || new > 0 {
        let Some(line) = lines.get(at) else {
            return Err(broken(
                at.saturating_sub(1),
                "the hunk ends before it has all its lines",
            ));
        };
        let (less, more) = match line.as_bytes().first() {
            // Mail programs take away the blank of an empty line.
            Some(b' ') | None => (1, 1),
            Some(b'-') => (1, 0),
            Some(b'+') => (0, 1),
            Some(b'\\') => (0, 0),
            Some(_) => {
                return Err(broken(
                    at,
                    "a line of a hunk begins with neither blank nor + nor -",
                ));
            }
        };
        if less > old || more > new {
            return Err(broken(at, "the hunk has more lines than its head says"));
        }
        old -= less;
        new -= more;
        body.push(if line.is_empty() {
            " ".to_owned()
        } else {
            (*line).to_owned()
        });
        at += 1;
    }
    if let Some(line) = lines.get(at).filter(|line| line.starts_with('\\')) {
        body.push((*line).to_owned());
        at += 1;
    }
    let header = header.to_owned();
    let (lines, line) = (body, start + 1);
    Ok((Hunk { header, lines, line }, at))
}

/// How many lines a hunk has before and after: of `@@ -1,3 +1,4 @@` 3 and 4.
fn lengths(header: &str) -> Option<(usize, usize)> {
    let inside = header.strip_prefix("@@ -")?;
    let (ranges, _) = inside.split_once(" @@")?;
    let (old, new) = ranges.split_once(" +")?;
    let length = |range: &str| match range.split_once(',') {
        Some((start, length)) => start.parse::<usize>().ok().and(length.parse().ok()),
        None => range.parse::<usize>().ok().map(|_| 1),
    };
    Some((length(old)?, length(new)?))
}
