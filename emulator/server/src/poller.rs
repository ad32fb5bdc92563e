//! The wait for all sockets at once: one level-triggered `epoll`.

use rustix::event::{Timespec, epoll};
use rustix::io::Errno;
use std::io;
use std::mem::MaybeUninit;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::time::Duration;

/// How many a wait can find: all that there can be, two for each of 256 functions and the caller's, so that nobody is found late.
const ROOM: usize = 2 * 256 + MOST_WATCHES as usize;

/// How many descriptors of its own a caller may have watched.
const MOST_WATCHES: u8 = 64;

/// The number in a token; above it is the kind.
const NUMBER: u64 = u32::MAX as u64;
const LISTENER: u64 = 1 << 32;
const CLIENT: u64 = 2 << 32;
const WATCH: u64 = 3 << 32;

/// Who can end a wait. A place is that of a function.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Source {
    /// Somebody wants to connect to this place.
    Listener(usize),
    /// The client of this place has sent something, is gone, or takes replies again.
    Client(usize),
    /// A descriptor of the caller.
    Watch(Watch),
}

/// What a client is watched for. That it is gone always ends a wait.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Interest {
    /// Something to receive.
    Receive,
    /// Room to send.
    Send,
}

/// A descriptor of the caller that [`DeviceServer::turn`](crate::DeviceServer::turn) watches.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Watch(u8);

/// Which of the caller's descriptors are readable, or closed at their other end.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Called(u64);

/// See the module's head.
#[derive(Debug)]
pub(crate) struct Poller {
    epoll: OwnedFd,
    /// Whom the last wait has found.
    found: Vec<Source>,
    /// Our duplicates of the caller's descriptors, by number.
    watched: Vec<Option<OwnedFd>>,
    calls: u64,
}

impl Called {
    /// Whether this one is.
    #[must_use]
    pub const fn has(self, watch: Watch) -> bool {
        self.0 >> watch.0 & 1 == 1
    }

    /// Notes that this one is.
    pub(crate) const fn note(&mut self, watch: Watch) {
        self.0 |= 1 << watch.0;
    }
}

impl Source {
    fn token(self) -> epoll::EventData {
        epoll::EventData::new_u64(match self {
            Self::Listener(place) => LISTENER | place as u64,
            Self::Client(place) => CLIENT | place as u64,
            Self::Watch(Watch(number)) => WATCH | u64::from(number),
        })
    }

    fn of(token: epoll::EventData) -> Option<Self> {
        let number = token.u64() & NUMBER;
        let place = usize::try_from(number).ok()?;
        match token.u64() & !NUMBER {
            LISTENER => Some(Self::Listener(place)),
            CLIENT => Some(Self::Client(place)),
            WATCH => Some(Self::Watch(Watch(u8::try_from(number).ok()?))),
            _ => None,
        }
    }
}

impl Interest {
    const fn flags(self) -> epoll::EventFlags {
        match self {
            Self::Receive => epoll::EventFlags::IN,
            Self::Send => epoll::EventFlags::OUT,
        }
    }
}

/// Readable as soon as a wait would find somebody.
impl AsFd for Poller {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.epoll.as_fd()
    }
}

impl Poller {
    /// A poller that watches nothing yet.
    ///
    /// # Errors
    /// What the system says.
    pub(crate) fn new() -> io::Result<Self> {
        Ok(Self {
            epoll: epoll::create(epoll::CreateFlags::CLOEXEC)?,
            found: Vec::with_capacity(ROOM),
            watched: Vec::new(),
            calls: 0,
        })
    }

    /// Watches a descriptor until it is closed. It must be close-on-exec and must not be duplicated: only the end of its last
    /// duplicate ends the watch.
    ///
    /// # Errors
    /// What the system says.
    pub(crate) fn add(&mut self, fd: impl AsFd, source: Source, interest: Interest) -> io::Result<()> {
        self.calls += 1;
        Ok(epoll::add(&self.epoll, fd, source.token(), interest.flags())?)
    }

    /// Watches a descriptor for something else.
    ///
    /// # Errors
    /// What the system says.
    pub(crate) fn modify(&mut self, fd: impl AsFd, source: Source, interest: Interest) -> io::Result<()> {
        self.calls += 1;
        Ok(epoll::modify(&self.epoll, fd, source.token(), interest.flags())?)
    }

