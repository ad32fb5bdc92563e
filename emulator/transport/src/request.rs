//! What each command does.

use crate::descriptor::Descriptors;
use crate::device::{Device, DeviceInfo};
use crate::errno::Errno;
use crate::host::Peer;
use crate::message::Message;
use crate::protocol::{
    Command, DeviceInfo as DeviceInfoBody, DmaMap, DmaUnmap, HEADER_LEN, IrqInfo, MAX_TRANSFER, RegionAccess,
    RegionInfo, SetIrqs, length_of,
};
use crate::version::negotiate;
use std::ops::Range;
use vfio_bindings::bindings::vfio::{
    VFIO_DEVICE_FLAGS_PCI, VFIO_DEVICE_FLAGS_RESET, VFIO_REGION_INFO_FLAG_READ, VFIO_REGION_INFO_FLAG_WRITE,
};
use zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout, Unaligned};

/// Where the data of a region access lies in a reply.
const DATA: usize = HEADER_LEN + size_of::<RegionAccess>();
/// Bytes in which every reply can be built.
pub const REPLY_CAPACITY: usize = DATA + MAX_TRANSFER;

/// How far a connection has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Phase {
    /// `VFIO_USER_VERSION` must come first.
    Greeting,
    /// Everything else may come.
    Serving,
}

/// One command, with everything that it may act upon.
pub struct Request<'a> {
    /// What has been negotiated.
    pub phase: &'a mut Phase,
    /// The shape of the device.
    pub info: &'a DeviceInfo,
    /// The client.
    pub peer: &'a mut Peer,
    /// Where the reply is built, [`REPLY_CAPACITY`] bytes; its header is filled in by the caller.
    pub reply: &'a mut [u8],
}

/// The structure at the beginning of a body, which may be longer: the protocol lets structures grow.
fn structure<T: FromBytes + KnownLayout + Immutable + Unaligned>(body: &[u8]) -> Result<(T, &[u8]), Errno> {
    T::read_from_prefix(body).map_err(|_| Errno::EINVAL)
}

/// A structure that names its own size, which covers what is read of it.
fn sized<T: FromBytes + KnownLayout + Immutable + Unaligned>(body: &[u8]) -> Result<(T, &[u8]), Errno> {
    let argsz = body.first_chunk().map_or(0, |argsz| u32::from_le_bytes(*argsz));
    if (argsz as usize) < size_of::<T>() {
        return Err(Errno::EINVAL);
    }
    structure(body)
}

