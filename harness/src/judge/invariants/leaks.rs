//! What a driver leaves behind.

use super::Finding;
use super::scene::Scene;
use crate::scenario::InvariantName;

/// No host page, mapping or shared buffer is left after unload.
pub(super) fn none_left(scene: &Scene<'_>, findings: &mut Vec<Finding>) {
    for driver in scene.drivers {
        if driver.books.bound || driver.busy {
            continue;
        }
        let left = scene.world.machine().memory.holdings(driver.account);
        for (what, count) in [
            ("pages", left.pages),
            ("mappings", left.mappings),
            ("buffers", left.buffers),
        ] {
            if count > 0 {
                findings.push(Finding {
                    invariant: InvariantName::NothingLeaks,
                    subject: Some(driver.subject(what)),
                    driver: i64::try_from(count).ok(),
                    firmware: None,
                    detail: format!("{count} {what} are left after unload"),
                });
            }
        }
    }
}
