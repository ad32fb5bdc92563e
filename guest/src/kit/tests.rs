//! A kit put together by hand: what is found, what is missing, what is damaged.

use super::cache::Cache;
use super::manifest::{Manifest, Part, PartName};
use super::*;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

const RELEASE: &str = "7.2.12+deb13-amd64";

/// Remembers the lines of a setup.
#[derive(Default)]
struct Lines(Vec<String>);

impl SetupReport for Lines {
    fn note(&mut self, text: &str) {
        self.0.push(text.to_owned());
    }
    fn warning(&mut self, text: &str) {
        self.0.push(format!("warning: {text}"));
    }
    fn begin(&mut self, doing: &str, _: u64, _: Unit) {
        self.0.push(doing.to_owned());
    }
    fn advance(&mut self, _: u64) {}
    fn end(&mut self) {}
}

/// A cache with a kernel of the release `release`, and all that makes a guest comfortable.
fn cache_with_kernel(folder: &Path, release: &str) -> Cache {
    let cache = Cache::at(folder.to_owned());
    let tree = folder.join("linux");
    fs::create_dir_all(tree.join("kernel")).unwrap();
    let mut image = vec![0; 0x400];
    image[0x202..0x206].copy_from_slice(b"HdrS");
    image[0x20e..0x210].copy_from_slice(&0x100_u16.to_le_bytes());
    image[0x300..0x300 + release.len()].copy_from_slice(release.as_bytes());
    fs::write(tree.join("vmlinuz"), image).unwrap();
    fs::write(tree.join("kernel/mlx5_core.ko.xz"), "module").unwrap();
    let key_files = ["vmlinuz", "kernel/mlx5_core.ko.xz"].map(PathBuf::from);
    let part = Part::of(&tree, "linux", release, Vec::new(), &key_files).unwrap();
    let mut manifest = Manifest::default();
    manifest.parts.insert(PartName::Linux, part);
    for (name, title, version, file) in [
        (PartName::Shell, "busybox", "1:1.37", "busybox"),
        (PartName::Shares, "shares", release, "9p.ko.xz"),
    ] {
        let tree = folder.join(title);
        fs::create_dir_all(&tree).unwrap();
        fs::write(tree.join(file), title).unwrap();
        let part = Part::of(&tree, title, version, Vec::new(), &[]).unwrap();
        manifest.parts.insert(name, part);
    }
    manifest.write(&cache).unwrap();
    cache
}

/// What a folder holds, in the order of the names.
fn names_in(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).unwrap();
    let mut names: Vec<_> = entries
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}

/// A program that answers as QEMU does.
fn own_qemu(folder: &Path, version: &str, device: &str) -> PathBuf {
    let path = folder.join(format!("qemu-{version}-{device}"));
    let text = format!(
        "#!/bin/sh\ncase $1 in --version) echo 'QEMU emulator version {version}';; *) echo 'name \"{device}\", bus PCI';; esac\n"
    );
    // Written by another process: a fork of a test beside this one could otherwise hold it open when it is started.
    let mut shell = Command::new("sh");
    shell.args(["-c", "printf %s \"$1\" > \"$0\" && chmod 755 \"$0\""]);
    assert!(shell.arg(&path).arg(text).status().unwrap().success());
    path
}

fn options(folder: &Path) -> KitOptions {
    KitOptions {
        qemu: Some(own_qemu(folder, "10.1.2", "vfio-user-pci")),
        ..KitOptions::default()
    }
}

#[test]
fn a_complete_kit_is_left_alone() {
    let (folder, own) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let cache = cache_with_kernel(folder.path(), RELEASE);
    let mut lines = Lines::default();
    let kit = setup::setup(&cache, &options(own.path()), &mut lines).unwrap();
    assert_eq!(lines.0[0], "The kit is complete");
    assert_eq!(lines.0.len(), 3);
    assert_eq!(kit.kernel_release(), Some(RELEASE));
    assert_eq!(kit.kernel(), folder.path().join("linux/vmlinuz"));
    assert_eq!(kit.modules(), folder.path().join("linux"));
    assert_eq!(kit.qemu_version(), (10, 1, 2));
    assert!(
        kit.describe().ends_with("Linux 7.2.12+deb13-amd64 (kit)"),
        "{}",
        kit.describe()
    );
    // Neither a lock nor a folder of apt: nothing was begun.
    assert_eq!(
        names_in(folder.path()),
        ["busybox", "kit.json", "linux", "shares"]
    );
}

#[test]
fn a_kit_serves_without_its_comforts_where_they_cannot_be_fetched() {
    let (folder, own) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let cache = cache_with_kernel(folder.path(), RELEASE);
    let mut manifest = Manifest::read(&cache);
    for name in [PartName::Shell, PartName::Shares] {
        manifest.parts.remove(&name);
    }
    manifest.write(&cache).unwrap();
    // Where apt's state would be.
    fs::write(cache.apt(), "in the way").unwrap();
    let mut lines = Lines::default();
    let kit = setup::setup(&cache, &options(own.path()), &mut lines).unwrap();
    assert_eq!(kit.kernel_release(), Some(RELEASE));
    let warning = "warning: vm does without the shell and modules for folders of the host: ";
    assert!(lines.0[0].starts_with(warning), "{:?}", lines.0);
    // What guests cannot do without is asked for in earnest.
    manifest.parts.remove(&PartName::Linux);
    manifest.write(&cache).unwrap();
    setup::setup(&cache, &options(own.path()), &mut lines).unwrap_err();
}

