//! VFs that appear, whoever enables them: each gets its registers and its driver, as a udev rule would see to it.
//!
//! The kernel is kept from probing VFs at once, and tells of each by a uevent. A command that enables VFs itself
//! ([`set_number`]) attends to them under the same lock, and so before this does.

use crate::crew::in_thread;
use crate::orders::virtual_functions::{self, AUTOPROBE, NUMBER, State, VirtualFunction};
use guest_protocol::{OWN_FOLDER, Refusal};
use netlink_sys::{Socket, SocketAddr};
use rustix::fs::{FlockOperation, flock};
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::thread;
use std::time::Duration;

/// Where the kernel lists PCI functions.
const DEVICES: &str = "/sys/bus/pci/devices";
/// The vendor of the functions that are attended to.
const VENDOR: &str = "0x15b3";

/// The netlink family of uevents (`NETLINK_KOBJECT_UEVENT`), and the kernel's group in it.
const UEVENTS: isize = 15;
const FROM_KERNEL: u32 = 1;
/// Bytes of the longest uevent.
const LONGEST: usize = 8192;

/// The kernel links a VF to its PF a moment after it has told of it.
const LINK_TRIES: u32 = 50;
const LINK_PAUSE: Duration = Duration::from_millis(20);

/// How long VFs may take to have their drivers.
const SETTLE_TRIES: u32 = 600;
const SETTLE_PAUSE: Duration = Duration::from_millis(100);

/// Begins to attend to VFs, in a thread of its own. What goes wrong is told on the console.
///
/// # Errors
/// There is no word from the kernel, or no thread.
pub fn watch() -> Result<(), String> {
    let failed = |error: io::Error| format!("listen for uevents: {error}");
    let mut socket = Socket::new(UEVENTS).map_err(failed)?;
    socket.bind(&SocketAddr::new(0, FROM_KERNEL)).map_err(failed)?;
    for folder in physical_functions() {
        let attribute = format!("{folder}/{AUTOPROBE}");
        if let Err(error) = fs::write(&attribute, "0") {
            eprintln!("guest-init: {attribute}: {error}");
        }
    }
    in_thread("hotplug", move || {
        let mut words = Vec::with_capacity(LONGEST);
        loop {
            words.clear();
            // Words may be lost when too many come at once; others follow.
            if socket.recv(&mut words, 0).is_ok()
                && let Some(address) = added_function(&words)
            {
                attend(&address);
            }
        }
    })
}

/// The address of a PCI function that a uevent tells of when it was added.
fn added_function(words: &[u8]) -> Option<String> {
    let mut fields = words.split(|byte| *byte == 0);
    fields.next()?.starts_with(b"add@").then_some(())?;
    let fields: Vec<&[u8]> = fields.collect();
    fields.contains(&b"SUBSYSTEM=pci".as_slice()).then_some(())?;
    let address = fields
        .iter()
        .find_map(|field| field.strip_prefix(b"PCI_SLOT_NAME="))?;
    String::from_utf8(address.to_vec()).ok()
}

fn attend(address: &str) {
    let folder = format!("{DEVICES}/{address}");
    let is_ours = fs::read_to_string(format!("{folder}/vendor")).is_ok_and(|id| id.trim() == VENDOR);
    if !is_ours || !has_physical_function(&folder) {
        return;
    }
    // Who enables VFs by a command of ours attends to them, and holds this until then.
    let _lock = lock();
    if !virtual_functions::has_driver(&folder)
        && !unbound_mark().exists()
        && let State::Refused(refusal) = virtual_functions::attend(&folder, address)
    {
        eprintln!("guest-init: {address}: {refusal}");
    }
}

fn has_physical_function(folder: &str) -> bool {
    (0..LINK_TRIES).any(|attempt| {
        if attempt > 0 {
            thread::park_timeout(LINK_PAUSE);
        }
        Path::new(folder).join("physfn").exists()
    })
}

/// See [`virtual_functions::set_number`]; nobody else attends to these VFs.
///
/// # Errors
/// See there.
pub fn set_number(folder: &str, number: &str, binds: bool) -> Result<Vec<VirtualFunction>, Refusal> {
    let _lock = lock();
    let mark = unbound_mark();
    // Without a mark they get drivers a moment later, which is no harm.
    let _ = if binds {
        fs::remove_file(mark)
    } else {
        fs::write(mark, "")
    };
    virtual_functions::set_number(folder, number, binds)
}

/// Says that VFs are to stay without drivers.
fn unbound_mark() -> PathBuf {
    Path::new(OWN_FOLDER).join("unbound")
}

/// Held by whoever attends to VFs. Where there can be none, nobody else is there.
fn lock() -> Option<File> {
    let file = File::create(Path::new(OWN_FOLDER).join("functions")).ok()?;
    flock(&file, FlockOperation::LockExclusive).ok()?;
    Some(file)
}

/// Waits until every VF has its driver.
///
/// # Errors
/// Those that have none after a while.
pub fn settle() -> Result<(), String> {
    if unbound_mark().exists() {
        return Ok(());
    }
    let mut left = Vec::new();
    for attempt in 0..SETTLE_TRIES {
        if attempt > 0 {
            thread::park_timeout(SETTLE_PAUSE);
        }
        left = without_driver();
        if left.is_empty() {
            return Ok(());
        }
    }
    Err(format!("without a driver: {}", left.join(", ")))
}

fn without_driver() -> Vec<String> {
    let mut left = Vec::new();
    for pf in physical_functions() {
        let number = fs::read_to_string(format!("{pf}/{NUMBER}")).unwrap_or_default();
        let number: usize = number.trim().parse().unwrap_or(0);
        for index in 0..number {
            let vf = format!("{pf}/virtfn{index}");
            if !virtual_functions::has_driver(&vf) {
                let address = virtual_functions::address(&pf, index).ok().flatten();
                left.push(address.unwrap_or(vf));
            }
        }
    }
    left
}

/// The folder of the first function that can have VFs.
pub fn first_physical_function() -> Option<String> {
    physical_functions().into_iter().next()
}

/// The folders of all functions of the vendor that can have VFs.
fn physical_functions() -> Vec<String> {
    let Ok(entries) = fs::read_dir(DEVICES) else {
        return Vec::new();
    };
    let folders = entries.filter_map(|entry| Some(entry.ok()?.path().to_str()?.to_owned()));
    let is_one = |folder: &String| {
        fs::read_to_string(format!("{folder}/vendor")).is_ok_and(|id| id.trim() == VENDOR)
            && Path::new(folder).join(NUMBER).exists()
    };
    let mut folders: Vec<String> = folders.filter(is_one).collect();
    folders.sort();
    folders
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_function_that_is_added_is_known_by_its_address() {
        let added = b"add@/devices/pci0000:00/0000:00:04.0/0000:01:00.1\0ACTION=add\0SUBSYSTEM=pci\0PCI_SLOT_NAME=0000:01:00.1\0SEQNUM=9\0";
        assert_eq!(added_function(added).as_deref(), Some("0000:01:00.1"));
        let others: [&[u8]; 4] = [
            b"remove@/devices/x\0ACTION=remove\0SUBSYSTEM=pci\0PCI_SLOT_NAME=0000:01:00.1\0",
            b"add@/devices/x\0ACTION=add\0SUBSYSTEM=net\0INTERFACE=eth0\0",
            b"add@/devices/x\0ACTION=add\0SUBSYSTEM=pci\0",
            b"",
        ];
        for other in others {
            assert_eq!(added_function(other), None);
        }
    }
}
