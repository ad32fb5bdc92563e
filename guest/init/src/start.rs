//! What happens before and after everything else.

use rustix::mount::{MountFlags, mount};
use rustix::process::{Pid, Signal, WaitOptions, kill_process, kill_process_group, wait};
use rustix::system::{RebootCommand, reboot};
use std::fs;
use std::panic;
use std::path::Path;
use std::thread;

/// File system, and where it goes. The image has the folders, except those inside sysfs.
const MOUNTS: [(&str, &str); 5] = [
    ("proc", "/proc"),
    ("sysfs", "/sys"),
    ("devtmpfs", "/dev"),
    ("debugfs", "/sys/kernel/debug"),
    ("tracefs", "/sys/kernel/tracing"),
];

/// The signal by which programs ask the first one to switch off, as busybox's `poweroff` does.
pub const END_SIGNAL: Signal = Signal::USR2;

/// Mounts the kernel's file systems.
///
/// # Errors
///
/// One of them cannot be mounted.
pub fn mount_all() -> Result<(), String> {
    for (kind, target) in MOUNTS {
        mount(kind, target, kind, MountFlags::empty(), None)
            .map_err(|errno| format!("mount {kind} on {target}: {errno}"))?;
    }
    Ok(())
}

/// The kernel's command line, empty if it cannot be read.
pub fn kernel_command_line() -> String {
    fs::read_to_string("/proc/cmdline").unwrap_or_default()
}

/// Names of the image's modules, each after those it depends on.
pub fn modules() -> Vec<String> {
    let order = fs::read_to_string(Path::new(guest_protocol::MODULES_ORDER)).unwrap_or_default();
    order.lines().map(str::to_owned).collect()
}

/// Switches off when anything panics: a kernel whose first program has ended panics itself and hides the reason.
pub fn end_on_panic() {
    panic::set_hook(Box::new(|what| {
        eprintln!("guest-init: {what}");
        power_off()
    }));
}

/// Takes the exit status of every process that has ended. Orphans are handed to the first program, so it has to.
pub fn reap() {
    while let Ok(Some(_)) = wait(WaitOptions::NOHANG) {}
}

/// Asks the first program for the end, as other programs do, and waits for it.
pub fn ask_for_end() -> ! {
    if let Err(errno) = kill_process(Pid::INIT, END_SIGNAL) {
        eprintln!("guest-init: {errno}");
    }
    loop {
        thread::park();
    }
}

/// Ends every other process at once.
pub fn end_all() {
    // The "process group" of the first program: as a number with a sign it is -1, which stands for all. There may be none.
    let _ = kill_process_group(Pid::INIT, Signal::KILL);
}

/// Switches off.
pub fn power_off() -> ! {
    end(RebootCommand::PowerOff)
}

/// Hands the machine to the kernel that has been loaded for it; its drivers shut their devices down first.
pub fn hand_over() -> ! {
    end(RebootCommand::Kexec)
}

/// Starts again, or ends QEMU if it was started with `-no-reboot`.
pub fn restart() -> ! {
    end(RebootCommand::Restart)
}

fn end(how: RebootCommand) -> ! {
    rustix::fs::sync();
    if let Err(errno) = reboot(how) {
        eprintln!("guest-init: {how:?}: {errno}");
    }
    // The first program must never end.
    loop {
        thread::park();
    }
}
