//! The program in the guest, as the host sees it: JSON lines over a UNIX socket that QEMU's second serial port
//! leads to.

use guest_protocol::{FromGuest, LineError, Order, Request, from_line, to_line};
use rustix::event::{PollFd, PollFlags, Timespec};
use std::io::{self, ErrorKind, Read, Write};
use std::os::fd::{AsFd, BorrowedFd};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::{Path, PathBuf};

/// Longest line taken from the guest, in bytes. What is longer is no answer of ours.
const LONGEST_LINE: usize = 4 << 20;

/// How long the guest's serial port may refuse to take an order.
const SENDING: Timespec = Timespec {
    tv_sec: 10,
    tv_nsec: 0,
};

/// Why there is no talking to the guest.
#[derive(Debug, thiserror::Error)]
pub enum AgentError {
    /// The socket cannot be made.
    #[error("cannot listen at {}: {error}", path.display())]
    Listen {
        /// The socket.
        path: PathBuf,
        /// What the system says.
        error: io::Error,
    },
    /// The connection failed.
    #[error("the guest's second serial port: {0}")]
    Io(#[from] io::Error),
    /// QEMU has closed it.
    #[error("the guest's second serial port was closed")]
    Closed,
    /// The guest says what it should not.
    #[error("{0}")]
    Line(#[from] LineError),
}

/// Orders to the guest, and what comes back. Nothing here blocks but a serial port that takes nothing.
#[derive(Debug)]
pub struct Agent {
    listener: UnixListener,
    stream: Option<UnixStream>,
    /// Bytes of a line that has not ended.
    unfinished: Vec<u8>,
    last_id: u32,
}

impl Agent {
    /// Listens at a path for the QEMU that will be started with it.
    ///
    /// # Errors
    /// [`AgentError::Listen`].
    pub fn listen(path: &Path) -> Result<Self, AgentError> {
        let failed = |error| AgentError::Listen {
            path: path.to_owned(),
            error,
        };
        let listener = UnixListener::bind(path).map_err(failed)?;
        listener.set_nonblocking(true).map_err(failed)?;
        Ok(Self {
            listener,
            stream: None,
            unfinished: Vec::new(),
            last_id: 0,
        })
    }

    /// Readable when there is something for [`Self::receive`].
    #[must_use]
    pub fn fd(&self) -> BorrowedFd<'_> {
        match &self.stream {
            Some(stream) => stream.as_fd(),
            None => self.listener.as_fd(),
        }
    }

    /// Sends an order; its reply will carry the number returned.
    ///
    /// # Errors
    /// [`AgentError::Closed`] also before the guest has connected.
    pub fn send(&mut self, order: Order) -> Result<u32, AgentError> {
        self.last_id += 1;
        let request = Request {
            id: self.last_id,
            order,
        };
        tracing::trace!(?request, "to the guest");
        let line = to_line(&request)?;
        let stream = self.stream.as_mut().ok_or(AgentError::Closed)?;
        let mut left = line.as_bytes();
        while !left.is_empty() {
            match stream.write(left) {
                Ok(sent) => left = &left[sent..],
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) if error.kind() == ErrorKind::WouldBlock => wait_for_room(stream)?,
                Err(error) => return Err(error.into()),
            }
        }
        Ok(self.last_id)
    }

    /// What the guest has said since the last call.
    ///
    /// # Errors
    /// [`AgentError::Closed`] once QEMU has gone and everything it said has been returned.
    pub fn receive(&mut self) -> Result<Vec<FromGuest>, AgentError> {
        if self.stream.is_none() {
            match self.listener.accept() {
                Ok((stream, _)) => {
                    stream.set_nonblocking(true)?;
                    self.stream = Some(stream);
                }
                Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(Vec::new()),
                Err(error) => return Err(error.into()),
            }
        }
        let closed = self.fill()?;
        let said = self.take_lines()?;
        if closed && said.is_empty() {
            return Err(AgentError::Closed);
        }
        Ok(said)
    }

