//! The virtio port at which a session's host is.

use guest_protocol::{Errand, FromSession, SESSION_PORT, ToSession};
use std::fs::{self, File, OpenOptions};
use std::io::{self, BufReader};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::Duration;

/// What the kernel knows of virtio ports.
const PORTS: &str = "/sys/class/virtio-ports";

/// Their names come from the host a moment after their driver has begun.
const TRIES: u32 = 100;
const PAUSE: Duration = Duration::from_millis(50);

/// See the module's head.
#[derive(Debug)]
pub struct Link {
    reader: BufReader<File>,
    sender: Sender,
}

/// The writing end, for several threads.
#[derive(Clone, Debug)]
pub struct Sender(Arc<Mutex<File>>);

impl Link {
    /// Opens the port.
    ///
    /// # Errors
    /// There is none, which may be the kernel's fault.
    pub fn open() -> Result<Self, String> {
        let path = (0..TRIES)
            .find_map(|attempt| {
                if attempt > 0 {
                    thread::park_timeout(PAUSE);
                }
                device(Path::new(PORTS), SESSION_PORT)
            })
            .ok_or_else(|| {
                format!("there is no virtio port {SESSION_PORT}: this kernel needs CONFIG_VIRTIO_PCI and CONFIG_VIRTIO_CONSOLE")
            })?;
        let failed = |error: io::Error| format!("{}: {error}", path.display());
        let port = OpenOptions::new()
            .read(true)
            .write(true)
            .open(&path)
            .map_err(failed)?;
        Ok(Self {
            sender: Sender(Arc::new(Mutex::new(port.try_clone().map_err(failed)?))),
            reader: BufReader::new(port),
        })
    }

    /// A writing end.
    pub fn sender(&self) -> Sender {
        self.sender.clone()
    }

    /// What the host wants done.
    ///
    /// # Errors
    /// It says something else, or nothing.
    pub fn errand(&mut self) -> Result<Errand, String> {
        match self.receive() {
            Ok(Some(ToSession::Errand(errand))) => Ok(errand),
            Ok(other) => Err(format!("the host begins with {other:?}")),
            Err(error) => Err(format!("the host's errand: {error}")),
        }
    }

    /// The next word of the host; none where it has gone away.
    ///
    /// # Errors
    /// What the system says, or it is no word.
    pub fn receive(&mut self) -> io::Result<Option<ToSession>> {
        ToSession::receive(&mut self.reader)
    }
}

impl Sender {
    /// Sends a word. Whether the host has gone away is noticed where it is read.
    pub fn send(&self, word: &FromSession) {
        let mut port = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Err(error) = word.send(&mut *port) {
            eprintln!("guest-init: to the host: {error}");
        }
    }
}

/// The device of the port with this name.
fn device(ports: &Path, name: &str) -> Option<PathBuf> {
    let entries = fs::read_dir(ports).ok()?;
    let mut folders = entries.filter_map(|entry| Some(entry.ok()?.path()));
    let folder = folders
        .find(|folder| fs::read_to_string(folder.join("name")).is_ok_and(|found| found.trim() == name))?;
    Some(Path::new("/dev").join(folder.file_name()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_port_is_found_by_its_name() {
        let ports = tempfile::tempdir().expect("a folder");
        for (port, name) in [("vport1p1", "other\n"), ("vport1p2", "mlx5cosim.session\n")] {
            fs::create_dir(ports.path().join(port)).expect("a folder");
            fs::write(ports.path().join(port).join("name"), name).expect("a file");
        }
        let found = device(ports.path(), SESSION_PORT);
        assert_eq!(found.as_deref(), Some(Path::new("/dev/vport1p2")));
        assert_eq!(device(ports.path(), "third"), None);
        assert_eq!(device(Path::new("/nowhere"), "other"), None);
    }
}
