//! The helper: a module of ours that makes chosen calls of the driver fail and stops it at others. Its source is
//! `guest/helper/`, and part of this program.

use super::cache::{Cache, Lock, remove};
use super::error::KitError;
use super::manifest::Part;
use super::verification;
use super::workshop::Workshop;
use sha2::{Digest, Sha256};
use std::fs;
use std::path::{Path, PathBuf};

/// The module's name, as the kernel knows it.
pub const HELPER: &str = "cosim_force";

/// Its source, by file names.
const SOURCE: [(&str, &str); 6] = [
    ("Makefile", include_str!("../../helper/Makefile")),
    ("detour.c", include_str!("../../helper/detour.c")),
    ("files.c", include_str!("../../helper/files.c")),
    ("find.c", include_str!("../../helper/find.c")),
    ("force.h", include_str!("../../helper/force.h")),
    ("hooks.c", include_str!("../../helper/hooks.c")),
];

/// Builds it for the workshop's kernel, as a part of the kit.
pub(super) fn build(workshop: &Workshop, lock: &Lock, cache: &Cache) -> Result<Part, KitError> {
    let source = cache.staging("helper-source")?;
    for (name, text) in SOURCE {
        let path = source.join(name);
        fs::write(&path, text).map_err(KitError::file(&path))?;
    }
    let built = workshop.build_external_with(lock, &source, HELPER)?;
    remove(&source)?;
    let name = folder(workshop.release());
    let staging = cache.staging(&name)?;
    let file = staging.join(file_name());
    fs::copy(&built, &file).map_err(KitError::file(&file))?;
    let part = Part::of(&staging, &name, workshop.release(), Vec::new(), &[file_name()])?;
    cache.place(&staging, &name)?;
    Ok(part)
}

/// Whether a part was built from this source.
pub(super) fn is_ours(part: &Part) -> bool {
    part.folder == folder(&part.version)
}

/// The module's file, if it is of this source and as it was built.
pub(super) fn file_in(cache: &Cache, part: &Part) -> Option<PathBuf> {
    let whole = is_ours(part) && verification::damage(cache, part).is_none();
    whole.then(|| part.root(cache).join(file_name()))
}

fn file_name() -> PathBuf {
    Path::new(HELPER).with_extension("ko")
}

/// Where it is in the cache: by the kernel and by its source.
fn folder(release: &str) -> String {
    let mut digest = Sha256::new();
    for (name, text) in SOURCE {
        digest.update(name);
        digest.update(text);
    }
    let digest = digest.finalize();
    let hash: String = digest.iter().take(6).map(|byte| format!("{byte:02x}")).collect();
    format!("helper-{release}-{hash}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_module_of_another_source_or_one_that_has_changed_is_none() {
        let scratch = tempfile::tempdir().unwrap();
        let cache = Cache::at(scratch.path().to_owned());
        let name = folder("7.2.12");
        let root = scratch.path().join(&name);
        fs::create_dir(&root).unwrap();
        fs::write(root.join("cosim_force.ko"), "module").unwrap();
        let part = Part::of(&root, &name, "7.2.12", Vec::new(), &[file_name()]).unwrap();
        assert_eq!(file_in(&cache, &part), Some(root.join("cosim_force.ko")));

        let older = Part {
            folder: "helper-7.2.12-0123456789ab".to_owned(),
            ..part.clone()
        };
        assert_eq!(file_in(&cache, &older), None);
        fs::write(root.join("cosim_force.ko"), "Module").unwrap();
        assert_eq!(file_in(&cache, &part), None);
    }
}
