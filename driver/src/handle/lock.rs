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
        let mark = self.runtime().begin_look();
        loop {
            self.runtime().point(self.writes(object)).await;
            if let Some(guard) = self.try_lock(object) {
                return guard;
            }
            self.runtime().wait(self.id(), object, None).await;
            self.runtime().look_again(mark);
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
        let taken = self.runtime().see(|| {
            let Some(holder) = self.runtime().current() else {
                return false;
            };
            self.runtime().note_use(self.writes(object));
            let mut locks = self.locks().borrow_mut();
            let is_free = !locks.contains_key(&object);
            if is_free {
                locks.insert(object, holder);
            }
            is_free
        });
        taken.then(|| LockGuard {
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
        if self.driver.runtime().is_without_effect() {
            return;
        }
        self.driver.runtime().note_use(self.driver.writes(self.object));
        self.driver.locks().borrow_mut().remove(&self.object);
        self.driver.notify(self.object);
    }
}
