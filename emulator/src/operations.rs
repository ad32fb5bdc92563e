//! What firmware knows of each operation.

pub(crate) mod fields;
