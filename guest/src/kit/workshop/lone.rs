//! A driver that somebody has built, alone in its folder: the kernel's other modules come from the kit.

use super::builds::{Builds, with_the_others};
use crate::kit::cache::{Cache, remove};
use crate::kit::digest::sha256;
use crate::kit::error::KitError;
use crate::kit::manifest::{Manifest, PartName, each_file};
use crate::kit::modules;
use crate::kit::report::Silence;
use std::path::{Path, PathBuf};

/// `folder`, or one with its driver and the kit's modules if it has no other module.
pub(in crate::kit) fn accompanied(cache: &Cache, folder: &Path) -> Result<PathBuf, KitError> {
    let linux = Manifest::read(cache).parts.remove(&PartName::Linux);
    let (Some(driver), Some(linux)) = (modules::driver(folder)?, linux) else {
        return Ok(folder.to_owned());
    };
    let mut has_others = false;
    each_file(folder, &mut |path, _| {
        let name = path
            .file_name()
            .and_then(|name| name.to_str())
            .unwrap_or_default();
        has_others |= path != driver && (name.ends_with(".ko") || name.contains(".ko."));
    })?;
    if has_others {
        return Ok(folder.to_owned());
    }
    let builds = Builds::of(cache)?;
    let hash = format!("{}-{}", &sha256(&driver)?[..24], linux.version);
    let place = builds.module(&hash);
    if !place.exists() {
        let _lock = cache.lock(&mut Silence)?;
        let staging = builds.staging(&hash)?;
        let modules = staging.join("modules");
        with_the_others(&driver, &linux.root(cache), &modules)?;
        builds.place(&modules, &place)?;
        remove(&staging)?;
        builds.tidy()?;
    }
    Builds::touch(&place);
    Ok(place)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kit::manifest::Part;
    use std::fs;

    #[test]
    fn only_a_driver_that_is_alone_is_accompanied() {
        let folder = tempfile::tempdir().unwrap();
        let cache = Cache::at(folder.path().join("cache"));
        let linux = cache.root().join("linux");
        let own = folder.path().join("own");
        for (place, name) in [
            (&linux, "kernel/mlx5_core.ko.xz"),
            (&linux, "kernel/mlxfw.ko.xz"),
            (&own, "mlx5_core.ko"),
        ] {
            let path = place.join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, name).unwrap();
        }
        let mut manifest = Manifest::default();
        let part = Part::of(&linux, "linux", "7.2", Vec::new(), &[]).unwrap();
        manifest.parts.insert(PartName::Linux, part);
        manifest.write(&cache).unwrap();
        let place = accompanied(&cache, &own).unwrap();
        assert_eq!(modules::driver(&place).unwrap(), Some(place.join("mlx5_core.ko")));
        assert!(place.join("kernel/mlxfw.ko.xz").exists());
        fs::write(own.join("mlxfw.ko"), "own").unwrap();
        assert_eq!(accompanied(&cache, &own).unwrap(), own);
    }
}
