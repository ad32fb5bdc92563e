//! Stages that tests share: one for each test that runs at a time.

use harness::record::result::RunResult;
use libtest_mimic::Failed;
use std::sync::{Mutex, PoisonError};

use super::run::ProjectRun;

/// What plays runs one after another.
pub trait Player: Send + 'static {
    /// Plays a run.
    fn play(&mut self, run: &ProjectRun) -> Result<RunResult, Failed>;
}

/// See the module's head.
pub struct Pool<P> {
    free: Mutex<Vec<P>>,
    make: fn() -> Result<P, Failed>,
}

impl<P> Pool<P> {
    /// Nobody is there yet; `make` makes one.
    pub const fn new(make: fn() -> Result<P, Failed>) -> Self {
        Self {
            free: Mutex::new(Vec::new()),
            make,
        }
    }

    /// Does something with a player that nobody else has meanwhile.
    pub fn with<R>(&self, act: impl FnOnce(&mut P) -> Result<R, Failed>) -> Result<R, Failed> {
        let free = self.free.lock().unwrap_or_else(PoisonError::into_inner).pop();
        let mut player = match free {
            Some(player) => player,
            None => (self.make)()?,
        };
        let done = act(&mut player);
        let mut free = self.free.lock().unwrap_or_else(PoisonError::into_inner);
        free.push(player);
        done
    }

    /// Ends all of them.
    pub fn end(&self) {
        self.free.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }
}
