//! Orders to QEMU itself, over its monitor: what happens to the machine beside the guest and the device.
//!
//! Nothing here waits for an answer. QEMU takes orders in the same thread in which it waits for the served device, and who serves the
//! device is often who gives the orders.

use super::board::{PORT, escaped};
use serde_json::json;
use std::io::{self, ErrorKind, Read, Write};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};

/// An error that the root port finds and reports (PCI Express AER; with its usual severities).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PortError {
    /// Data link protocol error: fatal.
    DataLinkProtocol,
    /// Completion time-out: nonfatal.
    CompletionTimeout,
}

impl PortError {
    /// QEMU's name of it.
    const fn name(self) -> &'static str {
        match self {
            Self::DataLinkProtocol => "DLP",
            Self::CompletionTimeout => "COMP_TIME",
        }
    }
}

/// Why there is no talking to QEMU.
#[derive(Debug, thiserror::Error)]
pub enum MonitorError {
    /// The socket does not take the order.
    #[error("QEMU's monitor at {}: {error}", path.display())]
    Io {
        /// The socket.
        path: PathBuf,
        /// What the system says.
        error: io::Error,
    },
    /// QEMU refused an order that was given before.
    #[error("QEMU's monitor says: {0}")]
    Refused(String),
}

/// QEMU's monitor. It is connected to when the first order is given.
#[derive(Debug)]
pub struct Monitor {
    path: PathBuf,
    stream: Option<UnixStream>,
    unread: Vec<u8>,
}

/// QEMU's options for a monitor at a socket that QEMU makes.
pub(super) fn options(socket: &Path) -> [String; 4] {
    let path = escaped(socket);
    [
        "-chardev".to_owned(),
        format!("socket,id=monitor,path={path},server=on,wait=off"),
        "-mon".to_owned(),
        "chardev=monitor,mode=control".to_owned(),
    ]
}

impl Monitor {
    /// The monitor of a QEMU that was started with this socket.
    #[must_use]
    pub const fn at(path: PathBuf) -> Self {
        Self {
            path,
            stream: None,
            unread: Vec::new(),
        }
    }

    /// Lets the root port in front of the functions report an error.
    ///
    /// # Errors
    /// [`MonitorError::Io`]; also what QEMU has said of an earlier order.
    pub fn report_port_error(&mut self, error: PortError) -> Result<(), MonitorError> {
        let line = format!("pcie_aer_inject_error {PORT} {}", error.name());
        self.order(&line)
    }

    /// Gives an order in the words of the monitor for people.
    fn order(&mut self, line: &str) -> Result<(), MonitorError> {
        let mut words = String::new();
        if self.stream.is_none() {
            let stream = UnixStream::connect(&self.path).map_err(|error| self.io(error))?;
            stream.set_nonblocking(true).map_err(|error| self.io(error))?;
            self.stream = Some(stream);
            words += &json!({ "execute": "qmp_capabilities" }).to_string();
            words.push('\n');
        }
        self.check()?;
        let order = json!({ "execute": "human-monitor-command", "arguments": { "command-line": line } });
        words += &order.to_string();
        words.push('\n');
        let sent = match &mut self.stream {
            // A few short lines: the socket has room for them.
            Some(stream) => stream.write_all(words.as_bytes()),
            None => Ok(()),
        };
        sent.map_err(|error| self.io(error))
    }

    /// What QEMU has said of earlier orders.
    ///
    /// # Errors
    /// [`MonitorError::Refused`] with what it has not done, [`MonitorError::Io`].
    pub fn check(&mut self) -> Result<(), MonitorError> {
        let Some(stream) = &mut self.stream else {
            return Ok(());
        };
        let mut bytes = [0; 4096];
        loop {
            match stream.read(&mut bytes) {
                Ok(0) => break,
                Ok(read) => self.unread.extend_from_slice(&bytes[..read]),
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) if error.kind() == ErrorKind::WouldBlock => break,
                Err(error) => {
                    return Err(MonitorError::Io {
                        path: self.path.clone(),
                        error,
                    });
                }
            }
        }
        while let Some(end) = self.unread.iter().position(|byte| *byte == b'\n') {
            let line: Vec<u8> = self.unread.drain(..=end).collect();
            if let Some(refusal) = refusal(&line) {
                return Err(MonitorError::Refused(refusal));
            }
        }
        Ok(())
    }

    fn io(&self, error: io::Error) -> MonitorError {
        MonitorError::Io {
            path: self.path.clone(),
            error,
        }
    }
}

/// What a line of QEMU's says that it has not done. The order for people has an answer in words; it begins with `OK` if all is well.
fn refusal(line: &[u8]) -> Option<String> {
    let said: serde_json::Value = serde_json::from_slice(line).ok()?;
    if let Some(error) = said.get("error") {
        return Some(error.to_string());
    }
    let words = said.get("return")?.as_str()?.trim();
    (!words.starts_with("OK")).then(|| words.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_is_told_from_the_rest() {
        assert_eq!(refusal(br#"{"QMP": {"version": {}, "capabilities": []}}"#), None);
        assert_eq!(refusal(br#"{"return": {}}"#), None);
        assert_eq!(refusal(br#"{"timestamp": {}, "event": "RESUME"}"#), None);
        assert_eq!(refusal(br#"{"return": "OK id: mlx5 root bus: 0000:00"}"#), None);
        assert_eq!(
            refusal(br#"{"return": "Error: id or pci device path is invalid\r\n"}"#),
            Some("Error: id or pci device path is invalid".to_owned())
        );
        let error = refusal(br#"{"error": {"class": "CommandNotFound", "desc": "x"}}"#);
        assert!(error.is_some_and(|error| error.contains("CommandNotFound")));
    }

    #[test]
    fn commas_in_paths_survive() {
        assert_eq!(
            options(Path::new("/a,b"))[1],
            "socket,id=monitor,path=/a,,b,server=on,wait=off"
        );
    }
}
