//! The wire format: header, commands, structures and limits. All numbers are little-endian.
//!
//! Section names are those of the vfio-user protocol specification (`docs/interop/vfio-user.rst` of QEMU).
//! Flags that the protocol borrows from Linux VFIO come from `vfio-bindings`.

use zerocopy::little_endian::{U16, U32, U64};
use zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout, Unaligned};

/// Major protocol version spoken here ("Version").
pub const MAJOR: u16 = 0;
/// Newest minor version spoken here; a reply carries the smaller one of this and the client's.
pub const MINOR: u16 = 1;

/// Bytes of a [`Header`].
pub const HEADER_LEN: usize = size_of::<Header>();
/// Most descriptors in one message (`max_msg_fds`).
pub const MAX_MESSAGE_FDS: usize = 16;
/// Most data bytes in one message (`max_data_xfer_size`).
pub const MAX_TRANSFER: usize = 1 << 20;
/// Most DMA maps at a time (`max_dma_maps`).
pub const MAX_DMA_MAPS: usize = 65_535;
/// The page size of DMA maps (`pgsizes`).
pub const PAGE_SIZE: u64 = 4096;
/// The largest message: header, the largest fixed structure before data, and data.
pub const MAX_MESSAGE: usize = HEADER_LEN + size_of::<RegionAccess>() + MAX_TRANSFER;

/// Bits of [`Header::flags`] ("Header").
pub mod flag {
    /// The bits of the message type.
    pub const TYPE: u32 = 0xf;
    /// A command.
    pub const COMMAND: u32 = 0x0;
    /// The reply to a command with the same message id.
    pub const REPLY: u32 = 0x1;
    /// The sender of the command wants no reply, not even an error.
    pub const NO_REPLY: u32 = 0x10;
    /// The command that this replies to has failed.
    pub const ERROR: u32 = 0x20;
}

/// Bits of [`DmaMap::flags`] ("`VFIO_USER_DMA_MAP`").
pub mod dma_flag {
    /// The device may read.
    pub const READ: u32 = 1 << 0;
    /// The device may write.
    pub const WRITE: u32 = 1 << 1;
    /// The descriptor may be mapped.
    pub const MMAP: u32 = 1 << 2;
    /// The descriptor is to be accessed by file reads and writes.
    pub const FILE_IO: u32 = 1 << 3;
}

/// What every message begins with ("Header").
#[derive(Clone, Copy, Debug, FromBytes, IntoBytes, Immutable, KnownLayout, Unaligned)]
#[repr(C)]
pub struct Header {
    /// Chosen by the sender of the command, repeated in the reply.
    pub message_id: U16,
    /// A [`Command`], or a number that is none.
    pub command: U16,
    /// Bytes of the message, header included.
    pub message_size: U32,
    /// See [`flag`].
    pub flags: U32,
    /// The error number of a reply with [`flag::ERROR`].
    pub error: U32,
}

impl Header {
    /// Whether the sender wants no reply.
    #[must_use]
    pub fn no_reply(&self) -> bool {
        self.flags.get() & flag::NO_REPLY != 0
    }

    /// The message type: [`flag::COMMAND`], [`flag::REPLY`], or neither.
    #[must_use]
    pub fn kind(&self) -> u32 {
        self.flags.get() & flag::TYPE
    }
}

