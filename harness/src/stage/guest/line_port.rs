//! Lines of JSON between this process and a program in the guest, over a UNIX socket that QEMU connects to.

use super::error::GuestError;
use guest_protocol::{from_line, to_line};
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::io;
use std::path::Path;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader, Lines};
use tokio::net::UnixListener;
use tokio::net::unix::{OwnedReadHalf, OwnedWriteHalf};

/// See the module's head. Made and used within a runtime.
#[derive(Debug)]
pub(super) struct LinePort {
    name: &'static str,
    listener: UnixListener,
    stream: Option<(Lines<BufReader<OwnedReadHalf>>, OwnedWriteHalf)>,
}

impl LinePort {
    /// Listens at a path for the QEMU that will be started with it.
    ///
    /// # Errors
    /// [`GuestError::Io`].
    pub(super) fn listen(name: &'static str, path: &Path) -> Result<Self, GuestError> {
        let listener = UnixListener::bind(path).map_err(GuestError::io(name))?;
        Ok(Self {
            name,
            listener,
            stream: None,
        })
    }

    /// The connection, which QEMU makes when it starts.
    async fn stream(&mut self) -> Result<&mut (Lines<BufReader<OwnedReadHalf>>, OwnedWriteHalf), GuestError> {
        if self.stream.is_none() {
            let (stream, _) = self.listener.accept().await.map_err(GuestError::io(self.name))?;
            let (from, to) = stream.into_split();
            self.stream = Some((BufReader::new(from).lines(), to));
        }
        let closed = || GuestError::Gone(format!("{} is not connected", self.name));
        self.stream.as_mut().ok_or_else(closed)
    }

    /// Sends a value as a line.
    ///
    /// # Errors
    /// [`GuestError::Gone`] where nobody reads any more, and [`GuestError::Line`] for what JSON cannot say.
    pub(super) async fn send(&mut self, value: &impl Serialize) -> Result<(), GuestError> {
        let port = self.name;
        let line = to_line(value).map_err(|error| GuestError::Line { port, error })?;
        let (_, to) = self.stream().await?;
        to.write_all(line.as_bytes()).await.map_err(gone(port))
    }

    /// The next line as a value.
    ///
    /// # Errors
    /// [`GuestError::Gone`] at the end, [`GuestError::Line`] for a line that is something else.
    pub(super) async fn receive<T: DeserializeOwned>(&mut self) -> Result<T, GuestError> {
        let port = self.name;
        let (from, _) = self.stream().await?;
        let line = from.next_line().await.map_err(gone(port))?;
        let line = line.ok_or_else(|| GuestError::Gone(format!("{port} was closed")))?;
        from_line(&line).map_err(|error| GuestError::Line { port, error })
    }
}

/// A connection to a QEMU that has ended refuses what is written and read.
fn gone(port: &'static str) -> impl FnOnce(io::Error) -> GuestError {
    move |error| GuestError::Gone(format!("{port}: {error}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::{BufRead, BufReader, Write};
    use std::os::unix::net::UnixStream;

    #[test]
    fn values_go_both_ways_until_the_other_end_is_closed() {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .unwrap();
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("port");
        runtime.block_on(async {
            let mut port = LinePort::listen("orders", &path).unwrap();
            let mut other = UnixStream::connect(&path).unwrap();
            port.send(&[1, 2]).await.unwrap();
            let mut line = String::new();
            BufReader::new(other.try_clone().unwrap())
                .read_line(&mut line)
                .unwrap();
            assert_eq!(line, "[1,2]\n");
            other.write_all(b"7\nlogin:\n").unwrap();
            assert_eq!(port.receive::<u8>().await.unwrap(), 7);
            assert!(matches!(port.receive::<u8>().await, Err(GuestError::Line { .. })));
            drop(other);
            assert!(matches!(port.receive::<u8>().await, Err(GuestError::Gone(_))));
        });
    }
}
