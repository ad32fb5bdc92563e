//! The words a scenario may use: counters, and the reading of a negative counter.

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