impl Request<'_> {
    /// Executes a command and builds the reply, of which it returns the length with the header.
    ///
    /// # Errors
    /// What the client is told if it wants a reply.
    pub fn execute(&mut self, message: Message, device: &mut dyn Device) -> Result<usize, Errno> {
        let command = Command::from_raw(message.header.command.get());
        let descriptors = message.descriptors?;
        let takes_descriptors = matches!(command, Some(Command::DmaMap | Command::DeviceSetIrqs));
        if !takes_descriptors && !descriptors.is_empty() {
            return Err(Errno::EINVAL);
        }
        match (command, *self.phase) {
            (Some(Command::Version), Phase::Greeting) => self.version(message.body),
            (None, _) => Err(Errno::ENOTSUP),
            (Some(Command::Version), Phase::Serving) | (Some(_), Phase::Greeting) => Err(Errno::EINVAL),
            (Some(Command::RegionRead), _) => {
                self.region_read(message.body, message.header.no_reply(), device)
            }
            (Some(Command::RegionWrite), _) => self.region_write(message.body, device),
            (Some(Command::DmaMap), _) => self.dma_map(message.body, descriptors),
            (Some(Command::DmaUnmap), _) => self.dma_unmap(message.body),
            (Some(Command::DeviceGetInfo), _) => self.device_info(message.body),
            (Some(Command::DeviceGetRegionInfo), _) => self.region_info(message.body),
            (Some(Command::DeviceGetIrqInfo), _) => self.irq_info(message.body),
            (Some(Command::DeviceSetIrqs), _) => self.set_irqs(message.body, descriptors),
            (Some(Command::DeviceReset), _) => {
                device.reset(self.peer);
                Ok(HEADER_LEN)
            }
            // These go to the client only.
            (Some(Command::DmaRead | Command::DmaWrite), _) => Err(Errno::EINVAL),
        }
    }

    fn body(&self, body: Range<usize>) -> &[u8] {
        self.peer.link.inbox.bytes(body)
    }

    fn answer(&mut self, body: &(impl IntoBytes + Immutable + ?Sized)) -> Result<usize, Errno> {
        let body = body.as_bytes();
        let end = HEADER_LEN + body.len();
        self.reply
            .get_mut(HEADER_LEN..end)
            .ok_or(Errno::EMSGSIZE)?
            .copy_from_slice(body);
        Ok(end)
    }

    fn version(&mut self, body: Range<usize>) -> Result<usize, Errno> {
        let agreement = negotiate(self.body(body))?;
        self.peer.remote.limit(agreement.max_transfer);
        *self.phase = Phase::Serving;
        self.answer(agreement.reply.as_slice())
    }

    fn device_info(&mut self, body: Range<usize>) -> Result<usize, Errno> {
        let (_, _) = sized::<DeviceInfoBody>(self.body(body))?;
        let count = |length: usize| u32::try_from(length).map_err(|_| Errno::EINVAL);
        self.answer(&DeviceInfoBody {
            argsz: length_of::<DeviceInfoBody>().into(),
            flags: (VFIO_DEVICE_FLAGS_RESET | VFIO_DEVICE_FLAGS_PCI).into(),
            regions: count(self.info.regions.len())?.into(),
            irqs: count(self.info.irqs.len())?.into(),
        })
    }

    fn region_info(&mut self, body: Range<usize>) -> Result<usize, Errno> {
        let (request, _) = sized::<RegionInfo>(self.body(body))?;
        let region = self
            .info
            .regions
            .get(request.index.get() as usize)
            .ok_or(Errno::EINVAL)?;
        self.answer(&RegionInfo {
            argsz: length_of::<RegionInfo>().into(),
            flags: region.flags.into(),
            index: request.index,
            cap_offset: 0.into(),
            size: region.size.into(),
            offset: 0.into(),
        })
    }

    fn irq_info(&mut self, body: Range<usize>) -> Result<usize, Errno> {
        let (request, _) = sized::<IrqInfo>(self.body(body))?;
        let irq = self
            .info
            .irqs
            .get(request.index.get() as usize)
            .ok_or(Errno::EINVAL)?;
        self.answer(&IrqInfo {
            argsz: length_of::<IrqInfo>().into(),
            flags: irq.flags.into(),
            index: request.index,
            count: irq.count.into(),
        })
    }

    fn set_irqs(&mut self, body: Range<usize>, descriptors: Descriptors) -> Result<usize, Errno> {
        let (request, booleans) = sized::<SetIrqs>(self.peer.link.inbox.bytes(body))?;
        let set = self.peer.irqs.set(&request, booleans, descriptors);
        self.peer.judge_interrupts();
        set?;
        Ok(HEADER_LEN)
    }

    fn dma_map(&mut self, body: Range<usize>, mut descriptors: Descriptors) -> Result<usize, Errno> {
        if descriptors.len() > 1 {
            return Err(Errno::EINVAL);
        }
        let (request, rest) = sized::<DmaMap>(self.body(body))?;
        if !rest.is_empty() {
            return Err(Errno::EINVAL);
        }
        let descriptor = descriptors.drain().next();
        self.peer.maps.map(&request, descriptor)?;
        Ok(HEADER_LEN)
    }

    fn dma_unmap(&mut self, body: Range<usize>) -> Result<usize, Errno> {
        let (request, _) = sized::<DmaUnmap>(self.body(body))?;
        self.peer.maps.unmap(&request)?;
        self.answer(&DmaUnmap {
            argsz: length_of::<DmaUnmap>().into(),
            ..request
        })
    }

    /// The access of a body, checked against the region, and what follows it.
    fn access(&self, body: Range<usize>, right: u32) -> Result<(RegionAccess, usize, &[u8]), Errno> {
        let (access, rest) = structure::<RegionAccess>(self.body(body))?;
        let region = self
            .info
            .regions
            .get(access.region.get() as usize)
            .ok_or(Errno::EINVAL)?;
        let count = access.count.get();
        if count as usize > MAX_TRANSFER {
            return Err(Errno::EMSGSIZE);
        }
        let end = access
            .offset
            .get()
            .checked_add(u64::from(count))
            .ok_or(Errno::EINVAL)?;
        if count == 0 || end > region.size {
            return Err(Errno::EINVAL);
        }
        if region.flags & right == 0 {
            return Err(Errno::EACCES);
        }
        Ok((access, count as usize, rest))
    }

    fn region_read(
        &mut self,
        body: Range<usize>,
        posted: bool,
        device: &mut dyn Device,
    ) -> Result<usize, Errno> {
        let (access, count, rest) = self.access(body, VFIO_REGION_INFO_FLAG_READ)?;
        if !rest.is_empty() {
            return Err(Errno::EINVAL);
        }
        // Nobody gets the data, so the device is not asked for it.
        if posted {
            return Ok(HEADER_LEN);
        }
        let data = &mut self.reply[DATA..DATA + count];
        data.fill(0);
        device.region_read(access.region.get(), access.offset.get(), data, self.peer)?;
        self.answer(&access)?;
        Ok(DATA + count)
    }

    fn region_write(&mut self, body: Range<usize>, device: &mut dyn Device) -> Result<usize, Errno> {
        let (access, count, rest) = self.access(body.clone(), VFIO_REGION_INFO_FLAG_WRITE)?;
        if rest.len() != count {
            return Err(Errno::EINVAL);
        }
        // The device may cause receiving, and receiving may move what lies in the inbox.
        let data = body.start + size_of::<RegionAccess>()..body.end;
        self.reply[DATA..DATA + count].copy_from_slice(self.peer.link.inbox.bytes(data));
        let data = &self.reply[DATA..DATA + count];
        device.region_write(access.region.get(), access.offset.get(), data, self.peer)?;
        self.answer(&access)
    }
}
