//! Memory that is used by whom it does not belong to.

use super::finding::Finding;
use crate::scenario::InvariantName;
use crate::stage::sight::Sight;
use driver::MessageKind;
use driver_host::{Stray, StrayKind};
use emulator::record::{Corruption, Record};
use std::collections::BTreeMap;

/// No write outside a buffer, no double return, no corruption of a mailbox pool.
pub(super) fn safe(sight: &Sight<'_>, findings: &mut Vec<Finding>) {
    let mut seen: BTreeMap<(String, &'static str), i64> = BTreeMap::new();
    let mut see = |subject: String, what: &'static str| *seen.entry((subject, what)).or_default() += 1;
    for driver in &sight.drivers {
        for message in &driver.messages {
            match message.kind {
                MessageKind::OutOfBoundsWrite { .. } => {
                    see(
                        driver.subject("buffer"),
                        "writes past the end of a command buffer",
                    );
                }
                MessageKind::MailboxPoolCorrupted { .. } => {
                    see(
                        driver.subject("mailbox_pool"),
                        "blocks of the mailbox pool that lead to no block",
                    );
                }
                _ => {}
            }
        }
    }
    for record in &sight.records {
        match record {
            Record::Corruption {
                what: Corruption::GivenTwice { holder, .. },
                ..
            } => {
                see(holder.to_string(), "pages given while firmware holds them");
            }
            Record::Corruption {
                what: Corruption::MailboxNotMapped { .. },
                ..
            } => {
                see(
                    "mailbox".to_owned(),
                    "mailboxes that were not mapped when firmware wrote its answer",
                );
            }
            _ => {}
        }
    }
    for stray in &sight.strays {
        if let Some((subject, what)) = described(stray) {
            see(subject.to_owned(), what);
        }
    }
    for ((subject, what), times) in seen {
        findings.push(Finding {
            invariant: InvariantName::MemorySafe,
            subject: Some(subject),
            driver: Some(times),
            firmware: None,
            detail: format!("{times} {what}"),
        });
    }
}

/// The subject of a stray access, and what it was.
const fn described(stray: &Stray) -> Option<(&'static str, &'static str)> {
    Some(match stray.kind {
        StrayKind::DeviceRead => ("dma_read", "reads by the device of memory that is not mapped"),
        StrayKind::DeviceWrite => ("dma_write", "writes by the device to memory that is not mapped"),
        StrayKind::LowMemoryRead => ("address_zero", "reads by the device of page 0"),
        StrayKind::LowMemoryWrite => ("address_zero", "writes by the device to page 0"),
        StrayKind::DriverWrite => ("host_write", "writes by the driver to memory it does not have"),
        StrayKind::WrongFree => ("free", "returns of memory that the driver does not have"),
        StrayKind::FreedWhileMapped => ("free", "returns of a page that is still mapped"),
        StrayKind::WrongUnmap => ("unmap", "unmappings of what is not mapped"),
    })
}
