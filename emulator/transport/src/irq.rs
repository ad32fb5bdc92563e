//! Interrupts: the eventfds a client has armed, and what it has masked ("`VFIO_USER_DEVICE_SET_IRQS`").

use crate::descriptor::Descriptors;
use crate::device::{Delivery, IrqInfo};
use crate::errno::Errno;
use crate::protocol::SetIrqs;
use rustix::event::{PollFd, PollFlags, Timespec};
use std::ops::Range;
use std::os::fd::{AsRawFd, OwnedFd};
use vfio_bindings::bindings::vfio::{
    VFIO_IRQ_INFO_AUTOMASKED, VFIO_IRQ_INFO_MASKABLE, VFIO_IRQ_SET_ACTION_MASK, VFIO_IRQ_SET_ACTION_TRIGGER,
    VFIO_IRQ_SET_ACTION_TYPE_MASK, VFIO_IRQ_SET_ACTION_UNMASK, VFIO_IRQ_SET_DATA_BOOL,
    VFIO_IRQ_SET_DATA_EVENTFD, VFIO_IRQ_SET_DATA_NONE, VFIO_IRQ_SET_DATA_TYPE_MASK,
};

/// An eventfd of the client.
#[derive(Debug)]
struct EventFd(OwnedFd);

impl EventFd {
    /// Takes a descriptor that is an eventfd; a pipe or a socket could stop the device or end it.
    fn new(descriptor: OwnedFd) -> Result<Self, Errno> {
        let link = std::fs::read_link(format!("/proc/self/fd/{}", descriptor.as_raw_fd()))?;
        if link.as_os_str() != "anon_inode:[eventfd]" {
            return Err(Errno::EINVAL);
        }
        Ok(Self(descriptor))
    }

    /// Adds 1 to the counter. One that is full is signalled already.
    ///
    /// There is always a look for room first: whether a write blocks is a property of the open file, which the client
    /// shares and can change at any time.
    fn signal(&self) {
        let mut ready = [PollFd::new(&self.0, PollFlags::OUT)];
        let now = Timespec {
            tv_sec: 0,
            tv_nsec: 0,
        };
        let polled = rustix::io::retry_on_intr(|| rustix::event::poll(&mut ready, Some(&now)));
        // A counter that the kernel has overrun is ready with an error, and a write to it blocks.
        if polled.is_err() || !ready[0].revents().contains(PollFlags::OUT) {
            return;
        }
        let one = 1u64.to_ne_bytes();
        // Nobody could act on a failure, and the only one possible is the full counter.
        let _ = rustix::io::retry_on_intr(|| rustix::io::write(&self.0, &one));
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
        }
    }

    /// Raises an interrupt.
    pub fn trigger(&mut self, index: u32, vector: u32) -> Delivery {
        let Some(Index { flags, vectors }) = self.indexes.get_mut(index as usize) else {
            return Delivery::Lost;
        };
        let Some(vector) = vectors.get_mut(vector as usize) else {
            return Delivery::Lost;
        };
        vector.trigger(*flags & VFIO_IRQ_INFO_AUTOMASKED != 0)
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
    /// `ENOTSUP` for eventfds that report or command masking.
    pub fn set(
        &mut self,
        request: &SetIrqs,
        booleans: &[u8],
        mut descriptors: Descriptors,
    ) -> Result<(), Errno> {
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
            VFIO_IRQ_SET_DATA_NONE => index.act(start..end, action, |_| true),
            VFIO_IRQ_SET_DATA_BOOL => index.act(start..end, action, |at| booleans[at] != 0),
            VFIO_IRQ_SET_DATA_EVENTFD if action != Action::Trigger => return Err(Errno::ENOTSUP),
            VFIO_IRQ_SET_DATA_EVENTFD => index.arm(start..end, &mut descriptors)?,
            _ => return Err(Errno::EINVAL),
        }
        Ok(())
    }
}

impl Index {
    fn act(&mut self, range: Range<usize>, action: Action, chosen: impl Fn(usize) -> bool) {
        let automasked = self.flags & VFIO_IRQ_INFO_AUTOMASKED != 0;
        let vectors = self.vectors[range].iter_mut().enumerate();
        for (_, vector) in vectors.filter(|(at, _)| chosen(*at)) {
            match action {
                Action::Mask => vector.masked = true,
                Action::Unmask => {
                    vector.masked = false;
                    if std::mem::take(&mut vector.pending) {
                        vector.trigger(automasked);
                    }
                }
                Action::Trigger => _ = vector.trigger(automasked),
            }
        }
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
    fn trigger(&mut self, automasked: bool) -> Delivery {
        let Some(eventfd) = &self.eventfd else {
            return Delivery::Lost;
        };
        if self.masked {
            self.pending = true;
            return Delivery::Pending;
        }
        self.masked = automasked;
        eventfd.signal();
        Delivery::Signalled
    }
}
