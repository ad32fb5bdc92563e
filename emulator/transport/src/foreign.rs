//! Descriptors of a client that nobody has looked at, and how they are closed.
//!
//! Even a close can take as long as somebody else likes: that of a file of FUSE asks its server, that of a socket may linger,
//! that of a terminal waits until all is written. So what is not known to be harmless is closed by a thread of its own. If
//! that hangs, no more descriptors are taken from anybody than it can hold.

use rustix::fs::{AtFlags, FileType, StatxFlags};
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::sync::LazyLock;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};

/// Descriptors that may wait to be closed before no more are taken from clients.
const MOST_WAITING: usize = 512;

/// How many wait to be closed.
static WAITING: AtomicUsize = AtomicUsize::new(0);

/// The way to the thread that closes; none if the system gives none.
static CLOSER: LazyLock<Option<Sender<OwnedFd>>> = LazyLock::new(|| {
    let (sender, receiver) = channel();
    let close = move || close_all(&receiver);
    // Beside the device's thread, which must not wait for what a client has made of its descriptors.
    let thread = std::thread::Builder::new().name("descriptor closer".to_owned());
    thread.spawn(close).ok().map(|_| sender)
});

/// Starts the thread that closes, unless it is there.
pub fn start_closer() {
    LazyLock::force(&CLOSER);
}

fn close_all(receiver: &Receiver<OwnedFd>) {
    for descriptor in receiver {
        drop(descriptor);
        WAITING.fetch_sub(1, Ordering::Relaxed);
    }
}

/// Whether so many descriptors wait to be closed that no more should be taken.
#[must_use]
pub fn are_too_many() -> bool {
    WAITING.load(Ordering::Relaxed) >= MOST_WAITING
}

/// A descriptor that a client has sent. Dropping it closes it, at once or elsewhere.
#[derive(Debug)]
pub struct Foreign(Option<OwnedFd>);

impl Foreign {
    /// The descriptor, once it is known for what may be kept here and closed here.
    #[must_use]
    pub fn into_known(mut self) -> OwnedFd {
        // PANIC: only this and `drop` take it, and both consume this.
        self.0.take().expect("a descriptor is there until it is taken")
    }
}

impl From<OwnedFd> for Foreign {
    fn from(descriptor: OwnedFd) -> Self {
        Self(Some(descriptor))
    }
}

impl AsFd for Foreign {
    fn as_fd(&self) -> BorrowedFd<'_> {
        // PANIC: only `into_known` and `drop` take it, and both consume this.
        let descriptor = self.0.as_ref().expect("a descriptor is there until it is taken");
        descriptor.as_fd()
    }
}

impl Drop for Foreign {
    fn drop(&mut self) {
        let Some(descriptor) = self.0.take() else {
            return;
        };
        if closes_at_once(&descriptor) {
            return;
        }
        if let Some(closer) = &*CLOSER {
            WAITING.fetch_add(1, Ordering::Relaxed);
            // The thread never ends; if it did, the descriptor would be closed here.
            drop(closer.send(descriptor));
        }
    }
}

/// The type of a file as far as it is known without asking its file system, which might never answer.
pub fn known_type(descriptor: impl AsFd) -> rustix::io::Result<FileType> {
    let as_known = AtFlags::EMPTY_PATH | AtFlags::STATX_DONT_SYNC;
    let stat = rustix::fs::statx(descriptor, c"", as_known, StatxFlags::TYPE)?;
    Ok(FileType::from_raw_mode(stat.stx_mode.into()))
}

/// Whether a file is memory of the kernel's own: only memfd, tmpfs and hugetlbfs know of seals.
pub fn is_memory(descriptor: impl AsFd) -> bool {
    rustix::fs::fcntl_get_seals(descriptor).is_ok()
}

/// Whether nobody has a say in how long the close of this descriptor takes.
fn closes_at_once(descriptor: &OwnedFd) -> bool {
    match known_type(descriptor) {
        Ok(FileType::RegularFile) => is_memory(descriptor),
        Ok(FileType::Fifo) => true,
        // Eventfds and their like, which have no type.
        Ok(FileType::Unknown) => true,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Read;

    #[test]
    fn what_is_harmless_is_closed_at_once_and_the_rest_soon() {
        let (mut reader, writer) = std::io::pipe().unwrap();
        let writer = OwnedFd::from(writer);
        assert!(closes_at_once(&writer));
        drop(Foreign::from(writer));
        assert_eq!(reader.read(&mut [0]).unwrap(), 0);
        let (mut near, far) = std::os::unix::net::UnixStream::pair().unwrap();
        let far = OwnedFd::from(far);
        assert!(!closes_at_once(&far), "a socket may linger");
        drop(Foreign::from(far));
        assert_eq!(near.read(&mut [0]).unwrap(), 0);
        let eventfd = rustix::event::eventfd(0, rustix::event::EventfdFlags::CLOEXEC).unwrap();
        assert!(closes_at_once(&eventfd));
        assert!(!are_too_many());
    }
}
