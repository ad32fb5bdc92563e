//! The host as the device sees it: memory and interrupts of the connected client.

use crate::device::{Delivery, DmaError, Host};
use crate::dma::{Direction, DmaMaps, Segment};
use crate::irq::Irqs;
use crate::link::{Disconnect, Link};
use crate::remote_dma::RemoteDma;

/// Everything a connection has but the device and the reply under construction.
#[derive(Debug)]
pub struct Peer {
    /// The socket.
    pub link: Link,
    /// The memory of the client.
    pub maps: DmaMaps,
    /// The interrupts of the client.
    pub irqs: Irqs,
    /// Messages to the client.
    pub remote: RemoteDma,
    /// What has been done so far.
    pub traffic: Traffic,
}

/// What a connection has done so far.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Traffic {
    /// Commands received.
    pub commands: u64,
    /// Commands among them that wanted no reply.
    pub posted: u64,
    /// Commands that failed, posted ones included.
    pub refused: u64,
    /// Eventfds signalled.
    pub interrupts: u64,
    /// Bytes the device has read from client memory.
    pub dma_read: u64,
    /// Bytes the device has written to client memory.
    pub dma_written: u64,
    /// System calls for receiving, sending and waiting for the client. Those for its memory files and its eventfds are not
    /// among them.
    pub system_calls: u64,
}

impl Peer {
    /// Ends the connection of a client that has held a write to an eventfd: it would do so again.
    pub fn judge_interrupts(&mut self) {
        if self.irqs.has_held() {
            self.link.end(Disconnect::Held);
        }
    }
}

impl Host for Peer {
    fn dma_read(&mut self, iova: u64, into: &mut [u8]) -> Result<(), DmaError> {
        self.maps.check(iova, into.len(), Direction::Read)?;
        let mut done = 0;
        while done < into.len() {
            let at = iova + done as u64;
            match self
                .maps
                .segment(at, into.len() - done)
                .ok_or(DmaError::Unmapped(at))?
            {
                Segment::File { file, offset, length } => {
                    file.read(offset, &mut into[done..done + length])
                        .map_err(DmaError::File)?;
                    done += length;
                }
                Segment::Client { length } => {
                    self.remote
                        .read(&mut self.link, at, &mut into[done..done + length])?;
                    done += length;
                }
            }
        }
        self.traffic.dma_read += into.len() as u64;
        Ok(())
    }

    fn dma_write(&mut self, iova: u64, from: &[u8]) -> Result<(), DmaError> {
        self.maps.check(iova, from.len(), Direction::Write)?;
        let mut done = 0;
        while done < from.len() {
            let at = iova + done as u64;
            match self
                .maps
                .segment(at, from.len() - done)
                .ok_or(DmaError::Unmapped(at))?
            {
                Segment::File { file, offset, length } => {
                    file.write(offset, &from[done..done + length])
                        .map_err(DmaError::File)?;
                    done += length;
                }
                Segment::Client { length } => {
                    self.remote
                        .write(&mut self.link, at, &from[done..done + length])?;
                    done += length;
                }
            }
        }
        self.traffic.dma_written += from.len() as u64;
        Ok(())
    }

    fn trigger(&mut self, irq_index: u32, vector: u32) -> Delivery {
        let delivery = self.irqs.trigger(irq_index, vector);
        if delivery == Delivery::Signalled {
            self.traffic.interrupts += 1;
        }
        self.judge_interrupts();
        delivery
    }
}
