//! Memory that the device can be let reach: one mapping of this process, anonymous, so that it takes memory only where it is used.
//!
//! What is in it is read and written as memory that somebody else writes too.

use crate::error::VfioError;
use std::cell::Cell;
use vm_memory::{Bytes, MmapRegion, VolatileMemory};

/// See the module's head.
#[derive(Debug)]
pub(crate) struct Window {
    region: MmapRegion,
    /// Behind it everything is zero.
    used: Cell<u64>,
}

impl Window {
    /// A window of so many bytes.
    ///
    /// # Errors
    /// [`VfioError::Outside`] where this process has no room for it.
    pub(crate) fn new(bytes: u64) -> Result<Self, VfioError> {
        let outside = || VfioError::Outside { at: 0, bytes };
        let length = usize::try_from(bytes).map_err(|_| outside())?;
        Ok(Self {
            region: MmapRegion::new(length).map_err(|_| outside())?,
            used: Cell::new(0),
        })
    }

    /// Its length in bytes.
    pub(crate) fn bytes(&self) -> u64 {
        self.region.size() as u64
    }

    /// Where this process has the byte at this offset, if that many bytes are inside.
    pub(crate) fn address(&self, at: u64, bytes: u64) -> Result<u64, VfioError> {
        self.offset(at, bytes)?;
        Ok(self.region.as_ptr().expose_provenance() as u64 + at)
    }

    /// The device may have written here.
    pub(crate) fn note_use(&self, at: u64, bytes: u64) {
        self.used.set(self.used.get().max(at.saturating_add(bytes)));
    }

    pub(crate) fn read(&self, at: u64, into: &mut [u8]) -> Result<(), VfioError> {
        let bytes = into.len() as u64;
        let offset = self.offset(at, bytes)?;
        let memory = self.region.as_volatile_slice();
        memory
            .read_slice(into, offset)
            .map_err(|_| VfioError::Outside { at, bytes })
    }

    pub(crate) fn write(&self, at: u64, from: &[u8]) -> Result<(), VfioError> {
        let bytes = from.len() as u64;
        let offset = self.offset(at, bytes)?;
        self.note_use(at, bytes);
        let memory = self.region.as_volatile_slice();
        memory
            .write_slice(from, offset)
            .map_err(|_| VfioError::Outside { at, bytes })
    }

    /// Sets everything to zero.
    pub(crate) fn clear(&self) -> Result<(), VfioError> {
        const ZEROS: [u8; 4096] = [0; 4096];
        let used = self.used.get().min(self.bytes());
        let mut at = 0;
        while at < used {
            let length = ZEROS.len().min(usize::try_from(used - at).unwrap_or(usize::MAX));
            self.write(at, &ZEROS[..length])?;
            at += length as u64;
        }
        self.used.set(0);
        Ok(())
    }

    fn offset(&self, at: u64, bytes: u64) -> Result<usize, VfioError> {
        let end = at.checked_add(bytes);
        if end.is_none_or(|end| end > self.bytes()) {
            return Err(VfioError::Outside { at, bytes });
        }
        usize::try_from(at).map_err(|_| VfioError::Outside { at, bytes })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read_and_what_was_cleared_is_zero() {
        let window = Window::new(3 * 4096).unwrap();
        let read = |at| {
            let mut bytes = [1; 4];
            window.read(at, &mut bytes).map(|()| bytes)
        };
        assert_eq!(read(8188), Ok([0; 4]));
        window.write(8190, &[1, 2, 3, 4]).unwrap();
        assert_eq!(read(8190), Ok([1, 2, 3, 4]));
        window.clear().unwrap();
        assert_eq!(read(8190), Ok([0; 4]));
    }

    #[test]
    fn it_has_an_end() {
        let window = Window::new(4096).unwrap();
        assert!(window.write(4092, &[0; 4]).is_ok());
        for at in [4093, 4096, u64::MAX] {
            let outside = Err(VfioError::Outside { at, bytes: 4 });
            assert_eq!(window.write(at, &[0; 4]), outside);
            assert_eq!(window.read(at, &mut [0; 4]), outside);
        }
        assert!(window.address(0, 4097).is_err());
    }
}
