//! Waiting for something that nobody announces: a look now and then, and a limit.
//!
//! This is the only place where a procedure learns what time it is in order to go on: whoever waits says for what, how often he looks,
//! and when he gives up. A look is an announced step, so what a wait depends on is known.

use super::driver::Driver;
use crate::device_bus::Bus;
use crate::runtime::Announcement;
use crate::state::State;
use prm::Cycles;
use std::hash::Hash;

/// When a look is the last one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum LastLook {
    /// The first one that comes when the limit is reached, or later.
    AtLimit,
    /// The first one that comes later than the limit (`time_after`).
    BeyondLimit,
}

/// How long somebody waits, from a moment on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Patience {
    time: Cycles,
    last: LastLook,
    end: Cycles,
}

impl Patience {
    /// For so long from now on.
    pub(crate) fn begin(driver: &Driver, time: Cycles, last: LastLook) -> Self {
        Self {
            time,
            last,
            end: driver.now().saturating_add(time),
        }
    }

    /// There was progress: the time begins anew.
    pub(crate) fn begin_anew(&mut self, driver: &Driver) {
        self.end = driver.now().saturating_add(self.time);
    }

    /// Whether it is at its end.
    pub(crate) fn is_over(&self, driver: &Driver) -> bool {
        match self.last {
            LastLook::AtLimit => driver.now() >= self.end,
            LastLook::BeyondLimit => driver.now() > self.end,
        }
    }
}

/// What a look has shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Look<T, U> {
    /// What was waited for.
    Reached(T),
    /// Not that, but something has become better: the limit begins anew.
    Nearer(U),
    /// Not that.
    NotYet(U),
}

impl Driver {
    /// Looks at once, and then every `period`, until what is waited for is there. A look is told what the one before has shown: what
    /// it remembers itself would be lost where a task is built anew from what its steps have returned.
    ///
    /// # Errors
    /// What the last look has shown, when patience is over. Then nothing more is looked at: the limit is compared after the look.
    pub(crate) async fn wait_until<T: Hash + Clone + 'static, U: Hash + Clone + 'static>(
        &self,
        access: impl Into<Announcement>,
        period: Cycles,
        patience: &mut Patience,
        look: impl Fn(Option<&U>, &State, &mut Bus) -> Look<T, U>,
    ) -> Result<T, U> {
        let access = access.into();
        let mut before = None;
        loop {
            let seen = self
                .step(access.clone(), |state, bus| look(before.as_ref(), state, bus))
                .await;
            let shown = match seen {
                Look::Reached(what) => return Ok(what),
                // What has come nearer in time is not given up at the same look.
                Look::Nearer(shown) if !patience.is_over(self) => {
                    patience.begin_anew(self);
                    shown
                }
                Look::Nearer(shown) | Look::NotYet(shown) => shown,
            };
            if patience.is_over(self) {
                return Err(shown);
            }
            before = Some(shown);
            self.sleep(period).await;
        }
    }
}