    /// Reads all there is. Whether the other end is closed.
    fn fill(&mut self) -> Result<bool, AgentError> {
        let Some(stream) = &mut self.stream else {
            return Ok(false);
        };
        let mut chunk = [0; 16 << 10];
        loop {
            match stream.read(&mut chunk) {
                Ok(0) => return Ok(true),
                Ok(read) => self.unfinished.extend_from_slice(&chunk[..read]),
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(false),
                Err(error) => return Err(error.into()),
            }
            if self.unfinished.len() > LONGEST_LINE {
                return Err(io::Error::new(ErrorKind::InvalidData, "a line without an end").into());
            }
        }
    }

    fn take_lines(&mut self) -> Result<Vec<FromGuest>, AgentError> {
        let Some(end) = self.unfinished.iter().rposition(|&byte| byte == b'\n') else {
            return Ok(Vec::new());
        };
        let rest = self.unfinished.split_off(end + 1);
        let lines = std::mem::replace(&mut self.unfinished, rest);
        let text = String::from_utf8_lossy(&lines);
        let lines = text.lines().filter(|line| !line.trim().is_empty());
        lines
            .map(|line| {
                tracing::trace!(line, "from the guest");
                Ok(from_line(line)?)
            })
            .collect()
    }
}

fn wait_for_room(stream: &UnixStream) -> Result<(), AgentError> {
    let mut ready = [PollFd::new(stream, PollFlags::OUT)];
    match rustix::io::retry_on_intr(|| rustix::event::poll(&mut ready, Some(&SENDING))) {
        Ok(0) => Err(io::Error::from(ErrorKind::TimedOut).into()),
        Ok(_) => Ok(()),
        Err(error) => Err(io::Error::from(error).into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::{BufRead, BufReader};

    fn connected() -> (tempfile::TempDir, Agent, UnixStream) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("agent.sock");
        let mut agent = Agent::listen(&path).unwrap();
        assert!(matches!(agent.send(Order::PowerOff), Err(AgentError::Closed)));
        let guest = UnixStream::connect(&path).unwrap();
        assert_eq!(agent.receive().unwrap(), []);
        (folder, agent, guest)
    }

    fn misread() -> FromGuest {
        FromGuest::Misread {
            line: "7".to_owned(),
            why: "no object".to_owned(),
        }
    }

    #[test]
    fn every_order_has_a_number_of_its_own() {
        let (_folder, mut agent, guest) = connected();
        let numbers = [
            agent.send(Order::PciDevices).unwrap(),
            agent.send(Order::PowerOff).unwrap(),
        ];
        let mut lines = BufReader::new(guest).lines();
        for number in numbers {
            let request: Request = from_line(&lines.next().unwrap().unwrap()).unwrap();
            assert_eq!(request.id, number);
        }
    }

    #[test]
    fn a_line_is_understood_once_it_has_ended() {
        let (_folder, mut agent, mut guest) = connected();
        let misread = misread();
        let line = to_line(&misread).unwrap();
        let (head, tail) = line.split_at(7);
        guest.write_all(head.as_bytes()).unwrap();
        assert_eq!(agent.receive().unwrap(), []);
        guest.write_all(tail.as_bytes()).unwrap();
        assert_eq!(agent.receive().unwrap(), [misread]);
    }

    #[test]
    fn the_end_of_the_guest_is_told_after_its_last_words() {
        let (_folder, mut agent, mut guest) = connected();
        let misread = misread();
        guest.write_all(to_line(&misread).unwrap().as_bytes()).unwrap();
        drop(guest);
        assert_eq!(agent.receive().unwrap(), [misread]);
        assert!(matches!(agent.receive(), Err(AgentError::Closed)));
    }

    #[test]
    fn what_is_no_line_of_the_protocol_is_an_error() {
        let (_folder, mut agent, mut guest) = connected();
        guest.write_all(b"login: \n").unwrap();
        assert!(matches!(agent.receive(), Err(AgentError::Line(_))));
    }
}
