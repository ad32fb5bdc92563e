//! What goes on between runs, for people who wait: a guest boots, a server starts.

use std::time::Duration;

/// Hears of what takes long.
pub trait NewsListener: Send + Sync {
    /// Something begins: `booting a guest with a PF`.
    fn begins(&self, what: &str);
    /// It is done, after so much wall time.
    fn done(&self, what: &str, took: Duration);
    /// It has failed, and why.
    fn failed(&self, what: &str, why: &str);
}

/// Nobody listens.
#[derive(Clone, Copy, Debug, Default)]
pub struct Silence;

impl NewsListener for Silence {
    fn begins(&self, _: &str) {}
    fn done(&self, _: &str, _: Duration) {}
    fn failed(&self, _: &str, _: &str) {}
}
