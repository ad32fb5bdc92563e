//! Client memory behind a descriptor, each file opened up once however many maps lie in it.
//!
//! It has to be shared memory: a memfd, or a file on tmpfs. Any other file system may take as long as it likes for a read,
//! one that the client serves itself for ever (FUSE), and the one thread waits. Who trusts the clients may allow other files,
//! see [`MemoryPolicy`]. Files of huge pages are refused in any case: the kernel refuses to write to them.
//!
//! A file that cannot shrink (a memfd with `F_SEAL_SHRINK`, QEMU's `memory-backend-memfd`) is mapped. Any other
//! file is read and written through its descriptor: a client that truncates a mapped file would end this process
//! with SIGBUS, a short read is only an error. So is a file beyond the share of the address space that a client has.

use crate::errno::Errno;
use crate::foreign::{self, Foreign};
use rustix::fs::{FileType, FsWord, OFlags, SealFlags};
use std::collections::BTreeMap;
use std::fs::File;
use std::os::fd::AsFd;
use std::os::unix::fs::FileExt;
use std::sync::atomic::{Ordering, fence};
use std::sync::{Arc, Weak};
use vm_memory::mmap::MmapRegionBuilder;
use vm_memory::{Bytes, FileOffset, MmapRegion, VolatileMemory};

/// Files that one client may have open at a time.
pub const MAX_FILES: usize = 64;

/// Bytes that one client may have mapped at a time. A sparse file costs the client nothing, so without a bound one
/// client could use up the address space of the process. 216 clients with this much need a fifth of its 47 bits.
pub const MAX_MAPPED: u64 = 128 << 30;

/// `HUGETLBFS_MAGIC` of `<linux/magic.h>`: the type of a file system of huge pages.
const HUGETLBFS_MAGIC: FsWord = 0x9584_58f6;

/// `PROT_READ` and `PROT_WRITE` of `<sys/mman.h>`, which `vm-memory` takes as plain numbers.
const PROT_READ: i32 = 1;
const PROT_WRITE: i32 = 2;
/// `MAP_SHARED` of `<sys/mman.h>`.
const MAP_SHARED: i32 = 0x1;

/// How the bytes of a file are reached.
#[derive(Debug)]
enum Way {
    Mapped(MmapRegion<()>),
    Descriptor(Arc<File>),
}

/// A memory file of the client.
#[derive(Debug)]
pub struct MemoryFile {
    way: Way,
    size: u64,
    writable: bool,
}

impl MemoryFile {
    /// Reads bytes at `offset` of the file.
    ///
    /// # Errors
    /// `EFAULT` beyond the end; what the file system says.
    pub fn read(&self, offset: u64, into: &mut [u8]) -> Result<(), Errno> {
        match &self.way {
            Way::Mapped(region) => {
                let offset = usize::try_from(offset).map_err(|_| Errno::EFAULT)?;
                region
                    .as_volatile_slice()
                    .read_slice(into, offset)
                    .map_err(|_| Errno::EFAULT)?;
                // What is read next was written by the client after this, never before.
                fence(Ordering::Acquire);
                Ok(())
            }
            Way::Descriptor(file) => file.read_exact_at(into, offset).map_err(short_is_fault),
        }
    }

    /// Writes bytes at `offset` of the file.
    ///
    /// # Errors
    /// `EFAULT` beyond the end, `EACCES` if the descriptor allows no writing; what the file system says.
    pub fn write(&self, offset: u64, from: &[u8]) -> Result<(), Errno> {
        if !self.writable {
            return Err(Errno::EACCES);
        }
        match &self.way {
            Way::Mapped(region) => {
                let offset = usize::try_from(offset).map_err(|_| Errno::EFAULT)?;
                // The client sees what was written before this no later than this.
                fence(Ordering::Release);
                region
                    .as_volatile_slice()
                    .write_slice(from, offset)
                    .map_err(|_| Errno::EFAULT)
            }
            Way::Descriptor(file) => file.write_all_at(from, offset).map_err(short_is_fault),
        }
    }

    /// How much of the address space it takes.
    fn mapped(&self) -> u64 {
        match self.way {
            Way::Mapped(_) => self.size,
            Way::Descriptor(_) => 0,
        }
    }
}

fn short_is_fault(error: std::io::Error) -> Errno {
    if error.raw_os_error().is_some() {
        error.into()
    } else {
        Errno::EFAULT
    }
}

/// What tells memory files apart: device, inode, whether it may be written, whether it may be mapped.
type Identity = (u64, u64, bool, bool);

/// The memory files of one client.
#[derive(Debug, Default)]
pub struct MemoryFiles {
    policy: MemoryPolicy,
    /// That a file was refused was told: a client may try again and again.
    has_complained: bool,
    files: BTreeMap<Identity, Arc<MemoryFile>>,
    /// Files that have grown and were opened once more, while maps lay in what was open before: each still costs a
    /// descriptor and a mapping.
    replaced: Vec<Weak<MemoryFile>>,
}

/// Which files a client may have as its memory.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum MemoryPolicy {
    /// Shared memory only: memfd and tmpfs. The kernel answers for them at once.
    #[default]
    SharedMemory,
    /// Any regular file: an access takes as long as its file system does, for everybody, and may never end.
    AnyFile,
}

/// What a map asks of its file.
#[derive(Clone, Copy, Debug)]
pub struct Demand {
    /// Bytes of the file that must exist.
    pub end: u64,
    /// Whether the device may write.
    pub write: bool,
    /// Whether the client permits to map the file.
    pub map: bool,
}

