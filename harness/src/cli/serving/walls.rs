//! The sandbox of `serve`: what the process gives up once its sockets and files are there.

use sandbox::{Missing, Sandbox, calls, confine_calls};
use std::path::{Path, PathBuf};

/// Descriptors of a function at most: listener and client, 64 memory files, an eventfd for each of 16 vectors, and 64 that
/// have come with messages that are not complete.
const FILES_OF_A_FUNCTION: u64 = 160;

/// All others: control clients, descriptors that wait to be closed, the loop's own.
const OTHER_FILES: u64 = 1024;

/// Memory of its own, in bytes: firmware's book takes some 100 for each page that it has been given, records of a
/// million commands and events that nobody has looked at yet some 500 each.
const OWN_BYTES: u64 = 8 << 30;

/// The walls around a server.
#[derive(Debug)]
pub(super) enum Walls {
    /// There are none: the user wants it so.
    None,
    /// Files and limits are confined; calls are once the device's thread has begun.
    Around(Sandbox, Vec<Missing>),
}

impl Walls {
    /// Confines the calling thread, which is the only one yet, to what a server with so many functions needs at
    /// `folder` and `control`, and starts the threads that clients will need.
    pub(super) fn around(folder: &Path, control: Option<&Path>, functions: usize) -> Self {
        let control = control.map(|control| match control.parent() {
            Some(folder) if folder != Path::new("") => folder.to_owned(),
            _ => PathBuf::from("."),
        });
        let folders = [folder.to_owned()].into_iter().chain(control);
        let functions = u64::try_from(functions).unwrap_or(u64::MAX);
        let sandbox = Sandbox {
            folders: folders.collect(),
            open_files: functions.saturating_mul(FILES_OF_A_FUNCTION) + OTHER_FILES,
            own_bytes: OWN_BYTES,
        };
        let missing = sandbox.confine_files();
        transport::start_threads();
        Self::Around(sandbox, missing)
    }

    /// Confines the system calls of all threads, which are all there now, and tells what is in force.
    pub(super) fn close(self) {
        let Self::Around(sandbox, mut missing) = self else {
            tracing::warn!(
                "no sandbox, as --no-sandbox says: who takes over this process can do what its user can"
            );
            return;
        };
        missing.extend(confine_calls().err());
        for missing in &missing {
            tracing::warn!("the sandbox has a hole: {missing}");
        }
        tracing::info!(
            "in a sandbox: no file can be opened, {} system calls are left, at most {} open files and {} GiB of memory of its own",
            calls::ALLOWED.len(),
            sandbox.open_files,
            sandbox.own_bytes >> 30
        );
    }
}
