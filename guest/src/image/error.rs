//! Why an image cannot be built.

use std::io;
use std::path::{Path, PathBuf};

/// Why there is no image.
#[derive(Debug, thiserror::Error)]
pub enum ImageError {
    /// A file or folder cannot be read or written.
    #[error("{}: {error}", path.display())]
    File {
        /// Which.
        path: PathBuf,
        /// Why.
        error: io::Error,
    },
    /// No file is this module.
    #[error("there is no module {name} in {}{}", folder.display(), needed_by(needed_by_module.as_deref()))]
    NoSuchModule {
        /// The module.
        name: String,
        /// Where it was sought.
        folder: PathBuf,
        /// The module that depends on it; `None` if it was asked for itself.
        needed_by_module: Option<String>,
    },
    /// A file is not what a module is.
    #[error("{} is not a kernel module: {why}", path.display())]
    NotAModule {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        why: String,
    },
    /// Modules depend on each other.
    #[error("modules depend on each other: {}", names.join(" -> "))]
    Circle {
        /// From one module to itself.
        names: Vec<String>,
    },
    /// A path in the guest is not absolute, or leaves its folder.
    #[error("{target:?} is not a path for a file in the guest; /bin/busybox is one")]
    BadTarget {
        /// The path.
        target: String,
    },
}

fn needed_by(module: Option<&str>) -> String {
    module
        .map(|name| format!("; {name} needs it"))
        .unwrap_or_default()
}

impl ImageError {
    pub(super) fn file(path: &Path) -> impl FnOnce(io::Error) -> Self {
        let path = path.to_owned();
        move |error| Self::File { path, error }
    }
}