macro_rules! commands {
    ($($(#[$doc:meta])* $name:ident = $value:literal,)*) => {
        /// The commands that this transport understands ("Commands").
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum Command { $($(#[$doc])* $name = $value,)* }

        impl Command {
            /// The command of a header, unless it is one that this transport does not understand.
            #[must_use]
            pub const fn from_raw(raw: u16) -> Option<Self> {
                match raw {
                    $($value => Some(Self::$name),)*
                    _ => None,
                }
            }

            /// The number on the wire.
            #[must_use]
            pub const fn raw(self) -> u16 {
                self as u16
            }
        }
    };
}

commands! {
    /// Version and capabilities, the first message of a client.
    Version = 1,
    /// A range of DMA addresses becomes accessible.
    DmaMap = 2,
    /// A range of DMA addresses is no longer accessible.
    DmaUnmap = 3,
    /// Number of regions and interrupt indexes.
    DeviceGetInfo = 4,
    /// Size and flags of a region.
    DeviceGetRegionInfo = 5,
    /// Number and flags of the interrupts of an index.
    DeviceGetIrqInfo = 7,
    /// Arms, disarms, masks or triggers interrupts.
    DeviceSetIrqs = 8,
    /// Reads registers.
    RegionRead = 9,
    /// Writes registers.
    RegionWrite = 10,
    /// Server to client: reads client memory.
    DmaRead = 11,
    /// Server to client: writes client memory.
    DmaWrite = 12,
    /// Resets the device.
    DeviceReset = 13,
}

macro_rules! structures {
    ($($(#[$doc:meta])* $name:ident: $bytes:literal { $($(#[$field_doc:meta])* $field:ident: $type:ty,)* })*) => {
        $(
            $(#[$doc])*
            #[derive(Clone, Copy, Debug, FromBytes, IntoBytes, Immutable, KnownLayout, Unaligned)]
            #[repr(C)]
            pub struct $name { $($(#[$field_doc])* pub $field: $type,)* }
            const _: () = assert!(size_of::<$name>() == $bytes);
        )*
    };
}

structures! {
    /// Body of `VFIO_USER_VERSION`, before the JSON text.
    Version: 4 {
        /// Major version.
        major: U16,
        /// Minor version.
        minor: U16,
    }
    /// Body of `VFIO_USER_DMA_MAP`.
    DmaMap: 32 {
        /// Bytes of this structure.
        argsz: U32,
        /// See [`dma_flag`].
        flags: U32,
        /// Where the range begins in the file of the descriptor.
        offset: U64,
        /// First DMA address.
        address: U64,
        /// Bytes of the range.
        size: U64,
    }
    /// Body of `VFIO_USER_DMA_UNMAP` and of its reply.
    DmaUnmap: 24 {
        /// Bytes of this structure.
        argsz: U32,
        /// `VFIO_DMA_UNMAP_FLAG_*`.
        flags: U32,
        /// First DMA address.
        address: U64,
        /// Bytes of the range.
        size: U64,
    }
    /// Body of `VFIO_USER_DEVICE_GET_INFO` and of its reply.
    DeviceInfo: 16 {
        /// Bytes of this structure.
        argsz: U32,
        /// `VFIO_DEVICE_FLAGS_*`.
        flags: U32,
        /// Number of regions.
        regions: U32,
        /// Number of interrupt indexes.
        irqs: U32,
    }
    /// Body of `VFIO_USER_DEVICE_GET_REGION_INFO` and of its reply.
    RegionInfo: 32 {
        /// Bytes of this structure.
        argsz: U32,
        /// `VFIO_REGION_INFO_FLAG_*`.
        flags: U32,
        /// The region.
        index: U32,
        /// Where capabilities begin, 0 for none.
        cap_offset: U32,
        /// Bytes of the region.
        size: U64,
        /// Where to map the region in the file of a descriptor.
        offset: U64,
    }
    /// Body of `VFIO_USER_DEVICE_GET_IRQ_INFO` and of its reply.
    IrqInfo: 16 {
        /// Bytes of this structure.
        argsz: U32,
        /// `VFIO_IRQ_INFO_*`.
        flags: U32,
        /// The interrupt index.
        index: U32,
        /// Number of interrupts.
        count: U32,
    }
    /// Body of `VFIO_USER_DEVICE_SET_IRQS`, before the booleans.
    SetIrqs: 20 {
        /// Bytes of this structure and of the booleans.
        argsz: U32,
        /// `VFIO_IRQ_SET_*`.
        flags: U32,
        /// The interrupt index.
        index: U32,
        /// First interrupt.
        start: U32,
        /// Number of interrupts.
        count: U32,
    }
    /// Body of `VFIO_USER_REGION_READ` and `VFIO_USER_REGION_WRITE`, before the data.
    RegionAccess: 16 {
        /// Where in the region.
        offset: U64,
        /// The region.
        region: U32,
        /// Bytes of data.
        count: U32,
    }
    /// Body of `VFIO_USER_DMA_READ` and `VFIO_USER_DMA_WRITE`, before the data.
    DmaAccess: 16 {
        /// The DMA address.
        address: U64,
        /// Bytes of data.
        count: U64,
    }
}

const _: () = assert!(HEADER_LEN == 16);

/// The length of a structure of the protocol, all of which are short.
#[must_use]
pub const fn length_of<T>() -> u32 {
    assert!(size_of::<T>() < 4096);
    #[expect(clippy::cast_possible_truncation, reason = "asserted to be small")]
    {
        size_of::<T>() as u32
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn header_fields_lie_where_the_specification_puts_them() {
        let bytes = [1, 2, 10, 0, 36, 0, 0, 0, 0x10, 0, 0, 0, 22, 0, 0, 0];
        let header = Header::read_from_bytes(&bytes).unwrap();
        assert_eq!(header.message_id.get(), 0x0201);
        assert_eq!(
            Command::from_raw(header.command.get()),
            Some(Command::RegionWrite)
        );
        assert_eq!(header.message_size.get(), 36);
        assert!(header.no_reply());
        assert_eq!(header.kind(), flag::COMMAND);
        assert_eq!(header.error.get(), 22);
        assert_eq!(header.as_bytes(), bytes);
    }

    #[test]
    fn numbers_without_a_command_are_none() {
        for raw in [0, 6, 14, 15, 16, 17, 18, 19, u16::MAX] {
            assert_eq!(Command::from_raw(raw), None);
        }
        assert!(
            (0..=u16::MAX)
                .filter_map(|raw| Some((raw, Command::from_raw(raw)?)))
                .all(|(raw, c)| c.raw() == raw)
        );
    }
}
