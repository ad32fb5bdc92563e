//! Sleeping locks. No hand-over: whoever runs first after an unlock gets the lock, as with the kernel's mutexes.

use super::driver::Driver;
use crate::runtime::{Object, TaskId};

/// A held lock. To release it is a step ([`LockGuard::release`]): others run before it. Dropping it unlocks, too, as part of the step
/// that is under way, which then must have announced that.
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

    /// Does something under a lock, and releases it however that ends.
    pub async fn holding<R>(&self, object: Object, body: impl AsyncFnOnce() -> R) -> R {
        let guard = self.lock(object).await;
        let result = body().await;
        guard.release().await;
        result
    }

    /// Takes the lock if it is free. Part of an announced step, never a step of its own.
    #[must_use]
    pub fn try_lock(&self, object: Object) -> Option<LockGuard> {
        let holder = self.runtime().current()?;
        self.runtime().note_use(self.writes(object));
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

impl LockGuard {
    /// Unlocks, as a step of its own.
    pub async fn release(self) {
        let access = self.driver.writes(self.object);
        self.driver.runtime().follow(access).await;
    }
}

impl Drop for LockGuard {
    fn drop(&mut self) {
        self.driver.runtime().note_use(self.driver.writes(self.object));
        self.driver.locks().borrow_mut().remove(&self.object);
        self.driver.notify(self.object);
    }
}
