//! What is checked after every step without being asked.
//!
//! A condition that lasts (a counter that differs from the ledger) is reported once, at the step where it begins, and again only if it
//! ended in between. An event (a time-out) is reported at the step where it happened.
//!
//! | family | invariants |
//! |---|---|
//! | `counters` | `counter_matches_ledger`, `total_matches_types`, `counter_wrapped` |
//! | `owners` | `pages_match_ledger` |
//! | `ownership` | `owned_page_mapped`, `page_intact` |
//! | `locks` | `lock_cycle` |
//! | `waits` | `wait_ended_early` |
//! | `commands` | `command_time_out` |
//! | `leaks` | `nothing_leaks` |
//! | `memory` | `memory_safe` |

mod commands;
mod counter_book;
mod counters;
mod finding;
mod function_type;
mod leaks;
mod locks;
mod memory;
mod owners;
mod ownership;
mod waits;
mod watch;

pub use watch::Watch;
