//! Descriptors that arrive with the bytes of a stream, and to which message they belong.

use crate::errno::Errno;
use crate::foreign::Foreign;
use crate::protocol::MAX_MESSAGE_FDS;
use std::collections::VecDeque;

/// Descriptors held at most while messages wait: those of a few messages.
const MAX_WAITING: usize = 4 * MAX_MESSAGE_FDS;

/// The descriptors of one message, in order. Those that nobody takes are closed.
#[derive(Debug, Default)]
pub struct Descriptors {
    slots: [Option<Foreign>; MAX_MESSAGE_FDS],
    count: usize,
}

impl Descriptors {
    /// How many arrived.
    #[must_use]
    pub fn len(&self) -> usize {
        self.count
    }

    /// Whether none arrived.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.count == 0
    }

    /// Hands the descriptors out, in order.
    pub fn drain(&mut self) -> impl Iterator<Item = Foreign> {
        self.count = 0;
        self.slots.iter_mut().filter_map(Option::take)
    }

    fn push(&mut self, descriptor: Foreign) -> bool {
        let Some(slot) = self.slots.get_mut(self.count) else {
            return false;
        };
        *slot = Some(descriptor);
        self.count += 1;
        true
    }
}

/// Descriptors whose message is not complete yet.
///
/// On a stream socket the kernel ends a receive after a piece with descriptors, so they belong to the message that
/// holds the last byte received. Positions count the bytes of the stream.
#[derive(Debug)]
pub struct DescriptorQueue {
    waiting: VecDeque<(u64, Foreign)>,
    /// Positions, first and last, at which descriptors were lost or closed here.
    lost: Option<(u64, u64)>,
}

impl Default for DescriptorQueue {
    fn default() -> Self {
        Self {
            waiting: VecDeque::with_capacity(MAX_WAITING),
            lost: None,
        }
    }
}

impl DescriptorQueue {
    /// Keeps a descriptor that came with the byte at `position`, or closes it if there are too many.
    pub fn push(&mut self, position: u64, descriptor: Foreign) {
        if self.waiting.len() < MAX_WAITING {
            self.waiting.push_back((position, descriptor));
        } else {
            self.lose(position);
        }
    }

    /// Notes that descriptors which came with the byte at `position` are lost.
    pub fn lose(&mut self, position: u64) {
        let first = self.lost.map_or(position, |(first, _)| first);
        self.lost = Some((first, position));
    }

    /// The descriptors of the message that ends before `end`. To be called message by message, in order.
    ///
    /// # Errors
    /// `EINVAL` if the message had more than [`MAX_MESSAGE_FDS`], or if some of them were lost: all are closed.
    #[inline]
    pub fn take(&mut self, end: u64) -> Result<Descriptors, Errno> {
        if self.waiting.is_empty() && self.lost.is_none() {
            return Ok(Descriptors::default());
        }
        self.take_some(end)
    }

    #[cold]
    fn take_some(&mut self, end: u64) -> Result<Descriptors, Errno> {
        let mut descriptors = Descriptors::default();
        let mut complete = true;
        while let Some((_, descriptor)) = self.waiting.pop_front_if(|(position, _)| *position < end) {
            complete &= descriptors.push(descriptor);
        }
        if let Some((first, last)) = self.lost
            && first < end
        {
            complete = false;
            self.lost = (last >= end).then_some((end, last));
        }
        if complete {
            Ok(descriptors)
        } else {
            Err(Errno::EINVAL)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn descriptor() -> Foreign {
        std::os::fd::OwnedFd::from(std::fs::File::open("/dev/null").unwrap()).into()
    }

    #[test]
    fn descriptors_belong_to_the_message_with_the_last_byte_received() {
        let mut queue = DescriptorQueue::default();
        for position in [15, 16, 40] {
            queue.push(position, descriptor());
        }
        assert_eq!(queue.take(16).unwrap().len(), 1);
        assert_eq!(queue.take(32).unwrap().len(), 1);
        assert_eq!(queue.take(40).unwrap().len(), 0);
        assert_eq!(queue.take(41).unwrap().drain().count(), 1);
    }

    #[test]
    fn more_than_sixteen_are_refused_and_the_next_message_is_not() {
        let mut queue = DescriptorQueue::default();
        for _ in 0..=MAX_MESSAGE_FDS {
            queue.push(3, descriptor());
        }
        queue.push(20, descriptor());
        assert_eq!(queue.take(16).unwrap_err(), Errno::EINVAL);
        assert_eq!(queue.take(32).unwrap().len(), 1);
    }

    #[test]
    fn lost_descriptors_spoil_their_messages_only() {
        let mut queue = DescriptorQueue::default();
        queue.lose(20);
        assert!(queue.take(16).is_ok());
        assert!(queue.take(32).is_err());
        assert!(queue.take(48).is_ok());
        for position in 0..1000 {
            queue.push(48 + position, descriptor());
        }
        assert_eq!(queue.waiting.len(), MAX_WAITING);
        assert!(queue.take(48 + 16).is_ok());
        assert!(queue.take(48 + 999).is_err());
        assert!(queue.take(48 + 1000).is_err());
        assert!(queue.take(48 + 1016).is_ok());
    }
}
