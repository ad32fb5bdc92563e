//! Pages for boot and initialisation, and the return of all pages at the end.

use super::give::{Cause, give};
use super::leftovers::set_aside;
use super::migration::migrate;
use super::reclaim::reclaim;
use crate::books::{FunctionType, OwnerKey};
use crate::command;
use crate::errno::Errno;
use crate::handle::{Driver, LastLook, Patience};
use crate::message::{MessageKind, PageCounter};
use crate::pauses::RECLAIM_PAUSE;
use crate::revision::{BootRoot, Leftovers, ModeCheck, ReclaimProgress, StaleRoots, TeardownCheck};
use crate::runtime::{Announcement, Object};
use crate::state::functions;
use crate::state::pages::Owner;
use prm::command::Command as _;
use prm::pages::QueryPages;
use prm::{Cycles, PageCount, PageMode, QueryPagesPhase, WireIdentity};

/// Pages asked back by one command at the end: what an output of 12 mailboxes holds (`optimal_reclaimed_pages`).
const RECLAIMED_AT_ONCE: u32 = (16 + 12 * 512 - 16) / 8;

/// Where a deadline is absolute: how many times the limit without progress.
const RECLAIM_LIMITS: u64 = 12;

/// Gives firmware what it needs for the next step of the load (`mlx5_satisfy_startup_pages`).
///
/// # Errors
/// As QUERY_PAGES and MANAGE_PAGES, and what the move to VHCA ids fails with.
pub(crate) async fn satisfy_startup(driver: &Driver, phase: QueryPagesPhase) -> Result<(), Errno> {
    if phase == QueryPagesPhase::Boot {
        begin(driver).await;
    } else if driver.settled(|state| state.capabilities.general_max().icm_mng_function_id_mode()) {
        migrate(driver).await?;
        driver
            .step(driver.writes(Object::PageMode), |state, _| {
                *state.pages.mode = PageMode::VhcaId
            })
            .await;
    }
    let (mode, own, embedded) = driver
        .then(driver.reads(Object::PageMode), |state, _| {
            (
                *state.pages.mode,
                state.capabilities.vhca_id(),
                functions::is_ecpf(state),
            )
        })
        .await;
    let embedded = embedded && mode == PageMode::FuncId;
    let id = if mode == PageMode::VhcaId { own.0 } else { 0 };
    let input = QueryPages::input()
        .with_op_mod(phase.raw())
        .with_ec_function(embedded)
        .with_function_id(id);
    let answer = command::run::<QueryPages>(driver, &input)
        .await
        .map_err(|error| error.errno())?;
    let count = PageCount::from_bits(answer.page_count());
    if count.0 == 0 {
        return Ok(());
    }
    // The id is the reply's, the embedded-CPU bit the driver's own.
    let owner = Owner::named(
        WireIdentity {
            id: answer.function_id(),
            ec: embedded,
        },
        mode,
    );
    if phase == QueryPagesPhase::Boot {
        driver
            .then(driver.writes(Object::PageMode), |state, _| {
                *state.pages.boot_key = Some(owner.key)
            })
            .await;
    }
    give(driver, owner, count, Cause::Startup).await
}

/// A new life: pages go by function ids.
async fn begin(driver: &Driver) {
    let keys = driver
        .step(naming(driver), |state, _| {
            *state.pages.mode = PageMode::FuncId;
            *state.pages.boot_key = None;
            state.pages.book.roots().map(|(key, _)| key).collect::<Vec<_>>()
        })
        .await;
    if driver.revision().stale_roots() == StaleRoots::SetAside {
        for key in keys {
            set_aside(driver, key);
        }
    }
}

/// The book and how owners are named in it: both change only while no worker runs, before events are listened to.
fn naming(driver: &Driver) -> Announcement {
    [driver.writes(Object::PageBook), driver.writes(Object::PageMode)].into()
}

/// Compares the mode with what firmware says it is set to, where a revision does that. If they differ, roots get the
/// names back by which firmware knows them.
///
/// # Errors
/// `EOPNOTSUPP` if they differ.
pub(crate) async fn check_mode(driver: &Driver) -> Result<(), Errno> {
    if driver.revision().mode_check() == ModeCheck::Trusting {
        return Ok(());
    }
    let differs = driver
        .step(naming(driver), |state, _| {
            let set = state.capabilities.general().icm_mng_function_id_mode();
            let differs = *state.pages.mode == PageMode::VhcaId && !set;
            if differs {
                let own = Owner::named(WireIdentity::vhca(state.capabilities.vhca_id()), PageMode::VhcaId);
                let name = state.pages.boot_key.map_or(own.wire, OwnerKey::wire);
                state.pages.book.rename(own.key, name);
                *state.pages.mode = PageMode::FuncId;
            }
            differs
        })
        .await;
    if differs {
        driver.message(MessageKind::PageModeMismatch);
        return Err(Errno::EOPNOTSUPP);
    }
    Ok(())
}

