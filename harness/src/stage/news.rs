//! What goes on between runs, for people who wait: a guest boots, a server starts.

use crate::stage::expenses::Expenses;
use std::time::Duration;

/// Hears of what takes long.
pub trait NewsListener: Send + Sync {
    /// Something begins: `booting a guest with a PF`.
    fn begins(&self, what: &str);
    /// It is done, after so much wall time.
    fn done(&self, what: &str, took: Duration);
    /// It has failed, and why.
    fn failed(&self, what: &str, why: &str);
    /// A run is over, and this is where its time went.
    fn spent(&self, expenses: &Expenses);
}

/// Nobody listens.
#[derive(Clone, Copy, Debug, Default)]
pub struct Silence;

impl NewsListener for Silence {
    fn begins(&self, _: &str) {}
    fn done(&self, _: &str, _: Duration) {}
    fn failed(&self, _: &str, _: &str) {}
    fn spent(&self, _: &Expenses) {}
}
