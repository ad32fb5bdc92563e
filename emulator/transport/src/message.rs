//! Receiving: a fixed buffer, whole messages cut out of it, and never more memory than that.

use crate::descriptor::{DescriptorQueue, Descriptors};
use crate::errno::Errno;
use crate::foreign;
use crate::protocol::{HEADER_LEN, Header, MAX_MESSAGE, MAX_MESSAGE_FDS, flag};
use rustix::net::{RecvAncillaryBuffer, RecvAncillaryMessage, RecvFlags, ReturnFlags};
use std::io::IoSliceMut;
use std::mem::MaybeUninit;
use std::ops::Range;
use std::os::fd::BorrowedFd;
use zerocopy::FromBytes;

/// Bytes that may wait behind a message while a DMA message is being answered.
const BACKLOG: usize = 256 << 10;
/// Bytes of the receive buffer.
const CAPACITY: usize = MAX_MESSAGE + BACKLOG;
/// Room below which what waits is moved to the front of the buffer.
const LITTLE_ROOM: usize = 64 << 10;

/// Whether to wait for bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wait {
    /// Return at once.
    No,
    /// Block until something arrives.
    Yes,
}

/// What a receive brought.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Received {
    /// Bytes.
    Some,
    /// Nothing yet.
    Nothing,
    /// The peer has closed its end.
    Closed,
    /// Nothing was asked for, because the buffer is full.
    Full,
}

/// What lies at the front of the buffer.
#[derive(Debug)]
pub enum Front {
    /// A whole message, no longer in the buffer after this.
    Message(Message),
    /// The header of a message that is larger than any may be; its bytes are dropped as they come.
    Oversized(Header),
    /// A header with a size below its own: where the next message begins cannot be told.
    Unframed(Header),
    /// Less than a message.
    Incomplete,
}

/// A message that was received whole.
#[derive(Debug)]
pub struct Message {
    /// Its header.
    pub header: Header,
    /// Where its body lies, see [`Inbox::bytes`]. Valid until the next receive.
    pub body: Range<usize>,
    /// Its descriptors, or why they were refused.
    pub descriptors: Result<Descriptors, Errno>,
}

/// Bytes received and not yet processed.
#[derive(Debug)]
pub struct Inbox {
    buffer: Box<[u8]>,
    start: usize,
    end: usize,
    /// Position in the stream of the byte at `end`.
    position: u64,
    /// Bytes of an oversized message that are still to come.
    discard: u64,
    descriptors: DescriptorQueue,
}

impl Default for Inbox {
    fn default() -> Self {
        Self {
            buffer: vec![0; CAPACITY].into_boxed_slice(),
            start: 0,
            end: 0,
            position: 0,
            discard: 0,
            descriptors: DescriptorQueue::default(),
        }
    }
}

impl Inbox {
    /// The bytes of a body.
    #[must_use]
    pub fn bytes(&self, body: Range<usize>) -> &[u8] {
        &self.buffer[body]
    }

    /// Whether a receive would have no room.
    #[must_use]
    pub fn is_full(&self) -> bool {
        self.end - self.start == self.buffer.len()
    }

    /// Whether [`Self::take`] has something to tell.
    #[must_use]
    pub fn has_message(&self) -> bool {
        let waiting = &self.buffer[self.start..self.end];
        Header::read_from_prefix(waiting).is_ok_and(|(header, _)| {
            let size = header.message_size.get() as usize;
            !(HEADER_LEN..=MAX_MESSAGE).contains(&size) || waiting.len() >= size
        })
    }

    /// One receive of whatever has arrived, several messages or a part of one.
    ///
    /// # Errors
    /// Those of the socket; an interrupted call is repeated.
    pub fn receive(&mut self, stream: BorrowedFd<'_>, wait: Wait) -> rustix::io::Result<Received> {
        self.make_room();
        if self.end == self.buffer.len() {
            return Ok(Received::Full);
        }
        let mut flags = RecvFlags::CMSG_CLOEXEC;
        flags.set(RecvFlags::DONTWAIT, wait == Wait::No);
        let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(MAX_MESSAGE_FDS))];
        // What finds no room is dropped by the kernel, and the message refused.
        let room = if foreign::are_too_many() { 0 } else { space.len() };
        let mut control = RecvAncillaryBuffer::new(&mut space[..room]);
        let received = rustix::io::retry_on_intr(|| {
            let mut room = [IoSliceMut::new(&mut self.buffer[self.end..])];
            rustix::net::recvmsg(stream, &mut room, &mut control, flags)
        });
        let received = match received {
            Ok(received) => received,
            Err(rustix::io::Errno::AGAIN) => return Ok(Received::Nothing),
            Err(error) => return Err(error),
        };
        if received.bytes == 0 {
            return Ok(Received::Closed);
        }
        self.end += received.bytes;
        self.position += received.bytes as u64;
        let last = self.position - 1;
        for message in control.drain() {
            if let RecvAncillaryMessage::ScmRights(descriptors) = message {
                for descriptor in descriptors {
                    self.descriptors.push(last, descriptor.into());
                }
            }
        }
        if received.flags.contains(ReturnFlags::CTRUNC) {
            self.descriptors.lose(last);
        }
        self.drop_discarded();
        Ok(Received::Some)
    }

    /// Cuts the next message off.
    pub fn take(&mut self) -> Front {
        let waiting = &self.buffer[self.start..self.end];
        let Ok((header, _)) = Header::read_from_prefix(waiting) else {
            return Front::Incomplete;
        };
        let size = header.message_size.get() as usize;
        if size < HEADER_LEN {
            return Front::Unframed(header);
        }
        if size > MAX_MESSAGE {
            self.discard = size as u64;
            self.drop_discarded();
            return Front::Oversized(header);
        }
        if waiting.len() < size {
            return Front::Incomplete;
        }
        let body = self.start + HEADER_LEN..self.start + size;
        self.start += size;
        let descriptors = self.descriptors.take(self.front());
        Front::Message(Message {
            header,
            body,
            descriptors,
        })
    }

    /// The reply to our command `id` among the messages that wait, which stay where they are.
    ///
    /// # Errors
    /// If what waits is not a sequence of messages of a permitted size.
    pub fn reply(&self, id: u16) -> Result<Option<(Header, Range<usize>)>, NoSequence> {
        let mut at = self.start;
        while let Ok((header, _)) = Header::read_from_prefix(&self.buffer[at..self.end]) {
            let size = header.message_size.get() as usize;
            if !(HEADER_LEN..=MAX_MESSAGE).contains(&size) {
                return Err(NoSequence);
            }
            if self.end - at < size {
                break;
            }
            if header.kind() == flag::REPLY && header.message_id.get() == id {
                return Ok(Some((header, at + HEADER_LEN..at + size)));
            }
            at += size;
        }
        Ok(None)
    }

    /// Position in the stream of the byte at `start`.
    fn front(&self) -> u64 {
        self.position - (self.end - self.start) as u64
    }

    fn make_room(&mut self) {
        if self.start == self.end {
            (self.start, self.end) = (0, 0);
        } else if self.buffer.len() - self.end < LITTLE_ROOM {
            self.buffer.copy_within(self.start..self.end, 0);
            (self.start, self.end) = (0, self.end - self.start);
        }
    }

    fn drop_discarded(&mut self) {
        if self.discard == 0 {
            return;
        }
        let here = self.discard.min((self.end - self.start) as u64);
        self.discard -= here;
        // `here` is at most the bytes in the buffer.
        self.start += usize::try_from(here).unwrap_or_default();
        drop(self.descriptors.take(self.front()));
    }
}

