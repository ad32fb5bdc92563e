//! Descriptors of every kind that a client could pass, and how many this process has.

use crate::client::Memory;
use crate::draw::Draw;
use rustix::event::{EventfdFlags, Timespec, eventfd, poll};
use rustix::fs::{MemfdFlags, SealFlags};
use std::collections::BTreeMap;
use std::fs::File;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::os::unix::net::UnixStream;

/// Looks at the number of descriptors before it is believed that one is left open: some are closed by a thread of their own.
const LOOKS: u32 = 2000;

/// The descriptors of this process, by number, and what they are. With those from before, waits until there are no others.
///
/// # Panics
/// If there stay others.
pub fn settled(before: Option<&BTreeMap<String, String>>) -> BTreeMap<String, String> {
    let Some(before) = before else { return open() };
    for _ in 0..LOOKS {
        let now = open();
        if now.len() <= before.len() {
            return now;
        }
        let moment = Timespec {
            tv_sec: 0,
            tv_nsec: 200_000,
        };
        _ = poll(&mut [], Some(&moment));
    }
    let others: Vec<_> = open()
        .into_iter()
        .filter(|(number, _)| !before.contains_key(number))
        .collect();
    panic!("these are left open: {others:?}");
}

fn open() -> BTreeMap<String, String> {
    let entries = std::fs::read_dir("/proc/self/fd").into_iter().flatten().flatten();
    let named = entries.map(|entry| {
        let is = std::fs::read_link(entry.path()).unwrap_or_default();
        (
            entry.file_name().to_string_lossy().into_owned(),
            is.to_string_lossy().into_owned(),
        )
    });
    named.collect()
}

/// Something to pass.
#[derive(Debug)]
pub enum Passed {
    /// Memory of the client.
    Memory(Memory),
    /// Anything else.
    Other(OwnedFd),
}

impl AsFd for Passed {
    fn as_fd(&self) -> BorrowedFd<'_> {
        match self {
            Self::Memory(memory) => memory.file().as_fd(),
            Self::Other(descriptor) => descriptor.as_fd(),
        }
    }
}

/// Draws descriptors: none, mostly.
pub fn passed(draw: &mut Draw<'_>) -> Vec<Passed> {
    let many = match draw.byte() {
        0..=0x7f => 0,
        0x80..=0xdf => 1,
        few @ 0xe0..=0xf7 => usize::from(few & 7),
        _ => draw.below(40),
    };
    (0..many).filter_map(|_| one(draw)).collect()
}

fn one(draw: &mut Draw<'_>) -> Option<Passed> {
    Some(match draw.below(12) {
        0 | 1 => Passed::Memory(Memory::new(true)),
        2 => Passed::Memory(Memory::new(false)),
        3..=5 => Passed::Other(eventfd(0, EventfdFlags::CLOEXEC | EventfdFlags::NONBLOCK).ok()?),
        6 => {
            // One that is full: a write to it blocks.
            let full = eventfd(0, EventfdFlags::CLOEXEC).ok()?;
            rustix::io::write(&full, &(u64::MAX - 1).to_ne_bytes()).ok()?;
            Passed::Other(full)
        }
        7 => Passed::Other(rustix::pipe::pipe_with(rustix::pipe::PipeFlags::CLOEXEC).ok()?.1),
        8 => Passed::Other(UnixStream::pair().ok()?.0.into()),
        9 => Passed::Other(File::open("/dev/zero").ok()?.into()),
        10 => {
            let short =
                rustix::fs::memfd_create("short", MemfdFlags::CLOEXEC | MemfdFlags::ALLOW_SEALING).ok()?;
            rustix::fs::ftruncate(&short, u64::from(draw.half())).ok()?;
            if draw.flag() {
                rustix::fs::fcntl_add_seals(&short, SealFlags::SHRINK | SealFlags::FUTURE_WRITE).ok()?;
            }
            Passed::Other(short)
        }
        _ => Passed::Other(File::open("/proc/self/fd").ok()?.into()),
    })
}
