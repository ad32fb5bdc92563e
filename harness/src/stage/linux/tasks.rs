//! Who of a kernel still does what a step has asked for, by where its tasks are.

use guest_protocol::Task;

/// What the name of an order's thread begins with.
const ORDER: &str = "order-";

/// Functions that sleep for a time that they were given.
const SLEEPS: [&str; 6] = [
    "msleep",
    "msleep_interruptible",
    "usleep_range_state",
    "schedule_hrtimeout_range_clock",
    "schedule_timeout_uninterruptible",
    "schedule_timeout_interruptible",
];

/// Functions that sleep a little again and again until something comes that only somebody else can bring.
const POLLS: [&str; 3] = [
    "mlx5_wait_for_pages",
    "mlx5_health_wait_pci_up",
    "mlx5_reclaim_startup_pages",
];

/// Functions that look whether a command has come back, without sleeping.
const SPINS: [&str; 2] = ["cmd_work_handler", "mlx5_cmd_invoke"];

/// What a task will do if only time passes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Prospect {
    /// Nothing, until a device or another task does something.
    Waits,
    /// It looks for a command again and again, which the device does not answer.
    Spins,
    /// It goes on, now or after a short sleep.
    GoesOn,
}

/// What a task will do.
pub(super) fn prospect(task: &Task) -> Prospect {
    let is_in = |functions: &[&str]| task.place.iter().any(|at| functions.contains(&at.as_str()));
    if is_in(&SPINS) && task.runs {
        Prospect::Spins
    } else if task.runs || task.name.starts_with(ORDER) && is_in(&SLEEPS) && !is_in(&POLLS) {
        // A worker that sleeps for a time does what comes later: it looks after a device that has failed.
        Prospect::GoesOn
    } else {
        Prospect::Waits
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn task(name: &str, runs: bool, place: &[&str]) -> Task {
        Task {
            name: name.to_owned(),
            runs,
            place: place.iter().map(|&function| function.to_owned()).collect(),
        }
    }

    #[test]
    fn who_sleeps_for_a_time_goes_on_and_who_waits_for_the_device_does_not() {
        let of = |runs, place: &[&str]| prospect(&task("order-7", runs, place));
        assert_eq!(of(true, &[]), Prospect::GoesOn);
        assert_eq!(of(false, &["msleep", "sriov_disable"]), Prospect::GoesOn);
        assert_eq!(of(false, &["msleep", "mlx5_wait_for_pages"]), Prospect::Waits);
        assert_eq!(of(false, &["wait_func", "cmd_exec"]), Prospect::Waits);
        assert_eq!(of(true, &["cmd_work_handler"]), Prospect::Spins);
        let worker = task("kworker/u4:1", false, &["msleep", "mlx5_recover_device"]);
        assert_eq!(prospect(&worker), Prospect::Waits);
    }
}
