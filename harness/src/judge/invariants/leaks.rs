//! What a driver leaves behind.

use super::finding::Finding;
use crate::scenario::InvariantName;
use crate::stage::sight::Sight;

/// No host page, mapping or shared buffer is left after unload.
pub(super) fn none_left(sight: &Sight<'_>, findings: &mut Vec<Finding>) {
    for driver in &sight.drivers {
        let Some(host) = sight.host.filter(|_| driver.is_gone()) else {
            continue;
        };
        let left = host.holdings(driver.account);
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
