//! The DMA address space of a client: which ranges are mapped, what they allow, where their bytes are.

use crate::device::DmaError;
use crate::errno::Errno;
use crate::foreign::Foreign;
use crate::memory::{Demand, MemoryFile, MemoryFiles, MemoryPolicy};
use crate::protocol::{DmaMap, DmaUnmap, MAX_DMA_MAPS, PAGE_SIZE, dma_flag};
use std::collections::BTreeMap;
use std::sync::Arc;
use vfio_bindings::bindings::vfio::VFIO_DMA_UNMAP_FLAG_ALL;

/// The direction of an access, seen from the device.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    /// The device reads client memory.
    Read,
    /// The device writes client memory.
    Write,
}

/// Where the bytes of a map are.
#[derive(Debug)]
enum Place {
    /// In a file, from this offset on.
    File(Arc<MemoryFile>, u64),
    /// With the client, which is asked by message.
    Client,
}

#[derive(Debug)]
struct Map {
    /// The last address, which unlike the end cannot overflow.
    last: u64,
    flags: u32,
    place: Place,
}

/// The part of an access that lies in one map.
#[derive(Debug)]
pub enum Segment {
    /// In a file, at an offset.
    File {
        /// The file.
        file: Arc<MemoryFile>,
        /// Where in the file.
        offset: u64,
        /// Bytes.
        length: usize,
    },
    /// With the client.
    Client {
        /// Bytes.
        length: usize,
    },
}

/// The DMA maps of one client.
#[derive(Debug, Default)]
pub struct DmaMaps {
    /// By first address; maps never overlap.
    maps: BTreeMap<u64, Map>,
    files: MemoryFiles,
}

/// First and last address of a range of whole pages ("`pgsizes`").
fn range(address: u64, size: u64) -> Result<(u64, u64), Errno> {
    if size == 0 || !address.is_multiple_of(PAGE_SIZE) || !size.is_multiple_of(PAGE_SIZE) {
        return Err(Errno::EINVAL);
    }
    Ok((address, address.checked_add(size - 1).ok_or(Errno::EINVAL)?))
}

impl DmaMaps {
    /// No maps yet, and which files may hold them.
    #[must_use]
    pub fn new(policy: MemoryPolicy) -> Self {
        Self {
            maps: BTreeMap::new(),
            files: MemoryFiles::new(policy),
        }
    }

    /// `VFIO_USER_DMA_MAP`. Without a descriptor the bytes stay with the client.
    ///
    /// # Errors
    /// `EINVAL` for a range or flags that make no sense, `EEXIST` for an overlap, `ENOSPC` for too many maps, and
    /// what opening the file says.
    pub fn map(&mut self, request: &DmaMap, descriptor: Option<Foreign>) -> Result<(), Errno> {
        const ACCESS: u32 = dma_flag::READ | dma_flag::WRITE;
        const KNOWN: u32 = ACCESS | dma_flag::MMAP | dma_flag::FILE_IO;
        let flags = request.flags.get();
        let (first, last) = range(request.address.get(), request.size.get())?;
        if flags & !KNOWN != 0 || flags & ACCESS == 0 {
            return Err(Errno::EINVAL);
        }
        if self
            .maps
            .range(..=last)
            .next_back()
            .is_some_and(|(_, map)| map.last >= first)
        {
            return Err(Errno::EEXIST);
        }
        if self.maps.len() >= MAX_DMA_MAPS {
            return Err(Errno::ENOSPC);
        }
        let place = match descriptor {
            Some(descriptor) => {
                let offset = request.offset.get();
                if !offset.is_multiple_of(PAGE_SIZE) {
                    return Err(Errno::EINVAL);
                }
                let end = offset.checked_add(request.size.get()).ok_or(Errno::EINVAL)?;
                let demand = Demand {
                    end,
                    write: flags & dma_flag::WRITE != 0,
                    map: flags & dma_flag::FILE_IO == 0,
                };
                Place::File(self.files.open(descriptor, demand)?, offset)
            }
            None => Place::Client,
        };
        self.maps.insert(first, Map { last, flags, place });
        Ok(())
    }

