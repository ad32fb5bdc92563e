//! What a driver's source has instead of the distribution's: of a patch, or of a tree.

use crate::kit::KitError;
use crate::kit::manifest::each_file;
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::fs;
use std::io::ErrorKind;
use std::path::{Component, Path, PathBuf};

/// Where the driver and the neighbours that it includes headers of are, in a kernel's tree.
pub(super) const DRIVER: &str = "drivers/net/ethernet/mellanox/mlx5/core";
const NEIGHBOURS: &str = "drivers/net/ethernet/mellanox";
/// Headers: the driver's own, and all others.
const OWN_HEADERS: &str = "include/linux/mlx5";
const HEADERS: &str = "include";

/// Folders of a tree that are compared with the distribution's source.
const COMPARED: [&str; 3] = [DRIVER, "drivers/net/ethernet/mellanox/mlxfw", OWN_HEADERS];

/// What a file of a kernel's tree is to the driver's module.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Belonging {
    /// It is compiled into it, or says how.
    Module,
    /// A header that other parts of the kernel see, too: only the module is compiled with it.
    Header,
    /// Something else.
    Other,
}

impl Belonging {
    /// Of the file at `path` in a kernel's tree.
    #[must_use]
    pub fn of(path: &Path) -> Self {
        if !is_inside(path) {
            Self::Other
        } else if path.starts_with(DRIVER) || path.starts_with(OWN_HEADERS) {
            Self::Module
        } else if path.starts_with(HEADERS) || is_neighbours_header(path) {
            Self::Header
        } else {
            Self::Other
        }
    }
}

fn is_neighbours_header(path: &Path) -> bool {
    path.starts_with(NEIGHBOURS) && path.extension().is_some_and(|extension| extension == "h")
}

/// Whether a path from elsewhere stays in the tree that it is joined to.
fn is_inside(path: &Path) -> bool {
    path.components().all(|part| matches!(part, Component::Normal(_)))
}

/// Files by their places in the kernel's tree, with their new content; `None` for one that is gone.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SourceChange {
    files: BTreeMap<PathBuf, Option<Vec<u8>>>,
}

impl SourceChange {
    /// Sets what a file is like from now on. A path that is nothing to the module, or leads out of the tree, is left out.
    pub fn set(&mut self, path: &Path, content: Option<Vec<u8>>) {
        if Belonging::of(path) != Belonging::Other {
            self.files.insert(path.to_owned(), content);
        }
    }

    /// What it says of a file, if it says anything: its content, or that it is gone.
    #[must_use]
    pub fn of(&self, path: &Path) -> Option<Option<&[u8]>> {
        self.files.get(path).map(|content| content.as_deref())
    }

    /// Whether nothing is other than the distribution's.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.files.is_empty()
    }

    /// The files that differ.
    pub fn paths(&self) -> impl Iterator<Item = &Path> {
        self.files.keys().map(PathBuf::as_path)
    }

    pub(super) fn files(&self) -> impl Iterator<Item = (&Path, Option<&[u8]>)> {
        self.files
            .iter()
            .map(|(path, content)| (path.as_path(), content.as_deref()))
    }

    /// The headers that only a part of the kernel would see changed.
    pub fn foreign_headers(&self) -> impl Iterator<Item = &Path> {
        self.paths()
            .filter(|path| Belonging::of(path) == Belonging::Header)
    }

    /// What `tree` has instead of `pristine`, both with the layout of a kernel's source.
    ///
    /// # Errors
    /// Where either cannot be read.
    pub(super) fn between(pristine: &Path, tree: &Path) -> Result<Self, KitError> {
        let mut change = Self::default();
        for folder in COMPARED {
            let theirs = sources(tree, folder)?;
            for path in &sources(pristine, folder)? {
                if !theirs.contains(path) {
                    change.files.insert(path.clone(), None);
                }
            }
            for path in theirs {
                let place = tree.join(&path);
                let content = fs::read(&place).map_err(KitError::file(&place))?;
                if fs::read(pristine.join(&path)).ok().as_ref() != Some(&content) {
                    change.files.insert(path, Some(content));
                }
            }
        }
        Ok(change)
    }

    /// Takes out what is as it is in the distribution's source, which `read` knows.
    pub(super) fn without_unchanged(&self, read: impl Fn(&Path) -> Option<Vec<u8>>) -> Self {
        let differs = |(path, content): &(&PathBuf, &Option<Vec<u8>>)| read(path) != **content;
        let files = self.files.iter().filter(differs);
        Self {
            files: files
                .map(|(path, content)| (path.clone(), content.clone()))
                .collect(),
        }
    }

    /// Adds what it says to a digest.
    pub(super) fn digest(&self, digest: &mut Sha256) {
        for (path, content) in &self.files {
            digest.update(path.as_os_str().as_encoded_bytes());
            match content {
                None => digest.update([0, 0]),
                Some(content) => {
                    digest.update([0, 1]);
                    digest.update(content.len().to_le_bytes());
                    digest.update(content);
                }
            }
        }
    }
}

