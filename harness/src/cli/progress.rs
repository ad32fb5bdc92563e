//! What is under way and what is left, for people who wait: a bar on a terminal, a line for each event elsewhere.
//!
//! A suite in this process is over before anybody asks, so its bar comes after a second, and its lines after five. Where a
//! guest boots, what happens is told at once. None of it is a result: it goes to standard error, and the results are the
//! same with it and without.

use crate::cli::streams;
use crate::stage::expenses::Expenses;
use crate::stage::news::NewsListener;
use crate::text::printable::one_line;
use indicatif::{HumanDuration, ProgressBar, ProgressDrawTarget, ProgressState, ProgressStyle};
use std::fmt;
use std::io::{self, IsTerminal};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

/// How long a suite may take without anybody's being told, on a terminal.
const PATIENCE: Duration = Duration::from_secs(1);

/// How often at most a line tells how far a suite is, elsewhere.
const BETWEEN_LINES: Duration = Duration::from_secs(5);

/// How often the bar is drawn while nothing happens, so that its clock goes on.
const TICK: Duration = Duration::from_millis(200);

/// Whether people wait for something else than the runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Pace {
    /// Runs take milliseconds.
    Quick,
    /// Servers start and guests boot.
    Slow,
    /// Nobody wants to be told.
    Silent,
}

/// See the module's head. Workers may tell it what they do.
pub(crate) struct Progress {
    bar: ProgressBar,
    pace: Pace,
    on_terminal: bool,
    failed: AtomicU64,
    /// Milliseconds since the beginning when the last line about the whole was written.
    told: AtomicU64,
    /// Where the time went so far.
    expenses: Mutex<Expenses>,
}

impl Progress {
    /// For so many cases, none of them done.
    pub(crate) fn new(cases: usize, pace: Pace) -> Self {
        let bar = ProgressBar::with_draw_target(Some(cases as u64), ProgressDrawTarget::hidden());
        let form = "{bar:32} {pos}/{len} {prefix}{elapsed} {left}{msg}";
        if let Ok(style) = ProgressStyle::with_template(form) {
            bar.set_style(style.with_key("left", left));
        }
        let progress = Self {
            bar,
            pace,
            on_terminal: io::stderr().is_terminal(),
            failed: AtomicU64::new(0),
            told: AtomicU64::new(0),
            expenses: Mutex::default(),
        };
        progress.show();
        progress
    }

    /// Shows the bar where somebody sits and waits.
    fn show(&self) {
        let waited = match self.pace {
            Pace::Quick => self.bar.elapsed() > PATIENCE,
            Pace::Slow => true,
            Pace::Silent => false,
        };
        if waited && self.on_terminal && self.bar.is_hidden() {
            self.bar.set_draw_target(ProgressDrawTarget::stderr());
            self.bar.enable_steady_tick(TICK);
        }
    }

    /// A run begins.
    pub(crate) fn run_begins(&self, run: &str) {
        self.show();
        self.bar.set_message(one_line(run).into_owned());
    }

    /// A case is reported, by what `report` writes.
    pub(crate) fn run_ends(&self, has_failed: bool, report: impl FnOnce()) {
        self.bar.suspend(report);
        self.bar.inc(1);
        if has_failed {
            let failed = self.failed.fetch_add(1, Ordering::Relaxed) + 1;
            self.bar.set_prefix(format!("{failed} failed "));
        }
        self.tell_the_whole();
    }

    /// How far the suite is, where there is no bar.
    fn tell_the_whole(&self) {
        if self.pace == Pace::Silent {
            return;
        }
        let now = u64::try_from(self.bar.elapsed().as_millis()).unwrap_or(u64::MAX);
        let (done, all) = (self.bar.position(), self.bar.length().unwrap_or(0));
        let since = now.saturating_sub(self.told.load(Ordering::Relaxed));
        if self.on_terminal || done >= all || u128::from(since) < BETWEEN_LINES.as_millis() {
            return;
        }
        self.told.store(now, Ordering::Relaxed);
        let failed = self.failed.load(Ordering::Relaxed);
        let left = self.bar.eta().as_secs();
        streams::note_at_once(format_args!(
            "{done} of {all} done, {failed} failed, about {left} s left"
        ));
    }

    /// No more cases come.
    pub(crate) fn finish(&self) {
        let took = self.bar.elapsed();
        self.bar.finish_and_clear();
        let expenses = self.expenses.lock().unwrap_or_else(PoisonError::into_inner);
        if !expenses.is_empty() && self.pace != Pace::Silent {
            streams::note(format_args!("{:.0} s; {expenses}", took.as_secs_f64()));
        }
    }

    fn tell(&self, line: &str) {
        if self.pace == Pace::Slow {
            self.bar.suspend(|| streams::note_at_once(one_line(line)));
        }
    }
}

/// How long the rest may take. Before the first case is done nobody knows.
fn left(state: &ProgressState, to: &mut dyn fmt::Write) {
    if state.pos() > 0 {
        // What cannot be drawn is not drawn.
        let _ = write!(to, "({} left) ", HumanDuration(state.eta()));
    }
}

impl NewsListener for Progress {
    fn begins(&self, what: &str) {
        self.show();
        self.bar.set_message(one_line(what).into_owned());
        if !self.on_terminal {
            self.tell(what);
        }
    }

    fn done(&self, what: &str, took: Duration) {
        self.tell(&format!("{what}: {:.1} s", took.as_secs_f64()));
    }

    fn failed(&self, what: &str, why: &str) {
        self.tell(&format!("{what}: {why}"));
    }

    fn spent(&self, expenses: &Expenses) {
        let mut all = self.expenses.lock().unwrap_or_else(PoisonError::into_inner);
        *all += expenses.clone();
    }
}
