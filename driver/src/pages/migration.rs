//! The move of the boot pages from a function id to the VHCA id.

use super::leftovers::set_aside;
use crate::books::{FunctionType, OwnerKey};
use crate::errno::Errno;
use crate::handle::Driver;
use crate::message::MessageKind;
use crate::revision::{BootRoot, MigrationOrder, Mistake, StaleRoots};
use crate::runtime::Object;
use crate::state::functions;
use crate::state::pages::Owner;
use prm::{PageMode, WireIdentity};

/// Moves the boot root to the key of the own VHCA id (`mlx5_pagealloc_migrate_to_vhca_id`).
///
/// # Errors
/// `ENOMEM` without memory for the key, `EBUSY` if it has a root already.
pub(super) async fn migrate(driver: &Driver) -> Result<(), Errno> {
    let revision = driver.revision();
    let (old, new) = driver
        .step(driver.reads(Object::PageMode), |state, _| keys(driver, state))
        .await;
    let new = Owner::named(new, PageMode::VhcaId);
    let Some(old) = old.filter(|&old| old != new.key) else {
        if revision.boot_root() == BootRoot::Remembered {
            // Nothing moves, but what came under this number as a function id is the driver's own all the same.
            driver
                .then(driver.writes(Object::PageBook), |state, _| {
                    state.pages.book.set_type(new.key, FunctionType::Own);
                })
                .await;
        }
        return Ok(());
    };
    let nothing_moves = driver
        .then(driver.reads(Object::PageBook), |state, _| {
            state.pages.book.root(old).is_none()
        })
        .await;
    if nothing_moves {
        return Ok(());
    }
    if let Err(errno) = insert(driver, old, new.key).await {
        driver.message(MessageKind::MigrationFailed {
            from: old,
            to: new.key,
            errno,
        });
        if revision.boot_root() == BootRoot::Remembered {
            // Firmware goes by VHCA ids already: the pages stay where they are, but are asked for by the new name.
            driver.go_on(|state, _| state.pages.book.rename(old, new.wire));
        }
        return Err(errno);
    }
    driver.race_point("migrate.inserted_new_key").await;
    match revision.migration_order() {
        MigrationOrder::EraseThenRetag => {
            erase(driver).await;
            driver.race_point("migrate.erased_old_key").await;
            retag(driver, new).await;
            driver.race_point("migrate.retagged").await;
        }
        MigrationOrder::RetagThenErase => {
            retag(driver, new).await;
            driver.race_point("migrate.retagged").await;
            erase(driver).await;
            driver.race_point("migrate.erased_old_key").await;
        }
        MigrationOrder::ReserveThenSwap => {
            driver
                .step(driver.writes(Object::PageBook), |state, _| {
                    if !driver.makes(Mistake::MigrationForgetsKeys) {
                        state.pages.book.retag(new.key);
                    }
                    state.pages.book.rename(new.key, new.wire);
                    state.pages.book.erase_old_key();
                    // Whatever function id they came under: under the own VHCA id they are the driver's own.
                    state.pages.book.set_type(new.key, FunctionType::Own);
                })
                .await;
            driver.race_point("migrate.retagged").await;
            driver.race_point("migrate.erased_old_key").await;
        }
    }
    Ok(())
}

fn keys(driver: &Driver, state: &crate::state::State) -> (Option<OwnerKey>, WireIdentity) {
    let old = match driver.revision().boot_root() {
        BootRoot::Assumed => {
            let wire = WireIdentity {
                id: 0,
                ec: functions::is_ecpf(state),
            };
            Some(OwnerKey::of(wire, PageMode::FuncId))
        }
        BootRoot::Remembered => *state.pages.boot_key,
    };
    (old, WireIdentity::vhca(state.capabilities.vhca_id()))
}

async fn insert(driver: &Driver, old: OwnerKey, new: OwnerKey) -> Result<(), Errno> {
    driver.runtime().point(driver.writes(Object::PageBook)).await;
    driver
        .go_on(|_, bus| bus.allocate("page_root"))
        .map_err(|_| Errno::ENOMEM)?;
    if driver.go_on(|state, _| state.pages.book.add_key(old, new)) {
        return Ok(());
    }
    match driver.revision().stale_roots() {
        StaleRoots::Stay => Err(Errno::EBUSY),
        StaleRoots::SetAside => {
            set_aside(driver, new);
            let added = driver.go_on(|state, _| state.pages.book.add_key(old, new));
            if added { Ok(()) } else { Err(Errno::EBUSY) }
        }
    }
}

async fn erase(driver: &Driver) {
    driver
        .step(driver.writes(Object::PageBook), |state, _| {
            state.pages.book.erase_old_key()
        })
        .await;
}

/// Stores the new key on one host page after the other, as the kernel walks the root's tree: each is a step of its own.
async fn retag(driver: &Driver, new: Owner) {
    let book = driver.writes(Object::PageBook);
    let mut last = driver
        .step(book, |state, _| {
            state.pages.book.rename(new.key, new.wire);
            state.pages.book.retag_next(new.key, None)
        })
        .await;
    while last.is_some() {
        last = driver
            .then(book, |state, _| state.pages.book.retag_next(new.key, last))
            .await;
    }
}