/// Takes all pages back, owner by owner (`mlx5_reclaim_startup_pages`).
pub(crate) async fn reclaim_startup(driver: &Driver) {
    let mut from = OwnerKey(0);
    while let Some(key) = driver
        .step(driver.reads(Object::PageBook), |state, _| {
            state
                .pages
                .book
                .roots()
                .map(|(key, _)| key)
                .find(|&key| key >= from)
        })
        .await
    {
        reclaim_root(driver, key).await;
        end_root(driver, key).await;
        let Some(next) = key.0.checked_add(1) else { break };
        from = OwnerKey(next);
    }
    check_counters(driver).await;
}

/// Takes all pages of one owner back, as far as firmware returns them (`mlx5_reclaim_root_pages`).
async fn reclaim_root(driver: &Driver, key: OwnerKey) {
    let revision = driver.revision();
    let named = [driver.reads(Object::PageBook), driver.reads(Object::PageMode)];
    let owner = driver
        .then(named, |state, _| match revision.boot_root() {
            BootRoot::Assumed => Owner::named(key.wire(), *state.pages.mode),
            BootRoot::Remembered => {
                let wire = state.pages.book.root(key).map_or(key.wire(), |root| root.wire);
                Owner { key, wire }
            }
        })
        .await;
    let limit = driver.settled(|state| state.timeouts.reclaim_pages);
    let mut patience = Patience::begin(driver, limit, LastLook::BeyondLimit);
    // Where progress is what was found, even progress has an end.
    let all = match revision.reclaim_progress() {
        ReclaimProgress::Claimed => Cycles::MAX,
        ReclaimProgress::Found => Cycles(limit.0.saturating_mul(RECLAIM_LIMITS)),
    };
    let at_all = Patience::begin(driver, all, LastLook::BeyondLimit);
    let mut mark = driver.runtime().begin_look();
    while has_pages(driver, key).await {
        let reclaimed = match reclaim(driver, owner, RECLAIMED_AT_ONCE, Cause::Startup).await {
            Ok(reclaimed) => reclaimed,
            Err(errno) => {
                // What the key says, also where the command does not carry it.
                let WireIdentity { ec, .. } = key.wire();
                let id = owner.wire.id;
                driver.message(MessageKind::StartupReclaimFailed { id, ec, errno });
                return;
            }
        };
        let progress = match revision.reclaim_progress() {
            ReclaimProgress::Claimed => reclaimed.claimed,
            ReclaimProgress::Found => reclaimed.found,
        };
        if progress > 0 {
            patience.begin_anew(driver);
        }
        if patience.is_over(driver) || at_all.is_over(driver) {
            driver.message(MessageKind::ReclaimGaveUp);
            return;
        }
        if progress == 0 {
            // A kernel asks again at once.
            let pause = match revision.reclaim_progress() {
                ReclaimProgress::Claimed => Cycles(0),
                ReclaimProgress::Found => RECLAIM_PAUSE,
            };
            driver
                .try_again(mark, asking_again(driver), pause, &patience)
                .await;
        } else {
            mark = driver.runtime().begin_look();
        }
    }
}

/// What another answer to the same question depends on: the book, and whatever firmware has done meanwhile.
fn asking_again(driver: &Driver) -> Announcement {
    [
        driver.reads(Object::PageBook),
        driver.reads(Object::PageMode),
        driver.reads(Object::CommandMode),
        driver.reads(Object::DeviceState),
        driver.reads(Object::Registers),
    ]
    .into()
}

async fn has_pages(driver: &Driver, key: OwnerKey) -> bool {
    let progress = driver.revision().reclaim_progress();
    driver
        .step(driver.reads(Object::PageBook), |state, _| {
            state.pages.book.root(key).is_some_and(|root| match progress {
                ReclaimProgress::Claimed => !root.table.is_empty(),
                ReclaimProgress::Found => root.given() > 0,
            })
        })
        .await
}

async fn end_root(driver: &Driver, key: OwnerKey) {
    match driver.revision().leftovers() {
        Leftovers::Forgotten => {
            driver
                .step(driver.writes(Object::PageBook), |state, _| {
                    state.pages.book.forget_root(key)
                })
                .await;
        }
        Leftovers::SetAside => {
            driver.runtime().point(driver.writes(Object::PageBook)).await;
            set_aside(driver, key);
        }
    }
}

/// Prints counters that should be zero now and are not.
async fn check_counters(driver: &Driver) {
    let about = [
        driver.reads(Object::PageBook),
        driver.reads(Object::PageMode),
        driver.reads(Object::Eswitch),
    ];
    let (counters, mode, has_eswitch) = driver
        .then(about, |state, _| {
            (
                state.pages.book.counters,
                *state.pages.mode,
                functions::exists(state),
            )
        })
        .await;
    let warn = |counter: PageCounter, value: u32| {
        if value != 0 {
            driver.message(MessageKind::PagesCounter {
                counter,
                value: value.cast_signed(),
            });
        }
    };
    warn(PageCounter::Total, counters.fw_pages_total);
    let types = match driver.revision().teardown_check() {
        TeardownCheck::Always => true,
        TeardownCheck::TypesWithEswitch => mode == PageMode::FuncId || has_eswitch,
    };
    if types {
        warn(PageCounter::Vfs, counters.of(FunctionType::Vf));
        warn(PageCounter::HostPf, counters.of(FunctionType::HostPf));
        warn(PageCounter::Spfs, counters.of(FunctionType::Spf));
        warn(PageCounter::EcVfs, counters.of(FunctionType::EcVf));
    }
}