    /// Watches a descriptor of the caller, which may do with it what it likes.
    ///
    /// # Errors
    /// What the system says; `ENOSPC` if there are [`MOST_WATCHES`].
    pub(crate) fn watch(&mut self, fd: impl AsFd) -> io::Result<Watch> {
        let free = self.watched.iter().position(Option::is_none);
        let number = free.unwrap_or(self.watched.len());
        let number = u8::try_from(number).ok().filter(|number| *number < MOST_WATCHES);
        let watch = Watch(number.ok_or(Errno::NOSPC)?);
        let duplicate = fd.as_fd().try_clone_to_owned()?;
        self.add(&duplicate, Source::Watch(watch), Interest::Receive)?;
        match free {
            Some(at) => self.watched[at] = Some(duplicate),
            None => self.watched.push(Some(duplicate)),
        }
        Ok(watch)
    }

    /// Watches a descriptor of the caller no longer.
    pub(crate) fn unwatch(&mut self, watch: Watch) {
        let watched = self.watched.get_mut(usize::from(watch.0));
        if let Some(duplicate) = watched.and_then(Option::take) {
            // The caller's own keeps the file open, so the end of ours would not end the watch. It fails only for what is not
            // watched, which cannot be.
            let _ = epoll::delete(&self.epoll, &duplicate);
        }
    }

    /// Waits until there is somebody, or the time is over; without a time, for ever. A signal ends the wait with nobody.
    ///
    /// # Errors
    /// What the system says.
    pub(crate) fn wait(&mut self, at_most: Option<Duration>) -> io::Result<()> {
        self.found.clear();
        self.calls += 1;
        // A time that the system cannot express is for ever.
        let timeout = at_most.and_then(|time| Timespec::try_from(time).ok());
        let mut room = [const { MaybeUninit::<epoll::Event>::uninit() }; ROOM];
        match epoll::wait(&self.epoll, &mut room, timeout.as_ref()) {
            Ok((events, _)) => {
                let found = events.iter().filter_map(|event| Source::of(event.data));
                self.found.extend(found);
                Ok(())
            }
            Err(Errno::INTR) => Ok(()),
            Err(error) => Err(error.into()),
        }
    }

    /// Whom the last wait has found, by number; none behind the last of them.
    pub(crate) fn found(&self, number: usize) -> Option<Source> {
        self.found.get(number).copied()
    }

    /// System calls so far.
    pub(crate) const fn calls(&self) -> u64 {
        self.calls
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::options::ClockKind;
    use std::io::{Read, Write};
    use std::os::unix::net::UnixStream;

    fn found(poller: &mut Poller) -> Vec<Source> {
        poller.wait(Some(Duration::ZERO)).unwrap();
        poller.found.clone()
    }

    #[test]
    fn levels_are_told_again_and_again_until_they_are_gone() {
        let mut poller = Poller::new().unwrap();
        let (mut near, mut far) = UnixStream::pair().unwrap();
        let source = Source::Client(7);
        poller.add(&near, source, Interest::Receive).unwrap();
        assert_eq!(found(&mut poller), []);
        far.write_all(b"x").unwrap();
        assert_eq!(found(&mut poller), [source]);
        assert_eq!(found(&mut poller), [source]);
        near.read_exact(&mut [0]).unwrap();
        assert_eq!(found(&mut poller), []);
        poller.modify(&near, source, Interest::Send).unwrap();
        assert_eq!(found(&mut poller), [source]);
        drop(near);
        assert_eq!(found(&mut poller), []);
    }

    #[test]
    fn a_callers_descriptor_is_watched_until_it_is_not_and_its_number_is_used_again() {
        let mut poller = Poller::new().unwrap();
        let (near, far) = UnixStream::pair().unwrap();
        let (other, _open) = UnixStream::pair().unwrap();
        let watch = poller.watch(&near).unwrap();
        let second = poller.watch(&other).unwrap();
        drop(far);
        assert_eq!(found(&mut poller), [Source::Watch(watch)]);
        poller.unwatch(watch);
        assert_eq!(found(&mut poller), []);
        assert_eq!(poller.watch(&near).unwrap(), watch);
        let mut called = Called::default();
        called.note(watch);
        assert!(called.has(watch) && !called.has(second));
        for _ in 2..MOST_WATCHES {
            poller.watch(&near).unwrap();
        }
        assert_eq!(
            poller.watch(&near).unwrap_err().raw_os_error(),
            Some(Errno::NOSPC.raw_os_error())
        );
    }

    #[test]
    fn a_time_below_a_millisecond_is_neither_nothing_nor_more() {
        let mut poller = Poller::new().unwrap();
        let clock = crate::clock::Clock::start(ClockKind::Wall);
        poller.wait(Some(Duration::from_micros(300))).unwrap();
        assert!(clock.now().0 >= 300_000);
    }
}
