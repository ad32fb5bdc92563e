//! The device as those outside see it: what they do to it, and what they can ask.

pub(crate) mod account;
pub(crate) mod doorbell;
pub(crate) mod due;
pub(crate) mod fetch;
pub(crate) mod orders;
pub(crate) mod portions;
pub(crate) mod registers;
pub(crate) mod resets;
