//! Writes to eventfds that a client keeps from ending.
//!
//! Whether a write to an eventfd blocks is a property of the open file, which the client shares: it can make the file
//! blocking and fill the counter at any time, and the kernel has no way to write that ignores both. So every write is
//! announced here, and one that lasts is freed by *reading* that eventfd, which makes room. The read never blocks: it
//! says so for itself, whatever the file says.

use rustix::event::{PollFd, PollFlags, Timespec};
use rustix::io::{Errno, ReadWriteFlags};
use std::io::IoSliceMut;
use std::os::fd::OwnedFd;
use std::sync::{Arc, Condvar, LazyLock, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// How often the writes under way are looked at. One that is seen twice has lasted as long at least, and twice as long at
/// most.
const LOOK: Duration = Duration::from_millis(10);

/// How often a write is looked at that is being freed: the client may fill the counter again at once.
const FREEING: Duration = Duration::from_millis(1);

/// Looks without a write after which nobody looks any more until the next one: an idle device wakes nobody.
const QUIET_LOOKS: u32 = 100;

/// One thread serves all connections of the process.
static WATCHDOG: LazyLock<Option<&'static Watchdog>> = LazyLock::new(Watchdog::start);

/// What became of a write.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Written {
    /// It took no time to speak of.
    AtOnce,
    /// It was freed: the client has kept the counter full.
    Freed,
}

/// The writes under way, and the thread that looks at them.
#[derive(Debug, Default)]
struct Watchdog {
    writes: Mutex<Writes>,
    wake: Condvar,
}

#[derive(Debug, Default)]
struct Writes {
    /// One per thread that writes, so hardly ever more than one.
    under_way: Vec<Write>,
    tickets: u64,
    /// The thread waits to be woken.
    sleeps: bool,
    /// There was a write since the last look.
    stirred: bool,
}

#[derive(Debug)]
struct Write {
    ticket: u64,
    eventfd: Arc<OwnedFd>,
    /// How often it was seen.
    looks: u32,
    freed: bool,
}

/// Whether there is somebody to look after writes. Without, no eventfd should be taken from a client.
#[must_use]
pub fn is_awake() -> bool {
    WATCHDOG.is_some()
}

/// Starts the thread, unless it is there.
pub fn start() {
    LazyLock::force(&WATCHDOG);
}

/// Does a write to this eventfd under watch. It ends within some 20 ms, whatever the client does meanwhile.
pub fn watched(eventfd: &Arc<OwnedFd>, write: impl FnOnce()) -> Written {
    let Some(watchdog) = *WATCHDOG else {
        // INVARIANT: nobody has taken an eventfd.
        return Written::AtOnce;
    };
    let ticket = watchdog.begin(eventfd);
    write();
    watchdog.end(ticket)
}

impl Watchdog {
    /// Starts the thread. None if the system gives none.
    fn start() -> Option<&'static Self> {
        let watchdog: &'static Self = Box::leak(Box::default());
        // Room for all the threads that ever write at one time: interrupts allocate nothing.
        watchdog.lock().under_way.reserve(64);
        let look = move || watchdog.look_for_ever();
        // The one thread beside the device's: what it is there for is that the device's own cannot go on.
        match std::thread::Builder::new()
            .name("eventfd watchdog".to_owned())
            .spawn(look)
        {
            Ok(_) => Some(watchdog),
            Err(error) => {
                tracing::warn!(%error, "no thread to look after eventfds: no interrupts");
                None
            }
        }
    }

    fn lock(&self) -> MutexGuard<'_, Writes> {
        self.writes.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn begin(&self, eventfd: &Arc<OwnedFd>) -> u64 {
        let mut writes = self.lock();
        let ticket = writes.tickets;
        writes.tickets += 1;
        writes.stirred = true;
        writes.under_way.push(Write {
            ticket,
            eventfd: Arc::clone(eventfd),
            looks: 0,
            freed: false,
        });
        if writes.sleeps {
            writes.sleeps = false;
            self.wake.notify_one();
        }
        ticket
    }

    fn end(&self, ticket: u64) -> Written {
        let mut writes = self.lock();
        let at = writes.under_way.iter().position(|write| write.ticket == ticket);
        // INVARIANT: `begin` has put it there and nobody else removes it.
        let write = at.map(|at| writes.under_way.swap_remove(at));
        match write {
            Some(write) if write.freed => Written::Freed,
            _ => Written::AtOnce,
        }
    }

    fn look_for_ever(&self) {
        let mut quiet = 0;
        loop {
            let mut writes = self.lock();
            quiet = if std::mem::take(&mut writes.stirred) {
                0
            } else {
                quiet + 1
            };
            if quiet > QUIET_LOOKS && writes.under_way.is_empty() {
                writes.sleeps = true;
                let slept = self.wake.wait_while(writes, |writes| writes.sleeps);
                drop(slept.unwrap_or_else(PoisonError::into_inner));
                quiet = 0;
                continue;
            }
            let mut pause = LOOK;
            for write in &mut writes.under_way {
                write.looks += 1;
                // One that has lasted while there is room waits for a processor, not for the client.
                if write.looks > 1 && is_full(&write.eventfd) {
                    write.freed = true;
                    make_room(&write.eventfd);
                }
                if write.freed {
                    pause = FREEING;
                }
            }
            // Nobody notifies: this is a sleep that lets go of the lock.
            let (writes, _) = self
                .wake
                .wait_timeout(writes, pause)
                .unwrap_or_else(PoisonError::into_inner);
            drop(writes);
        }
    }
}

