//! How long a search may take, by the wall clock.

use std::time::Duration;

/// See the module's head.
pub(super) struct Clock {
    began: Began,
    limit: Option<Duration>,
}

#[expect(
    clippy::disallowed_types,
    reason = "a budget is the user's time; what is found and drawn depends on files and seeds alone"
)]
type Began = std::time::Instant;

impl Clock {
    /// From now on; over after so many seconds, if there is a limit.
    pub(super) fn begin(seconds: Option<u64>) -> Self {
        Self {
            began: Began::now(),
            limit: seconds.map(Duration::from_secs),
        }
    }

    /// The wall time since then.
    pub(super) fn elapsed(&self) -> Duration {
        self.began.elapsed()
    }

    /// Whether the limit is reached.
    pub(super) fn is_over(&self) -> bool {
        self.limit.is_some_and(|limit| self.elapsed() >= limit)
    }
}
