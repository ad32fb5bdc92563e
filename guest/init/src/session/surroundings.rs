//! What a program finds: the guest's commands, folders of the host, and the host's root in place of the image's.

use crate::shell::{COMMANDS, POWER, WITHOUT_BUSYBOX};
use guest_protocol::{Access, BUSYBOX, MODULES_FOLDER, OWN_MODULES, Share};
use rustix::mount::{MountFlags, mount, mount_bind, mount_bind_recursive};
use std::ffi::CString;
use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;
use std::process::Command;

/// This program, where it is under every root.
pub const INIT: &str = "/run/mlx5-cosim/init";
/// The guest's own commands.
pub const COMMANDS_FOLDER: &str = "/run/mlx5-cosim/bin";
/// Those that nothing else can stand in for.
pub const POWER_FOLDER: &str = "/run/mlx5-cosim/power";

/// Where the image has this program.
const INIT_OF_IMAGE: &str = "/init";

/// File systems that programs expect.
const MOUNTS: [(&str, &str); 4] = [
    ("tmpfs", "/run"),
    ("tmpfs", "/tmp"),
    ("devpts", "/dev/pts"),
    ("tmpfs", "/dev/shm"),
];

/// What shells read when a person logs in. Busybox has an `insmod` that wants a path, and a `help` of its own.
const PROFILE: &str = "\
insmod() { /run/mlx5-cosim/bin/insmod \"$@\"; }
help() { /run/mlx5-cosim/bin/help; }
PS1='guest# '
[ ! -t 0 ] || echo 'This is the guest of mlx5-cosim. help lists its own commands, busybox --list the usual ones.'
";

/// Files that programs expect.
const FILES: [(&str, &str); 3] = [
    ("/etc/profile", PROFILE),
    ("/etc/passwd", "root:x:0:0:root:/root:/bin/sh\n"),
    ("/etc/group", "root:x:0:\n"),
];

/// Where the links to busybox go.
const BUSYBOX_LINKS: &str = "/usr/bin";

/// Folders of the host's root as it is, of what the guest changes of it, and of both as one.
const LOWER: &str = "/host/lower";
const CHANGES: &str = "/host/changes";
const ROOT: &str = "/host/root";

/// What the guest has under the host's root instead of the host's own, with all that is mounted below.
const OWN: [&str; 4] = ["/proc", "/sys", "/dev", "/run"];
/// Folders that are empty there, where the host's root cannot be written to.
const EMPTY: [&str; 2] = ["/tmp", "/var/tmp"];

/// How the host's folders are mounted. What may be written must not be kept back.
const READING: &str = "trans=virtio,version=9p2000.L,msize=512000,cache=loose";
const WRITING: &str = "trans=virtio,version=9p2000.L,msize=512000,cache=none";

/// Mounts and links what every program expects.
///
/// # Errors
/// Something cannot be mounted or written.
pub fn prepare() -> Result<(), String> {
    for (kind, target) in MOUNTS {
        make_folder(target)?;
        mount(kind, target, kind, MountFlags::empty(), None)
            .map_err(|errno| format!("mount {kind} on {target}: {errno}"))?;
    }
    for folder in [COMMANDS_FOLDER, POWER_FOLDER, OWN_MODULES, "/etc", BUSYBOX_LINKS] {
        make_folder(folder)?;
    }
    let failed = |what: &'static str| move |error: std::io::Error| format!("{what}: {error}");
    fs::copy(INIT_OF_IMAGE, INIT).map_err(failed(INIT))?;
    let has_busybox = Path::new(BUSYBOX).exists();
    let others: &[&str] = if has_busybox { &[] } else { &WITHOUT_BUSYBOX };
    for name in COMMANDS.iter().chain(others) {
        symlink(INIT, format!("{COMMANDS_FOLDER}/{name}")).map_err(failed(COMMANDS_FOLDER))?;
    }
    for name in POWER {
        symlink(INIT, format!("{POWER_FOLDER}/{name}")).map_err(failed(POWER_FOLDER))?;
    }
    if Path::new(MODULES_FOLDER).exists() {
        mount_bind(MODULES_FOLDER, OWN_MODULES).map_err(|errno| format!("{OWN_MODULES}: {errno}"))?;
    }
    for (path, text) in FILES {
        if !Path::new(path).exists() {
            fs::write(path, text).map_err(failed(path))?;
        }
    }
    if has_busybox {
        let installed = Command::new(BUSYBOX)
            .args(["--install", "-s", BUSYBOX_LINKS])
            .status();
        if let Err(error) = installed {
            eprintln!("guest-init: {BUSYBOX}: {error}");
        }
    }
    Ok(())
}

fn make_folder(path: &str) -> Result<(), String> {
    fs::create_dir_all(path).map_err(|error| format!("make {path}: {error}"))
}

fn mount_9p(tag: &str, target: &str, access: Access) -> Result<(), String> {
    let (flags, options) = match access {
        Access::Read => (MountFlags::RDONLY, READING),
        Access::Write => (MountFlags::empty(), WRITING),
    };
    mount_with(tag, target, "9p", flags, options)
}

fn mount_with(
    source: &str,
    target: &str,
    kind: &str,
    flags: MountFlags,
    options: &str,
) -> Result<(), String> {
    let failed = |why: &dyn std::fmt::Display| format!("mount {kind} on {target}: {why}");
    let options = CString::new(options).map_err(|error| failed(&error))?;
    mount(source, target, kind, flags, options.as_c_str()).map_err(|errno| failed(&errno))
}

/// Mounts a folder of the host under `root`.
///
/// # Errors
/// It cannot be mounted; the kernel may not know how.
pub fn mount_share(root: &str, share: &Share) -> Result<(), String> {
    let target = format!("{}{}", root.trim_end_matches('/'), share.place);
    make_folder(&target)?;
    mount_9p(&share.tag, &target, share.access)
}

/// Makes a root of the host's: its files, what the guest changes of them in memory, and the guest's own kernel file systems. Where it
/// is.
///
/// # Errors
/// Something cannot be mounted; the kernel may not know how.
pub fn enter_shared_root(tag: &str) -> Result<&'static str, String> {
    for folder in [LOWER, CHANGES, ROOT] {
        make_folder(folder)?;
    }
    mount_9p(tag, LOWER, Access::Read)?;
    // The first file system of a guest cannot hold what an overlay writes.
    mount("tmpfs", CHANGES, "tmpfs", MountFlags::empty(), None)
        .map_err(|errno| format!("mount tmpfs on {CHANGES}: {errno}"))?;
    let (upper, work) = (format!("{CHANGES}/upper"), format!("{CHANGES}/work"));
    make_folder(&upper)?;
    make_folder(&work)?;
    let options = format!("lowerdir={LOWER},upperdir={upper},workdir={work}");
    if let Err(why) = mount_with("overlay", ROOT, "overlay", MountFlags::empty(), &options) {
        eprintln!("guest-init: the host's root cannot be written to: {why}");
        mount_bind(LOWER, ROOT).map_err(|errno| format!("bind {ROOT}: {errno}"))?;
    }
    for folder in OWN {
        let target = format!("{ROOT}{folder}");
        mount_bind_recursive(folder, target.as_str()).map_err(|errno| format!("bind {target}: {errno}"))?;
    }
    for folder in EMPTY {
        let target = format!("{ROOT}{folder}");
        // A host that has no such folder needs none.
        let _ = mount("tmpfs", target.as_str(), "tmpfs", MountFlags::empty(), None);
    }
    Ok(ROOT)
}
