//! The archive that the kernel unpacks into its first file system: cpio in its `newc` form
//! (the kernel's `Documentation/driver-api/early-userspace/buffer-format.rst`).

use std::collections::BTreeMap;

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
    pub fn into_bytes(self) -> Vec<u8> {
        let mut out = Vec::new();
        for (inode, (name, entry)) in (1..).zip(&self.entries) {
            put(&mut out, inode, name, entry);
        }
        put(
            &mut out,
            0,
            "TRAILER!!!",
            &Entry {
                mode: 0,
                device: (0, 0),
                bytes: Vec::new(),
            },
        );
        out
    }
}

fn put(out: &mut Vec<u8>, inode: u32, name: &str, entry: &Entry) {
    let links = if entry.mode == FOLDER { 2 } else { 1 };
    let fields = [
        inode,
        entry.mode,
        0, // owner
        0, // group
        links,
        0, // time: the same input gives the same bytes
        length(entry.bytes.len()),
        0, // device that holds the file: none
        0,
        entry.device.0,
        entry.device.1,
        length(name.len() + 1),
        0, // checksum: none in this form
    ];
    out.extend_from_slice(b"070701");
    for field in fields {
        out.extend_from_slice(format!("{field:08x}").as_bytes());
    }
    out.extend_from_slice(name.as_bytes());
    out.push(0);
    align(out);
    out.extend_from_slice(&entry.bytes);
    align(out);
}

/// The format's lengths have 32 bits. What is longer would not fit into the guest either.
fn length(bytes: usize) -> u32 {
    u32::try_from(bytes).unwrap_or(u32::MAX)
}

fn align(out: &mut Vec<u8>) {
    out.resize(out.len().next_multiple_of(4), 0);
}
