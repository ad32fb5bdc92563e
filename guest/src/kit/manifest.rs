//! `kit.json`: what was fetched, and how to see that it is still whole.

use super::KitError;
use super::cache::{Cache, write_at_once};
use super::digest::sha256;
use super::packages::Package;
pub use super::part_name::PartName;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// The form of the file; one of another form is as good as none.
const FORM: u32 = 1;

/// What is in the cache.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "Stored", into = "Stored")]
pub struct Manifest {
    form: u32,
    /// The parts by their names.
    pub parts: BTreeMap<PartName, Part>,
}

/// The manifest as the file has it. A program that does not know a name among `parts` takes the whole kit for none; so those that
/// came later stand elsewhere, where programs of before do not look.
#[derive(Serialize, Deserialize)]
struct Stored {
    form: u32,
    parts: BTreeMap<PartName, Part>,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    more_parts: BTreeMap<String, Part>,
}

impl From<Stored> for Manifest {
    fn from(stored: Stored) -> Self {
        let Stored {
            form,
            mut parts,
            more_parts,
        } = stored;
        for name in PartName::LATER {
            if let Some(part) = more_parts.get(name.key()) {
                parts.insert(name, part.clone());
            }
        }
        Self { form, parts }
    }
}

impl From<Manifest> for Stored {
    fn from(manifest: Manifest) -> Self {
        let Manifest { form, mut parts } = manifest;
        let later = PartName::LATER.into_iter();
        let more_parts = later.filter_map(|name| Some((name.key().to_owned(), parts.remove(&name)?)));
        Self {
            form,
            more_parts: more_parts.collect(),
            parts,
        }
    }
}

/// One part.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Part {
    /// Its folder in the cache.
    pub folder: String,
    /// QEMU's version or the kernel's release.
    pub version: String,
    /// Where it comes from.
    pub packages: Vec<Package>,
    /// The files that matter most.
    pub key_files: Vec<KeyFile>,
    /// All files together.
    pub tally: Tally,
    /// Every file. Kits of earlier versions lack the list; a setup makes it. The workshop, with its twenty thousand, has none.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub files: Vec<KeyFile>,
}

/// A file by its bytes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeyFile {
    /// Its place in the part's folder.
    pub path: PathBuf,
    /// Its length.
    pub size: u64,
    /// Its SHA-256 in hexadecimal.
    pub sha256: String,
}

/// How much there is in a folder. A file that went missing or was cut short shows here without reading them all.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tally {
    /// Regular files.
    pub files: u64,
    /// Their bytes.
    pub bytes: u64,
}

impl Default for Manifest {
    fn default() -> Self {
        Self {
            form: FORM,
            parts: BTreeMap::new(),
        }
    }
}

impl Manifest {
    /// The manifest of the cache. A missing or unreadable one says that nothing is there: what it would have
    /// listed is fetched again.
    #[must_use]
    pub fn read(cache: &Cache) -> Self {
        fs::read(cache.manifest())
            .ok()
            .and_then(|text| serde_json::from_slice(&text).ok())
            .filter(|manifest: &Self| manifest.form == FORM)
            .unwrap_or_default()
    }

    /// Keeps it.
    pub fn write(&self, cache: &Cache) -> Result<(), KitError> {
        let path = cache.manifest();
        let text = serde_json::to_string_pretty(self)
            .map_err(io::Error::other)
            .map_err(KitError::file(&path))?;
        write_at_once(&path, &(text + "\n"))
    }
}

impl Part {
    /// Describes what is in `folder`, which will be called `name` in the cache.
    pub fn of(
        folder: &Path,
        name: &str,
        version: &str,
        packages: Vec<Package>,
        key_files: &[PathBuf],
    ) -> Result<Self, KitError> {
        Ok(Self {
            files: all_files(folder)?,
            ..Self::unlisted(folder, name, version, packages, key_files)?
        })
    }

    /// The same for a part with too many files for a list: only those that matter most are known by their bytes.
    pub fn unlisted(
        folder: &Path,
        name: &str,
        version: &str,
        packages: Vec<Package>,
        key_files: &[PathBuf],
    ) -> Result<Self, KitError> {
        let known = key_files.iter().map(|path| KeyFile::of(folder, path));
        let known = known.collect::<Result<_, _>>()?;
        Ok(Self {
            folder: name.to_owned(),
            version: version.to_owned(),
            packages,
            key_files: known,
            tally: Tally::of(folder)?,
            files: Vec::new(),
        })
    }

    /// The files whose hashes are known.
    pub fn known_files(&self) -> impl Iterator<Item = &KeyFile> {
        self.key_files.iter().chain(&self.files)
    }

    /// Takes down every file of a part that an earlier version has fetched.
    pub fn list_files(&mut self, cache: &Cache) -> Result<(), KitError> {
        self.files = all_files(&self.root(cache))?;
        Ok(())
    }

    /// The part's folder.
    #[must_use]
    pub fn root(&self, cache: &Cache) -> PathBuf {
        cache.root().join(&self.folder)
    }

    /// A thorough look that takes nothing on trust: what is wrong, if anything.
    #[must_use]
    pub fn damage(&self, cache: &Cache) -> Option<String> {
        let root = self.root(cache);
        for file in self.known_files() {
            let shown = file.path.display();
            match sha256(&root.join(&file.path)) {
                Ok(found) if found == file.sha256 => {}
                Ok(_) => return Some(format!("{shown} has changed")),
                Err(error) => return Some(error.to_string()),
            }
        }
        match Tally::of(&root) {
            Ok(tally) => self.tally.difference(tally),
            Err(error) => Some(error.to_string()),
        }
    }
}

