//! Commands and their limits.

use super::finding::Finding;
use crate::scenario::InvariantName;
use crate::stage::sight::Sight;
use driver::MessageKind;
use std::collections::BTreeMap;

/// No command runs into its limit.
pub(super) fn in_time(sight: &Sight<'_>, findings: &mut Vec<Finding>) {
    for driver in &sight.drivers {
        let mut timed_out: BTreeMap<String, i64> = BTreeMap::new();
        for message in &driver.messages {
            if let MessageKind::CommandTimedOut { opcode, .. } = &message.kind {
                *timed_out.entry(opcode.to_string()).or_default() += 1;
            }
        }
        for (command, times) in timed_out {
            findings.push(Finding {
                invariant: InvariantName::CommandTimeOut,
                subject: Some(driver.subject(&command)),
                driver: Some(times),
                firmware: None,
                detail: format!("{times} {command} ran into the limit of a command"),
            });
        }
    }
}
