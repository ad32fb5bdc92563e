//! A source tree in which the driver is compiled, and compiled again where something has changed.
//!
//! It has the layout of a kernel's tree, and its own `include` comes before the kernel's headers: what the driver's headers
//! say, and which parts of it are on, is what this folder says. All paths in it are relative, so that a copy of it is as
//! well compiled as the original.

use super::change::{Belonging, DRIVER, SourceChange};
use super::configuration::Configuration;
use super::making::{BuildError, Maker, Stretch};
use crate::kit::KitError;
use crate::kit::apt::output;
use crate::kit::manifest::each_file;
use crate::kit::report::SetupReport;
use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Make reads it instead of the driver's own Makefile.
const KBUILD: &str = "\
# The headers of this tree come before the kernel's.
LINUXINCLUDE := -I$(src)/../../../../../../include $(LINUXINCLUDE)
include $(src)/Makefile
";

/// The driver's module.
pub(super) const MODULE: &str = "mlx5_core";

/// The header that says which parts of a kernel are on.
const AUTOCONF: &str = "include/generated/autoconf.h";

/// See the module's head.
pub(super) struct Bench {
    folder: PathBuf,
}

impl Bench {
    /// A copy of a bench, with the times of its files, into the folder `place`, which does not exist.
    pub(super) fn copied(original: &Path, place: &Path) -> Result<Self, KitError> {
        copy(original, place)?;
        Ok(Self {
            folder: place.to_owned(),
        })
    }

    /// A bench with the source, nothing of it compiled.
    pub(super) fn begun(source: &Path, place: &Path) -> Result<Self, KitError> {
        let bench = Self::copied(source, place)?;
        bench.write(&Path::new(DRIVER).join("Kbuild"), KBUILD.as_bytes())?;
        Ok(bench)
    }

    fn driver(&self) -> PathBuf {
        self.folder.join(DRIVER)
    }

    /// Files of the driver that may be compiled.
    pub(super) fn files(&self) -> Result<u64, KitError> {
        let mut files = 0;
        each_file(&self.driver(), &mut |path, _| {
            files += u64::from(path.extension().is_some_and(|extension| extension == "c"));
        })?;
        Ok(files)
    }

    /// The driver's module in the bench `folder`.
    pub(super) fn module_in(folder: &Path) -> PathBuf {
        folder.join(DRIVER).join(format!("{MODULE}.ko"))
    }

    /// Sets switches, on a bench with the distribution's configuration; `headers` are those of the kernel. Returns how many
    /// files will be compiled again.
    pub(super) fn configure(&self, configuration: &Configuration, headers: &Path) -> Result<u64, KitError> {
        if configuration.is_usual() {
            return Ok(0);
        }
        let place = headers.join(AUTOCONF);
        let usual = fs::read_to_string(&place).map_err(KitError::file(&place))?;
        self.write(Path::new(AUTOCONF), configuration.header(&usual).as_bytes())?;
        let needles = configuration
            .symbols()
            .map(|symbol| format!("include/config/{symbol})"));
        self.invalidate(&needles.collect::<Vec<_>>())
    }

    /// Changes the source. Returns how many files will be compiled again, as far as that can be known.
    pub(super) fn apply(&self, change: &SourceChange) -> Result<u64, KitError> {
        let mut needles = Vec::new();
        let mut added = 0;
        for (path, content) in change.files() {
            match content {
                Some(content) => self.write(path, content)?,
                None => self.delete(path)?,
            }
            let inside = path.strip_prefix(DRIVER);
            needles.push(match (Belonging::of(path), inside) {
                (_, Ok(inside)) => format!(" {} ", inside.display()),
                // The kernel's own one, which was used until now.
                _ => format!("/{} ", path.display()),
            });
            added += u64::from(path.extension().is_some_and(|extension| extension == "c"));
        }
        Ok(self.invalidate(&needles)?.max(added))
    }

    fn write(&self, path: &Path, content: &[u8]) -> Result<(), KitError> {
        let place = self.folder.join(path);
        let parent = place.parent().unwrap_or(&self.folder);
        fs::create_dir_all(parent).map_err(KitError::file(parent))?;
        fs::write(&place, content).map_err(KitError::file(&place))
    }

