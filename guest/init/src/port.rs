//! The serial port to the harness.

use guest_protocol::to_line;
use rustix::fs::{Mode, OFlags, open};
use rustix::termios::{
    ControlModes, OptionalActions, SpecialCodeIndex, speed, tcdrain, tcgetattr, tcsetattr,
};
use std::fs::File;
use std::io::{BufRead, BufReader, Write};
use std::sync::{Mutex, PoisonError};

/// Where the port is.
const PATH: &str = "/dev/ttyS1";

/// The writing end, shared by all threads: one line is never torn by another.
pub struct Sender(Mutex<File>);

/// The reading end.
pub struct Receiver(BufReader<File>);

/// Opens the port raw, so that no byte is changed, held back or echoed.
///
/// # Errors
///
/// The guest has no second serial port.
pub fn open_port() -> Result<(Sender, Receiver), String> {
    let port = open(
        PATH,
        OFlags::RDWR | OFlags::NOCTTY | OFlags::CLOEXEC,
        Mode::empty(),
    )
    .map_err(|errno| format!("open {PATH}: {errno}"))?;
    // A port without hardware opens, but has no attributes.
    let mut attributes = tcgetattr(&port)
        .map_err(|errno| format!("{PATH} is no serial port: {errno}; start QEMU with a second -serial"))?;
    attributes.make_raw();
    attributes.control_modes |= ControlModes::CLOCAL | ControlModes::CREAD;
    attributes.special_codes[SpecialCodeIndex::VMIN] = 1;
    attributes.special_codes[SpecialCodeIndex::VTIME] = 0;
    attributes
        .set_speed(speed::B115200)
        .map_err(|errno| format!("speed of {PATH}: {errno}"))?;
    tcsetattr(&port, OptionalActions::Flush, &attributes)
        .map_err(|errno| format!("set up {PATH}: {errno}"))?;
    let writer = File::from(port);
    let reader = writer
        .try_clone()
        .map_err(|error| format!("share {PATH}: {error}"))?;
    Ok((Sender(Mutex::new(writer)), Receiver(BufReader::new(reader))))
}

impl Sender {
    /// Sends one value. A harness that has gone away is noticed where lines are read.
    pub fn send(&self, what: &guest_protocol::FromGuest) {
        let mut file = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let sent = match to_line(what) {
            Ok(line) => file.write_all(line.as_bytes()).map_err(|error| error.to_string()),
            Err(error) => Err(error.to_string()),
        };
        if let Err(why) = sent {
            eprintln!("guest-init: cannot answer: {why}");
        }
    }

    /// Waits until everything sent has left the port.
    pub fn drain(&self) {
        let file = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        // There is nothing left to do if this fails: the guest is about to end.
        let _ = tcdrain(&*file);
    }
}

impl Receiver {
    /// The next line that is not blank.
    ///
    /// # Errors
    ///
    /// The port has failed.
    pub fn next_line(&mut self) -> Result<String, String> {
        loop {
            let mut bytes = Vec::new();
            let length = self
                .0
                .read_until(b'\n', &mut bytes)
                .map_err(|error| format!("read {PATH}: {error}"))?;
            if length == 0 {
                return Err(format!("{PATH} has ended"));
            }
            let line = String::from_utf8_lossy(&bytes).trim().to_owned();
            if !line.is_empty() {
                return Ok(line);
            }
        }
    }
}