#[test]
#[allow(clippy::disallowed_methods, reason = "two at once are two threads")]
fn two_setups_at_once_take_turns_and_what_a_killed_one_left_is_gone() {
    let (folder, own) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let cache = cache_with_kernel(folder.path(), RELEASE);
    let options = options(own.path());
    for left in ["linux-7.2.12.staging", "qemu.old"] {
        fs::create_dir_all(folder.path().join(left).join("usr/lib")).unwrap();
    }
    let set_up = || setup::setup(&cache, &options, &mut Lines::default()).map(|kit| kit.describe());
    let both =
        std::thread::scope(|scope| [scope.spawn(set_up), scope.spawn(set_up)].map(|one| one.join().unwrap()));
    for kit in both {
        assert!(kit.unwrap().ends_with("(kit)"));
    }
    assert_eq!(
        names_in(folder.path()),
        ["busybox", "kit.json", "linux", "lock", "shares"]
    );
}

#[test]
fn a_kernel_that_nobody_expects_is_told() {
    let (folder, own) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let cache = cache_with_kernel(folder.path(), "7.9.1-amd64");
    let mut lines = Lines::default();
    setup::setup(&cache, &options(own.path()), &mut lines).unwrap();
    let last = lines.0.last().unwrap();
    assert!(
        last.starts_with("warning:") && last.contains("7.9.1-amd64"),
        "{last}"
    );
}

#[test]
fn what_is_missing_is_named_with_the_remedy() {
    let (folder, own) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let cache = Cache::at(folder.path().join("none"));
    let error = Kit::locate_in(&cache, &options(own.path())).unwrap_err();
    assert_eq!(error.to_string(), "a Linux kernel with mlx5_core is not there");
    assert!(error.help().unwrap().contains("`mlx5-cosim setup`"));

    let cache = cache_with_kernel(folder.path(), RELEASE);
    let mut wanted = options(own.path());
    wanted.subfunctions = true;
    let error = Kit::locate_in(&cache, &wanted).unwrap_err();
    assert!(error.to_string().contains("sub-functions"), "{error}");

    fs::write(folder.path().join("linux/vmlinuz"), "cut short").unwrap();
    let error = Kit::locate_in(&cache, &options(own.path())).unwrap_err();
    assert_eq!(
        error.to_string(),
        "the kit's Linux is damaged: vmlinuz has 9 of 1024 bytes"
    );
    assert!(error.help().unwrap().contains("`mlx5-cosim setup`"));
}

#[test]
fn a_changed_file_is_found_before_it_is_used() {
    let (folder, own) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let cache = cache_with_kernel(folder.path(), RELEASE);
    let options = options(own.path());
    let module = folder.path().join("linux/kernel/mlx5_core.ko.xz");
    Kit::locate_in(&cache, &options).unwrap();
    // The same length and the same time of change: only the hash tells, or what cannot be set by hand.
    let modified = fs::metadata(&module).unwrap().modified().unwrap();
    fs::write(&module, "modulE").unwrap();
    fs::File::open(&module).unwrap().set_modified(modified).unwrap();
    let error = Kit::locate_in(&cache, &options).unwrap_err().to_string();
    assert!(error.contains("mlx5_core.ko.xz has changed"), "{error}");
    fs::write(&module, "module").unwrap();
    Kit::locate_in(&cache, &options).unwrap();
    fs::remove_file(&module).unwrap();
    assert!(Kit::locate_in(&cache, &options).is_err());
}

#[test]
fn parts_of_ones_own_must_be_fit() {
    let folder = tempfile::tempdir().unwrap();
    let cache = cache_with_kernel(folder.path(), RELEASE);
    for (version, device, complaint) in [
        ("9.2.0", "vfio-user-pci", "older than 10.1"),
        ("11.0.0", "vfio-pci", "no device"),
    ] {
        let own = KitOptions {
            qemu: Some(own_qemu(folder.path(), version, device)),
            ..KitOptions::default()
        };
        let error = Kit::locate_in(&cache, &own).unwrap_err();
        assert!(error.to_string().contains(complaint), "{error}");
    }

    let mut own = KitOptions {
        kernel: Some(folder.path().join("linux/vmlinuz")),
        ..KitOptions::default()
    };
    assert!(own.check().unwrap_err().help().unwrap().contains("--modules"));
    own.modules = Some(folder.path().join("linux"));
    own.check().unwrap();
    fs::remove_file(folder.path().join("linux/kernel/mlx5_core.ko.xz")).unwrap();
    assert!(own.check().unwrap_err().to_string().contains("no mlx5_core.ko"));
}
