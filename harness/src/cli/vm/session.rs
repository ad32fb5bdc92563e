//! The host's side of a session: the errand to the guest, the user's streams to its program and back, byte for byte.
//!
//! Two threads do it, which wait for whoever reads and writes here; the device is served meanwhile by another.

use crate::cli::streams::{self, Channel};
use guest_protocol::{Errand, FromSession, PORTION, SESSION_VERSION, Stream, ToSession};
use rustix::io::{read, retry_on_intr};
use std::io::{self, BufReader, stdin};
use std::os::fd::{AsFd, BorrowedFd};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::PathBuf;
use std::sync::mpsc::{Sender, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, JoinHandle};

/// How a session ended.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) enum Ending {
    /// The guest has ended before the program, for a reason that it has not told.
    #[default]
    Lost,
    /// The guest could not do what was asked.
    Refused(String),
    /// The program ended with this exit code.
    Code(u8),
}

/// See the module's head.
#[derive(Debug)]
pub(super) struct Session {
    socket: PathBuf,
    listener: JoinHandle<io::Result<Ending>>,
    /// Readable once the program has ended.
    ended: UnixStream,
}

impl Session {
    /// Listens at a socket that QEMU will connect to.
    ///
    /// # Errors
    /// There can be no socket, or no thread.
    pub(super) fn listen(socket: PathBuf, errand: Errand) -> io::Result<Self> {
        let listener = UnixListener::bind(&socket)?;
        let (ended, tells) = UnixStream::pair()?;
        let serve = move || {
            let (stream, _) = listener.accept()?;
            serve(&stream, &errand, tells)
        };
        let listener = thread::Builder::new().name("session".to_owned()).spawn(serve)?;
        Ok(Self {
            socket,
            listener,
            ended,
        })
    }

    /// Readable once the program has ended; the guest ends by itself then.
    pub(super) fn ended_fd(&self) -> BorrowedFd<'_> {
        self.ended.as_fd()
    }

    /// How it ended, once QEMU has; everything that the program has written is written then.
    ///
    /// # Errors
    /// What the guest says is not understood.
    pub(super) fn end(self) -> io::Result<Ending> {
        // Where QEMU has never connected, this does, and ends the wait.
        let _ = UnixStream::connect(&self.socket);
        let ending = self.listener.join();
        ending.unwrap_or_else(|_| Err(io::Error::other("the session's thread has failed")))
    }
}

/// The writing end to the guest, for both threads.
#[derive(Clone, Debug)]
struct ToGuest(Arc<Mutex<UnixStream>>);