    fn delete(&self, path: &Path) -> Result<(), KitError> {
        if path.starts_with("include") {
            // Who includes it would find the kernel's own.
            return self.write(path, b"#error this header is gone\n");
        }
        for place in [path.to_owned(), path.with_extension("o")] {
            let place = self.folder.join(place);
            match fs::remove_file(&place) {
                Err(error) if error.kind() != ErrorKind::NotFound => {
                    return Err(KitError::file(&place)(error));
                }
                _ => {}
            }
        }
        Ok(())
    }

    /// Makes make compile everything that depends on something with one of these names. Returns how much that is.
    fn invalidate(&self, needles: &[String]) -> Result<u64, KitError> {
        let mut records = Vec::new();
        each_file(&self.driver(), &mut |path, _| {
            let name = path
                .file_name()
                .and_then(|name| name.to_str())
                .unwrap_or_default();
            if name.starts_with('.') && name.ends_with(".o.cmd") {
                records.push(path.to_owned());
            }
        })?;
        let mut reached = 0;
        for record in records {
            let text = fs::read_to_string(&record).map_err(KitError::file(&record))?;
            if needles.iter().any(|needle| text.contains(needle)) {
                fs::remove_file(&record).map_err(KitError::file(&record))?;
                reached += 1;
            }
        }
        Ok(reached)
    }

    /// Makes the driver and returns its file; `files` will be compiled, as far as that is known.
    pub(super) fn make(
        &self,
        maker: &Maker<'_>,
        configuration: &Configuration,
        doing: &str,
        files: u64,
        report: &mut dyn SetupReport,
    ) -> Result<PathBuf, BuildError> {
        let stretch = Stretch::begin(report, doing, files);
        let mut variables = configuration.make_variables();
        maker.make(&self.driver(), MODULE, &mut variables, files, stretch.0)
    }
}

/// Copies a folder with the times of its files.
pub(super) fn copy(original: &Path, place: &Path) -> Result<(), KitError> {
    let mut command = Command::new("cp");
    command
        .args(["-a", "--reflink=auto", "--"])
        .arg(original)
        .arg(place);
    output(command).map(drop)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_depends_on_a_change_is_compiled_again() {
        let folder = tempfile::tempdir().unwrap();
        let core = folder.path().join("source").join(DRIVER);
        fs::create_dir_all(core.join("lib")).unwrap();
        for (name, depends) in [
            ("main", "  main.c \\\n  ../../include/linux/mlx5/driver.h \\\n"),
            (
                "eq",
                "  eq.c \\\n    $(wildcard include/config/MLX5_SF) \\\n  lib/mlx5.h \\\n",
            ),
            ("cmd", "  cmd.c \\\n  /kernel/include/net/devlink.h \\\n"),
        ] {
            fs::write(core.join(format!("{name}.c")), "").unwrap();
            fs::write(core.join(format!("{name}.o")), "").unwrap();
            fs::write(core.join(format!(".{name}.o.cmd")), depends).unwrap();
        }
        let reached = |paths: &[&str]| {
            let place = folder.path().join("copy");
            let _ = fs::remove_dir_all(&place);
            let bench = Bench::begun(&folder.path().join("source"), &place).unwrap();
            let mut change = SourceChange::default();
            for path in paths {
                change.set(Path::new(path), Some(b"new".to_vec()));
            }
            bench.apply(&change).unwrap()
        };
        let inside = |name: &str| format!("{DRIVER}/{name}");
        assert_eq!(reached(&["include/linux/mlx5/driver.h"]), 1);
        assert_eq!(reached(&["include/net/devlink.h", &inside("lib/mlx5.h")]), 2);
        assert_eq!(reached(&[&inside("eq.c")]), 1);
        assert_eq!(reached(&[&inside("new.c")]), 1);

        let place = folder.path().join("copy");
        let bench = Bench {
            folder: place.clone(),
        };
        let mut change = SourceChange::default();
        change.set(Path::new(&inside("main.c")), None);
        change.set(Path::new("include/linux/mlx5/driver.h"), None);
        bench.apply(&change).unwrap();
        assert!(!place.join(DRIVER).join("main.o").exists());
        let header = fs::read_to_string(place.join("include/linux/mlx5/driver.h")).unwrap();
        assert!(header.contains("#error"));
    }
}
