//! Kernel modules: which are kept of the thousands that a distribution builds, and whether a folder has the driver.

use super::KitError;
use super::manifest::each_file;
use std::fs;
use std::path::{Path, PathBuf};

/// The driver under test.
const DRIVER: &str = "mlx5_core.ko";

/// Folders below `kernel/` that are kept: the driver with what it may depend on, and what a guest needs to hand a
/// function to a program or to talk to its host. Twenty times as much is left out.
const KEPT: [&str; 18] = [
    "crypto",
    "drivers/char",
    "drivers/infiniband",
    "drivers/iommu",
    "drivers/net/ethernet/mellanox",
    "drivers/net/virtio_net.ko",
    "drivers/pci",
    "drivers/pps",
    "drivers/ptp",
    "drivers/vdpa",
    "drivers/vfio",
    "drivers/virtio",
    "lib",
    "net/core",
    "net/psample",
    "net/tls",
    "net/vmw_vsock",
    "virt",
];

/// Folders below `kernel/` with what a guest needs for folders of the host, and to change them in memory.
const OF_SHARES: [&str; 4] = ["fs/9p", "fs/netfs", "fs/overlayfs", "net/9p"];

/// Removes the modules below `kernel` that are not kept.
pub fn prune(kernel: &Path) -> Result<(), KitError> {
    keep(kernel, &KEPT)
}

/// Removes the modules below `kernel` but those for folders of the host.
pub fn prune_to_shares(kernel: &Path) -> Result<(), KitError> {
    keep(kernel, &OF_SHARES)
}

/// The files of all modules below a folder, in any compression.
pub fn files(folder: &Path) -> Result<Vec<PathBuf>, KitError> {
    let mut found = Vec::new();
    each_file(folder, &mut |path, _| {
        let name = path.file_name().and_then(|name| name.to_str());
        if name.is_some_and(|name| name.contains(".ko")) {
            found.push(path.to_owned());
        }
    })?;
    found.sort();
    Ok(found)
}

fn keep(kernel: &Path, folders: &[&str]) -> Result<(), KitError> {
    let mut superfluous = Vec::new();
    each_file(kernel, &mut |path, _| {
        let kept = path
            .strip_prefix(kernel)
            .is_ok_and(|inner| folders.iter().any(|kept| is_of(inner, kept)));
        if !kept {
            superfluous.push(path.to_owned());
        }
    })?;
    for path in superfluous {
        fs::remove_file(&path).map_err(KitError::file(&path))?;
    }
    remove_empty_folders(kernel).map(drop)
}

/// Whether `path` is in the folder `kept`, or is the module of that name, compressed or not.
fn is_of(path: &Path, kept: &str) -> bool {
    path.starts_with(kept)
        || kept.ends_with(".ko")
            && path
                .to_str()
                .is_some_and(|path| path.strip_prefix(kept).is_some_and(|rest| rest.starts_with('.')))
}

/// Removes folders without files; whether `folder` was one.
fn remove_empty_folders(folder: &Path) -> Result<bool, KitError> {
    let mut empty = true;
    for entry in fs::read_dir(folder).map_err(KitError::file(folder))? {
        let path = entry.map_err(KitError::file(folder))?.path();
        empty &= path.is_dir() && !path.is_symlink() && remove_empty_folders(&path)?;
    }
    if empty {
        fs::remove_dir(folder).map_err(KitError::file(folder))?;
    }
    Ok(empty)
}

/// The driver's module below `folder`, in any compression.
pub fn driver(folder: &Path) -> Result<Option<PathBuf>, KitError> {
    let mut found = None;
    each_file(folder, &mut |path, _| {
        let name = path
            .file_name()
            .and_then(|name| name.to_str())
            .unwrap_or_default();
        if matches!(name.strip_prefix(DRIVER), Some("" | ".xz" | ".zst" | ".gz")) {
            found = Some(path.to_owned());
        }
    })?;
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_guest_needs_is_kept() {
        let folder = tempfile::tempdir().unwrap();
        let kernel = folder.path().join("kernel");
        let modules = [
            "drivers/gpu/drm/radeon.ko.xz",
            "drivers/net/ethernet/mellanox/mlx5/core/mlx5_core.ko.xz",
            "drivers/net/tun.ko.xz",
            "drivers/net/virtio_net.ko.xz",
            "drivers/vfio/vfio.ko.xz",
            "net/wireless/cfg80211.ko.xz",
        ];
        for module in modules {
            let path = kernel.join(module);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, "").unwrap();
        }
        prune(&kernel).unwrap();
        let mut left = Vec::new();
        each_file(&kernel, &mut |path, _| {
            left.push(path.strip_prefix(&kernel).unwrap().to_owned());
        })
        .unwrap();
        left.sort();
        assert_eq!(left, [1, 3, 4].map(|index| PathBuf::from(modules[index])));
        assert!(!kernel.join("drivers/gpu").exists());
        assert_eq!(driver(&kernel).unwrap().unwrap(), kernel.join(modules[1]));
        assert_eq!(driver(&kernel.join("drivers/vfio")).unwrap(), None);
    }

    #[test]
    fn what_folders_of_the_host_need_is_kept_apart() {
        let folder = tempfile::tempdir().unwrap();
        let modules = [
            "fs/9p/9p.ko.xz",
            "fs/ext4/ext4.ko.xz",
            "net/9p/9pnet.ko",
            "net/9p/README",
        ];
        for module in modules {
            let path = folder.path().join(module);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, "").unwrap();
        }
        prune_to_shares(folder.path()).unwrap();
        let left = files(folder.path()).unwrap();
        assert_eq!(left, [0, 2].map(|index| folder.path().join(modules[index])));
    }
}
