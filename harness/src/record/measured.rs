//! What is measured of another driver beside its books: times, and what it leaves behind.

use serde::{Deserialize, Serialize};

/// How far a duration may be from that of our driver's run: so many milliseconds, and a twentieth.
const TOLERANCE_NS: u64 = 150_000_000;

/// See the module's head.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Measured {
    /// Host operations that have ended, in order.
    pub durations: Vec<Duration>,
    /// Waits for pages (`mlx5_wait_for_pages`), in order.
    pub page_waits: Vec<PageWait>,
    /// Pages that firmware books at the end while no driver is bound: nobody can get them back.
    pub left_with_firmware: u64,
}

/// How long an operation took, on both sides.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Duration {
    /// 1-based step.
    pub step: u32,
    /// The step in words.
    pub what: String,
    /// That driver's, on a wall clock, in ns.
    pub took_ns: u64,
    /// Our driver's, in virtual time, in ns.
    pub ours_ns: u64,
    /// Whether they are within 0.15 s and 5 % of each other.
    pub within: bool,
}

impl Duration {
    /// Both durations of a step.
    #[must_use]
    pub fn new(step: u32, what: &str, took_ns: u64, ours_ns: u64) -> Self {
        let tolerance = TOLERANCE_NS + ours_ns / 20;
        Self {
            step,
            what: what.to_owned(),
            took_ns,
            ours_ns,
            within: took_ns.abs_diff(ours_ns) <= tolerance,
        }
    }
}

/// One wait for pages.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PageWait {
    /// The 1-based step in which it ended.
    pub step: u32,
    /// The function whose driver waited, by its address.
    pub device: String,
    /// The counter that it waited for, as it was at its beginning.
    pub pages: i32,
    /// How long, in ns.
    pub took_ns: u64,
    /// What it returned: 0, or a negative errno.
    pub returns: i32,
}

#[cfg(test)]
mod tests {
    use super::Duration;

    #[test]
    fn durations_may_differ_by_a_twentieth_and_a_little() {
        let within = |took_ms: u64, ours_ms: u64| {
            Duration::new(1, "host load", took_ms * 1_000_000, ours_ms * 1_000_000).within
        };
        assert!(within(150, 0) && !within(151, 0));
        assert!(within(2_250, 2_000) && within(1_750, 2_000) && !within(2_251, 2_000));
    }
}
