//! A line of the kernel's trace.

use std::collections::BTreeMap;

/// Which probe was passed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Event {
    /// A driver makes its counters.
    Begins,
    /// A counter is read.
    Shows,
    /// A driver lets its counters go.
    Ends,
    /// A driver begins to wait for pages.
    Waits,
    /// It ends to.
    Waited,
}

/// See the module's head.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Line {
    pub(super) event: Event,
    /// The number of the task.
    pub(super) task: u32,
    pub(super) microseconds: u64,
    words: BTreeMap<String, String>,
}

/// Reads `          order-7-123     [000] .....    12.345678: waits: (mlx5_wait_for_pages+0x0/0x90 [mlx5_core]) name="0000:01:00.0" pages=3`.
pub(super) fn parse(line: &str) -> Option<Line> {
    let (head, rest) = line.split_once(": ")?;
    let (event, rest) = rest.split_once(": ")?;
    let event = match event {
        "begins" => Event::Begins,
        "shows" => Event::Shows,
        "ends" => Event::Ends,
        "waits" => Event::Waits,
        "waited" => Event::Waited,
        _ => return None,
    };
    let (task, _) = head.rsplit_once('[')?;
    let (_, task) = task.trim_end().rsplit_once('-')?;
    let (seconds, fraction) = head.split_whitespace().next_back()?.split_once('.')?;
    let (_, words) = rest.split_once(')').unwrap_or(("", ""));
    let words = words.split_whitespace().filter_map(|word| {
        let (name, value) = word.split_once('=')?;
        Some((name.to_owned(), value.trim_matches('"').to_owned()))
    });
    Some(Line {
        event,
        task: task.parse().ok()?,
        microseconds: seconds.parse::<u64>().ok()?.checked_mul(1_000_000)? + fraction.parse::<u64>().ok()?,
        words: words.collect(),
    })
}

impl Line {
    /// A number, decimal or hexadecimal.
    pub(super) fn number(&self, name: &str) -> Option<u64> {
        let text = self.words.get(name)?;
        match text.strip_prefix("0x") {
            Some(digits) => u64::from_str_radix(digits, 16).ok(),
            None => text.parse().ok(),
        }
    }

    /// A number that may be negative.
    pub(super) fn signed(&self, name: &str) -> Option<i64> {
        self.words.get(name)?.parse().ok()
    }

    pub(super) fn text(&self, name: &str) -> Option<&str> {
        self.words.get(name).map(String::as_str)
    }

    pub(super) fn names(&self) -> impl Iterator<Item = &str> {
        self.words.keys().map(String::as_str)
    }
}
