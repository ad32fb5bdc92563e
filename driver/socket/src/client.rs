//! One function: the client of its socket, its vectors, its bit in configuration space.

use crate::patience;
use crate::reset;
use crate::vectors::FunctionVectors;
use driver_host::remote::Bar;
use prm::link::BusError;
use std::io;
use std::os::fd::RawFd;
use std::path::Path;
use std::rc::Rc;
use std::time::Duration;
use vfio_bindings::bindings::vfio::{
    VFIO_IRQ_SET_ACTION_TRIGGER, VFIO_IRQ_SET_DATA_EVENTFD, VFIO_PCI_BAR0_REGION_INDEX,
    VFIO_PCI_BAR2_REGION_INDEX, VFIO_PCI_CONFIG_REGION_INDEX, VFIO_PCI_MSIX_IRQ_INDEX,
};
use vfio_user::Client;

/// The command register of configuration space, and its bits "memory space" and "bus master".
const COMMAND: u64 = 0x04;
const MEMORY_AND_MASTER: u16 = 0x0006;

/// Why a function does not do what it should.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ClientError {
    /// The client of the crate says so.
    #[error(transparent)]
    Client(#[from] vfio_user::Error),
    /// This process has no more descriptors, or may not look at its own.
    #[error("descriptors of this process: {0}")]
    Descriptors(#[from] io::Error),
    /// The function cannot be reset.
    #[error("the function cannot be reset")]
    NoReset,
    /// The BAR has no such registers. The server is not asked: the client of the crate cannot read its refusal.
    #[error("there are no registers at {0:#x}")]
    Beyond(u64),
}

impl ClientError {
    /// Whether the connection is as good as before.
    pub(crate) const fn is_harmless(&self) -> bool {
        matches!(self, Self::NoReset | Self::Beyond(_))
    }

    /// The same as a driver is told.
    pub(crate) fn as_bus_error(&self) -> BusError {
        let late =
            |error: &io::Error| matches!(error.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut);
        match self {
            Self::NoReset | Self::Beyond(_) => BusError::Refused,
            Self::Client(vfio_user::Error::StreamRead(error) | vfio_user::Error::StreamWrite(error))
                if late(error) =>
            {
                BusError::TimedOut
            }
            Self::Client(_) | Self::Descriptors(_) => BusError::Gone,
        }
    }
}

/// See the module's head. Its server sees at once that it has gone when this is dropped.
pub(crate) struct FunctionClient {
    client: Client,
    vectors: Rc<FunctionVectors>,
}

impl FunctionClient {
    /// Connects to a function, lets it master the bus, and has all its vectors reported. No answer may take longer than
    /// `patience`.
    pub(crate) fn connect(path: &Path, patience: Duration) -> Result<Self, ClientError> {
        let mut client = Client::new(path)?;
        match patience::bound(path, patience) {
            Ok(0) => tracing::debug!(
                actor = "host",
                "{} is not found among its sockets",
                path.display()
            ),
            Ok(_) => {}
            Err(error) => tracing::warn!(actor = "host", %error, "answers may take however long they like"),
        }
        let vectors = client.get_irq_info(VFIO_PCI_MSIX_IRQ_INDEX)?.count;
        let mut function = Self {
            client,
            vectors: Rc::new(FunctionVectors::new(vectors as usize)?),
        };
        function.make_ready()?;
        Ok(function)
    }

    /// What a reset takes away: the right to master the bus. Vectors are armed anew, too; nobody promises that they stay.
    fn make_ready(&mut self) -> Result<(), ClientError> {
        self.arm()?;
        let mut command = [0; 2];
        self.client
            .region_read(VFIO_PCI_CONFIG_REGION_INDEX, COMMAND, &mut command)?;
        let command = u16::from_le_bytes(command) | MEMORY_AND_MASTER;
        let written = self
            .client
            .region_write(VFIO_PCI_CONFIG_REGION_INDEX, COMMAND, &command.to_le_bytes());
        Ok(written?)
    }

    /// Has all vectors reported, in one message.
    fn arm(&mut self) -> Result<(), ClientError> {
        self.set_irqs(&self.vectors.descriptors())
    }

    /// Has no vector reported any more.
    pub(crate) fn disarm(&mut self) -> Result<(), ClientError> {
        self.set_irqs(&[])
    }

    fn set_irqs(&mut self, eventfds: &[RawFd]) -> Result<(), ClientError> {
        let flags = VFIO_IRQ_SET_DATA_EVENTFD | VFIO_IRQ_SET_ACTION_TRIGGER;
        let count = self.vectors.count();
        Ok(self
            .client
            .set_irqs(VFIO_PCI_MSIX_IRQ_INDEX, flags, 0, count, eventfds)?)
    }

    /// Its vectors.
    pub(crate) const fn vectors(&self) -> &Rc<FunctionVectors> {
        &self.vectors
    }

    /// Reads registers.
    pub(crate) fn read(&mut self, bar: Bar, at: u64, into: &mut [u8]) -> Result<(), ClientError> {
        let region = self.region(bar, at, into.len())?;
        Ok(self.client.region_read(region, at, into)?)
    }

    /// Writes registers.
    pub(crate) fn write(&mut self, bar: Bar, at: u64, from: &[u8]) -> Result<(), ClientError> {
        let region = self.region(bar, at, from.len())?;
        Ok(self.client.region_write(region, at, from)?)
    }

    /// The region of a BAR that has these bytes.
    fn region(&self, bar: Bar, at: u64, bytes: usize) -> Result<u32, ClientError> {
        let index = match bar {
            Bar::Own => VFIO_PCI_BAR0_REGION_INDEX,
            Bar::Scalable => VFIO_PCI_BAR2_REGION_INDEX,
        };
        let size = self.client.region(index).map_or(0, |region| region.size);
        let fits = at.checked_add(bytes as u64).is_some_and(|end| end <= size);
        fits.then_some(index).ok_or(ClientError::Beyond(at))
    }

    /// Resets it.
    pub(crate) fn reset(&mut self) -> Result<(), ClientError> {
        if !reset::is_resettable(&self.client) {
            return Err(ClientError::NoReset);
        }
        self.client.reset()?;
        self.make_ready()
    }

    /// Lets it reach a range of a file under a bus address.
    pub(crate) fn map(&mut self, address: u64, at: u64, bytes: u64, file: RawFd) -> Result<(), ClientError> {
        Ok(self.client.dma_map(at, address, bytes, file)?)
    }

    /// Undoes [`Self::map`].
    pub(crate) fn unmap(&mut self, address: u64, bytes: u64) -> Result<(), ClientError> {
        Ok(self.client.dma_unmap(address, bytes)?)
    }

    /// Ends the connection; the server sees it at once.
    pub(crate) fn hang_up(&self) {
        // One that has ended already is none.
        let _ended = self.client.shutdown();
    }
}

impl Drop for FunctionClient {
    fn drop(&mut self) {
        self.hang_up();
    }
}
