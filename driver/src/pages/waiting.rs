//! The wait for other functions' pages.

use crate::books::{FunctionType, PageMode};
use crate::driver::{Driver, State};
use crate::errno::Errno;
use crate::eswitch;
use crate::message::MessageKind;
use crate::revision::{WaitAttention, WaitTarget};
use crate::runtime::Object;
use prm::Cycles;

/// From one look at the counter to the next.
const POLL: Cycles = Cycles::from_millis(50);

/// Waits until no function of a type has pages (`mlx5_wait_for_pages`). The limit begins anew whenever the number falls
/// below its old minimum.
///
/// # Errors
/// `ETIMEDOUT` at the limit.
pub(crate) async fn wait_for_pages(driver: &Driver, of: FunctionType) -> Result<(), Errno> {
    let revision = driver.revision();
    let mut previous = pending(driver, of).await;
    let limit = driver.with(|state, _| state.timeouts.reclaim_vfs_pages);
    let mut end = driver.now().saturating_add(limit);
    if leave_on_error(driver) {
        return Ok(());
    }
    loop {
        let present = pending(driver, of).await;
        if present == 0 {
            return Ok(());
        }
        if driver.now() > end {
            driver.message(MessageKind::PageWaitAborted { pending: present });
            return Err(Errno::ETIMEDOUT);
        }
        if revision.wait_attention() == WaitAttention::Always && leave_on_error(driver) {
            return Ok(());
        }
        if present < previous {
            end = driver.now().saturating_add(limit);
            previous = present;
        }
        driver.sleep(POLL).await;
    }
}

fn leave_on_error(driver: &Driver) -> bool {
    let error = driver.with(|state, _| eswitch::is_in_error(state));
    if error {
        driver.message(MessageKind::SkippingPageWait);
    }
    error
}

/// Pages that are waited for, signed as the kernel compares them.
async fn pending(driver: &Driver, of: FunctionType) -> i32 {
    let target = driver.revision().wait_target();
    driver
        .step(driver.reads(Object::PageBook), |state, _| {
            let counters = &state.pages.book.counters;
            let pages = match target {
                WaitTarget::Owners if cannot_tell_types(state) => counters.of(of).wrapping_add(counters.none),
                WaitTarget::Owners | WaitTarget::TypeCounter => counters.of(of),
            };
            pages.cast_signed()
        })
        .await
}

/// Whether foreign owners stay without a type, because nothing ever tells which function a VHCA id is.
fn cannot_tell_types(state: &State) -> bool {
    let general = state.capabilities.general();
    let told = eswitch::exists(state) && general.eswitch_manager() && general.vport_group_manager();
    state.pages.mode == PageMode::VhcaId && !told
}
