//! Tests of memory files.

use super::*;
use rustix::fs::MemfdFlags;
use std::os::fd::OwnedFd;

fn memfd(size: u64, seals: SealFlags) -> OwnedFd {
    let file = rustix::fs::memfd_create("memory", MemfdFlags::CLOEXEC | MemfdFlags::ALLOW_SEALING).unwrap();
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
    let mut files = MemoryFiles::new(MemoryPolicy::AnyFile);
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
fn a_file_of_huge_pages_is_refused_by_its_own_word() {
    let flags = MemfdFlags::CLOEXEC | MemfdFlags::ALLOW_SEALING | MemfdFlags::HUGETLB;
    // A kernel need not have huge pages.
    if let Ok(file) = rustix::fs::memfd_create("memory", flags) {
        for policy in [MemoryPolicy::SharedMemory, MemoryPolicy::AnyFile] {
            let opened = MemoryFiles::new(policy).open(file.try_clone().unwrap(), WHOLE);
            assert_eq!(opened.unwrap_err(), Errno::ENOTSUP);
        }
    }
    assert!(!has_huge_pages(memfd(8192, SealFlags::SHRINK)));
}

#[test]
fn a_file_that_is_no_shared_memory_is_refused_unless_it_is_allowed() {
    let folder = std::env::current_exe().unwrap();
    let file = tempfile::tempfile_in(folder.parent().unwrap()).unwrap();
    file.set_len(8192).unwrap();
    if rustix::fs::fcntl_get_seals(&file).is_ok() {
        // The tests were built on tmpfs: there is no other file to be had.
        return;
    }
    let descriptor = || OwnedFd::from(file.try_clone().unwrap());
    let mut files = MemoryFiles::default();
    assert_eq!(files.open(descriptor(), WHOLE).unwrap_err(), Errno::EPERM);
    assert_eq!(files.len(), 0);
    let mut files = MemoryFiles::new(MemoryPolicy::AnyFile);
    let opened = files.open(descriptor(), WHOLE).unwrap();
    opened.write(8190, &[1, 2]).unwrap();
    let mut read = [0; 2];
    opened.read(8190, &mut read).unwrap();
    assert_eq!(read, [1, 2]);
}

#[test]
fn a_file_on_tmpfs_is_shared_memory() {
    if let Ok(file) = tempfile::tempfile_in("/dev/shm") {
        file.set_len(8192).unwrap();
        let opened = MemoryFiles::default().open(OwnedFd::from(file), WHOLE).unwrap();
        assert_eq!(opened.mapped(), 0, "it can be truncated");
    }
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
