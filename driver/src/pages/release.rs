//! Pages that firmware dropped without a command.

use super::reporting::{report_put, warn_missing_root};
use crate::attribution::function_type;
use crate::books::OwnerKey;
use crate::errno::Errno;
use crate::handle::Driver;
use crate::revision::{Accounting, Mistake, UnknownRelease};
use crate::runtime::Object;
use crate::state::pages::{OncePlace, Owner, PutRules};

/// Drops all pages of an owner (`release_all_pages`).
pub(super) async fn release_all(driver: &Driver, owner: Owner) {
    let revision = driver.revision();
    let rules = rules(driver);
    let book = driver.writes(Object::PageBook);
    let released = driver
        .step(book, |state, bus| {
            let book = &mut state.pages.book;
            book.release_first_half(bus, owner.key, rules.accounting)
        })
        .await;
    let Some((released, leaving)) = released else {
        match revision.unknown_release() {
            UnknownRelease::Bug => warn_missing_root(driver, OncePlace::Release, owner.key),
            UnknownRelease::Nothing => {}
        }
        return;
    };
    if driver.makes(Mistake::ReleaseForgetsHostPages) {
        return;
    }
    let missing = driver
        .then(book, |state, bus| {
            let book = &mut state.pages.book;
            book.free_host_pages(bus, owner.key, &leaving, rules)
        })
        .await;
    if let Some(key) = missing {
        warn_missing_root(driver, OncePlace::Free, key);
    }
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
    let rules = rules(driver);
    let book = driver.writes(Object::PageBook);
    let put = driver
        .step(book, |state, bus| {
            let book = &mut state.pages.book;
            let page = book.used_pages(key, 1, bus.host_page_size()).pop()?;
            Some(book.put_first_half(bus, key, page, rules))
        })
        .await;
    let (mut report, leaving) = put.ok_or(Errno::ENOENT)?;
    if let Some(leaving) = leaving {
        // The kernel reads the page's key, and then looks the root up by it.
        report.owner_missing = driver
            .then(book, |state, bus| {
                state.pages.book.free_host_page(bus, leaving, rules)
            })
            .await;
    }
    report_put(driver, key, &report);
    Ok(())
}

fn rules(driver: &Driver) -> PutRules {
    PutRules {
        accounting: driver.revision().accounting(),
        check: driver.revision().return_check(),
    }
}
