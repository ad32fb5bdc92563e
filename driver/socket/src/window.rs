//! Memory that this process and the device's server have open: a file without a name, as large as it is used.

use rustix::fs::{FallocateFlags, MemfdFlags, SealFlags, fallocate, fcntl_add_seals, memfd_create};
use std::cell::Cell;
use std::fs::File;
use std::io;
use std::os::fd::{AsRawFd, RawFd};
use std::os::unix::fs::FileExt;

/// How large the file is at first, in bytes. It takes memory only where it is written.
const FIRST: u64 = 256 << 20;

/// How large it can get, in bytes: well below what one client may have mapped.
const LARGEST: u64 = 64 << 30;

/// See the module's head.
#[derive(Debug)]
pub(crate) struct Window {
    file: File,
    length: Cell<u64>,
}

impl Window {
    /// An empty window. It never shrinks, so that the server can map it.
    pub(crate) fn new() -> io::Result<Self> {
        let flags = MemfdFlags::CLOEXEC | MemfdFlags::ALLOW_SEALING;
        let file = File::from(memfd_create("mlx5-cosim-host", flags)?);
        fcntl_add_seals(&file, SealFlags::SHRINK)?;
        let window = Self {
            file,
            length: Cell::new(0),
        };
        window.reserve(FIRST)?;
        Ok(window)
    }

    /// How large it can get, in bytes.
    pub(crate) const fn largest() -> u64 {
        LARGEST
    }

    /// Makes sure that the file has so many bytes. It doubles, because each time the server has to map it anew.
    pub(crate) fn reserve(&self, bytes: u64) -> io::Result<()> {
        let length = self.length.get();
        if bytes <= length {
            return Ok(());
        }
        if bytes > LARGEST {
            return Err(io::ErrorKind::OutOfMemory.into());
        }
        let length = bytes.max(length.saturating_mul(2)).min(LARGEST);
        self.file.set_len(length)?;
        self.length.set(length);
        Ok(())
    }

    /// Reads from a byte offset on. What is beyond the file is zero.
    pub(crate) fn read(&self, at: u64, into: &mut [u8]) -> io::Result<()> {
        if at.saturating_add(into.len() as u64) > self.length.get() {
            self.reserve(at.saturating_add(into.len() as u64))?;
        }
        self.file.read_exact_at(into, at)
    }

    /// Writes from a byte offset on.
    pub(crate) fn write(&self, at: u64, from: &[u8]) -> io::Result<()> {
        self.reserve(at.saturating_add(from.len() as u64))?;
        self.file.write_all_at(from, at)
    }

    /// Sets a range to zero, and gives its memory back.
    pub(crate) fn clear(&self, at: u64, bytes: u64) -> io::Result<()> {
        let end = at.saturating_add(bytes).min(self.length.get());
        if at >= end {
            return Ok(());
        }
        let flags = FallocateFlags::PUNCH_HOLE | FallocateFlags::KEEP_SIZE;
        Ok(fallocate(&self.file, flags, at, end - at)?)
    }

    /// The descriptor, as the client of the crate takes it. It is good as long as the window is.
    pub(crate) fn descriptor(&self) -> RawFd {
        self.file.as_raw_fd()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_nobody_wrote_is_zero_and_what_was_cleared_is_so_again() {
        let window = Window::new().unwrap();
        let far = FIRST + 8;
        let mut bytes = [1; 4];
        window.read(far, &mut bytes).unwrap();
        assert_eq!(bytes, [0; 4]);
        window.write(far, &[7; 4]).unwrap();
        window.read(far, &mut bytes).unwrap();
        assert_eq!(bytes, [7; 4]);
        window.clear(FIRST, 4096).unwrap();
        window.read(far, &mut bytes).unwrap();
        assert_eq!(bytes, [0; 4]);
    }

    #[test]
    fn it_has_an_end() {
        let window = Window::new().unwrap();
        assert!(window.write(LARGEST - 2, &[0; 4]).is_err());
        assert!(
            window.reserve(LARGEST).is_ok(),
            "it takes memory where it is written"
        );
    }
}
