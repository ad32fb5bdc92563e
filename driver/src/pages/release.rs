//! Pages that firmware dropped without a command.

use super::reporting::{report_put, warn_missing_root};
use crate::attribution::function_type;
use crate::books::OwnerKey;
use crate::errno::Errno;
use crate::handle::Driver;
use crate::revision::{Accounting, UnknownRelease};
use crate::runtime::Object;
use crate::state::pages::{OncePlace, Owner, PutRules};

/// Drops all pages of an owner (`release_all_pages`).
pub(super) async fn release_all(driver: &Driver, owner: Owner) {
    let revision = driver.revision();
    let released = driver
        .step(driver.writes(Object::PageBook), |state, bus| {
            state
                .pages
                .book
                .release_all(bus, owner.key, revision.accounting())
        })
        .await;
    let Some(released) = released else {
        match revision.unknown_release() {
            UnknownRelease::Bug => warn_missing_root(driver, OncePlace::Release, owner.key),
            UnknownRelease::Nothing => {}
        }
        return;
    };
    if revision.accounting() == Accounting::Exchanges {
        let late_type = function_type(driver, owner).await;
        driver
            .step(driver.writes(Object::PageBook), |state, _| {
                state.pages.book.counters.subtract(late_type, released);
            })
            .await;
    }
}

/// Frees one page of a key behind firmware's back. No procedure of the driver does that.
///
/// # Errors
/// `ENOENT` if the key has no page.
pub(crate) async fn free_page(driver: &Driver, key: OwnerKey) -> Result<(), Errno> {
    let revision = driver.revision();
    let rules = PutRules {
        accounting: revision.accounting(),
        check: revision.return_check(),
    };
    let report = driver
        .step(driver.writes(Object::PageBook), |state, bus| {
            let book = &mut state.pages.book;
            let page = book.used_pages(key, 1, bus.host_page_size()).pop()?;
            Some(book.put(bus, key, [page], rules))
        })
        .await;
    let report = report.ok_or(Errno::ENOENT)?;
    report_put(driver, key, &report);
    Ok(())
}
