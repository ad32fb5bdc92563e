//! Who waits for a slot.

use crate::handle::Driver;
use crate::runtime::Object;
use crate::state::command::Lane;

/// Wakes whoever waits for a slot of this lane. A change of mode and a flush wait for the page slot among the others.
pub(super) fn notify_lane(driver: &Driver, lane: Lane) {
    if lane == Lane::Page {
        driver.notify(Object::PageSlot);
    }
    driver.notify(Object::CommandSlots);
}
