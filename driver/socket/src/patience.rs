//! How long an answer may take.
//!
//! The client of the crate reads until it has what it expects. From a server that has stopped, and after an answer that
//! refuses something (which is shorter than one that does it), that never ends. Its socket is private, so it is looked for
//! among the descriptors of this process, by the name of its other end, and given time-outs there.

use rustix::net::sockopt::{Timeout, set_socket_timeout};
use rustix::net::{SocketAddrUnix, getpeername};
use rustix::process::{PidfdFlags, PidfdGetfdFlags, getpid, pidfd_getfd, pidfd_open};
use std::ffi::OsStr;
use std::io;
use std::os::fd::OwnedFd;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Bounds every wait at the sockets of this process that are connected to `path`; how many there are.
///
/// # Errors
/// Where this process cannot look at its own descriptors.
pub(crate) fn bound(path: &Path, at_most: Duration) -> io::Result<usize> {
    let myself = pidfd_open(getpid(), PidfdFlags::empty())?;
    let path = path.canonicalize()?;
    let mut found = 0;
    for entry in std::fs::read_dir("/proc/self/fd")? {
        let name = entry?.file_name();
        let Some(number) = name.to_str().and_then(|name| name.parse().ok()) else {
            continue;
        };
        // One that another thread has closed meanwhile is none.
        let Ok(descriptor) = pidfd_getfd(&myself, number, PidfdGetfdFlags::empty()) else {
            continue;
        };
        if peer(&descriptor).is_some_and(|peer| peer == path) {
            set_socket_timeout(&descriptor, Timeout::Recv, Some(at_most))?;
            set_socket_timeout(&descriptor, Timeout::Send, Some(at_most))?;
            found += 1;
        }
    }
    Ok(found)
}

/// The file that a socket is connected to.
fn peer(descriptor: &OwnedFd) -> Option<PathBuf> {
    let address = getpeername(descriptor).ok()??;
    let address = SocketAddrUnix::try_from(address).ok()?;
    let path = Path::new(OsStr::from_bytes(address.path_bytes()?)).to_owned();
    path.canonicalize().ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Read;
    use std::os::unix::net::{UnixListener, UnixStream};

    #[test]
    fn a_socket_is_found_by_its_other_end_and_no_longer_waits_for_ever() {
        let folder = tempfile::tempdir().unwrap();
        let (path, other) = (folder.path().join("f0.sock"), folder.path().join("f1.sock"));
        let _listeners = [&path, &other].map(|path| UnixListener::bind(path).unwrap());
        let mut stream = UnixStream::connect(&path).unwrap();
        let untouched = UnixStream::connect(&other).unwrap();
        assert_eq!(bound(&path, Duration::from_millis(10)).unwrap(), 1);
        let error = stream.read(&mut [0]).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::WouldBlock);
        assert_eq!(untouched.read_timeout().unwrap(), None);
    }
}
