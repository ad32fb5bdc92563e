//! What kind of function an owner is, as far as the eswitch has learnt it: kept for as long as the book lives.

use crate::books::{FunctionType, OwnerKey};
use crate::handle::Driver;
use crate::revision::Accounting;
use crate::runtime::Object;
use crate::state::State;
use prm::{PageMode, VhcaId, WireIdentity};

/// The key of an owner that is named by its VHCA id.
pub(super) fn key_of(id: VhcaId) -> OwnerKey {
    OwnerKey::of(WireIdentity::vhca(id), PageMode::VhcaId)
}

/// The eswitch learnt which function a VHCA id is: accounts by owner keep that, and move its pages to the type.
pub(crate) async fn learn_type(driver: &Driver, id: VhcaId, function_type: FunctionType) {
    if driver.revision().accounting() != Accounting::Owners {
        return;
    }
    let book = [driver.writes(Object::PageBook), driver.reads(Object::PageMode)];
    driver
        .then(book, |state, _| {
            // Whoever claims the driver's own id does not make the driver's pages his.
            let own = state.capabilities.vhca_id() == id;
            if *state.pages.mode == PageMode::VhcaId && !own {
                state.pages.book.know_type(key_of(id), function_type);
            }
        })
        .await;
}

/// No vport has this VHCA id any more, because its function has another one now. Part of an announced step.
pub(crate) fn forget_type(state: &mut State, id: VhcaId) {
    state.pages.book.forget_type(key_of(id));
}
