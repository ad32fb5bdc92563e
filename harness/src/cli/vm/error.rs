//! Why there is no guest.

use super::console::ConsoleError;
use super::errand::FolderError;
use crate::cli::exit::Exit;
use crate::cli::serving::service::ServiceError;
use files::FileError;
use guest::image::ImageError;
use guest::kit::KitError;
use guest::machine::{AgentError, StartError};
use std::io;
use std::process::ExitStatus;

/// Why there is no guest, or none any more.
#[derive(Debug, thiserror::Error)]
pub(super) enum VmError {
    /// There is no kit.
    #[error(transparent)]
    Kit(#[from] KitError),
    /// The initramfs cannot be built.
    #[error("initramfs: {0}")]
    Image(#[from] ImageError),
    /// The device is not served.
    #[error(transparent)]
    Service(#[from] ServiceError),
    /// QEMU cannot be started.
    #[error(transparent)]
    Start(#[from] StartError),
    /// The guest cannot be given orders.
    #[error(transparent)]
    Agent(#[from] AgentError),
    /// The system refuses.
    #[error("{0}")]
    System(#[from] io::Error),
    /// A folder of this machine is none.
    #[error(transparent)]
    Folder(#[from] FolderError),
    /// The kernel's log cannot be written.
    #[error(transparent)]
    Dmesg(#[from] FileError),
    /// The console cannot be read, or not be written into a file.
    #[error(transparent)]
    Console(#[from] ConsoleError),
    /// KVM is asked for and not there.
    #[error("this machine has no KVM for this user: /dev/kvm does not open; --accel tcg does without")]
    NoKvm,
    /// QEMU has failed.
    #[error("QEMU ended with {0}")]
    Ended(ExitStatus),
    /// The guest cannot do what is asked.
    #[error("the guest cannot do it: {0}")]
    Refused(String),
    /// The guest has ended first; the last lines of its console.
    #[error("the guest ended before the command did; its console says last:{}", indented(.0))]
    Lost(Vec<String>),
}

impl VmError {
    /// How the process ends.
    pub(super) const fn exit(&self) -> Exit {
        match self {
            Self::Service(error) => error.exit(),
            Self::Folder(_) | Self::Dmesg(_) | Self::Console(ConsoleError::File(_)) => Exit::Usage,
            Self::Image(_)
            | Self::Kit(_)
            | Self::Start(_)
            | Self::Agent(_)
            | Self::System(_)
            | Self::Console(ConsoleError::Io(_))
            | Self::NoKvm
            | Self::Refused(_)
            | Self::Lost(_)
            | Self::Ended(_) => Exit::Backend,
        }
    }
}

fn indented(lines: &[String]) -> String {
    lines.iter().map(|line| format!("\n  {line}")).collect()
}
