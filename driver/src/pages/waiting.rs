//! The wait for other functions' pages.

use crate::attribution;
use crate::books::{FunctionType, PageWait, PageWaitOutcome};
use crate::errno::Errno;
use crate::handle::{Driver, LastLook, Look, Patience};
use crate::message::MessageKind;
use crate::pauses::PAGE_WAIT_LOOK;
use crate::revision::{Mistake, WaitAttention, WaitTarget};
use crate::runtime::{Announcement, Object};
use crate::state::{State, functions};
use prm::PageMode;

/// Waits until no function of a type has pages (`mlx5_wait_for_pages`). The limit begins anew whenever the number falls
/// below its old minimum.
///
/// # Errors
/// `ETIMEDOUT` at the limit.
pub(crate) async fn wait_for_pages(driver: &Driver, of: FunctionType) -> Result<(), Errno> {
    let began = driver.now();
    let outcome = until_drained(driver, of).await;
    let wait = PageWait {
        began,
        ended: driver.now(),
        waited_for: of,
        outcome,
    };
    driver.go_on(|state, _| state.pages.waits.push(wait));
    match outcome {
        PageWaitOutcome::TimedOut => Err(Errno::ETIMEDOUT),
        PageWaitOutcome::Drained | PageWaitOutcome::DeviceError => Ok(()),
    }
}

/// Why looking at the counters ends.
#[derive(Clone, Hash)]
enum Ended {
    Drained,
    /// The device has failed.
    Error,
    /// Firmware can be asked who is who, and has not been. The fewest pages so far.
    CanAsk(i32),
}

/// What a look has shown.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
struct Pending {
    present: i32,
    /// The fewest so far.
    least: i32,
}

async fn until_drained(driver: &Driver, of: FunctionType) -> PageWaitOutcome {
    let attention = driver.revision().wait_attention();
    let mut asks = driver.revision().wait_target() == WaitTarget::Owners;
    if asks && driver.then(looking(driver), |state, _| can_ask(state)).await {
        asks = false;
        attribution::ask_types(driver, of).await;
    }
    let target = driver.revision().wait_target();
    let mut least = driver
        .step(looking(driver), |state, _| pending(state, target, of))
        .await;
    let limit = driver.settled(|state| state.timeouts.reclaim_vfs_pages);
    let mut patience = Patience::begin(driver, limit, LastLook::BeyondLimit);
    let forgets_the_rest = driver.makes(Mistake::WaitTakesFewerForNone);
    if leave_on_error(driver).await {
        return PageWaitOutcome::DeviceError;
    }
    loop {
        let ended = driver
            .wait_until(
                looking(driver),
                PAGE_WAIT_LOOK,
                &mut patience,
                |before, state, _| {
                    let least = before.map_or(least, |before: &Pending| before.least);
                    if asks && can_ask(state) {
                        return Look::Reached(Ended::CanAsk(least));
                    }
                    let present = pending(state, target, of);
                    if present == 0 {
                        return Look::Reached(Ended::Drained);
                    }
                    if attention == WaitAttention::Always && functions::is_in_error(state) {
                        return Look::Reached(Ended::Error);
                    }
                    if present < least && forgets_the_rest {
                        return Look::Reached(Ended::Drained);
                    }
                    if present < least {
                        let least = present;
                        return Look::Nearer(Pending { present, least });
                    }
                    Look::NotYet(Pending { present, least })
                },
            )
            .await;
        match ended {
            Ok(Ended::Drained) => return PageWaitOutcome::Drained,
            Ok(Ended::Error) => {
                driver.message(MessageKind::SkippingPageWait);
                return PageWaitOutcome::DeviceError;
            }
            Ok(Ended::CanAsk(so_far)) => {
                asks = false;
                least = so_far;
                attribution::ask_types(driver, of).await;
            }
            Err(Pending { present: pending, .. }) => {
                driver.message(MessageKind::PageWaitAborted { pending });
                return PageWaitOutcome::TimedOut;
            }
        }
    }
}

/// What a look touches. The kernel reads one counter; by owner it takes more to know which.
fn looking(driver: &Driver) -> Announcement {
    let counters = driver.reads(Object::PageBook);
    let state = driver.reads(Object::DeviceState);
    match driver.revision().wait_target() {
        WaitTarget::TypeCounter => [counters, state].into(),
        WaitTarget::Owners => [
            counters,
            state,
            driver.reads(Object::PageMode),
            driver.reads(Object::Eswitch),
        ]
        .into(),
    }
}

async fn leave_on_error(driver: &Driver) -> bool {
    let error = driver
        .then(driver.reads(Object::DeviceState), |state, _| {
            functions::is_in_error(state)
        })
        .await;
    if error {
        driver.message(MessageKind::SkippingPageWait);
    }
    error
}

/// Pages that are waited for, signed as the kernel compares them.
fn pending(state: &State, target: WaitTarget, of: FunctionType) -> i32 {
    let counters = &state.pages.book.counters;
    let pages = match target {
        WaitTarget::Owners if of == untyped_with(state) && cannot_tell_types(state) => {
            counters.of(of).wrapping_add(counters.none)
        }
        WaitTarget::Owners | WaitTarget::TypeCounter => counters.of(of),
    };
    pages.cast_signed()
}

/// Whether there are owners with pages of whom nobody knows what they are, and firmware can tell. An owner whose vport the driver
/// never enabled can be one that is waited for; on an embedded CPU it can as well be a function that lives on.
fn can_ask(state: &State) -> bool {
    *state.pages.mode == PageMode::VhcaId
        && !cannot_tell_types(state)
        && !functions::is_in_error(state)
        && state.pages.book.has_unknown_owner()
}

/// Which wait is the one for owners without a type, so that only one is: what an embedded CPU supplies above all is the host's
/// PF, what any other PF supplies its VFs.
fn untyped_with(state: &State) -> FunctionType {
    if functions::is_ecpf(state) {
        FunctionType::HostPf
    } else {
        FunctionType::Vf
    }
}

/// Whether foreign owners stay without a type, because nothing ever tells which function a VHCA id is.
fn cannot_tell_types(state: &State) -> bool {
    let general = state.capabilities.general();
    let told = functions::exists(state) && general.eswitch_manager() && general.vport_group_manager();
    *state.pages.mode == PageMode::VhcaId && !told
}
