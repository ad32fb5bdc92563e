//! Signals as something that an event loop can watch.

use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM, SIGXFSZ};
use signal_hook::{flag, low_level};
use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::os::unix::net::UnixStream;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

/// A file that would grow beyond the user's limit (`ulimit -f`) is an error of the write, as a full disk is, and no
/// death of the process.
pub(super) fn take_limits_as_errors() {
    // A handler and not "ignore", which programs that are started here would inherit. Where there can be none, the
    // limit ends the process, as it would have.
    let _ = flag::register(SIGXFSZ, Arc::new(AtomicBool::new(false)));
}

/// Set once the user has asked for the end by SIGINT or SIGTERM; the second one ends the process at once, with 128 and its number.
///
/// # Errors
/// What the system says.
pub(super) fn end_flag() -> io::Result<Arc<AtomicBool>> {
    let came = Arc::new(AtomicBool::new(false));
    for signal in [SIGINT, SIGTERM] {
        // In this order: what is registered first runs first, and the first signal must find the flag unset.
        flag::register_conditional_shutdown(signal, 128 + signal, Arc::clone(&came))?;
        flag::register(signal, Arc::clone(&came))?;
    }
    Ok(came)
}

/// Readable once the user has asked for the end.
#[derive(Debug)]
pub(super) struct EndSignals {
    pipe: UnixStream,
}

impl EndSignals {
    /// SIGINT and SIGTERM ask for the end; the second one ends the process at once, with 128 and its number.
    ///
    /// # Errors
    /// What the system says.
    pub(super) fn listen() -> io::Result<Self> {
        end_flag()?;
        Self::watch(&[SIGINT, SIGTERM])
    }

    /// While a guest has the terminal: SIGINT is its business, SIGTERM and the end of the terminal ask for the end.
    ///
    /// # Errors
    /// What the system says.
    pub(super) fn listen_beside_a_guest() -> io::Result<Self> {
        // A handler and not "ignore", which QEMU would inherit.
        flag::register(SIGINT, Arc::new(AtomicBool::new(false)))?;
        Self::watch(&[SIGTERM, SIGHUP])
    }

    fn watch(signals: &[i32]) -> io::Result<Self> {
        let (pipe, sender) = UnixStream::pair()?;
        for signal in signals {
            low_level::pipe::register(*signal, sender.try_clone()?)?;
        }
        Ok(Self { pipe })
    }
}

impl EndSignals {
    /// Another one to watch, for another thread.
    ///
    /// # Errors
    /// What the system says.
    pub(super) fn try_clone(&self) -> io::Result<Self> {
        let pipe = self.pipe.try_clone()?;
        Ok(Self { pipe })
    }
}

impl From<EndSignals> for OwnedFd {
    fn from(signals: EndSignals) -> Self {
        signals.pipe.into()
    }
}

impl AsFd for EndSignals {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.pipe.as_fd()
    }
}
