//! The words a scenario may use: counters, invariants, and the reading of a negative counter.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::fmt;

/// The driver's counters: debugfs names, then what the kernel keeps but does not show.
pub const COUNTERS: [&str; 12] = [
    "fw_pages_total",
    "fw_pages_vfs",
    "fw_pages_ec_vfs",
    "fw_pages_sfs",
    "fw_pages_host_pf",
    "fw_pages_spfs",
    "fw_pages_alloc_failed",
    "fw_pages_give_dropped",
    "fw_pages_reclaim_discard",
    "self",
    "none",
    "quarantine",
];

/// The u32 that an expected number stands for: itself, or (negative) its two's complement. `None` where it is no
/// 32-bit number at all.
#[must_use]
pub fn counter_value(expected: i64) -> Option<u32> {
    u32::try_from(expected)
        .ok()
        .or_else(|| i32::try_from(expected).ok().map(i32::cast_unsigned))
}

/// What is checked after every step without being asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum InvariantName {
    /// A type counter equals the pages firmware books on functions of that type.
    CounterMatchesLedger,
    /// The pages under an owner key equal the ledger of that owner.
    PagesMatchLedger,
    /// The type counters, self and none included, add up to the total.
    TotalMatchesTypes,
    /// No counter is below zero, read as a signed number.
    CounterWrapped,
    /// A page that firmware owns is allocated and mapped.
    OwnedPageMapped,
    /// No cycle of locks and waits.
    LockCycle,
    /// A wait for pages ends only when firmware owns none of the pages waited for.
    WaitEndedEarly,
    /// No command runs into its limit.
    CommandTimeOut,
    /// No host page and no mapping is left after unload.
    NothingLeaks,
    /// No write outside a buffer, no double return, no corruption of a mailbox pool.
    MemorySafe,
    /// A page firmware owns still carries the signature firmware wrote.
    PageIntact,
}

impl InvariantName {
    /// All of them.
    pub const ALL: [Self; 11] = [
        Self::CounterMatchesLedger,
        Self::PagesMatchLedger,
        Self::TotalMatchesTypes,
        Self::CounterWrapped,
        Self::OwnedPageMapped,
        Self::LockCycle,
        Self::WaitEndedEarly,
        Self::CommandTimeOut,
        Self::NothingLeaks,
        Self::MemorySafe,
        Self::PageIntact,
    ];

    /// The name in scenarios and results.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::CounterMatchesLedger => "counter_matches_ledger",
            Self::PagesMatchLedger => "pages_match_ledger",
            Self::TotalMatchesTypes => "total_matches_types",
            Self::CounterWrapped => "counter_wrapped",
            Self::OwnedPageMapped => "owned_page_mapped",
            Self::LockCycle => "lock_cycle",
            Self::WaitEndedEarly => "wait_ended_early",
            Self::CommandTimeOut => "command_time_out",
            Self::NothingLeaks => "nothing_leaks",
            Self::MemorySafe => "memory_safe",
            Self::PageIntact => "page_intact",
        }
    }
}

impl fmt::Display for InvariantName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
