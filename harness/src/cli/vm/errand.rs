//! From the command line to what the guest is asked to do, and which folders it has for it.

use super::arguments::{RootChoice, SharedPlace, VmArguments};
use crate::cli::streams;
use guest::machine::SharedFolder;
use guest_protocol::{Access, Errand, Program, Root, Share, Terminal};
use rustix::termios::tcgetwinsize;
use std::io::{self, stdin};
use std::path::{Path, PathBuf};

/// The tag of the root.
const ROOT_TAG: &str = "root";

/// A folder that the guest cannot have.
#[derive(Debug, thiserror::Error)]
#[error("{}: {why}", path.display())]
pub(super) struct FolderError {
    path: PathBuf,
    why: io::Error,
}

impl FolderError {
    /// What the system says of a folder.
    pub(super) fn of(path: &Path, why: io::Error) -> Self {
        Self {
            path: path.to_owned(),
            why,
        }
    }
}

/// An errand and the folders that go with it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Plan {
    /// What the guest is asked.
    pub(super) errand: Errand,
    /// What QEMU offers it.
    pub(super) folders: Vec<SharedFolder>,
}

impl Plan {
    /// What the arguments ask for. `is_terminal`: standard input is one.
    ///
    /// # Errors
    /// A folder is none.
    pub(super) fn of(arguments: &VmArguments, is_terminal: bool) -> Result<Self, FolderError> {
        let mut folders = Vec::new();
        let root = match &arguments.rootfs {
            None => Root::Image,
            Some(choice) => {
                let path = match choice {
                    RootChoice::Host => PathBuf::from("/"),
                    RootChoice::Folder(folder) => found(folder)?,
                };
                folders.push(SharedFolder {
                    tag: ROOT_TAG.to_owned(),
                    path,
                    is_writable: false,
                });
                Root::Shared {
                    tag: ROOT_TAG.to_owned(),
                }
            }
        };
        let mut shares = Vec::new();
        for (place, number) in arguments.share.iter().zip(0..) {
            let (share, folder) = share(place, number)?;
            shares.push(share);
            folders.push(folder);
        }
        let here = std::env::current_dir().ok();
        let folder =
            here.and_then(|here| folder_in_guest(&here, arguments.rootfs.as_ref(), &folders, &shares));
        Ok(Self {
            errand: Errand {
                program: program(arguments, is_terminal),
                folder,
                root,
                shares,
            },
            folders,
        })
    }

    /// Whether the guest runs a program and no terminal.
    pub(super) const fn has_streams(&self) -> bool {
        !matches!(self.errand.program, Program::Terminal(_))
    }
}

fn program(arguments: &VmArguments, is_terminal: bool) -> Program {
    match (&arguments.exec, arguments.command()) {
        (Some(text), _) => Program::Script(text.clone()),
        (None, Some(words)) => Program::Words(words.to_vec()),
        (None, None) if is_terminal => Program::Terminal(terminal()),
        (None, None) => Program::Input,
    }
}

/// What a serial port does not tell of this process's terminal.
fn terminal() -> Terminal {
    let size = tcgetwinsize(stdin()).ok();
    Terminal {
        rows: size.map_or(0, |size| size.ws_row),
        columns: size.map_or(0, |size| size.ws_col),
        kind: std::env::var("TERM").unwrap_or_default(),
    }
}

fn found(folder: &Path) -> Result<PathBuf, FolderError> {
    let failed = |why| FolderError::of(folder, why);
    let path = folder.canonicalize().map_err(failed)?;
    if path.is_dir() {
        Ok(path)
    } else {
        Err(failed(io::ErrorKind::NotADirectory.into()))
    }
}

fn share(shared: &SharedPlace, number: u32) -> Result<(Share, SharedFolder), FolderError> {
    let path = found(&shared.path)?;
    let tag = format!("share{number}");
    let place = shared.place.clone().unwrap_or_else(|| path.display().to_string());
    let access = if shared.is_writable {
        Access::Write
    } else {
        Access::Read
    };
    let share = Share {
        tag: tag.clone(),
        place,
        access,
    };
    let folder = SharedFolder {
        tag,
        path,
        is_writable: shared.is_writable,
    };
    Ok((share, folder))
}

/// Where the guest has the folder that this process is in, if it has it.
fn folder_in_guest(
    here: &Path,
    root: Option<&RootChoice>,
    folders: &[SharedFolder],
    shares: &[Share],
) -> Option<String> {
    let shared = shares.iter().find_map(|share| {
        let folder = folders.iter().find(|folder| folder.tag == share.tag)?;
        let inner = here.strip_prefix(&folder.path).ok()?;
        Some(Path::new(&share.place).join(inner))
    });
    let of_root = || (root == Some(&RootChoice::Host)).then(|| here.to_owned());
    let folder = shared.or_else(of_root)?;
    // Without a last slash, which `join` makes of nothing.
    let folder: PathBuf = folder.components().collect();
    Some(folder.to_str()?.to_owned())
}

/// Says what a debugger needs. The kernel of a distribution has its symbols in a package of its own.
pub(super) fn announce_debugger(port: u16, kernel: &Path, release: Option<&str>) {
    let of_tree = kernel.ancestors().find_map(|folder| {
        let symbols = folder.join("vmlinux");
        symbols.is_file().then_some(symbols)
    });
    let symbols = match (of_tree, release) {
        (Some(symbols), _) => format!("the symbols are in {}", symbols.display()),
        (None, Some(release)) => format!(
            "the symbols are in Debian's package linux-image-{release}-dbg, as usr/lib/debug/boot/vmlinux-{release}"
        ),
        (None, None) => "the symbols are in the vmlinux of the kernel's build".to_owned(),
    };
    streams::note(format_args!(
        "A debugger attaches with `target remote 127.0.0.1:{port}`; {symbols}."
    ));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_program_begins_where_the_user_is_if_the_guest_has_that_folder() {
        let shared = SharedPlace {
            path: std::env::temp_dir(),
            place: Some("/mnt/t".to_owned()),
            is_writable: true,
        };
        let (share, folder) = share(&shared, 3).unwrap();
        assert_eq!((share.tag.as_str(), share.access), ("share3", Access::Write));
        assert!(folder.is_writable);
        let inner = folder.path.join("a");
        let (folders, shares) = ([folder.clone()], [share]);
        let at = |here: &Path, root| folder_in_guest(here, root, &folders, &shares);
        assert_eq!(at(&inner, None).as_deref(), Some("/mnt/t/a"));
        assert_eq!(at(&folder.path, None).as_deref(), Some("/mnt/t"));
        assert_eq!(at(Path::new("/elsewhere"), None), None);
        assert_eq!(
            at(Path::new("/elsewhere"), Some(&RootChoice::Host)).as_deref(),
            Some("/elsewhere")
        );
    }

    #[test]
    fn what_is_no_folder_cannot_be_shared() {
        assert!(found(Path::new("/no/such/folder")).is_err());
        let error = found(Path::new("/proc/version")).unwrap_err();
        assert!(error.to_string().starts_with("/proc/version: "), "{error}");
    }
}