impl MemoryFiles {
    /// No files yet.
    #[must_use]
    pub fn new(policy: MemoryPolicy) -> Self {
        Self {
            policy,
            ..Self::default()
        }
    }

    /// Refuses what is not the kind of memory that a client may have. Nothing is asked of the file system of a file that
    /// is not known to be shared memory: it might never answer.
    fn check_kind(&mut self, descriptor: &Foreign) -> Result<(), Errno> {
        if foreign::known_type(descriptor)? != FileType::RegularFile {
            return Err(Errno::EINVAL);
        }
        let (errno, why) = if !foreign::is_memory(descriptor) {
            if self.policy == MemoryPolicy::AnyFile {
                return Ok(());
            }
            let why = "not shared memory (memfd or tmpfs); --allow-files allows other files";
            (Errno::EPERM, why)
        } else if has_huge_pages(descriptor) {
            (Errno::ENOTSUP, "on hugetlbfs, where a device cannot write")
        } else {
            return Ok(());
        };
        if !std::mem::replace(&mut self.has_complained, true) {
            tracing::warn!(%errno, "memory file of a client refused: {why}");
        }
        Err(errno)
    }

    /// The memory file of a descriptor: the one that is already open, or a new one.
    ///
    /// # Errors
    /// `EINVAL` for what is no regular file or ends too early, `EPERM` for a file that is no shared memory where only that is
    /// allowed, `ENOTSUP` for one of huge pages, `EACCES` if the descriptor does not allow what the
    /// map promises, `EMFILE` beyond [`MAX_FILES`].
    pub fn open(&mut self, descriptor: impl Into<Foreign>, demand: Demand) -> Result<Arc<MemoryFile>, Errno> {
        let descriptor = descriptor.into();
        self.check_kind(&descriptor)?;
        let descriptor = descriptor.into_known();
        let stat = rustix::fs::fstat(&descriptor)?;
        let size = u64::try_from(stat.st_size).map_err(|_| Errno::EINVAL)?;
        if size < demand.end {
            return Err(Errno::EINVAL);
        }
        let mode = rustix::fs::fcntl_getfl(&descriptor)? & OFlags::RWMODE;
        let writable = mode == OFlags::RDWR;
        if mode == OFlags::WRONLY || (demand.write && !writable) {
            return Err(Errno::EACCES);
        }
        let identity = (stat.st_dev, stat.st_ino, writable, demand.map);
        if let Some(file) = self.files.get(&identity)
            && file.size >= demand.end
        {
            return Ok(Arc::clone(file));
        }
        self.replaced.retain(is_open);
        // What no map lies in is closed by being replaced.
        let makes_room = self
            .files
            .get(&identity)
            .is_some_and(|file| Arc::strong_count(file) == 1);
        if self.len() >= MAX_FILES && !makes_room {
            return Err(Errno::EMFILE);
        }
        if let Some(replaced) = self.files.remove(&identity)
            && !makes_room
        {
            self.replaced.push(Arc::downgrade(&replaced));
        }
        let map = demand.map && size <= MAX_MAPPED.saturating_sub(self.mapped());
        let way = way(File::from(descriptor), size, writable, map);
        let file = Arc::new(MemoryFile { way, size, writable });
        self.files.insert(identity, Arc::clone(&file));
        Ok(file)
    }

    /// Closes the files in which no map lies any more.
    pub fn close_unused(&mut self) {
        self.files.retain(|_, file| Arc::strong_count(file) > 1);
        self.replaced.retain(is_open);
    }

    /// How many files are open.
    #[must_use]
    pub fn len(&self) -> usize {
        self.files.len() + self.replaced.iter().filter(|file| is_open(file)).count()
    }

    /// How much of the address space they take.
    fn mapped(&self) -> u64 {
        let replaced = self.replaced.iter().filter_map(Weak::upgrade);
        let replaced: u64 = replaced.map(|file| file.mapped()).sum();
        replaced + self.files.values().map(|file| file.mapped()).sum::<u64>()
    }
}

/// Whether a map still lies in a file that was replaced.
fn is_open(file: &Weak<MemoryFile>) -> bool {
    file.strong_count() > 0
}

/// Whether every page of a file can be touched for as long as it is open.
fn is_lasting(file: &File) -> bool {
    rustix::fs::fcntl_get_seals(file).is_ok_and(|seals| seals.contains(SealFlags::SHRINK))
}

/// Whether a file lies on hugetlbfs. Besides that it cannot be written, a hole in it is filled from a pool that can be
/// empty, which is SIGBUS where it is mapped; the seal does not forbid to punch one. When in doubt, it does.
fn has_huge_pages(file: impl AsFd) -> bool {
    rustix::fs::fstatfs(file).map_or(true, |system| system.f_type == HUGETLBFS_MAGIC)
}

/// Maps a file that cannot shrink; anything else, and what cannot be mapped, is accessed through its descriptor.
fn way(file: File, size: u64, writable: bool, map: bool) -> Way {
    let file = Arc::new(file);
    let (true, true, Ok(length)) = (map, is_lasting(&file), usize::try_from(size)) else {
        return Way::Descriptor(file);
    };
    let region = MmapRegionBuilder::new(length)
        .with_mmap_prot(if writable {
            PROT_READ | PROT_WRITE
        } else {
            PROT_READ
        })
        .with_mmap_flags(MAP_SHARED)
        .with_file_offset(FileOffset::from_arc(Arc::clone(&file), 0))
        .build();
    region.map_or_else(
        |error| {
            tracing::debug!(%error, "memory file cannot be mapped, using its descriptor");
            Way::Descriptor(file)
        },
        Way::Mapped,
    )
}

#[cfg(test)]
mod tests;
