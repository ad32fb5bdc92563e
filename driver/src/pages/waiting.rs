//! The wait for other functions' pages.

use crate::attribution;
use crate::books::{FunctionType, PageWait, PageWaitOutcome};
use crate::errno::Errno;
use crate::handle::Driver;
use crate::message::MessageKind;
use crate::pauses::PAGE_WAIT_LOOK;
use crate::revision::{WaitAttention, WaitTarget};
use crate::runtime::Object;
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
    driver.with(|state, _| state.pages.waits.push(wait));
    match outcome {
        PageWaitOutcome::TimedOut => Err(Errno::ETIMEDOUT),
        PageWaitOutcome::Drained | PageWaitOutcome::DeviceError => Ok(()),
    }
}

async fn until_drained(driver: &Driver, of: FunctionType) -> PageWaitOutcome {
    let revision = driver.revision();
    let mut asked = false;
    let mut previous = pending(driver, of, &mut asked).await;
    let limit = driver.with(|state, _| state.timeouts.reclaim_vfs_pages);
    let mut end = driver.now().saturating_add(limit);
    if leave_on_error(driver) {
        return PageWaitOutcome::DeviceError;
    }
    loop {
        let present = pending(driver, of, &mut asked).await;
        if present == 0 {
            return PageWaitOutcome::Drained;
        }
        if driver.now() > end {
            driver.message(MessageKind::PageWaitAborted { pending: present });
            return PageWaitOutcome::TimedOut;
        }
        if revision.wait_attention() == WaitAttention::Always && leave_on_error(driver) {
            return PageWaitOutcome::DeviceError;
        }
        if present < previous {
            end = driver.now().saturating_add(limit);
            previous = present;
        }
        driver.sleep(PAGE_WAIT_LOOK).await;
    }
}

fn leave_on_error(driver: &Driver) -> bool {
    let error = driver.with(|state, _| functions::is_in_error(state));
    if error {
        driver.message(MessageKind::SkippingPageWait);
    }
    error
}

/// Pages that are waited for, signed as the kernel compares them. `asked`: firmware was asked during this wait who is who.
async fn pending(driver: &Driver, of: FunctionType, asked: &mut bool) -> i32 {
    let target = driver.revision().wait_target();
    if target == WaitTarget::Owners && !*asked && driver.with(|state, _| can_ask(state)) {
        *asked = true;
        attribution::ask_types(driver, of).await;
    }
    driver
        .step(driver.reads(Object::PageBook), |state, _| {
            let counters = &state.pages.book.counters;
            let pages = match target {
                WaitTarget::Owners if of == untyped_with(state) && cannot_tell_types(state) => {
                    counters.of(of).wrapping_add(counters.none)
                }
                WaitTarget::Owners | WaitTarget::TypeCounter => counters.of(of),
            };
            pages.cast_signed()
        })
        .await
}

/// Whether there are owners with pages of whom nobody knows what they are, and firmware can tell. An owner whose vport the driver
/// never enabled can be one that is waited for; on an embedded CPU it can as well be a function that lives on.
fn can_ask(state: &State) -> bool {
    state.pages.mode == PageMode::VhcaId
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
    state.pages.mode == PageMode::VhcaId && !told
}
