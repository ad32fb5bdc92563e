//! Mailbox chains: the parts of a command's input and output that do not fit in the queue entry.

use crate::config::ZeroMailboxPointer;
use prm::command_queue::{MAILBOX_DATA_LENGTH, Mailbox, mailboxes_for};
use prm::link::{DmaFault, HostBus};
use prm::saturated;
use prm::{DeliveryStatus, Iova, Token};

/// Mailboxes are aligned so that a chain's pointers have these bits clear.
const ALIGNMENT_MASK: u64 = 0x1ff;

/// Where a mailbox's trailer begins.
const TRAILER_OFFSET: usize = 0x200;

/// A chain that cannot be followed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct ChainFault {
    pub(crate) status: DeliveryStatus,
    /// The DMA access that failed, if that was it.
    pub(crate) stray: Option<DmaFault>,
}

impl ChainFault {
    const fn of(status: DeliveryStatus) -> Self {
        Self { status, stray: None }
    }
}

impl From<DmaFault> for ChainFault {
    fn from(fault: DmaFault) -> Self {
        Self {
            status: DeliveryStatus::InternalError,
            stray: Some(fault),
        }
    }
}

/// How to follow a chain.
#[derive(Clone, Copy, Debug, Hash)]
pub(crate) struct Chain {
    /// Bus address of the first mailbox.
    pub(crate) first: Iova,
    /// Length of the whole message in bytes, the part in the entry included.
    pub(crate) length: u32,
    pub(crate) token: Token,
    pub(crate) zero_pointer: ZeroMailboxPointer,
}

impl Chain {
    fn mailboxes(self) -> usize {
        mailboxes_for(saturated::<usize>(self.length))
    }

    fn check(self, mailbox: &Mailbox, position: usize) -> Result<(), ChainFault> {
        if mailbox.token() != self.token.0 {
            return Err(ChainFault::of(DeliveryStatus::TokenError));
        }
        if usize::try_from(mailbox.block_number()) != Ok(position) {
            return Err(ChainFault::of(DeliveryStatus::BadBlockNumber));
        }
        Ok(())
    }

    /// The walk along the chain, at its beginning.
    pub(crate) const fn walk(self) -> Walk {
        Walk {
            chain: self,
            at: self.first,
            position: 0,
            ended: false,
        }
    }
}

/// How far a chain was followed. A long one is followed in portions.
///
/// A chain that comes back to itself ends where it does: a mailbox has one block number, and at another position it is
/// wrong.
#[derive(Clone, Copy, Debug, Hash)]
pub(crate) struct Walk {
    chain: Chain,
    at: Iova,
    position: usize,
    ended: bool,
}

impl Walk {
    /// Whether there is nothing more to follow.
    pub(crate) fn is_over(&self) -> bool {
        self.ended || self.position >= self.chain.mailboxes()
    }

    /// Reads at most so many mailboxes of an input chain and appends their data to `input`, which has the whole length
    /// once the walk is over. A null pointer that is used like any other is read as a mailbox that ends the chain; the
    /// fault it may cause is reported beside the data.
    pub(crate) fn read(
        &mut self,
        most: usize,
        input: &mut Vec<u8>,
        bus: &mut dyn HostBus,
    ) -> Result<Option<DmaFault>, ChainFault> {
        let length = saturated::<usize>(self.chain.length);
        let mut stray = None;
        for _ in 0..most {
            if self.is_over() {
                break;
            }
            let mut mailbox = Mailbox::new();
            if self.at.0 == 0 && self.chain.zero_pointer == ZeroMailboxPointer::Use {
                stray = bus
                    .dma_read(self.at, &mut mailbox.as_bytes_mut()[..MAILBOX_DATA_LENGTH])
                    .err();
                mailbox.set_next(0);
            } else if self.at.0 == 0 || self.at.0 & ALIGNMENT_MASK != 0 {
                return Err(ChainFault::of(DeliveryStatus::BadInputPointer));
            } else {
                bus.dma_read(self.at, mailbox.as_bytes_mut())?;
                self.chain.check(&mailbox, self.position)?;
            }
            let missing = length.saturating_sub(input.len()).min(MAILBOX_DATA_LENGTH);
            input.extend_from_slice(&mailbox.data()[..missing]);
            self.at = Iova(mailbox.next());
            self.position += 1;
            self.ended = stray.is_some();
        }
        if self.is_over() {
            input.resize(length, 0);
        }
        Ok(stray)
    }

    /// Reads where at most so many mailboxes of an output chain lie. Firmware looks once, when the command is handed
    /// over: a driver that gives the mailboxes to somebody else meanwhile finds the output there.
    pub(crate) fn locate(
        &mut self,
        most: usize,
        mailboxes: &mut Vec<Iova>,
        bus: &mut dyn HostBus,
    ) -> Result<(), ChainFault> {
        for _ in 0..most {
            if self.is_over() {
                break;
            }
            if self.at.0 == 0 && self.chain.zero_pointer == ZeroMailboxPointer::Use {
                mailboxes.push(self.at);
                self.ended = true;
                break;
            }
            if self.at.0 == 0 || self.at.0 & ALIGNMENT_MASK != 0 {
                return Err(ChainFault::of(DeliveryStatus::BadOutputPointer));
            }
            let mut mailbox = Mailbox::new();
            let trailer = Iova(self.at.0.wrapping_add(TRAILER_OFFSET as u64));
            bus.dma_read(trailer, &mut mailbox.as_bytes_mut()[TRAILER_OFFSET..])?;
            self.chain.check(&mailbox, self.position)?;
            mailboxes.push(self.at);
            self.at = Iova(mailbox.next());
            self.position += 1;
        }
        Ok(())
    }
}

/// Writes what follows the first 16 bytes of an output into the mailboxes; tells which could not be written.
pub(crate) fn write_output(rest: &[u8], mailboxes: &[Iova], bus: &mut dyn HostBus) -> Vec<(Iova, DmaFault)> {
    let parts = rest.chunks(MAILBOX_DATA_LENGTH).zip(mailboxes);
    parts
        .filter_map(|(data, &at)| bus.dma_write(at, data).err().map(|fault| (at, fault)))
        .collect()
}
