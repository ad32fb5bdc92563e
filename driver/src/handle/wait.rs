//! Waiting: a look at what is waited for, and another one when it can have changed, up to a limit.
//!
//! What somebody tells is waited for with [`Driver::wait_for`]: the next look comes when the object is notified. What nobody tells
//! is waited for with [`Driver::wait_until`]: the next look comes after a while. Locks have a wait of their own (`lock`); nobody
//! waits in any other way (`driver/tests/waits.rs`).
//!
//! This is the only place where a procedure learns what time it is in order to go on: whoever waits says for what, when he looks,
//! and when he gives up. A look is an announced step, so what a wait depends on is known.

use super::driver::Driver;
use crate::device_bus::Bus;
use crate::runtime::{Announcement, LookMark, Object, Woken};
use crate::state::State;
use prm::Cycles;
use std::hash::Hash;

/// When a look is the last one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum LastLook {
    /// The one before the limit: when that is reached, nobody looks again (`down_timeout`).
    Earlier,
    /// The first one that comes when the limit is reached, or later (`wait_for_completion_timeout`, `time_before`).
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
        Self::since(driver.now(), time, last)
    }

    /// For so long from a moment on.
    pub(crate) const fn since(moment: Cycles, time: Cycles, last: LastLook) -> Self {
        Self {
            time,
            last,
            end: moment.saturating_add(time),
        }
    }

    /// As long as it takes.
    pub(crate) const fn endless() -> Self {
        Self::since(Cycles::MAX, Cycles::MAX, LastLook::BeyondLimit)
    }

    /// There was progress: the time begins anew.
    pub(crate) fn begin_anew(&mut self, driver: &Driver) {
        self.end = driver.now().saturating_add(self.time);
    }

    /// Whether it is at its end.
    pub(crate) fn is_over(&self, driver: &Driver) -> bool {
        self.is_over_at(driver.now())
    }

    /// Whether it is at its end at this moment.
    pub(crate) fn is_over_at(&self, now: Cycles) -> bool {
        match self.last {
            LastLook::Earlier | LastLook::AtLimit => now >= self.end,
            LastLook::BeyondLimit => now > self.end,
        }
    }

    /// The first moment at which it is over.
    fn is_over_from(&self) -> Option<Cycles> {
        match self.last {
            LastLook::Earlier | LastLook::AtLimit => self.deadline(),
            LastLook::BeyondLimit => self.deadline().map(|end| end.saturating_add(Cycles(1))),
        }
    }

    fn deadline(&self) -> Option<Cycles> {
        (self.end < Cycles::MAX).then_some(self.end)
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
    /// Looks at once, and then whenever `told` is notified, until what is waited for is there.
    ///
    /// The first look is part of the step that is under way, which has announced what it takes. Every other one is a step of its
    /// own, and what comes after the last one is part of that. A look is told what the one before has shown: what it remembers
    /// itself would be lost where a task is built anew from what its steps have returned.
    ///
    /// # Errors
    /// What the last look has shown, when patience is over.
    pub(crate) async fn wait_for<T: Hash + Clone + 'static, U: Hash + Clone + PartialEq + 'static>(
        &self,
        access: impl Into<Announcement>,
        told: Object,
        patience: &mut Patience,
        look: impl Fn(Option<&U>, &State, &mut Bus) -> Look<T, U>,
    ) -> Result<T, U> {
        let access = access.into();
        let mut before = None;
        let mut woken = Woken::Notified;
        let mut mark = self.runtime().begin_look();
        loop {
            let seen = self.go_on(|state, bus| look(before.as_ref(), state, bus));
            let shown = match seen {
                Look::Reached(what) => return Ok(what),
                Look::Nearer(shown) => {
                    patience.begin_anew(self);
                    shown
                }
                Look::NotYet(shown) => shown,
            };
            if woken == Woken::Expired {
                return Err(shown);
            }
            let is_new = before.as_ref() != Some(&shown);
            before = Some(shown.clone());
            // Whoever brings about what is waited for has to tell, and is held to it.
            let could_go_on = || {
                let seen = self.peek(|state, bus| look(before.as_ref(), state, bus));
                !matches!(seen, Look::NotYet(_))
            };
            let at = (self.id(), told);
            woken = self
                .runtime()
                .watch(at, patience.deadline(), access.clone(), could_go_on)
                .await;
            if woken == Woken::Expired && patience.last == LastLook::Earlier {
                return Err(shown);
            }
            self.note_look(&mut mark, is_new);
            self.runtime().point(access.clone()).await;
        }
    }

    /// A look that has shown what the one before did leaves nothing behind.
    fn note_look(&self, mark: &mut LookMark, is_new: bool) {
        if is_new {
            *mark = self.runtime().begin_look();
        } else {
            self.runtime().look_again(*mark);
        }
    }

    /// [`wait_for`](Self::wait_for), as long as it takes.
    pub(crate) async fn wait_for_ever<T: Hash + Clone + 'static>(
        &self,
        access: impl Into<Announcement>,
        told: Object,
        look: impl Fn(&State) -> Option<T>,
    ) -> T {
        let access = access.into();
        let look = |_: Option<&()>, state: &State, _: &mut Bus| match look(state) {
            Some(what) => Look::Reached(what),
            None => Look::NotYet(()),
        };
        loop {
            let mut patience = Patience::endless();
            if let Ok(what) = self.wait_for(access.clone(), told, &mut patience, look).await {
                return what;
            }
        }
    }

    /// Looks at once, and then every `period`, until what is waited for is there. Each look is a step of its own, and is told what
    /// the one before has shown, as with [`wait_for`](Self::wait_for).
    ///
    /// # Errors
    /// What the last look has shown, when patience is over. Then nothing more is looked at: the limit is compared after the look.
    pub(crate) async fn wait_until<T: Hash + Clone + 'static, U: Hash + Clone + PartialEq + 'static>(
        &self,
        access: impl Into<Announcement>,
        period: Cycles,
        patience: &mut Patience,
        look: impl Fn(Option<&U>, &State, &mut Bus) -> Look<T, U>,
    ) -> Result<T, U> {
        let access = access.into();
        let mut before = None;
        let mut mark = self.runtime().begin_look();
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
            self.between_looks(access.clone(), period, patience).await;
            self.note_look(&mut mark, before.as_ref() != Some(&shown));
            before = Some(shown);
        }
    }

    /// Lets a while pass between two looks, or two tries. Who explores has no while: there it lasts until something of what is looked
    /// at has changed, or until patience is over since nothing else can happen.
    async fn between_looks(&self, access: impl Into<Announcement>, period: Cycles, patience: &Patience) {
        if !self.runtime().see(|| self.runtime().explores()) {
            if period > Cycles(0) {
                self.sleep(period).await;
            }
            return;
        }
        self.runtime().note_poll(access.into());
        self.runtime()
            .wait(self.id(), Object::Timer, patience.is_over_from())
            .await;
    }

    /// Something was tried in vain since `mark` ([`Runtime::begin_look`](crate::runtime::Runtime)), and will be again after a while:
    /// what was tried leaves nothing behind. `access` is what another try depends on.
    pub(crate) async fn try_again(
        &self,
        mark: LookMark,
        access: impl Into<Announcement>,
        period: Cycles,
        patience: &Patience,
    ) {
        self.between_looks(access, period, patience).await;
        self.runtime().look_again(mark);
    }

    /// Lets a time pass that ends by itself, whatever happens: see `pauses`.
    pub(crate) async fn pause(&self, time: Cycles) {
        if time > Cycles(0) {
            let deadline = self.now().saturating_add(time);
            self.runtime().pause_until(self.id(), deadline).await;
        }
    }

    /// Lets virtual time pass between two looks.
    pub async fn sleep(&self, time: Cycles) {
        let deadline = self.now().saturating_add(time);
        self.runtime().sleep_until(self.id(), deadline).await;
    }
}
