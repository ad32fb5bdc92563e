//! The device as its hosts see it.

pub(crate) mod doorbell;
pub(crate) mod fetch;
pub(crate) mod registers;
pub(crate) mod resets;
