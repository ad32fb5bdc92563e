//! Another kernel, loaded beside the one that runs, which takes the machine over without resetting it (`kexec_file_load(2)`).
//!
//! Nothing else of this program needs a system call that the compiler cannot check.
#![expect(
    unsafe_code,
    reason = "the one system call that no library offers; it says why it is safe"
)]

use guest_protocol::{NEXT_INITRD, NEXT_KERNEL};
use rustix::io::Errno;
use std::ffi::CString;
use std::fs::{self, File};
use std::io;
use std::os::fd::AsRawFd;

/// What a kernel prints from here on goes to the console, too, where it outlives the kernel.
pub fn tell_console() {
    // Without that nothing is lost but words.
    let _ = fs::write("/proc/sys/kernel/printk", "7");
}

/// Loads the kernel that the image brings along, with the command line of the one that runs.
///
/// # Errors
///
/// The image has none, or the kernel does not take it.
pub fn load() -> io::Result<()> {
    let kernel = File::open(NEXT_KERNEL)?;
    let initrd = File::open(NEXT_INITRD)?;
    let line = fs::read_to_string("/proc/cmdline")?;
    let line = CString::new(line.trim_end()).map_err(|_| Errno::INVAL)?;
    let length = line.as_bytes_with_nul().len();
    let no_flags: libc::c_ulong = 0;
    // SAFETY: the kernel reads `length` bytes at the pointer, which are the string with its end, and keeps no pointer after the
    // call; both descriptors are open until then. Nothing of this process is written.
    let returned = unsafe {
        libc::syscall(
            libc::SYS_kexec_file_load,
            kernel.as_raw_fd(),
            initrd.as_raw_fd(),
            length,
            line.as_ptr(),
            no_flags,
        )
    };
    if returned < 0 {
        Err(io::Error::last_os_error())
    } else {
        Ok(())
    }
}
