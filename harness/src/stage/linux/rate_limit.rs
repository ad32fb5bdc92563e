//! Lines that a kernel may leave out.
//!
//! Many of the driver's messages are limited: ten from one place within five seconds (`DEFAULT_RATELIMIT_BURST`,
//! `DEFAULT_RATELIMIT_INTERVAL`), whichever scenario they belong to. A scenario that begins while many of a kind have just been
//! printed may miss its own.

use guest_protocol::LogLine;
use prm::Cycles;
use std::collections::BTreeMap;

/// The window of a limit.
const INTERVAL: Cycles = Cycles::from_millis(5_000);

/// What is no louder is not limited.
const WARNING: u8 = 4;

/// So many of a kind leave enough room for what the next scenario prints.
const HARMLESS: u32 = 4;

/// What has been printed lately, by kind.
#[derive(Clone, Debug, Default)]
pub(super) struct RecentLines(BTreeMap<String, (u32, Cycles)>);

impl RecentLines {
    /// Notes lines that were printed until `now`.
    pub(super) fn note(&mut self, lines: &[LogLine], now: Cycles) {
        let is_limited = |line: &&LogLine| line.level <= WARNING && line.text.starts_with("mlx5_core");
        for line in lines.iter().filter(is_limited) {
            let (count, last) = self.0.entry(kind(&line.text)).or_insert((0, now));
            if now.saturating_sub(*last) > INTERVAL {
                *count = 0;
            }
            *count += 1;
            *last = now;
        }
    }

    /// When nothing is left out any more of what may be printed.
    pub(super) fn forgotten_at(&self) -> Cycles {
        let many = self.0.values().filter(|(count, _)| *count > HARMLESS);
        let last = many.map(|(_, last)| last.saturating_add(INTERVAL));
        last.max().unwrap_or_default()
    }
}

/// A line without its numbers: what one place prints.
fn kind(text: &str) -> String {
    let mut kind = String::with_capacity(text.len());
    for letter in text.chars() {
        if !letter.is_ascii_hexdigit() {
            kind.push(letter);
        }
    }
    kind
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(number: u64) -> Vec<LogLine> {
        let line = |sequence| LogLine {
            sequence,
            microseconds: 0,
            level: 4,
            text: format!("mlx5_core 0000:01:00.0: page {sequence:#x} not found"),
        };
        (0..number).map(line).collect()
    }

    #[test]
    fn many_lines_of_a_kind_are_waited_out_and_few_are_not() {
        let at = Cycles::from_millis;
        let mut recent = RecentLines::default();
        recent.note(&lines(4), at(1_000));
        assert_eq!(recent.forgotten_at(), Cycles(0));
        recent.note(&lines(1), at(2_000));
        assert_eq!(recent.forgotten_at(), at(7_000));
        recent.note(&lines(1), at(8_000));
        assert_eq!(recent.forgotten_at(), Cycles(0));
    }
}