/// The files of a folder of `tree` that people write, by their places in the tree.
fn sources(tree: &Path, folder: &str) -> Result<Vec<PathBuf>, KitError> {
    let mut paths = Vec::new();
    let place = tree.join(folder);
    match fs::metadata(&place) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(paths),
        _ => {}
    }
    each_file(&place, &mut |path, _| {
        let name = path
            .file_name()
            .and_then(|name| name.to_str())
            .unwrap_or_default();
        let written = ["Makefile", "Kconfig", "Kbuild"].contains(&name)
            || !name.starts_with('.')
                && !name.ends_with(".mod.c")
                && path
                    .extension()
                    .is_some_and(|extension| extension == "c" || extension == "h");
        if written && let Ok(inside) = path.strip_prefix(tree) {
            paths.push(inside.to_owned());
        }
    })?;
    paths.sort();
    Ok(paths)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tree(files: &[(&str, &str)]) -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        for (path, text) in files {
            let place = folder.path().join(path);
            fs::create_dir_all(place.parent().unwrap()).unwrap();
            fs::write(place, text).unwrap();
        }
        folder
    }

    #[test]
    fn a_tree_differs_by_what_people_wrote() {
        let core = |name: &str| format!("{DRIVER}/{name}");
        let (a, b, gone, new) = (core("a.c"), core("b.c"), core("gone.c"), core("lib/new.h"));
        let pristine = tree(&[
            (&a, "a"),
            (&b, "b"),
            (&gone, "x"),
            ("include/linux/mlx5/driver.h", "h"),
        ]);
        let (object, mod_c) = (core("b.o"), core("mlx5_core.mod.c"));
        let other = tree(&[
            (&a, "a"),
            (&b, "changed"),
            (&new, "n"),
            (&object, "o"),
            (&mod_c, "m"),
            ("include/linux/mlx5/driver.h", "h"),
            ("net/core/dev.c", "elsewhere"),
        ]);
        let change = SourceChange::between(pristine.path(), other.path()).unwrap();
        let paths: Vec<_> = change.paths().map(|path| path.display().to_string()).collect();
        assert_eq!(paths, [b.clone(), gone.clone(), new]);
        assert_eq!(change.of(Path::new(&gone)), Some(None));
        assert_eq!(change.of(Path::new(&b)), Some(Some(b"changed".as_slice())));
    }

    #[test]
    fn what_is_as_before_is_no_change() {
        let mut change = SourceChange::default();
        change.set(Path::new("include/linux/mlx5/driver.h"), Some(b"h".to_vec()));
        change.set(Path::new("include/linux/mlx5/device.h"), Some(b"d".to_vec()));
        change.set(
            Path::new("include/linux/../../../etc/passwd"),
            Some(b"d".to_vec()),
        );
        change.set(Path::new("net/core/dev.c"), Some(b"d".to_vec()));
        let left = change.without_unchanged(|path| path.ends_with("driver.h").then(|| b"h".to_vec()));
        assert_eq!(
            left.paths().collect::<Vec<_>>(),
            [Path::new("include/linux/mlx5/device.h")]
        );
        let hash = |change: &SourceChange| {
            let mut digest = Sha256::new();
            change.digest(&mut digest);
            digest.finalize()
        };
        assert_ne!(hash(&left), hash(&change));
    }

    #[test]
    fn files_belong_or_do_not() {
        for (path, belonging) in [
            (
                "drivers/net/ethernet/mellanox/mlx5/core/main.c",
                Belonging::Module,
            ),
            (
                "drivers/net/ethernet/mellanox/mlx5/core/Makefile",
                Belonging::Module,
            ),
            ("include/linux/mlx5/driver.h", Belonging::Module),
            ("include/net/devlink.h", Belonging::Header),
            ("drivers/net/ethernet/mellanox/mlxfw/mlxfw.h", Belonging::Header),
            ("drivers/net/ethernet/mellanox/mlx4/main.c", Belonging::Other),
            ("drivers/infiniband/hw/mlx5/main.c", Belonging::Other),
            ("/include/linux/mlx5/driver.h", Belonging::Other),
            ("include/../../x.h", Belonging::Other),
        ] {
            assert_eq!(Belonging::of(Path::new(path)), belonging, "{path}");
        }
    }
}
