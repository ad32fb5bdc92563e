//! The socket in the file system: private from its first moment, never in the place of a live one, gone at the end.

use rustix::event::EventfdFlags;
use rustix::fs::{FileType, FlockOperation, Mode, OFlags};
use rustix::net::{AddressFamily, SocketAddrUnix, SocketFlags, SocketType};
use std::fs::File;
use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::os::unix::fs::MetadataExt;
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// Connections that the kernel holds until they are accepted: refusing them is our business.
const BACKLOG: i32 = 16;

/// How many clients can wait at a time: the kernel admits one more than it was told.
pub(crate) const MOST_WAITING: i32 = BACKLOG + 1;

/// A descriptor to give up when there are no more: with its place a client can be accepted and sent away. Left in the
/// queue, it would keep the listener readable, and whoever waits for that awake. One is enough for all listeners of the
/// process, since it is taken back at once.
static SPARE: Mutex<Option<OwnedFd>> = Mutex::new(None);

/// Why there is no socket.
#[derive(Debug, thiserror::Error)]
pub enum ListenError {
    /// Another server answers there.
    #[error("{0}: another server is listening there")]
    Live(PathBuf),
    /// Something is there that is not a socket, and so not ours to remove.
    #[error("{0}: exists and is not a socket")]
    Foreign(PathBuf),
    /// The path cannot be an address, or the file system refuses it.
    #[error("{path}: {error}")]
    System {
        /// The path.
        path: PathBuf,
        /// What the system says.
        #[source]
        error: io::Error,
    },
}

/// A listening socket that is removed when this is dropped.
#[derive(Debug)]
pub struct Listener {
    socket: OwnedFd,
    path: PathBuf,
    /// Device and inode of our socket: only that one is removed.
    identity: (u64, u64),
}

impl Listener {
    /// Listens at a path with mode 0600. A stale socket there is replaced, a live one is not.
    ///
    /// # Errors
    /// See [`ListenError`].
    pub fn bind(path: &Path) -> Result<Self, ListenError> {
        let system = |error: io::Error| ListenError::System {
            path: path.to_owned(),
            error,
        };
        let address = SocketAddrUnix::new(path).map_err(|error| system(error.into()))?;
        // Two servers that start at the same time could each take the other's socket for stale, between `bind` and
        // `listen`. The lock on the folder lets one finish before the other looks.
        let _lock = lock_folder(path).map_err(system)?;
        remove_stale(path)?;
        let socket = listening_socket(&address).map_err(system)?;
        fill(&mut spare());
        let metadata = std::fs::symlink_metadata(path).map_err(system)?;
        Ok(Self {
            socket,
            path: path.to_owned(),
            identity: (metadata.dev(), metadata.ino()),
        })
    }

    /// The next client that waits, if there is one. Its socket is in blocking mode. One for which there is no descriptor
    /// is sent away.
    ///
    /// # Errors
    /// What the system says.
    pub fn accept(&mut self) -> io::Result<Option<OwnedFd>> {
        fill(&mut spare());
        loop {
            match rustix::net::accept_with(&self.socket, SocketFlags::CLOEXEC) {
                Ok(stream) => return Ok(Some(stream)),
                Err(rustix::io::Errno::AGAIN) => return Ok(None),
                // The client has given up already, or a signal came.
                Err(rustix::io::Errno::CONNABORTED | rustix::io::Errno::INTR) => {}
                Err(rustix::io::Errno::MFILE | rustix::io::Errno::NFILE) => {
                    self.send_away();
                    return Ok(None);
                }
                Err(error) => return Err(error.into()),
            }
        }
    }

    /// Accepts a client in the place of the spare descriptor, and closes its connection.
    fn send_away(&mut self) {
        let mut spare = spare();
        *spare = None;
        // The system says that there are too many descriptors before it looks for a client: there may be none.
        match rustix::net::accept_with(&self.socket, SocketFlags::CLOEXEC) {
            Ok(_) => tracing::warn!(socket = %self.path.display(), "client sent away: too many open files"),
            Err(rustix::io::Errno::AGAIN) => {}
            Err(error) => tracing::warn!(socket = %self.path.display(), %error, "client cannot be accepted"),
        }
        fill(&mut spare);
    }

    /// Where it listens.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }
}

