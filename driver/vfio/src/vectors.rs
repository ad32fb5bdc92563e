//! MSI-X vectors as eventfds.
//!
//! The kernel adds one to an eventfd for each interrupt that the processor takes. Between device and processor several of one vector
//! can become one, so what was raised several times is told once.

use crate::error::VfioError;
use rustix::event::{EventfdFlags, PollFd, PollFlags, Timespec, eventfd, poll};
use rustix::io::{read, retry_on_intr};
use std::cell::Cell;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

/// How long an interrupt may be on its way that the device has raised. An emulated machine may have to wait for a core.
const PATIENCE: Timespec = Timespec {
    tv_sec: 5,
    tv_nsec: 0,
};

/// The vectors of one function.
#[derive(Debug)]
pub(crate) struct Vectors(Vec<Vector>);

#[derive(Debug)]
struct Vector {
    eventfd: OwnedFd,
    /// Something was raised and never came, so nobody waits for the next one.
    is_silent: Cell<bool>,
}

impl Vectors {
    /// So many vectors, none of which has fired.
    pub(crate) fn new(count: u32) -> Result<Self, VfioError> {
        let vector = |_| {
            Ok(Vector {
                eventfd: eventfd(0, EventfdFlags::CLOEXEC | EventfdFlags::NONBLOCK)
                    .map_err(VfioError::call("make an eventfd"))?,
                is_silent: Cell::new(false),
            })
        };
        (0..count).map(vector).collect::<Result<_, _>>().map(Self)
    }

    /// The eventfds in the order of the vectors.
    pub(crate) fn eventfds(&self) -> impl ExactSizeIterator<Item = BorrowedFd<'_>> {
        self.0.iter().map(|vector| vector.eventfd.as_fd())
    }

    /// Takes what has come of a vector, and waits for it if nothing has; whether something has.
    pub(crate) fn take(&self, vector: u16) -> bool {
        self.take_within(vector, &PATIENCE)
    }

    fn take_within(&self, vector: u16, patience: &Timespec) -> bool {
        let Some(vector) = self.0.get(usize::from(vector)) else {
            return false;
        };
        let came = take(&vector.eventfd)
            || (!vector.is_silent.get() && wait(&vector.eventfd, patience) && take(&vector.eventfd));
        vector.is_silent.set(!came);
        came
    }

    /// Forgets what has come.
    pub(crate) fn clear(&self) {
        for vector in &self.0 {
            take(&vector.eventfd);
            vector.is_silent.set(false);
        }
    }
}

/// Takes all that an eventfd has; whether it had something.
fn take(eventfd: &OwnedFd) -> bool {
    let mut count = [0; 8];
    // It fails where it is empty.
    retry_on_intr(|| read(eventfd, &mut count)).is_ok()
}

/// Waits until an eventfd has something; whether it has.
fn wait(eventfd: &OwnedFd, at_most: &Timespec) -> bool {
    let mut watched = [PollFd::new(eventfd, PollFlags::IN)];
    retry_on_intr(|| poll(&mut watched, Some(at_most))).is_ok_and(|ready| ready > 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    const SHORT: Timespec = Timespec {
        tv_sec: 0,
        tv_nsec: 1_000_000,
    };

    fn raise(vectors: &Vectors, vector: usize) {
        rustix::io::write(&vectors.0[vector].eventfd, &1_u64.to_ne_bytes()).unwrap();
    }

    #[test]
    fn what_was_raised_is_taken_once_however_often_it_was() {
        let vectors = Vectors::new(2).unwrap();
        raise(&vectors, 1);
        raise(&vectors, 1);
        assert!(vectors.take_within(1, &SHORT));
        assert!(!vectors.take_within(1, &SHORT));
        assert!(!vectors.take_within(0, &SHORT));
        assert!(!vectors.take_within(2, &SHORT), "there is no such vector");
    }

    #[test]
    fn a_vector_that_was_silent_is_not_waited_for_and_is_heard_again() {
        let vectors = Vectors::new(1).unwrap();
        assert!(!vectors.take_within(0, &SHORT));
        assert!(!vectors.take(0), "a test would take seconds that waited here");
        raise(&vectors, 0);
        assert!(vectors.take(0));
    }

    #[test]
    fn what_is_cleared_is_forgotten() {
        let vectors = Vectors::new(1).unwrap();
        raise(&vectors, 0);
        vectors.clear();
        assert!(!vectors.take_within(0, &SHORT));
    }
}
