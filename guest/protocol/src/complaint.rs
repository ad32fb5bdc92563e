//! Which lines of the kernel's log tell of a defect. A harness needs it too: a kernel that dies tells its console only.

use crate::ComplaintKind;

/// Where in the line the words stand.
enum Place {
    Start,
    Anywhere,
}

use ComplaintKind::{Allocation, Bug, HungTask, Lockdep, Oops, Panic, Sanitizer, Warning};
use Place::{Anywhere, Start};

/// The first row that fits counts, so the special ones come first: the lock validator's findings also begin with `WARNING:`.
const TABLE: &[(Place, &str, ComplaintKind)] = &[
    (Anywhere, "Kernel panic - not syncing", Panic),
    (Start, "BUG: KASAN:", Sanitizer),
    (Start, "BUG: KFENCE:", Sanitizer),
    (Start, "BUG: KMSAN:", Sanitizer),
    (Start, "BUG: KCSAN:", Sanitizer),
    (Start, "UBSAN:", Sanitizer),
    (Start, "WARNING: possible circular locking dependency", Lockdep),
    (Start, "WARNING: possible recursive locking", Lockdep),
    (Start, "WARNING: possible irq lock inversion", Lockdep),
    (Start, "WARNING: possible reader-writer lock inversion", Lockdep),
    (Start, "WARNING: inconsistent lock state", Lockdep),
    (Start, "WARNING: bad unlock balance", Lockdep),
    (Start, "WARNING: bad contention", Lockdep),
    (Start, "WARNING: held lock freed", Lockdep),
    (Start, "WARNING: lock held", Lockdep),
    (Start, "WARNING: Nested lock", Lockdep),
    (Start, "WARNING: suspicious RCU usage", Lockdep),
    (Start, "WARNING: HARDIRQ-", Lockdep),
    (Start, "WARNING: SOFTIRQ-", Lockdep),
    (Start, "INFO: trying to register non-static key", Lockdep),
    (Start, "BUG: MAX_LOCK", Lockdep),
    (Start, "BUG: MAX_STACK_TRACE_ENTRIES", Lockdep),
    (Start, "[ BUG:", Lockdep),
    (Start, "WARNING:", Warning),
    (Anywhere, "unable to handle", Oops),
    (Anywhere, "NULL pointer dereference", Oops),
    (Anywhere, "general protection fault", Oops),
    (Start, "Oops:", Oops),
    (Anywhere, "stack guard page", Oops),
    (Anywhere, "double fault", Oops),
    (Anywhere, "stack segment:", Oops),
    (Anywhere, "BUG: soft lockup", HungTask),
    (Anywhere, "BUG: workqueue lockup", HungTask),
    (Anywhere, "detected hard LOCKUP", HungTask),
    (Anywhere, "detected stall", HungTask),
    (Anywhere, "self-detected stall", HungTask),
    (Start, "kernel BUG at", Bug),
    (Start, "BUG:", Bug),
    (Anywhere, "page allocation failure", Allocation),
    (Anywhere, "SLUB: Unable to allocate memory", Allocation),
    (Start, "Out of memory:", Allocation),
];

/// What a line tells of, if it tells of a defect. The line is without the time and level that a console may put in front.
pub fn classify(text: &str) -> Option<ComplaintKind> {
    if text.starts_with("INFO: task ") && text.contains(" blocked ") {
        return Some(HungTask);
    }
    TABLE.iter().find_map(|(place, words, kind)| {
        let fits = match place {
            Start => text.starts_with(words),
            Anywhere => text.contains(words),
        };
        fits.then_some(*kind)
    })
}

/// Whether the line is the one that the kernel prints before a warning or a `BUG`.
pub fn is_cut(text: &str) -> bool {
    text.contains("[ cut here ]")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn defects_are_recognised() {
        let cases = [
            (
                "WARNING: drivers/net/ethernet/mellanox/mlx5/core/pagealloc.c:738 at mlx5_reclaim_startup_pages+0x1c/0x130 [mlx5_core], CPU#0: rmmod/97",
                Warning,
            ),
            ("WARNING: CPU: 0 PID: 97 at mm/slub.c:12 f+0x1/0x2", Warning),
            ("WARNING: possible circular locking dependency detected", Lockdep),
            ("WARNING: suspicious RCU usage", Lockdep),
            ("INFO: trying to register non-static key.", Lockdep),
            ("[ BUG: Invalid wait context ]", Lockdep),
            (
                "BUG: unable to handle page fault for address: ffffd1c0c0085000",
                Oops,
            ),
            (
                "BUG: kernel NULL pointer dereference, address: 0000000000000010",
                Oops,
            ),
            ("Oops: Oops: 0002 [#1] SMP NOPTI", Oops),
            (
                "Oops: general protection fault, probably for non-canonical address 0xdead: 0000 [#1] SMP",
                Oops,
            ),
            (
                "general protection fault, probably for non-canonical address",
                Oops,
            ),
            ("kernel BUG at lib/list_debug.c:29!", Bug),
            ("BUG: scheduling while atomic: kworker/0:1/9/0x00000002", Bug),
            ("BUG: Bad page state in process insmod  pfn:1234", Bug),
            ("BUG: KASAN: slab-use-after-free in give_pages+0x1/0x2", Sanitizer),
            ("INFO: task rmmod:97 blocked for more than 120 seconds.", HungTask),
            (
                "INFO: task rmmod:97 is blocked on a mutex likely owned by task x:3.",
                HungTask,
            ),
            (
                "watchdog: BUG: soft lockup - CPU#0 stuck for 22s! [kworker/u4:1:20]",
                HungTask,
            ),
            ("rcu: INFO: rcu_preempt detected stalls on CPUs/tasks:", HungTask),
            ("rcu: INFO: rcu_preempt self-detected stall on CPU", HungTask),
            (
                "insmod: page allocation failure: order:10, mode:0xcc0(GFP_KERNEL)",
                Allocation,
            ),
            ("BUG: TASK stack guard page was hit at ff7645a4400b7ff8", Oops),
            ("Kernel panic - not syncing: Fatal exception in interrupt", Panic),
        ];
        for (line, kind) in cases {
            assert_eq!(classify(line), Some(kind), "{line}");
        }
    }

    #[test]
    fn ordinary_lines_are_left_alone() {
        let lines = [
            "mlx5_core 0000:00:04.0: mlx5_cmd_out_err:808:(pid 97): MANAGE_PAGES(0x108) op_mod(0x2) failed",
            "Spectre V2 : WARNING: Unprivileged eBPF is enabled with eIBRS on",
            "INFO: lockdep is turned off.",
            "ACPI BIOS Warning (bug): 32/64X length mismatch",
            "mlx5_core 0000:00:04.0: aborting while there are -512 pending pages",
            "Modules linked in: mlx5_core mlxfw",
            "------------[ cut here ]------------",
        ];
        for line in lines {
            assert_eq!(classify(line), None, "{line}");
        }
    }

    #[test]
    fn the_cut_is_recognised() {
        assert!(is_cut("------------[ cut here ]------------"));
        assert!(!is_cut("cut here"));
    }
}
