//! Client memory behind a descriptor, each file opened up once however many maps lie in it.
//!
//! A file that cannot shrink (a memfd with `F_SEAL_SHRINK`, QEMU's `memory-backend-memfd`) is mapped. Any other
//! file is read and written through its descriptor: a client that truncates a mapped file would end this process
//! with SIGBUS, a short read is only an error. So is a file of huge pages, where a hole does the same in spite of the
//! seal, and a file beyond the share of the address space that a client has.

use crate::errno::Errno;
use rustix::fs::{FileType, FsWord, OFlags, SealFlags};
use std::collections::BTreeMap;
use std::fs::File;
use std::os::fd::OwnedFd;
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
    files: BTreeMap<Identity, Arc<MemoryFile>>,
    /// Files that have grown and were opened once more, while maps lay in what was open before: each still costs a
    /// descriptor and a mapping.
    replaced: Vec<Weak<MemoryFile>>,
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
    /// The memory file of a descriptor: the one that is already open, or a new one.
    ///
    /// # Errors
    /// `EINVAL` for what is no regular file or ends too early, `EACCES` if the descriptor does not allow what the
    /// map promises, `EMFILE` beyond [`MAX_FILES`].
    pub fn open(&mut self, descriptor: OwnedFd, demand: Demand) -> Result<Arc<MemoryFile>, Errno> {
        let stat = rustix::fs::fstat(&descriptor)?;
        let size = u64::try_from(stat.st_size).map_err(|_| Errno::EINVAL)?;
        if FileType::from_raw_mode(stat.st_mode) != FileType::RegularFile || size < demand.end {
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
        && !has_huge_pages(file)
}

/// Whether a file lies on hugetlbfs. A hole in it is filled from a pool that can be empty, which is SIGBUS; the seal
/// does not forbid to punch one. When in doubt, it does.
fn has_huge_pages(file: &File) -> bool {
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
mod tests {
    use super::*;
    use rustix::fs::MemfdFlags;

    fn memfd(size: u64, seals: SealFlags) -> OwnedFd {
        let file =
            rustix::fs::memfd_create("memory", MemfdFlags::CLOEXEC | MemfdFlags::ALLOW_SEALING).unwrap();
        rustix::fs::ftruncate(&file, size).unwrap();
        rustix::fs::fcntl_add_seals(&file, seals).unwrap();
        file
    }

    const WHOLE: Demand = Demand {
        end: 8192,
        write: true,
        map: true,
    };

    #[test]
    fn a_sealed_file_is_mapped_once_and_an_unsealed_one_never() {
        let mut files = MemoryFiles::default();
        let sealed = memfd(8192, SealFlags::SHRINK);
        let first = files.open(sealed.try_clone().unwrap(), WHOLE).unwrap();
        let second = files.open(sealed, WHOLE).unwrap();
        assert!(first.mapped() == 8192 && Arc::ptr_eq(&first, &second));
        let unsealed = files.open(memfd(8192, SealFlags::empty()), WHOLE).unwrap();
        assert_eq!(unsealed.mapped(), 0);
        for file in [&first, &unsealed] {
            file.write(8190, &[1, 2]).unwrap();
            let mut read = [0; 3];
            file.read(8189, &mut read).unwrap();
            assert_eq!(read, [0, 1, 2]);
            assert_eq!(file.read(8190, &mut read), Err(Errno::EFAULT));
        }
        assert_eq!(first.write(8191, &[1, 2]), Err(Errno::EFAULT));
        drop((first, unsealed));
        files.close_unused();
        assert_eq!(files.len(), 1);
    }

    #[test]
    fn a_truncated_file_is_an_error_and_no_signal() {
        let mut files = MemoryFiles::default();
        let descriptor = memfd(8192, SealFlags::empty());
        let file = files.open(descriptor.try_clone().unwrap(), WHOLE).unwrap();
        rustix::fs::ftruncate(&descriptor, 0).unwrap();
        assert_eq!(file.read(0, &mut [0; 8]), Err(Errno::EFAULT));
    }

    #[test]
    fn what_cannot_be_the_memory_of_a_guest_is_refused() {
        let mut files = MemoryFiles::default();
        let device: OwnedFd = File::open("/dev/zero").unwrap().into();
        assert_eq!(files.open(device, WHOLE).unwrap_err(), Errno::EINVAL);
        let (pipe, _other) = rustix::pipe::pipe().unwrap();
        assert_eq!(files.open(pipe, WHOLE).unwrap_err(), Errno::EINVAL);
        assert_eq!(
            files.open(memfd(8191, SealFlags::SHRINK), WHOLE).unwrap_err(),
            Errno::EINVAL
        );
        let folder: OwnedFd = File::open("/").unwrap().into();
        assert_eq!(
            files.open(folder, Demand { end: 0, ..WHOLE }).unwrap_err(),
            Errno::EINVAL
        );
        let path = std::env::current_exe().unwrap();
        let read_only = || OwnedFd::from(File::open(&path).unwrap());
        assert_eq!(files.open(read_only(), WHOLE).unwrap_err(), Errno::EACCES);
        let file = files
            .open(
                read_only(),
                Demand {
                    write: false,
                    ..WHOLE
                },
            )
            .unwrap();
        assert_eq!(file.write(0, &[0]), Err(Errno::EACCES));
        assert_eq!(file.read(1, &mut [0; 3]), Ok(()));
    }

    #[test]
    fn the_number_of_files_is_bounded() {
        let mut files = MemoryFiles::default();
        for _ in 0..MAX_FILES {
            files.open(memfd(8192, SealFlags::SHRINK), WHOLE).unwrap();
        }
        assert_eq!(
            files.open(memfd(8192, SealFlags::SHRINK), WHOLE).unwrap_err(),
            Errno::EMFILE
        );
        files.close_unused();
        assert_eq!(files.len(), 0);
    }

    #[test]
    fn the_address_space_of_a_client_is_bounded_with_what_it_has_replaced() {
        let mut files = MemoryFiles::default();
        let file = memfd(MAX_MAPPED / 2, SealFlags::SHRINK);
        let mut open = |size: u64| {
            rustix::fs::ftruncate(&file, size).unwrap();
            let end = size;
            let opened = files.open(file.try_clone().unwrap(), Demand { end, ..WHOLE });
            let opened = opened.unwrap();
            (opened.mapped(), files.mapped(), opened)
        };
        let half = MAX_MAPPED / 2;
        let (mapped, all, first) = open(half);
        assert_eq!((mapped, all), (half, half));
        let (mapped, all, second) = open(half + 4096);
        assert_eq!(
            (mapped, all),
            (0, half),
            "the first is open as long as it is used"
        );
        drop((first, second));
        let (mapped, all, third) = open(2 * half);
        assert_eq!((mapped, all), (2 * half, 2 * half), "all that a client may have");
        drop(third);
        let (mapped, all, _fourth) = open(2 * half + 4096);
        assert_eq!((mapped, all), (0, 0));
    }

    #[test]
    fn a_file_of_huge_pages_is_never_mapped() {
        let flags = MemfdFlags::CLOEXEC | MemfdFlags::ALLOW_SEALING | MemfdFlags::HUGETLB;
        // A kernel need not have huge pages.
        if let Ok(file) = rustix::fs::memfd_create("memory", flags) {
            rustix::fs::fcntl_add_seals(&file, SealFlags::SHRINK).unwrap();
            assert!(has_huge_pages(&file.try_clone().unwrap().into()));
            assert!(!is_lasting(&file.into()));
        }
        let plain = File::from(memfd(8192, SealFlags::SHRINK));
        assert!(!has_huge_pages(&plain) && is_lasting(&plain));
    }

    #[test]
    fn a_file_that_grows_again_and_again_is_no_way_around_the_bound() {
        let mut files = MemoryFiles::default();
        let file = memfd(0, SealFlags::SHRINK);
        let mut open = |pages: u64| {
            rustix::fs::ftruncate(&file, pages * 4096).unwrap();
            let end = pages * 4096;
            let opened = files.open(file.try_clone().unwrap(), Demand { end, ..WHOLE });
            (opened, files.len())
        };
        let most = MAX_FILES as u64;
        for pages in 1..=2 * most {
            assert_eq!(open(pages).1, 1, "nobody uses the one before");
        }
        let mut used: Vec<_> = (1..=most).map(|more| open(2 * most + more).0.unwrap()).collect();
        assert_eq!(open(3 * most + 1).0.unwrap_err(), Errno::EMFILE);
        used.swap_remove(0);
        let (opened, count) = open(3 * most + 1);
        assert_eq!((opened.is_ok(), count), (true, MAX_FILES));
        drop((used, opened));
        files.close_unused();
        assert_eq!((files.len(), files.replaced.len()), (0, 0));
    }
}
