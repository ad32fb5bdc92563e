//! What stands where a file is to be written.

use std::fs::{self, OpenOptions};
use std::io;
use std::os::unix::fs::{FileTypeExt, OpenOptionsExt};
use std::path::Path;

/// What stands at a path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Place {
    /// Nothing, or a regular file that may be replaced.
    Free,
    /// A device or a pipe, which takes bytes and cannot be replaced.
    Sink,
}

/// Looks at `path`.
///
/// # Errors
/// Where nothing can be written there: a symbolic link, behind which any file could be, a folder, a socket.
pub(crate) fn look(path: &Path) -> io::Result<Place> {
    let about = match fs::symlink_metadata(path) {
        Ok(about) => about,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Place::Free),
        Err(error) => return Err(error),
    };
    let kind = about.file_type();
    if kind.is_symlink() {
        // The system's own names of this process's descriptors are links, too.
        let own = ["/dev", "/dev/fd", "/proc/self/fd"].map(Path::new);
        if path.parent().is_some_and(|folder| own.contains(&folder)) {
            return Ok(Place::Sink);
        }
        return Err(io::Error::other(
            "it is a symbolic link, and nothing is written through one",
        ));
    }
    if kind.is_dir() {
        return Err(io::ErrorKind::IsADirectory.into());
    }
    if kind.is_socket() {
        return Err(io::Error::other("it is a socket"));
    }
    if kind.is_char_device() || kind.is_block_device() || kind.is_fifo() {
        return Ok(Place::Sink);
    }
    Ok(Place::Free)
}

/// How a file is opened under its final name: where it is [`Place::Free`] a link that has come meanwhile is refused.
pub(crate) fn options(place: Place) -> OpenOptions {
    let mut options = OpenOptions::new();
    options.write(true);
    if place == Place::Free {
        let no_link = rustix::fs::OFlags::NOFOLLOW.bits();
        options
            .create(true)
            .truncate(true)
            .custom_flags(i32::try_from(no_link).unwrap_or_default());
    }
    options
}
