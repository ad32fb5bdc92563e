//! How much can be ordered.

/// How many answers, how many reactions and how many holds may be in force at a time. A reaction can install rules itself,
/// without end if it applies to every command.
pub const MAX_RULES: usize = 1024;

/// How many page requests may be open, and how many pieces of work may be put off to a later time: reactions with a delay, and
/// pages that a disabled function gives back. A rule that applies to every command makes any number of them.
pub const MAX_PENDING: usize = 1024;

/// How many orders one reaction may have.
pub const MAX_ORDERS: usize = 64;

/// The longest name of a hold, in bytes.
pub const LONGEST_NAME: usize = 256;