    /// `VFIO_USER_DMA_UNMAP`: removes every map inside the range. A range in which nothing is mapped is fine.
    ///
    /// # Errors
    /// `EINVAL` if a map lies only partly in the range: then nothing is removed. `ENOTSUP` for a dirty bitmap.
    pub fn unmap(&mut self, request: &DmaUnmap) -> Result<(), Errno> {
        match request.flags.get() {
            0 => {}
            VFIO_DMA_UNMAP_FLAG_ALL if request.address.get() == 0 && request.size.get() == 0 => {
                self.maps.clear();
                self.files.close_unused();
                return Ok(());
            }
            VFIO_DMA_UNMAP_FLAG_ALL => return Err(Errno::EINVAL),
            _ => return Err(Errno::ENOTSUP),
        }
        let (first, last) = range(request.address.get(), request.size.get())?;
        let cut_in_front = self
            .maps
            .range(..first)
            .next_back()
            .is_some_and(|(_, map)| map.last >= first);
        let cut_behind = self
            .maps
            .range(first..=last)
            .next_back()
            .is_some_and(|(_, map)| map.last > last);
        if cut_in_front || cut_behind {
            return Err(Errno::EINVAL);
        }
        let mut removed_file = false;
        while let Some((&start, _)) = self.maps.range(first..=last).next() {
            removed_file |= self
                .maps
                .remove(&start)
                .is_some_and(|map| matches!(map.place, Place::File(..)));
        }
        if removed_file {
            self.files.close_unused();
        }
        Ok(())
    }

    /// Checks that every byte of an access is mapped and allowed.
    ///
    /// # Errors
    /// [`DmaError::Unmapped`] or [`DmaError::Denied`] with the first address in the way.
    pub fn check(&self, iova: u64, length: usize, direction: Direction) -> Result<(), DmaError> {
        let wanted = match direction {
            Direction::Read => dma_flag::READ,
            Direction::Write => dma_flag::WRITE,
        };
        let Some(more) = (length as u64).checked_sub(1) else {
            return Ok(());
        };
        let last = iova.checked_add(more).ok_or(DmaError::Unmapped(iova))?;
        let mut at = iova;
        loop {
            let (_, map) = self.holding(at).ok_or(DmaError::Unmapped(at))?;
            if map.flags & wanted == 0 {
                return Err(DmaError::Denied(at));
            }
            if map.last >= last {
                return Ok(());
            }
            // No overflow: `map.last` is below `last`.
            at = map.last + 1;
        }
    }

    /// The part of an access of `length` bytes that lies in the map at its beginning.
    #[must_use]
    pub fn segment(&self, iova: u64, length: usize) -> Option<Segment> {
        let (first, map) = self.holding(iova)?;
        // One less than the bytes in the map, so that it cannot overflow.
        let more = usize::try_from(map.last - iova).unwrap_or(usize::MAX);
        let length = length.min(more.saturating_add(1));
        Some(match &map.place {
            Place::File(file, offset) => Segment::File {
                file: Arc::clone(file),
                offset: offset + (iova - first),
                length,
            },
            Place::Client => Segment::Client { length },
        })
    }

    fn holding(&self, iova: u64) -> Option<(u64, &Map)> {
        let (&first, map) = self.maps.range(..=iova).next_back()?;
        (map.last >= iova).then_some((first, map))
    }

    /// Number of maps.
    #[must_use]
    pub fn len(&self) -> usize {
        self.maps.len()
    }

