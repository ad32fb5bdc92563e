//! Handing on the notes of parts.

use crate::runtime::Object;
use parts::Touch;

/// Hands on how an object was used, if it was at all.
#[inline]
pub(in crate::state) fn used(take: &mut dyn FnMut(Object, Touch), object: Object, touch: Touch) {
    if touch != Touch::Nothing {
        take(object, touch);
    }
}
