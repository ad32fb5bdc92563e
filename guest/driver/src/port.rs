//! A virtio port: lines of JSON to somebody on the host, and back.
//!
//! Whoever writes to a port that the host has closed waits for ever, so nothing here is written or read before the port says that it
//! can be.

use guest_protocol::{LineError, from_line, to_line};
use rustix::buffer::spare_capacity;
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::fs::{Mode, OFlags};
use rustix::io::{Errno, read, retry_on_intr, write};
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::fs;
use std::io;
use std::os::fd::OwnedFd;
use std::path::{Path, PathBuf};

/// What the kernel knows of the ports.
const PORTS: &str = "/sys/class/virtio-ports";

/// How much is read at a time, in bytes.
const PORTION: usize = 64 * 1024;

/// Why there is no talking to the host.
#[derive(Debug, thiserror::Error)]
pub enum PortError {
    /// No port has this name.
    #[error("there is no virtio port `{0}`")]
    Absent(&'static str),
    /// The system refuses.
    #[error("virtio port `{name}`: {error}")]
    Io {
        /// The port's name.
        name: &'static str,
        /// What the system says.
        error: io::Error,
    },
    /// Nobody is at the other end any more.
    #[error("virtio port `{0}`: the host has closed it")]
    Closed(&'static str),
    /// There was no line in time, or no room for one.
    #[error("virtio port `{0}`: nothing goes through")]
    Stuck(&'static str),
    /// The line is not what it should be.
    #[error("virtio port `{name}`: {error}")]
    Line {
        /// The port's name.
        name: &'static str,
        /// What is wrong.
        error: LineError,
    },
}

/// See the module's head.
#[derive(Debug)]
pub struct Port {
    name: &'static str,
    file: OwnedFd,
    /// How long the other end may take; without it, for ever.
    patience: Option<Timespec>,
    /// What was read and not handed out.
    unread: Vec<u8>,
}

impl Port {
    /// Opens the port with this name. `patience` is how long the other end may take for what it sends, or takes.
    ///
    /// # Errors
    /// See [`PortError`].
    pub fn open(name: &'static str, patience: Option<Timespec>) -> Result<Self, PortError> {
        let device = device(Path::new(PORTS), name).map_err(|error| PortError::Io { name, error })?;
        let device = device.ok_or(PortError::Absent(name))?;
        let flags = OFlags::RDWR | OFlags::NONBLOCK | OFlags::CLOEXEC;
        let file = rustix::fs::open(device, flags, Mode::empty()).map_err(refused(name))?;
        Ok(Self::on(file, name, patience))
    }

    const fn on(file: OwnedFd, name: &'static str, patience: Option<Timespec>) -> Self {
        Self {
            name,
            file,
            patience,
            unread: Vec::new(),
        }
    }

    /// Sends a value as a line.
    ///
    /// # Errors
    /// See [`PortError`].
    pub fn send(&mut self, value: &impl Serialize) -> Result<(), PortError> {
        let name = self.name;
        let line = to_line(value).map_err(|error| PortError::Line { name, error })?;
        let mut left = line.as_bytes();
        while !left.is_empty() {
            self.wait(PollFlags::OUT)?;
            match write(&self.file, left) {
                Ok(sent) => left = &left[sent..],
                Err(Errno::AGAIN | Errno::INTR) => {}
                Err(Errno::PIPE) => return Err(PortError::Closed(name)),
                Err(errno) => return Err(refused(name)(errno)),
            }
        }
        Ok(())
    }

    /// Waits for a line and reads it.
    ///
    /// # Errors
    /// See [`PortError`].
    pub fn receive<T: DeserializeOwned>(&mut self) -> Result<T, PortError> {
        let name = self.name;
        let mut searched = 0;
        let end = loop {
            if let Some(end) = self.unread[searched..].iter().position(|&byte| byte == b'\n') {
                break searched + end;
            }
            searched = self.unread.len();
            self.read_more()?;
        };
        let line: Vec<u8> = self.unread.drain(..=end).collect();
        from_line(&String::from_utf8_lossy(&line)).map_err(|error| PortError::Line { name, error })
    }

    fn read_more(&mut self) -> Result<(), PortError> {
        self.wait(PollFlags::IN)?;
        // Nothing is filled with zeros first: without KVM that took a sixth of the processor's time.
        self.unread.reserve(PORTION);
        match read(&self.file, spare_capacity(&mut self.unread)) {
            Ok(0) => Err(PortError::Closed(self.name)),
            Ok(_) => Ok(()),
            Err(Errno::AGAIN | Errno::INTR) => Ok(()),
            Err(errno) => Err(refused(self.name)(errno)),
        }
    }

    /// Waits until the port can be written or read.
    fn wait(&self, what: PollFlags) -> Result<(), PortError> {
        let mut watched = [PollFd::new(&self.file, what)];
        let ready = retry_on_intr(|| poll(&mut watched, self.patience.as_ref()));
        if ready.map_err(refused(self.name))? == 0 {
            return Err(PortError::Stuck(self.name));
        }
        // What the host has sent before it closed the port is still there to be read.
        match watched[0].revents() {
            found if found.contains(what) => Ok(()),
            _ => Err(PortError::Closed(self.name)),
        }
    }
}

fn refused(name: &'static str) -> impl Fn(Errno) -> PortError {
    move |errno| PortError::Io {
        name,
        error: errno.into(),
    }
}

/// The device of the port with this name.
fn device(ports: &Path, name: &str) -> io::Result<Option<PathBuf>> {
    for port in fs::read_dir(ports)? {
        let port = port?;
        let text = fs::read_to_string(port.path().join("name")).unwrap_or_default();
        if text.trim_end() == name {
            return Ok(Some(Path::new("/dev").join(port.file_name())));
        }
    }
    Ok(None)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::{Read, Write};
    use std::os::unix::net::UnixStream;

    const SHORT: Timespec = Timespec {
        tv_sec: 0,
        tv_nsec: 1_000_000,
    };

    /// A port and its other end.
    fn port() -> (Port, UnixStream) {
        let (ours, other) = UnixStream::pair().unwrap();
        ours.set_nonblocking(true).unwrap();
        (Port::on(ours.into(), "orders", Some(SHORT)), other)
    }

    #[test]
    fn a_port_is_found_by_its_name() {
        let folder = tempfile::tempdir().unwrap();
        for (number, name) in [("vport0p1", "orders\n"), ("vport0p2", "time\n")] {
            fs::create_dir(folder.path().join(number)).unwrap();
            fs::write(folder.path().join(number).join("name"), name).unwrap();
        }
        // A port for a console has no name.
        fs::create_dir(folder.path().join("vport0p0")).unwrap();
        let found = device(folder.path(), "time").unwrap();
        assert_eq!(found, Some(PathBuf::from("/dev/vport0p2")));
        assert_eq!(device(folder.path(), "tim").unwrap(), None);
        assert!(device(&folder.path().join("nowhere"), "time").is_err());
    }

    #[test]
    fn lines_are_values_and_the_end_of_the_port_is_told_after_them() {
        let (mut port, mut other) = port();
        other.write_all(b"[1]\n7\n[2").unwrap();
        assert_eq!(port.receive::<Vec<u8>>().unwrap(), [1]);
        assert!(matches!(port.receive::<Vec<u8>>(), Err(PortError::Line { .. })));
        assert!(matches!(
            port.receive::<Vec<u8>>(),
            Err(PortError::Stuck("orders"))
        ));
        other.write_all(b",3]\n").unwrap();
        drop(other);
        assert_eq!(port.receive::<Vec<u8>>().unwrap(), [2, 3]);
        assert!(matches!(
            port.receive::<Vec<u8>>(),
            Err(PortError::Closed("orders"))
        ));
        assert!(matches!(port.send(&1), Err(PortError::Closed("orders"))));
    }

    #[test]
    fn a_value_is_sent_as_one_line() {
        let (mut port, mut other) = port();
        port.send(&[1, 2]).unwrap();
        drop(port);
        let mut text = String::new();
        other.read_to_string(&mut text).unwrap();
        assert_eq!(text, "[1,2]\n");
    }

    #[test]
    fn whoever_is_not_read_is_not_waited_for_longer_than_was_said() {
        let (mut port, _other) = port();
        let large = "x".repeat(1 << 22);
        assert!(matches!(port.send(&large), Err(PortError::Stuck("orders"))));
    }
}
