//! Named places between two steps where a run may be paused.

use super::access::{Access, DriverId, Object, Use};
use super::executor::Runtime;
use std::collections::BTreeSet;

impl Runtime {
    /// Asks that the next task that reaches the race point `name` stops there.
    pub fn pause_at(&self, name: &str) {
        self.core.borrow_mut().requested_pauses.insert(name.to_owned());
    }

    /// Takes a pause back and lets a task go on that stopped there.
    pub fn resume_at(&self, name: &str) {
        let paused: Vec<_> = {
            let mut core = self.core.borrow_mut();
            core.requested_pauses.remove(name);
            let (hit, rest) = std::mem::take(&mut core.pauses)
                .into_iter()
                .partition(|&(_, at)| at == name);
            core.pauses = rest;
            let hit: BTreeSet<(DriverId, &'static str)> = hit;
            hit.into_iter().collect()
        };
        for (driver, at) in paused {
            self.notify(driver, Object::RacePoint(at));
        }
    }

    /// The race points where a task stands paused.
    #[must_use]
    pub fn paused(&self) -> Vec<&'static str> {
        self.core.borrow().pauses.iter().map(|&(_, name)| name).collect()
    }

    /// A named place between two steps where a run may be paused.
    pub async fn race_point(&self, driver: DriverId, name: &'static str) {
        let stops = self.see(|| {
            let mut core = self.core.borrow_mut();
            let stops = core.requested_pauses.remove(name);
            if stops {
                core.pauses.insert((driver, name));
            }
            stops
        });
        if stops {
            while self.see(|| self.core.borrow().pauses.contains(&(driver, name))) {
                self.wait(driver, Object::RacePoint(name), None).await;
            }
        } else {
            self.point(Access {
                driver,
                object: Object::RacePoint(name),
                usage: Use::Read,
            })
            .await;
        }
    }
}
