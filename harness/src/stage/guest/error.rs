//! Why a guest with our driver cannot be used.

use crate::stage::socket::SocketError;
use crate::stage::socket::server::ServerError;
use driver_host::HostStop;
use guest::image::ImageError;
use guest::kit::KitError;
use guest_protocol::{LineError, Refusal};
use std::io;
use std::time::Duration;

/// Why there is no guest, or none any more.
#[derive(Debug, thiserror::Error)]
pub enum GuestError {
    /// There is no kit.
    #[error(transparent)]
    Kit(#[from] KitError),
    /// The initramfs cannot be built.
    #[error("initramfs: {0}")]
    Image(#[from] ImageError),
    /// There is no server that will do.
    #[error(transparent)]
    Server(#[from] ServerError),
    /// The run was cut short.
    #[error(transparent)]
    Socket(#[from] SocketError),
    /// Our driver's program does not answer.
    #[error(transparent)]
    Host(#[from] HostStop),
    /// A socket or a process of this one failed.
    #[error("{what}: {error}")]
    Io {
        /// What was done.
        what: &'static str,
        /// What the system says.
        error: io::Error,
    },
    /// QEMU has ended.
    #[error("the guest is gone: {0}")]
    Gone(String),
    /// The guest did not answer.
    #[error("the guest has not answered within {} s: {what}", limit.as_secs())]
    Silent {
        /// What was asked.
        what: String,
        /// For how long.
        limit: Duration,
    },
    /// A program in the guest says what it should not.
    #[error("{port}: {error}")]
    Line {
        /// Its port.
        port: &'static str,
        /// What is wrong.
        error: LineError,
    },
    /// The guest refused what every guest can do.
    #[error("the guest refused: {what}: {refusal}")]
    Refused {
        /// What was asked.
        what: String,
        /// Its answer.
        refusal: Refusal,
    },
    /// Whoever runs this has ended it.
    #[error("interrupted")]
    Interrupted,
}

impl GuestError {
    /// An error of the system, by what was done.
    pub(super) const fn io(what: &'static str) -> impl FnOnce(io::Error) -> Self {
        move |error| Self::Io { what, error }
    }
}