impl ToGuest {
    fn send(&self, word: &ToSession) -> io::Result<()> {
        word.send(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// Serves the guest until its QEMU has ended. `tells` is closed when the program ends.
fn serve(stream: &UnixStream, errand: &Errand, tells: UnixStream) -> io::Result<Ending> {
    let to_guest = ToGuest(Arc::new(Mutex::new(stream.try_clone()?)));
    let mut from_guest = BufReader::new(stream);
    let mut ending = Ending::Lost;
    let mut tells = Some(tells);
    let mut is_deaf = [false; 2];
    let mut wants = None;
    loop {
        let word = match FromSession::receive(&mut from_guest) {
            Ok(Some(word)) => word,
            Ok(None) => return Ok(ending),
            // QEMU was killed in the middle of a word, or with words that it had not read.
            Err(error)
                if matches!(
                    error.kind(),
                    io::ErrorKind::UnexpectedEof | io::ErrorKind::ConnectionReset
                ) =>
            {
                return Ok(ending);
            }
            Err(error) => return Err(error),
        };
        match word {
            FromSession::Hello(version) if version == SESSION_VERSION => {
                match to_guest.send(&ToSession::Errand(errand.clone())) {
                    // Whoever has gone by now says nothing more: the next word is the end.
                    Err(error) if error.kind() == io::ErrorKind::BrokenPipe => {}
                    sent => sent?,
                }
            }
            FromSession::Want => {
                if wants.is_none() {
                    wants = Some(feed(to_guest.clone())?);
                }
                // Its end may have been told already.
                let _ = wants.as_ref().map(|wants| wants.send(()));
            }
            FromSession::Hello(version) => {
                let words = format!("the guest speaks form {version} of a session, not {SESSION_VERSION}");
                return Ok(Ending::Refused(words));
            }
            FromSession::Written(stream, bytes) => {
                let (channel, is_deaf) = match stream {
                    Stream::Output => (Channel::Output, &mut is_deaf[0]),
                    Stream::Errors => (Channel::Errors, &mut is_deaf[1]),
                };
                if !*is_deaf && !streams::pass_on(channel, &bytes) {
                    // The program gets a broken pipe, as it would here.
                    *is_deaf = true;
                    to_guest.send(&ToSession::Deaf(stream))?;
                }
            }
            FromSession::Note(text) => streams::note(format_args!("guest: {text}")),
            FromSession::Refused(why) => {
                ending = Ending::Refused(why);
                drop(tells.take());
            }
            FromSession::End(code) => {
                ending = Ending::Code(code);
                drop(tells.take());
            }
        }
    }
}

/// Passes a portion of standard input on for each that is wanted, until its end, or until the guest has gone.
fn feed(to_guest: ToGuest) -> io::Result<Sender<()>> {
    let (wants, wanted) = channel();
    let pass = move || {
        let mut portion = vec![0; PORTION];
        while wanted.recv().is_ok() {
            // Not by the handle's buffer, from which nobody else would read.
            let word = match retry_on_intr(|| read(stdin(), &mut portion)) {
                Ok(0) => ToSession::InputEnd,
                Ok(length) => ToSession::Input(portion[..length].to_vec()),
                Err(errno) => {
                    streams::error(format_args!("standard input: {errno}"));
                    ToSession::InputEnd
                }
            };
            // A guest that has gone needs no more.
            if to_guest.send(&word).is_err() || word == ToSession::InputEnd {
                return;
            }
        }
    };
    // Nobody waits for it: it may wait for somebody at a keyboard.
    let thread = thread::Builder::new().name("input".to_owned()).spawn(pass);
    thread.map(|_| wants)
}

#[cfg(test)]
mod tests {
    use super::*;
    use guest_protocol::{Program, Root};
    use std::net::Shutdown;

    fn errand() -> Errand {
        Errand {
            program: Program::Words(vec!["true".to_owned()]),
            folder: None,
            root: Root::Image,
            shares: Vec::new(),
        }
    }

    fn session() -> (tempfile::TempDir, Session, UnixStream) {
        let folder = tempfile::tempdir().unwrap();
        let socket = folder.path().join("session.sock");
        let session = Session::listen(socket.clone(), errand()).unwrap();
        let guest = UnixStream::connect(socket).unwrap();
        (folder, session, guest)
    }

    #[test]
    fn the_guest_gets_its_errand_and_tells_how_it_ended() {
        let (_folder, session, mut guest) = session();
        FromSession::Hello(SESSION_VERSION).send(&mut guest).unwrap();
        assert_eq!(
            ToSession::receive(&mut guest).unwrap(),
            Some(ToSession::Errand(errand()))
        );
        FromSession::End(7).send(&mut guest).unwrap();
        guest.shutdown(Shutdown::Both).unwrap();
        assert_eq!(session.end().unwrap(), Ending::Code(7));
    }

    #[test]
    fn a_guest_that_ends_before_its_program_is_lost() {
        let (_folder, session, mut guest) = session();
        FromSession::Hello(SESSION_VERSION).send(&mut guest).unwrap();
        drop(guest);
        assert_eq!(session.end().unwrap(), Ending::Lost);
    }

    #[test]
    fn what_the_guest_cannot_do_it_says() {
        let (_folder, session, mut guest) = session();
        FromSession::Refused("no 9p".to_owned()).send(&mut guest).unwrap();
        drop(guest);
        assert_eq!(session.end().unwrap(), Ending::Refused("no 9p".to_owned()));
    }

    #[test]
    fn a_guest_of_another_form_and_one_that_babbles_are_told_apart() {
        let (_folder, session, mut guest) = session();
        FromSession::Hello(SESSION_VERSION + 1).send(&mut guest).unwrap();
        assert!(matches!(session.end().unwrap(), Ending::Refused(why) if why.contains("form 2")));

        let (_folder, session, mut guest) = self::session();
        io::Write::write_all(&mut guest, b"login:\0").unwrap();
        assert!(session.end().is_err());
    }
}
