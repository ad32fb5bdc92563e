//! Interrupts: the eventfds a client has armed, and what it has masked ("`VFIO_USER_DEVICE_SET_IRQS`").

use crate::descriptor::Descriptors;
use crate::device::{Delivery, IrqInfo};
use crate::errno::Errno;
use crate::foreign::Foreign;
use crate::protocol::SetIrqs;
use crate::watchdog::{self, Written};
use std::ops::Range;
use std::os::fd::{AsFd, AsRawFd, OwnedFd};
use std::sync::Arc;
use vfio_bindings::bindings::vfio::{
    VFIO_IRQ_INFO_AUTOMASKED, VFIO_IRQ_INFO_MASKABLE, VFIO_IRQ_SET_ACTION_MASK, VFIO_IRQ_SET_ACTION_TRIGGER,
    VFIO_IRQ_SET_ACTION_TYPE_MASK, VFIO_IRQ_SET_ACTION_UNMASK, VFIO_IRQ_SET_DATA_BOOL,
    VFIO_IRQ_SET_DATA_EVENTFD, VFIO_IRQ_SET_DATA_NONE, VFIO_IRQ_SET_DATA_TYPE_MASK,
};

/// An eventfd of the client.
#[derive(Debug)]
struct EventFd(Arc<OwnedFd>);

impl EventFd {
    /// Takes a descriptor that is an eventfd; a pipe or a socket could stop the device or end it.
    fn new(descriptor: Foreign) -> Result<Self, Errno> {
        let number = descriptor.as_fd().as_raw_fd();
        let link = std::fs::read_link(format!("/proc/self/fd/{number}"))?;
        if link.as_os_str() != "anon_inode:[eventfd]" {
            return Err(Errno::EINVAL);
        }
        if !watchdog::is_awake() {
            return Err(Errno::EAGAIN);
        }
        Ok(Self(Arc::new(descriptor.into_known())))
    }

    /// Adds 1 to the counter. One that is full is signalled already.
    ///
    /// There is always a look for room first, and the write is watched: whether it blocks is a property of the open
    /// file, which the client shares and can change at any time, between the look and the write, too.
    fn signal(&self) -> Written {
        if watchdog::is_full(&self.0) {
            return Written::AtOnce;
        }
        self.write()
    }

    fn write(&self) -> Written {
        let one = 1u64.to_ne_bytes();
        watchdog::watched(&self.0, || {
            // Nobody could act on a failure, and the only one possible is the full counter.
            let _ = rustix::io::retry_on_intr(|| rustix::io::write(&*self.0, &one));
        })
    }
}

#[derive(Debug, Default)]
struct Vector {
    eventfd: Option<EventFd>,
    masked: bool,
    pending: bool,
}

#[derive(Debug)]
struct Index {
    flags: u32,
    vectors: Vec<Vector>,
}

/// The interrupts of one client.
#[derive(Debug)]
pub struct Irqs {
    indexes: Vec<Index>,
    has_held: bool,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Action {
    Mask,
    Unmask,
    Trigger,
}

impl Irqs {
    /// Interrupts of a device, none of them armed.
    #[must_use]
    pub fn new(info: &[IrqInfo]) -> Self {
        let index = |info: &IrqInfo| Index {
            flags: info.flags,
            vectors: (0..info.count).map(|_| Vector::default()).collect(),
        };
        Self {
            indexes: info.iter().map(index).collect(),
            has_held: false,
        }
    }

    /// Whether a write to one of these eventfds was kept from ending: whose they are has lost our trust.
    #[must_use]
    pub fn has_held(&self) -> bool {
        self.has_held
    }

    /// Raises an interrupt.
    pub fn trigger(&mut self, index: u32, vector: u32) -> Delivery {
        if self.has_held {
            return Delivery::Lost;
        }
        let Some(Index { flags, vectors }) = self.indexes.get_mut(index as usize) else {
            return Delivery::Lost;
        };
        let Some(vector) = vectors.get_mut(vector as usize) else {
            return Delivery::Lost;
        };
        let (delivery, written) = vector.trigger(*flags & VFIO_IRQ_INFO_AUTOMASKED != 0);
        self.has_held |= written == Written::Freed;
        delivery
    }

    /// Whether an eventfd is armed for a vector.
    #[must_use]
    pub fn is_armed(&self, index: u32, vector: u32) -> bool {
        let vectors = self.indexes.get(index as usize).map(|index| &index.vectors);
        vectors
            .and_then(|vectors| vectors.get(vector as usize))
            .is_some_and(|vector| vector.eventfd.is_some())
    }