impl AsFd for Listener {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.socket.as_fd()
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        let ours = std::fs::symlink_metadata(&self.path)
            .is_ok_and(|metadata| (metadata.dev(), metadata.ino()) == self.identity);
        if ours {
            // What is left behind is stale and replaced by the next server.
            drop(std::fs::remove_file(&self.path));
        }
    }
}

fn spare() -> MutexGuard<'static, Option<OwnedFd>> {
    SPARE.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Takes a descriptor that is good for nothing but its place, if there is none yet; none if there are too many.
fn fill(spare: &mut Option<OwnedFd>) {
    if spare.is_none() {
        // Not a file: whoever serves in a sandbox opens none any more.
        *spare = rustix::event::eventfd(0, EventfdFlags::CLOEXEC).ok();
    }
}

fn lock_folder(path: &Path) -> io::Result<File> {
    let folder = path
        .parent()
        .filter(|folder| !folder.as_os_str().is_empty())
        .unwrap_or(Path::new("."));
    let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
    let folder = rustix::fs::open(folder, flags, Mode::empty())?;
    rustix::io::retry_on_intr(|| rustix::fs::flock(&folder, FlockOperation::LockExclusive))?;
    Ok(folder.into())
}

fn remove_stale(path: &Path) -> Result<(), ListenError> {
    let system = |error: io::Error| ListenError::System {
        path: path.to_owned(),
        error,
    };
    let metadata = match std::fs::symlink_metadata(path) {
        Ok(metadata) => metadata,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(system(error)),
    };
    if FileType::from_raw_mode(metadata.mode()) != FileType::Socket {
        return Err(ListenError::Foreign(path.to_owned()));
    }
    match UnixStream::connect(path) {
        Ok(_) => Err(ListenError::Live(path.to_owned())),
        Err(error) if error.kind() == io::ErrorKind::ConnectionRefused => {
            std::fs::remove_file(path).map_err(system)
        }
        // Neither known to be stale nor known to be live, for example another user's: not to be touched.
        Err(error) => Err(system(error)),
    }
}

fn listening_socket(address: &SocketAddrUnix) -> io::Result<OwnedFd> {
    let flags = SocketFlags::CLOEXEC | SocketFlags::NONBLOCK;
    let socket = rustix::net::socket_with(AddressFamily::UNIX, SocketType::STREAM, flags, None)?;
    // Linux creates the file with the mode of the socket itself, less the umask. So there is no moment at which
    // others could connect; before `listen` nobody can in any case.
    rustix::fs::fchmod(&socket, Mode::RUSR | Mode::WUSR)?;
    rustix::net::bind(&socket, address)?;
    rustix::net::listen(&socket, BACKLOG)?;
    Ok(socket)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::net::UnixListener;

    #[test]
    fn the_socket_is_private_and_gone_at_the_end() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("s");
        let mut listener = Listener::bind(&path).unwrap();
        assert_eq!(std::fs::metadata(&path).unwrap().mode() & 0o777, 0o600);
        assert!(listener.accept().unwrap().is_none());
        let _client = UnixStream::connect(&path).unwrap();
        assert!(listener.accept().unwrap().is_some());
        drop(listener);
        assert!(!path.exists());
    }

    #[test]
    fn a_live_socket_stays_and_a_stale_one_is_replaced() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("s");
        let live = UnixListener::bind(&path).unwrap();
        assert!(matches!(Listener::bind(&path), Err(ListenError::Live(_))));
        drop(live);
        assert!(path.exists(), "std leaves its file behind");
        let first = Listener::bind(&path).unwrap();
        assert!(matches!(Listener::bind(&path), Err(ListenError::Live(_))));
        std::fs::remove_file(&path).unwrap();
        let second = Listener::bind(&path).unwrap();
        drop(first);
        assert!(
            path.exists(),
            "the first one does not remove the socket of the second"
        );
        drop(second);
    }

    #[test]
    fn what_is_no_socket_stays() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("s");
        std::fs::write(&path, "text").unwrap();
        assert!(matches!(Listener::bind(&path), Err(ListenError::Foreign(_))));
        let link = folder.path().join("link");
        std::os::unix::fs::symlink(&path, &link).unwrap();
        assert!(matches!(Listener::bind(&link), Err(ListenError::Foreign(_))));
        assert!(matches!(
            Listener::bind(&folder.path().join("a/b")),
            Err(ListenError::System { .. })
        ));
        assert!(matches!(
            Listener::bind(&folder.path().join("x".repeat(200))),
            Err(ListenError::System { .. })
        ));
    }
}