impl KeyFile {
    fn of(folder: &Path, path: &Path) -> Result<Self, KitError> {
        let place = folder.join(path);
        Ok(Self {
            path: path.to_owned(),
            size: fs::metadata(&place).map_err(KitError::file(&place))?.len(),
            sha256: sha256(&place)?,
        })
    }
}

/// Every regular file below `folder`, by its place there.
fn all_files(folder: &Path) -> Result<Vec<KeyFile>, KitError> {
    let mut paths = Vec::new();
    each_file(folder, &mut |path, _| {
        paths.push(path.strip_prefix(folder).unwrap_or(path).to_owned());
    })?;
    paths.sort();
    paths.iter().map(|path| KeyFile::of(folder, path)).collect()
}

impl Tally {
    /// What `found` lacks of it, or has beyond it.
    pub(super) fn difference(self, found: Self) -> Option<String> {
        let (files, bytes) = (found.files, found.bytes);
        (found != self).then(|| {
            format!(
                "{files} of {} files and {bytes} of {} bytes are there",
                self.files, self.bytes
            )
        })
    }

    /// Counts what is in `folder`.
    pub fn of(folder: &Path) -> Result<Self, KitError> {
        let mut tally = Self::default();
        each_file(folder, &mut |_, size| {
            tally.files += 1;
            tally.bytes += size;
        })?;
        Ok(tally)
    }
}

/// Calls `visit` with path and length of every regular file below `folder`.
pub fn each_file(folder: &Path, visit: &mut dyn FnMut(&Path, u64)) -> Result<(), KitError> {
    for entry in fs::read_dir(folder).map_err(KitError::file(folder))? {
        let entry = entry.map_err(KitError::file(folder))?;
        let path = entry.path();
        let metadata = entry.metadata().map_err(KitError::file(&path))?;
        if metadata.is_dir() {
            each_file(&path, visit)?;
        } else if metadata.is_file() {
            visit(&path, metadata.len());
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A cache with one part of two files.
    fn kit(folder: &Path) -> (Cache, Manifest) {
        let cache = Cache::at(folder.to_owned());
        let root = folder.join("qemu/lib");
        fs::create_dir_all(&root).unwrap();
        fs::write(folder.join("qemu/binary"), "binary").unwrap();
        fs::write(root.join("library"), "library").unwrap();
        let package = Package {
            name: "qemu".to_owned(),
            version: "1:2-3".to_owned(),
            file: "qemu_1%3a2-3_all.deb".to_owned(),
            size: 9,
            sha256: "00".to_owned(),
        };
        let part = Part::of(
            &folder.join("qemu"),
            "qemu",
            "2",
            vec![package],
            &[PathBuf::from("binary")],
        )
        .unwrap();
        let mut manifest = Manifest::default();
        manifest.parts.insert(PartName::Qemu, part);
        (cache, manifest)
    }

    #[test]
    fn a_manifest_is_read_as_it_was_written() {
        let folder = tempfile::tempdir().unwrap();
        let (cache, manifest) = kit(folder.path());
        manifest.write(&cache).unwrap();
        assert_eq!(Manifest::read(&cache), manifest);
        fs::write(cache.manifest(), "{").unwrap();
        assert_eq!(Manifest::read(&cache), Manifest::default());
    }

    #[test]
    fn parts_that_came_later_do_not_spoil_the_kit_for_programs_of_before() {
        let folder = tempfile::tempdir().unwrap();
        let (cache, mut manifest) = kit(folder.path());
        let part = manifest.parts[&PartName::Qemu].clone();
        manifest.parts.insert(PartName::Shell, part.clone());
        manifest.parts.insert(PartName::Shares, part);
        manifest.write(&cache).unwrap();
        let text = fs::read(cache.manifest()).unwrap();
        let file: serde_json::Value = serde_json::from_slice(&text).unwrap();
        let names =
            |field: &str| -> Vec<String> { file[field].as_object().unwrap().keys().cloned().collect() };
        assert_eq!(names("parts"), ["qemu"]);
        assert_eq!(names("more_parts"), ["shares", "shell"]);
        assert_eq!(Manifest::read(&cache), manifest);
    }

    #[test]
    fn damage_is_found() {
        let folder = tempfile::tempdir().unwrap();
        let (cache, manifest) = kit(folder.path());
        let part = &manifest.parts[&PartName::Qemu];
        assert_eq!(part.damage(&cache), None);
        assert_eq!(part.tally, Tally { files: 2, bytes: 13 });

        fs::write(folder.path().join("qemu/binary"), "Binary").unwrap();
        assert_eq!(part.damage(&cache).unwrap(), "binary has changed");

        fs::write(folder.path().join("qemu/binary"), "binary").unwrap();
        fs::remove_file(folder.path().join("qemu/lib/library")).unwrap();
        assert!(part.damage(&cache).unwrap().contains("library"));
        let mut unlisted = part.clone();
        unlisted.files.clear();
        assert_eq!(
            unlisted.damage(&cache).unwrap(),
            "1 of 2 files and 6 of 13 bytes are there"
        );
    }
}
