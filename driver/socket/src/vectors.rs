//! MSI-X vectors as eventfds.
//!
//! The device adds one to an eventfd for each interrupt, and says afterwards which it has raised. So whoever is told of one
//! finds it here, and takes all that there is: what was raised several times is told once.
//!
//! A device that goes on by itself may raise one more between what it has said and the look here. That one is taken too
//! early, and is here when it is told.

use rustix::event::{EventfdFlags, PollFd, PollFlags, Timespec, eventfd, poll};
use rustix::io::Errno;
use std::cell::{Cell, RefCell};
use std::io;
use std::os::fd::{AsRawFd, OwnedFd, RawFd};
use std::rc::Rc;
use std::time::Duration;

/// A vector.
#[derive(Debug)]
struct Vector {
    eventfd: OwnedFd,
    /// Something was raised and never came, so nobody waits for the next one.
    is_silent: Cell<bool>,
    /// More was taken than was told.
    is_early: Cell<bool>,
}

/// The vectors of one function.
#[derive(Debug)]
pub(crate) struct FunctionVectors(Vec<Vector>);

impl FunctionVectors {
    /// So many vectors, none of which has fired.
    pub(crate) fn new(count: usize) -> io::Result<Self> {
        let vector = |_| {
            Ok(Vector {
                eventfd: eventfd(0, EventfdFlags::CLOEXEC | EventfdFlags::NONBLOCK)?,
                is_silent: Cell::new(false),
                is_early: Cell::new(false),
            })
        };
        (0..count).map(vector).collect::<io::Result<_>>().map(Self)
    }

    /// How many there are.
    pub(crate) fn count(&self) -> u32 {
        u32::try_from(self.0.len()).unwrap_or(u32::MAX)
    }

    /// The descriptors in the order of the vectors, as the client of the crate takes them.
    pub(crate) fn descriptors(&self) -> Vec<RawFd> {
        self.0.iter().map(|vector| vector.eventfd.as_raw_fd()).collect()
    }

    /// Takes what has come of a vector, of which `told` interrupts were told, and waits so long for it; whether something
    /// has.
    pub(crate) fn take(&self, vector: u16, told: u64, patience: Duration) -> bool {
        let Some(vector) = self.0.get(usize::from(vector)) else {
            return false;
        };
        let mut came = take(&vector.eventfd);
        if came == 0 && vector.is_early.take() {
            return true;
        }
        if came == 0 && !vector.is_silent.get() && wait(&[&vector.eventfd], patience) {
            came = take(&vector.eventfd);
        }
        vector.is_silent.set(came == 0);
        vector.is_early.set(came > told);
        came > 0
    }

    /// What was taken too early was nothing: a device that stands still has told of all.
    pub(crate) fn forget_early(&self) {
        self.0.iter().for_each(|vector| vector.is_early.set(false));
    }
}

/// Takes all that an eventfd has.
fn take(eventfd: &OwnedFd) -> u64 {
    let mut count = [0; 8];
    match rustix::io::retry_on_intr(|| rustix::io::read(eventfd, &mut count)) {
        Ok(_) => u64::from_ne_bytes(count),
        // It is empty.
        Err(_) => 0,
    }
}

/// Waits until one of the eventfds has something, at most so long. A signal may end it early.
fn wait(eventfds: &[&OwnedFd], at_most: Duration) -> bool {
    let mut watched: Vec<PollFd<'_>> = eventfds
        .iter()
        .map(|eventfd| PollFd::new(*eventfd, PollFlags::IN))
        .collect();
    // What is longer than the system can tell is for ever.
    let limit = Timespec::try_from(at_most).ok();
    match poll(&mut watched, limit.as_ref()) {
        Ok(ready) => ready > 0,
        Err(Errno::INTR) => false,
        Err(error) => {
            tracing::warn!(actor = "host", %error, "interrupts cannot be waited for");
            false
        }
    }
}

/// The vectors of all functions that are open, to wait for any of them.
#[derive(Clone, Debug, Default)]
pub struct Vectors(Rc<RefCell<Vec<Rc<FunctionVectors>>>>);

impl Vectors {
    pub(crate) fn add(&self, vectors: Rc<FunctionVectors>) {
        self.0.borrow_mut().push(vectors);
    }

    /// Waits until an interrupt has come that nobody has taken, at most so long on the wall clock. It may end early.
    pub fn wait(&self, at_most: Duration) {
        let all = self.0.borrow();
        let vectors = all.iter().flat_map(|vectors| &vectors.0);
        let eventfds: Vec<&OwnedFd> = vectors.map(|vector| &vector.eventfd).collect();
        wait(&eventfds, at_most);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    impl FunctionVectors {
        /// What the device does.
        pub(crate) fn raise(&self, vector: usize) {
            raise(self, vector, 1);
        }
    }

    const SHORT: Duration = Duration::from_millis(1);

    fn raise(vectors: &FunctionVectors, vector: usize, times: u64) {
        rustix::io::write(&vectors.0[vector].eventfd, &times.to_ne_bytes()).unwrap();
    }

    #[test]
    fn what_was_raised_is_taken_once_however_often_it_was() {
        let vectors = FunctionVectors::new(2).unwrap();
        raise(&vectors, 1, 3);
        assert!(vectors.take(1, 1, SHORT));
        vectors.forget_early();
        assert!(!vectors.take(1, 1, SHORT) && !vectors.take(0, 1, SHORT) && !vectors.take(2, 1, SHORT));
    }

    #[test]
    fn what_was_taken_before_it_was_told_is_there_when_it_is_told() {
        let vectors = FunctionVectors::new(1).unwrap();
        raise(&vectors, 0, 2);
        assert!(vectors.take(0, 1, SHORT));
        assert!(
            vectors.take(0, 1, Duration::MAX),
            "a test would never end that waited here"
        );
        assert!(!vectors.take(0, 1, SHORT));
    }

    #[test]
    fn a_vector_that_was_silent_is_not_waited_for_and_is_heard_again() {
        let vectors = FunctionVectors::new(1).unwrap();
        assert!(!vectors.take(0, 1, SHORT));
        assert!(!vectors.take(0, 1, Duration::MAX), "nor here");
        raise(&vectors, 0, 1);
        assert!(vectors.take(0, 1, Duration::MAX));
    }

    #[test]
    fn whoever_waits_for_all_is_woken_by_any() {
        let (all, vectors) = (Vectors::default(), Rc::new(FunctionVectors::new(3).unwrap()));
        all.add(Rc::clone(&vectors));
        all.wait(SHORT);
        raise(&vectors, 2, 1);
        all.wait(Duration::MAX);
        assert!(vectors.take(2, 1, SHORT));
    }
}
