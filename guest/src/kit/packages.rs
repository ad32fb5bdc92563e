//! Debian packages as apt names them: what is to be fetched, and the bytes that must arrive.

use super::KitError;
use super::digest::sha256;
use serde::{Deserialize, Serialize};
use std::path::Path;

/// One package.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Package {
    /// Its name.
    pub name: String,
    /// Its version.
    pub version: String,
    /// The name of its file.
    pub file: String,
    /// The length of its file.
    pub size: u64,
    /// The SHA-256 of its file, which apt has from the signed list.
    pub sha256: String,
}

/// Packages that were asked for, with all that they depend on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Selection {
    /// What was asked for.
    pub names: Vec<String>,
    /// What apt makes of it.
    pub packages: Vec<Package>,
}

impl Selection {
    /// What there is to fetch, for people; some of it may be in `folder` already.
    #[must_use]
    pub fn amount(&self, folder: &Path) -> String {
        let (count, size) = (self.packages.len(), total(&self.packages));
        let size_in_words = megabytes(size);
        match total(&self.absent(folder)) {
            left if left == size => format!("{count} packages, {size_in_words} to fetch"),
            0 => format!("{count} packages, {size_in_words}, all here already"),
            left => format!(
                "{count} packages, {} of {size_in_words} to fetch",
                megabytes(left)
            ),
        }
    }

    /// The packages whose files are not in `folder` with the right bytes.
    #[must_use]
    pub fn absent(&self, folder: &Path) -> Vec<Package> {
        let packages = self.packages.iter();
        packages
            .filter(|package| !package.is_in(folder))
            .cloned()
            .collect()
    }

    /// The packages that were asked for themselves.
    #[must_use]
    pub fn asked_for(&self) -> Vec<Package> {
        let asked = |package: &&Package| self.names.contains(&package.name);
        self.packages.iter().filter(asked).cloned().collect()
    }
}

impl Package {
    /// From a line of `apt-get --print-uris`: `'address' name_version_architecture.deb size SHA256:digest`.
    fn from_line(line: &str) -> Option<Self> {
        let mut words = line.strip_prefix('\'')?.split_once("' ")?.1.split(' ');
        let (file, size, digest) = (words.next()?, words.next()?, words.next()?);
        let mut pieces = file.strip_suffix(".deb")?.split('_');
        Some(Self {
            name: pieces.next()?.to_owned(),
            version: pieces.next()?.replace("%3a", ":"),
            file: file.to_owned(),
            size: size.parse().ok()?,
            sha256: digest.strip_prefix("SHA256:")?.to_owned(),
        })
    }

    /// Whether `folder` has the package's file with the right bytes.
    #[must_use]
    pub fn is_in(&self, folder: &Path) -> bool {
        sha256(&folder.join(&self.file)).is_ok_and(|found| found == self.sha256)
    }
}

/// All packages that `apt-get --print-uris` names.
pub fn from_uris(text: &str) -> Result<Vec<Package>, KitError> {
    let lines = text.lines().filter(|line| line.starts_with('\''));
    lines
        .map(|line| {
            Package::from_line(line).ok_or_else(|| KitError::Program {
                program: "apt-get".to_owned(),
                text: format!("it names a package in an unknown way: {line}"),
            })
        })
        .collect()
}

/// Bytes to fetch.
#[must_use]
pub fn total(packages: &[Package]) -> u64 {
    packages.iter().map(|package| package.size).sum()
}

/// Bytes in megabytes, as people read them.
#[must_use]
pub fn megabytes(bytes: u64) -> String {
    format!("{} MB", bytes.div_ceil(1_000_000))
}

#[cfg(test)]
mod tests {
    use super::*;

    const URIS: &str = "\
Reading package lists...
'http://mirror/pool/main/g/glibc/libc6_2.41-12%2bdeb13u4_amd64.deb' libc6_2.41-12+deb13u4_amd64.deb 2846580 SHA256:967a
'http://mirror/pool/main/q/qemu/qemu-system-x86_11.1.3%2bds-1_amd64.deb' qemu-system-x86_1%3a11.1.3+ds-1_amd64.deb 10 SHA256:ab
";

    #[test]
    fn uris_name_packages() {
        let packages = from_uris(URIS).unwrap();
        assert_eq!(packages.len(), 2);
        assert_eq!(packages[0].name, "libc6");
        assert_eq!(packages[0].version, "2.41-12+deb13u4");
        assert_eq!(packages[0].sha256, "967a");
        assert_eq!(packages[1].version, "1:11.1.3+ds-1");
        assert_eq!(packages[1].file, "qemu-system-x86_1%3a11.1.3+ds-1_amd64.deb");
        assert_eq!(total(&packages), 2_846_590);
        assert_eq!(megabytes(total(&packages)), "3 MB");
    }

    #[test]
    fn what_is_here_already_need_not_be_fetched() {
        let folder = tempfile::tempdir().unwrap();
        let mut selection = Selection {
            names: Vec::new(),
            packages: from_uris(URIS).unwrap(),
        };
        assert_eq!(selection.amount(folder.path()), "2 packages, 3 MB to fetch");
        let mut arrives = |place: usize| {
            let package = &mut selection.packages[place];
            let path = folder.path().join(&package.file);
            std::fs::write(&path, "0123456789").unwrap();
            package.sha256 = sha256(&path).unwrap();
            selection.amount(folder.path())
        };
        assert_eq!(arrives(1), "2 packages, 3 MB of 3 MB to fetch");
        assert_eq!(arrives(0), "2 packages, 3 MB, all here already");
    }

    #[test]
    fn a_weak_digest_is_refused() {
        let error = from_uris("'http://mirror/a_1_all.deb' a_1_all.deb 10 MD5Sum:ab\n").unwrap_err();
        assert!(error.to_string().contains("unknown way"), "{error}");
    }
}
