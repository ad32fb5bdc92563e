//! The progress bar of a run: on a terminal, once somebody has waited for a second.

use crate::text::printable::one_line;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use std::io::{self, IsTerminal};
use std::time::Duration;

/// A bar that workers may tell what they do.
pub(super) struct Bar(ProgressBar);

impl Bar {
    /// For so many cases, none of them done.
    pub(super) fn new(cases: usize) -> Self {
        let bar = ProgressBar::with_draw_target(Some(cases as u64), ProgressDrawTarget::hidden());
        if let Ok(style) = ProgressStyle::with_template("{bar:32} {pos}/{len} {msg}") {
            bar.set_style(style);
        }
        Self(bar)
    }

    /// A run begins.
    pub(super) fn begins(&self, run: &str) {
        // A bar is worth it only when somebody sits and waits.
        let waited = self.0.elapsed() > Duration::from_secs(1);
        if waited && self.0.is_hidden() && io::stderr().is_terminal() {
            self.0.set_draw_target(ProgressDrawTarget::stderr());
        }
        self.0.set_message(one_line(run).into_owned());
    }

    /// A case is reported, by what `report` writes.
    pub(super) fn ends(&self, report: impl FnOnce()) {
        self.0.suspend(report);
        self.0.inc(1);
    }

    /// No more cases come.
    pub(super) fn finish(&self) {
        self.0.finish_and_clear();
    }
}