/// Whether a write to this eventfd would have to wait.
pub fn is_full(eventfd: &OwnedFd) -> bool {
    let mut ready = [PollFd::new(eventfd, PollFlags::OUT)];
    let now = Timespec {
        tv_sec: 0,
        tv_nsec: 0,
    };
    let polled = rustix::io::retry_on_intr(|| rustix::event::poll(&mut ready, Some(&now)));
    // A counter that the kernel has overrun is ready with an error, and a write to it blocks.
    polled.is_err() || !ready[0].revents().contains(PollFlags::OUT)
}

/// Takes what is in the counter, or 1 if the client has made it a semaphore.
fn make_room(eventfd: &OwnedFd) {
    let mut count = [0; 8];
    let read = rustix::io::retry_on_intr(|| {
        let mut room = [IoSliceMut::new(&mut count)];
        rustix::io::preadv2(eventfd, &mut room, u64::MAX, ReadWriteFlags::NOWAIT)
    });
    match read {
        // The client has emptied it meanwhile: that frees the write, too.
        Ok(_) | Err(Errno::AGAIN) => {}
        Err(error) => tracing::warn!(%error, "an eventfd of a client cannot be emptied"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rustix::event::{EventfdFlags, eventfd};
    use std::sync::atomic::{AtomicBool, Ordering};

    fn full(flags: EventfdFlags) -> Arc<OwnedFd> {
        let eventfd = eventfd(0, flags).unwrap();
        rustix::io::write(&eventfd, &(u64::MAX - 1).to_ne_bytes()).unwrap();
        assert!(is_full(&eventfd));
        Arc::new(eventfd)
    }

    fn signal(eventfd: &Arc<OwnedFd>) -> Written {
        watched(eventfd, || {
            rustix::io::write(&**eventfd, &1u64.to_ne_bytes()).unwrap();
        })
    }

    #[test]
    fn a_write_that_blocks_is_freed_also_of_a_semaphore() {
        for flags in [EventfdFlags::CLOEXEC, EventfdFlags::SEMAPHORE] {
            let eventfd = full(flags);
            assert_eq!(signal(&eventfd), Written::Freed);
        }
    }

    #[test]
    fn a_write_is_freed_however_often_the_client_fills_the_counter_again() {
        let eventfd = full(EventfdFlags::CLOEXEC);
        let ended = Arc::new(AtomicBool::new(false));
        let fillers: Vec<_> = (0..4)
            .map(|_| {
                let (eventfd, ended) = (Arc::clone(&eventfd), Arc::clone(&ended));
                let fill = move || {
                    while !ended.load(Ordering::Relaxed) {
                        let _ = rustix::io::write(&*eventfd, &(u64::MAX - 1).to_ne_bytes());
                    }
                };
                std::thread::Builder::new().spawn(fill).unwrap()
            })
            .collect();
        assert_eq!(signal(&eventfd), Written::Freed);
        ended.store(true, Ordering::Relaxed);
        // They wait in writes of their own.
        while fillers.iter().any(|filler| !filler.is_finished()) {
            make_room(&eventfd);
            std::thread::yield_now();
        }
    }

    #[test]
    fn many_writes_that_end_are_nobodys_fault() {
        let eventfd = Arc::new(eventfd(0, EventfdFlags::CLOEXEC).unwrap());
        for _ in 0..1000 {
            assert_eq!(signal(&eventfd), Written::AtOnce);
        }
        let mut count = [0; 8];
        rustix::io::read(&*eventfd, &mut count).unwrap();
        assert_eq!(u64::from_ne_bytes(count), 1000);
    }
}
