//! Why nothing can be run on Linux.

use super::guest::GuestError;
use guest::image::ImageError;
use guest::kit::KitError;

/// Why nothing can be run on Linux.
#[derive(Debug, thiserror::Error)]
pub enum BackendError {
    /// There is no kit.
    #[error(transparent)]
    Kit(#[from] KitError),
    /// The initramfs cannot be built.
    #[error(transparent)]
    Image(#[from] ImageError),
    /// The guest failed before any scenario began.
    #[error(transparent)]
    Guest(#[from] GuestError),
    /// A file of this process failed.
    #[error("the guest cannot be prepared: {0}")]
    Io(#[from] std::io::Error),
}