    /// Number of files in which maps lie.
    #[must_use]
    pub fn files(&self) -> usize {
        self.files.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const RW: u32 = dma_flag::READ | dma_flag::WRITE;

    fn map(flags: u32, address: u64, size: u64) -> DmaMap {
        let argsz = 32.into();
        DmaMap {
            argsz,
            flags: flags.into(),
            offset: 0.into(),
            address: address.into(),
            size: size.into(),
        }
    }

    fn unmap(flags: u32, address: u64, size: u64) -> DmaUnmap {
        DmaUnmap {
            argsz: 24.into(),
            flags: flags.into(),
            address: address.into(),
            size: size.into(),
        }
    }

    #[test]
    fn ranges_that_make_no_sense_are_refused() {
        let mut maps = DmaMaps::default();
        for (flags, address, size) in [
            (RW, 0, 0),
            (RW, 1, 4096),
            (RW, 0, 4095),
            (RW, 0xffff_ffff_ffff_f000, 8192),
            (0, 0, 4096),
            (16 | RW, 0, 4096),
        ] {
            assert_eq!(maps.map(&map(flags, address, size), None), Err(Errno::EINVAL));
        }
        assert_eq!(
            maps.map(&map(RW, 0xffff_ffff_ffff_f000, 4096), None),
            Ok(()),
            "the last page there is"
        );
        assert!(maps.check(0xffff_ffff_ffff_fff8, 8, Direction::Read).is_ok());
        assert!(maps.check(0xffff_ffff_ffff_fff8, 9, Direction::Read).is_err());
        assert!(matches!(
            maps.segment(u64::MAX, 8),
            Some(Segment::Client { length: 1 })
        ));
    }

    #[test]
    fn overlaps_are_refused_from_every_side() {
        let mut maps = DmaMaps::default();
        maps.map(&map(RW, 0x4000, 0x4000), None).unwrap();
        for (address, size) in [
            (0x4000, 0x4000),
            (0x3000, 0x2000),
            (0x7000, 0x2000),
            (0x5000, 0x1000),
            (0, 0x10000),
        ] {
            assert_eq!(maps.map(&map(RW, address, size), None), Err(Errno::EEXIST));
        }
        maps.map(&map(RW, 0x3000, 0x1000), None).unwrap();
        maps.map(&map(RW, 0x8000, 0x1000), None).unwrap();
        assert_eq!(maps.len(), 3);
    }

    #[test]
    fn an_unmap_takes_whole_maps_or_nothing() {
        let mut maps = DmaMaps::default();
        for page in 4..8 {
            maps.map(&map(RW, page * 4096, 4096), None).unwrap();
        }
        maps.map(&map(RW, 0x10000, 0x4000), None).unwrap();
        assert_eq!(maps.unmap(&unmap(0, 0x4000_0000, 0x1000)), Ok(()), "never mapped");
        assert_eq!(
            maps.unmap(&unmap(0, 0x4000, 0xd000)),
            Err(Errno::EINVAL),
            "the end would be cut"
        );
        assert_eq!(
            maps.unmap(&unmap(0, 0x11000, 0x8000)),
            Err(Errno::EINVAL),
            "the beginning would be cut"
        );
        assert_eq!(
            maps.unmap(&unmap(0, 0x11000, 0x1000)),
            Err(Errno::EINVAL),
            "a hole would be cut"
        );
        assert_eq!(maps.len(), 5);
        assert_eq!(maps.unmap(&unmap(0, 0x4000, 0x3000)), Ok(()));
        assert_eq!(maps.len(), 2);
        assert_eq!(maps.unmap(&unmap(1, 0, 0x1000)), Err(Errno::ENOTSUP));
        assert_eq!(maps.unmap(&unmap(2, 0, 0x1000)), Err(Errno::EINVAL));
        assert_eq!(maps.unmap(&unmap(2, 0, 0)), Ok(()));
        assert_eq!(maps.len(), 0);
    }

    #[test]
    fn an_access_stops_at_holes_and_at_what_is_not_allowed() {
        let mut maps = DmaMaps::default();
        maps.map(&map(RW, 0x1000, 0x1000), None).unwrap();
        maps.map(&map(dma_flag::READ, 0x2000, 0x1000), None).unwrap();
        assert_eq!(maps.check(0x1ff0, 0x20, Direction::Read), Ok(()));
        assert_eq!(
            maps.check(0x1ff0, 0x20, Direction::Write),
            Err(DmaError::Denied(0x2000))
        );
        assert_eq!(
            maps.check(0x2ff0, 0x20, Direction::Read),
            Err(DmaError::Unmapped(0x3000))
        );
        assert_eq!(
            maps.check(0xff0, 0x20, Direction::Read),
            Err(DmaError::Unmapped(0xff0))
        );
        assert_eq!(
            maps.check(u64::MAX, 2, Direction::Read),
            Err(DmaError::Unmapped(u64::MAX))
        );
        assert_eq!(maps.check(0x9000, 0, Direction::Read), Ok(()));
    }

    #[test]
    fn the_number_of_maps_is_bounded() {
        let mut maps = DmaMaps::default();
        for page in 0..MAX_DMA_MAPS as u64 {
            maps.map(&map(RW, page * 4096, 4096), None).unwrap();
        }
        assert_eq!(maps.map(&map(RW, 1 << 40, 4096), None), Err(Errno::ENOSPC));
        assert!(maps.check(0, MAX_DMA_MAPS * 4096, Direction::Write).is_ok());
    }
}