/// What waits is not a sequence of messages.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NoSequence;

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;
    use std::os::fd::AsFd;
    use std::os::unix::net::UnixStream;

    fn header(id: u16, size: u32, flags: u32) -> Vec<u8> {
        let mut bytes = Vec::new();
        bytes.extend_from_slice(&id.to_le_bytes());
        bytes.extend_from_slice(&9u16.to_le_bytes());
        bytes.extend_from_slice(&size.to_le_bytes());
        bytes.extend_from_slice(&flags.to_le_bytes());
        bytes.extend_from_slice(&[0; 4]);
        bytes
    }

    fn id(front: &Front) -> Option<u16> {
        match front {
            Front::Message(message) => Some(message.header.message_id.get()),
            _ => None,
        }
    }

    #[test]
    fn several_messages_of_one_receive_and_one_in_single_bytes() {
        let (mut client, server) = UnixStream::pair().unwrap();
        let mut inbox = Inbox::default();
        assert_eq!(
            inbox.receive(server.as_fd(), Wait::No).unwrap(),
            Received::Nothing
        );
        client
            .write_all(&[header(1, 16, 0), header(2, 20, 0), vec![7; 4], header(3, 16, 0)].concat())
            .unwrap();
        inbox.receive(server.as_fd(), Wait::No).unwrap();
        assert_eq!(id(&inbox.take()), Some(1));
        let Front::Message(second) = inbox.take() else {
            panic!("no message")
        };
        assert_eq!(inbox.bytes(second.body), [7; 4]);
        assert_eq!(id(&inbox.take()), Some(3));
        for byte in header(4, 16, 0) {
            assert!(matches!(inbox.take(), Front::Incomplete));
            client.write_all(&[byte]).unwrap();
            inbox.receive(server.as_fd(), Wait::Yes).unwrap();
        }
        assert_eq!(id(&inbox.take()), Some(4));
        drop(client);
        assert_eq!(inbox.receive(server.as_fd(), Wait::No).unwrap(), Received::Closed);
    }

    #[test]
    fn an_oversized_message_is_drained_and_the_next_one_is_in_step() {
        let (mut client, server) = UnixStream::pair().unwrap();
        let size = u32::try_from(MAX_MESSAGE).unwrap() + 100_000;
        let sender = std::thread::Builder::new().spawn(move || {
            client.write_all(&header(1, size, 0)).unwrap();
            client.write_all(&vec![0xff; size as usize - HEADER_LEN]).unwrap();
            client.write_all(&header(2, 16, 0)).unwrap();
        });
        let mut inbox = Inbox::default();
        let mut seen = Vec::new();
        while seen.last() != Some(&2) {
            inbox.receive(server.as_fd(), Wait::Yes).unwrap();
            loop {
                match inbox.take() {
                    Front::Incomplete => break,
                    Front::Oversized(header) | Front::Message(Message { header, .. }) => {
                        seen.push(header.message_id.get());
                    }
                    Front::Unframed(_) => panic!("out of step"),
                }
            }
        }
        assert_eq!(seen, [1, 2]);
        sender.unwrap().join().unwrap();
    }

    #[test]
    fn a_reply_is_found_behind_commands_and_stays_in_its_place() {
        let (mut client, server) = UnixStream::pair().unwrap();
        let mut inbox = Inbox::default();
        client
            .write_all(&[header(5, 16, 0), header(5, 16, flag::REPLY)].concat())
            .unwrap();
        inbox.receive(server.as_fd(), Wait::No).unwrap();
        assert!(inbox.reply(4).unwrap().is_none());
        assert_eq!(inbox.reply(5).unwrap().unwrap().0.kind(), flag::REPLY);
        assert_eq!(id(&inbox.take()), Some(5));
        assert_eq!(id(&inbox.take()), Some(5));
    }
}
