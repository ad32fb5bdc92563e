//! Pages for firmware: what it asks for, what it was given, what it returns.
//!
//! | where | what |
//! |---|---|
//! | `give`, `reclaim`, `release` | the exchanges with firmware |
//! | `request` | page request events and the single worker that serves them |
//! | `startup` | pages for boot and initialisation, and their way back |
//! | `migration` | the move from function ids to VHCA ids |
//! | `waiting` | the wait for other functions' pages |
//! | `leftovers` | pages that firmware has not returned and may still use |
//! | `late` | completions that come after their caller gave up |

mod give;
mod late;
mod leftovers;
mod migration;
mod reclaim;
mod release;
mod reporting;
mod request;
mod startup;
mod waiting;

#[cfg(test)]
mod tests;

pub(crate) use late::{on_device_reset, on_late_completion};
pub(crate) use release::free_page;
pub(crate) use request::{drain_before_gate, on_page_request};
pub(crate) use startup::{check_mode, reclaim_startup, satisfy_startup};
pub(crate) use waiting::wait_for_pages;

use crate::books::{DriverBooks, OwnerKey, OwnerView};
use crate::handle::Driver;
use crate::pauses;
use crate::revision::{BootRoot, Leftovers};
use crate::runtime::Object;
use crate::state::State;
use crate::state::pages::{PageBook, PageWork};
use prm::PageMode;
use std::collections::BTreeSet;

/// Begins the book anew (`mlx5_pagealloc_init`). Nobody uses it before.
pub(crate) async fn init(driver: &Driver) {
    let whole = [
        driver.writes(Object::PageBook),
        driver.writes(Object::PageMode),
        driver.writes(Object::PageQueue),
    ];
    driver
        .then(whole, |state, _| {
            let pages = &mut state.pages;
            *pages.book = PageBook::default();
            *pages.mode = PageMode::FuncId;
            *pages.listening = false;
            *pages.boot_key = None;
            *pages.crashed = false;
        })
        .await;
}

/// Ends the book (`mlx5_pagealloc_cleanup`). Pages still in it are lost; the counters can still be read.
pub(crate) async fn cleanup(driver: &Driver) {
    let keys = driver
        .step(driver.writes(Object::PageBook), |state, _| {
            state.pages.book.roots().map(|(key, _)| key).collect::<Vec<_>>()
        })
        .await;
    for key in keys {
        match driver.revision().leftovers() {
            Leftovers::Forgotten => driver.go_on(|state, _| state.pages.book.forget_root(key)),
            Leftovers::SetAside => {
                leftovers::set_aside(driver, key);
            }
        }
    }
}

/// Listens to page requests from now on (`mlx5_pagealloc_start`).
pub(crate) async fn start(driver: &Driver) {
    driver
        .step(driver.writes(Object::PageQueue), |state, _| {
            *state.pages.listening = true
        })
        .await;
}

/// Stops listening and waits for the worker (`mlx5_pagealloc_stop`).
pub(crate) async fn stop(driver: &Driver) {
    driver
        .step(driver.writes(Object::PageQueue), |state, _| {
            *state.pages.listening = false
        })
        .await;
    driver.pause(pauses::READERS).await;
    driver.flush_work::<PageWork>().await;
}

/// Puts the page code's part into the driver's books.
pub(crate) fn describe(driver: &Driver, state: &State, books: &mut DriverBooks) {
    let pages = &state.pages;
    books.counters = pages.book.counters;
    books.page_mode = *pages.mode;
    books.page_queue_outstanding = pages.queue.outstanding();
    books.page_waits.clone_from(&pages.waits);
    let revision = driver.revision();
    let released: BTreeSet<OwnerKey> = pages
        .queue
        .waiting()
        .filter_map(|work| work.releases(*pages.mode))
        .collect();
    for (key, root) in pages.book.roots() {
        let given = root.given();
        books.roots.insert(key, given);
        let wire = match revision.boot_root() {
            BootRoot::Remembered => root.wire,
            BootRoot::Assumed => key.wire().sent(*pages.mode),
        };
        books.owners.push(OwnerView {
            key,
            id: wire.id,
            ec: wire.ec,
            mode: *pages.mode,
            pages: given,
            set_aside: 0,
            release_queued: released.contains(&key),
        });
    }
    for (key, wire, set_aside) in pages.book.quarantine.roots() {
        let wire = wire.sent(*pages.mode);
        books.owners.push(OwnerView {
            key,
            id: wire.id,
            ec: wire.ec,
            mode: *pages.mode,
            pages: 0,
            set_aside,
            release_queued: false,
        });
    }
}
