//! Sleeping locks. No hand-over: whoever runs first after an unlock gets the lock, as with the kernel's mutexes.

use super::driver::Driver;
use crate::runtime::{Object, TaskId};

/// A held lock. Dropping it unlocks.
#[must_use = "a lock is held as long as its guard lives"]
pub struct LockGuard {
    driver: Driver,
    object: Object,
}

impl Driver {
    /// Takes the lock `object`, waiting while another task holds it.
    pub async fn lock(&self, object: Object) -> LockGuard {
        loop {
            self.runtime().point(self.writes(object)).await;
            if let Some(guard) = self.try_lock(object) {
                return guard;
            }
            self.runtime().wait(self.id(), object, None).await;
        }
    }

    /// Takes the lock if it is free. Part of an announced step, never a step of its own.
    #[must_use]
    pub fn try_lock(&self, object: Object) -> Option<LockGuard> {
        let holder = self.runtime().current()?;
        let mut locks = self.locks().borrow_mut();
        if locks.contains_key(&object) {
            return None;
        }
        locks.insert(object, holder);
        Some(LockGuard {
            driver: self.clone(),
            object,
        })
    }

    /// Who holds which lock.
    #[must_use]
    pub fn lock_holders(&self) -> Vec<(Object, TaskId)> {
        self.locks()
            .borrow()
            .iter()
            .map(|(&object, &holder)| (object, holder))
            .collect()
    }
}

impl Drop for LockGuard {
    fn drop(&mut self) {
        self.driver.locks().borrow_mut().remove(&self.object);
        self.driver.notify(self.object);
    }
}