    /// `VFIO_USER_DEVICE_SET_IRQS` with its booleans and descriptors.
    ///
    /// # Errors
    /// `EINVAL` for flags, a range, booleans or descriptors that do not fit together: then nothing has changed.
    /// `ENOTSUP` for eventfds that report or command masking. `EAGAIN` if the system gives no thread to look after
    /// eventfds. `EPERM` once the client [has held](Self::has_held) a write.
    pub fn set(
        &mut self,
        request: &SetIrqs,
        booleans: &[u8],
        mut descriptors: Descriptors,
    ) -> Result<(), Errno> {
        if self.has_held {
            return Err(Errno::EPERM);
        }
        let flags = request.flags.get();
        let action = match flags & VFIO_IRQ_SET_ACTION_TYPE_MASK {
            VFIO_IRQ_SET_ACTION_MASK => Action::Mask,
            VFIO_IRQ_SET_ACTION_UNMASK => Action::Unmask,
            VFIO_IRQ_SET_ACTION_TRIGGER => Action::Trigger,
            _ => return Err(Errno::EINVAL),
        };
        if flags & !(VFIO_IRQ_SET_DATA_TYPE_MASK | VFIO_IRQ_SET_ACTION_TYPE_MASK) != 0 {
            return Err(Errno::EINVAL);
        }
        let index = self
            .indexes
            .get_mut(request.index.get() as usize)
            .ok_or(Errno::EINVAL)?;
        let (start, count) = (request.start.get() as usize, request.count.get() as usize);
        let end = start
            .checked_add(count)
            .filter(|end| *end <= index.vectors.len())
            .ok_or(Errno::EINVAL)?;
        if action != Action::Trigger && index.flags & VFIO_IRQ_INFO_MASKABLE == 0 {
            return Err(Errno::EINVAL);
        }
        let data = flags & VFIO_IRQ_SET_DATA_TYPE_MASK;
        let expected = if data == VFIO_IRQ_SET_DATA_BOOL { count } else { 0 };
        if booleans.len() != expected || (data != VFIO_IRQ_SET_DATA_EVENTFD && !descriptors.is_empty()) {
            return Err(Errno::EINVAL);
        }
        match data {
            // "As a special case, a count (and start) of 0 [...] disables all interrupts of the index."
            VFIO_IRQ_SET_DATA_NONE if action == Action::Trigger && count == 0 => {
                if start != 0 {
                    return Err(Errno::EINVAL);
                }
                index.vectors.fill_with(Vector::default);
            }
            VFIO_IRQ_SET_DATA_NONE => self.has_held |= index.act(start..end, action, |_| true),
            VFIO_IRQ_SET_DATA_BOOL => {
                self.has_held |= index.act(start..end, action, |at| booleans[at] != 0);
            }
            VFIO_IRQ_SET_DATA_EVENTFD if action != Action::Trigger => return Err(Errno::ENOTSUP),
            VFIO_IRQ_SET_DATA_EVENTFD => index.arm(start..end, &mut descriptors)?,
            _ => return Err(Errno::EINVAL),
        }
        Ok(())
    }
}

impl Index {
    /// Acts on the chosen vectors of a range; whether a write was kept from ending, which ends the rest, too.
    fn act(&mut self, range: Range<usize>, action: Action, chosen: impl Fn(usize) -> bool) -> bool {
        let automasked = self.flags & VFIO_IRQ_INFO_AUTOMASKED != 0;
        let vectors = self.vectors[range].iter_mut().enumerate();
        for (_, vector) in vectors.filter(|(at, _)| chosen(*at)) {
            let triggers = match action {
                Action::Mask => {
                    vector.masked = true;
                    false
                }
                Action::Unmask => {
                    vector.masked = false;
                    std::mem::take(&mut vector.pending)
                }
                Action::Trigger => true,
            };
            if triggers && vector.trigger(automasked).1 == Written::Freed {
                return true;
            }
        }
        false
    }

    /// Arms one vector per descriptor, or disarms all if there is no descriptor.
    fn arm(&mut self, range: Range<usize>, descriptors: &mut Descriptors) -> Result<(), Errno> {
        if descriptors.is_empty() {
            self.vectors[range].fill_with(Vector::default);
            return Ok(());
        }
        if descriptors.len() != range.len() {
            return Err(Errno::EINVAL);
        }
        let eventfds: Vec<EventFd> = descriptors.drain().map(EventFd::new).collect::<Result<_, _>>()?;
        for (vector, eventfd) in self.vectors[range].iter_mut().zip(eventfds) {
            vector.eventfd = Some(eventfd);
        }
        Ok(())
    }
}

impl Vector {
    fn trigger(&mut self, automasked: bool) -> (Delivery, Written) {
        let Some(eventfd) = &self.eventfd else {
            return (Delivery::Lost, Written::AtOnce);
        };
        if self.masked {
            self.pending = true;
            return (Delivery::Pending, Written::AtOnce);
        }
        self.masked = automasked;
        (Delivery::Signalled, eventfd.signal())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rustix::event::{EventfdFlags, eventfd};

    #[test]
    fn a_counter_that_was_filled_after_the_look_is_given_up_and_nothing_of_the_client_is_signalled_any_more()
    {
        let counter = Arc::new(eventfd(0, EventfdFlags::CLOEXEC).unwrap());
        let mut irqs = Irqs::new(&[IrqInfo::edge(2)]);
        for vector in &mut irqs.indexes[0].vectors {
            vector.eventfd = Some(EventFd(Arc::clone(&counter)));
        }
        assert_eq!(irqs.trigger(0, 0), Delivery::Signalled);
        assert!(!irqs.has_held());
        rustix::io::write(&*counter, &(u64::MAX - 2).to_ne_bytes()).unwrap();
        // What `signal` does after it has looked.
        let written = irqs.indexes[0].vectors[0].eventfd.as_ref().unwrap().write();
        assert_eq!(written, Written::Freed);
        irqs.has_held |= written == Written::Freed;
        assert_eq!(irqs.trigger(0, 1), Delivery::Lost);
    }
}
