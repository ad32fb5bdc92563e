//! The device's thread beside the one that hears signals.
//!
//! A signal that asks for the end ends the loop of the device. Where that loop cannot go on, in a file system that does not
//! answer (`--allow-files`), the process has to end all the same: the kernel delivers a signal to the first thread, so that
//! one must not be the one that is stuck.

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::Errno;
use std::io;
use std::os::fd::{AsFd, BorrowedFd};
use std::os::unix::net::UnixStream;
use std::time::Duration;

/// How long the device's thread may take to end once a signal has asked for it.
pub(super) const GRACE: Duration = Duration::from_secs(3);

/// Does work on a thread of its own until it is done; none if a signal has come and it has not ended within this time. Then
/// the thread is still there, and only the end of the process ends it.
///
/// # Errors
/// What the system says of the thread or the wait.
pub(super) fn beside_signals<T: Send + 'static>(
    signals: impl AsFd,
    grace: Duration,
    work: impl FnOnce() -> T + Send + 'static,
) -> io::Result<Option<T>> {
    let (end, held) = UnixStream::pair()?;
    // The device's own thread: the first one stays free to hear signals.
    let thread = std::thread::Builder::new()
        .name("device".to_owned())
        .spawn(move || {
            let _held = held;
            work()
        })?;
    wait(&[end.as_fd(), signals.as_fd()], None)?;
    if !wait(&[end.as_fd()], Some(grace))? {
        return Ok(None);
    }
    match thread.join() {
        Ok(result) => Ok(Some(result)),
        Err(panic) => std::panic::resume_unwind(panic),
    }
}

/// Waits until one of these is readable or closed at its other end; false if none was in time.
fn wait(descriptors: &[BorrowedFd<'_>], at_most: Option<Duration>) -> io::Result<bool> {
    let timeout = at_most.and_then(|time| Timespec::try_from(time).ok());
    let descriptors = descriptors.iter().copied();
    let watched = descriptors.map(|descriptor| PollFd::from_borrowed_fd(descriptor, PollFlags::IN));
    let mut watched: Vec<PollFd<'_>> = watched.collect();
    loop {
        match poll(&mut watched, timeout.as_ref()) {
            Ok(ready) => return Ok(ready > 0),
            Err(Errno::INTR) => {}
            Err(error) => return Err(error.into()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::{Read, Write};

    #[test]
    fn work_that_ends_is_waited_for_with_and_without_a_signal() {
        let (signals, mut sender) = UnixStream::pair().unwrap();
        let done = beside_signals(&signals, GRACE, || 7).unwrap();
        assert_eq!(done, Some(7));
        sender.write_all(b"x").unwrap();
        let done = beside_signals(&signals, GRACE, || 8).unwrap();
        assert_eq!(done, Some(8));
    }

    #[test]
    fn work_that_is_stuck_is_given_up_once_a_signal_has_come() {
        let (signals, mut sender) = UnixStream::pair().unwrap();
        let (mut never, kept) = UnixStream::pair().unwrap();
        sender.write_all(b"x").unwrap();
        let done = beside_signals(&signals, Duration::from_millis(50), move || {
            never.read(&mut [0]).is_ok()
        });
        assert_eq!(done.unwrap(), None);
        drop(kept);
    }
}
