//! Pages that firmware has not returned and may still use.

use crate::books::OwnerKey;
use crate::handle::Driver;
use crate::message::MessageKind;

/// Sets a root aside and says so. Part of an announced step.
pub(super) fn set_aside(driver: &Driver, key: OwnerKey) {
    let pages = driver.go_on(|state, bus| state.pages.book.set_root_aside(key, bus.host_page_size()));
    if pages > 0 {
        driver.message(MessageKind::PagesSetAside {
            key,
            pages: u64::from(pages),
        });
    }
}
