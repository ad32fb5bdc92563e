//! What the page code prints, as often as a kernel would.

use crate::books::OwnerKey;
use crate::errno::Errno;
use crate::handle::{Driver, LastLook, Patience};
use crate::message::MessageKind;
use crate::state::pages::{AllocationFailure, BURST, OncePlace, PutReport, WINDOW};

/// Prints that a key has no root, unless this place has done so before.
pub(super) fn warn_missing_root(driver: &Driver, place: OncePlace, key: OwnerKey) {
    let first =
        driver.go_on(|state, _| !std::mem::replace(&mut state.pages.reporting.warned[place as usize], true));
    if first {
        driver.message(MessageKind::MissingRoot { key });
    }
}

/// Whether one more message of the kind that firmware can cause at will may be printed now (`mlx5_core_warn_rl`).
fn may_print(driver: &Driver) -> bool {
    driver.go_on(|state, bus| {
        let now = bus.now();
        let reporting = &mut state.pages.reporting;
        let open = reporting
            .window_start
            .is_some_and(|start| !Patience::since(start, WINDOW, LastLook::BeyondLimit).is_over_at(now));
        if !open {
            reporting.window_start = Some(now);
            reporting.printed = 0;
        }
        reporting.printed += 1;
        reporting.printed <= BURST
    })
}

/// Prints what putting pages back showed.
pub(super) fn report_put(driver: &Driver, key: OwnerKey, report: &PutReport) {
    if report.root_missing {
        warn_missing_root(driver, OncePlace::Find, key);
    }
    if let Some(own) = report.owner_missing {
        warn_missing_root(driver, OncePlace::Free, own);
    }
    for &address in &report.not_found {
        if !may_print(driver) {
            break;
        }
        driver.message(MessageKind::PageNotFound { key, address });
    }
    for &address in &report.twice {
        if !may_print(driver) {
            break;
        }
        driver.message(MessageKind::PageReturnedTwice { key, address });
    }
    if report.late > 0 {
        driver.message(MessageKind::PagesBackLate {
            key,
            pages: report.late,
        });
    }
}

/// Prints why no page could be taken; the error that makes.
pub(super) fn report_allocation(driver: &Driver, failure: AllocationFailure) -> Errno {
    let (message, errno) = match failure {
        AllocationFailure::NoMemory => (MessageKind::PageAllocationFailed, Errno::ENOMEM),
        AllocationFailure::NotMapped => (MessageKind::PageMappingFailed, Errno::ENOMEM),
        AllocationFailure::NotTracked => (MessageKind::PageTrackingFailed, Errno::ENOMEM),
        AllocationFailure::AlreadyTracked => (MessageKind::PageTrackingFailed, Errno::EEXIST),
        AllocationFailure::FreeListBroken => (MessageKind::FreeListBroken, Errno::ENOENT),
    };
    driver.message(message);
    errno
}
