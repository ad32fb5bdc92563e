//! The archive that the kernel unpacks into its first file system: cpio in its `newc` form
//! (the kernel's `Documentation/driver-api/early-userspace/buffer-format.rst`).

use cpio::newc::{Builder, trailer};
use std::collections::BTreeMap;
use std::io::{self, Write as _};

const FOLDER: u32 = 0o040_755;
const PROGRAM: u32 = 0o100_755;
const PLAIN_FILE: u32 = 0o100_644;
const CHARACTER_DEVICE: u32 = 0o020_600;

/// Entries by name. Sorted, a folder comes before what lies in it, as the kernel needs it.
#[derive(Default)]
pub struct Archive {
    entries: BTreeMap<String, Entry>,
}

struct Entry {
    mode: u32,
    device: (u32, u32),
    bytes: Vec<u8>,
}

impl Archive {
    /// A folder, and those above it.
    pub fn add_folder(&mut self, name: &str) {
        self.add_parents(name);
        self.add(name, FOLDER, (0, 0), &[]);
    }

    /// A file, and the folders above it. The last one of a name counts.
    pub fn add_file(&mut self, name: &str, bytes: &[u8], executable: bool) {
        self.add_parents(name);
        self.add(name, if executable { PROGRAM } else { PLAIN_FILE }, (0, 0), bytes);
    }

    /// A character device, and the folders above it.
    pub fn add_character_device(&mut self, name: &str, major: u32, minor: u32) {
        self.add_parents(name);
        self.add(name, CHARACTER_DEVICE, (major, minor), &[]);
    }

    fn add_parents(&mut self, name: &str) {
        for (end, _) in name.match_indices('/') {
            self.add(&name[..end], FOLDER, (0, 0), &[]);
        }
    }

    fn add(&mut self, name: &str, mode: u32, device: (u32, u32), bytes: &[u8]) {
        self.entries.insert(
            name.to_owned(),
            Entry {
                mode,
                device,
                bytes: bytes.to_vec(),
            },
        );
    }

    /// The archive.
    ///
    /// # Errors
    ///
    /// An entry is longer than the format can say, which is 4 GiB.
    pub fn into_bytes(self) -> io::Result<Vec<u8>> {
        let mut out = Vec::new();
        for (inode, (name, entry)) in (1..).zip(&self.entries) {
            let length = u32::try_from(entry.bytes.len()).map_err(io::Error::other)?;
            // Neither owner nor time: the same input gives the same bytes.
            let mut writer = Builder::new(name)
                .ino(inode)
                .mode(entry.mode)
                .nlink(if entry.mode == FOLDER { 2 } else { 1 })
                .rdev_major(entry.device.0)
                .rdev_minor(entry.device.1)
                .write(out, length);
            writer.write_all(&entry.bytes)?;
            out = writer.finish()?;
        }
        trailer(out)
    }
}
