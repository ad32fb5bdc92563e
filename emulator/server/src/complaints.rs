//! What the system refuses and the server lives without.

use std::collections::BTreeSet;
use std::io;

/// Which failures were told already: what goes wrong at one turn may go wrong at every one.
#[derive(Debug, Default)]
pub(crate) struct Complaints(BTreeSet<(&'static str, Option<i32>)>);

impl Complaints {
    /// Logs what failed: as a warning the first time, and then for those who want to see everything.
    pub(crate) fn tell(&mut self, what: &'static str, error: &io::Error) {
        if self.0.insert((what, error.raw_os_error())) {
            tracing::warn!(%error, "{what}");
        } else {
            tracing::debug!(%error, "{what}");
        }
    }
}
