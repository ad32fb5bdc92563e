//! The workshop: builds `mlx5_core`, and small modules beside it, for the kit's kernel, from the distribution's own source
//! and with the compiler that built that kernel.
//!
//! * `toolbox` - what is fetched: compiler, headers, make, patch, source
//! * `configuration` - which parts of the driver are on
//! * `change` - what a source has instead of the distribution's
//! * `bench` - a source tree that is compiled, as little of it as is necessary
//! * `making` - make, and what it says
//! * `builds` - what was built is kept
//! * `lone` - a driver that somebody else has built
//!
//! The driver's source is compiled once, unchanged; this takes minutes. A changed one begins as a copy of that tree, so
//! that only the files that the change reaches are compiled.

mod bench;
mod builds;
mod change;
mod configuration;
pub(super) mod lone;
mod making;
pub(super) mod toolbox;

pub use change::{Belonging, SourceChange};
pub use configuration::Configuration;
pub use making::BuildError;

use super::cache::{Cache, Lock, remove};
use super::digest::sha256;
use super::error::KitError;
use super::manifest::{Manifest, Part, PartName, each_file};
use super::report::{SetupReport, Silence};
use super::verification;
use bench::{Bench, MODULE};
use builds::Builds;
use making::Maker;
use sha2::{Digest, Sha256};
use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// The form of what is kept; a build of another form is none.
const FORM: &str = "2";

/// What builds modules for the kit's kernel.
#[derive(Clone, Debug)]
pub struct Workshop {
    cache: Cache,
    /// Compiler, headers and source.
    folder: PathBuf,
    /// The kernel's folder with its modules.
    linux: PathBuf,
    release: String,
}

impl Workshop {
    /// The workshop in the user's cache. Never fetches.
    ///
    /// # Errors
    /// [`KitError::Missing`] and [`KitError::Damaged`] when `setup --workshop` would help.
    pub fn locate() -> Result<Self, KitError> {
        let cache = Cache::of_user()?;
        let manifest = Manifest::read(&cache);
        Self::in_cache(&cache, &manifest)
    }

    /// The workshop in `cache`.
    pub(super) fn in_cache(cache: &Cache, manifest: &Manifest) -> Result<Self, KitError> {
        let missing = || KitError::Missing {
            what: "the workshop that builds modules".to_owned(),
            help: "`mlx5-cosim setup --workshop` fetches compiler, headers and source, without root"
                .to_owned(),
        };
        let linux = manifest.parts.get(&PartName::Linux).ok_or_else(missing)?;
        let part = manifest.parts.get(&PartName::Workshop);
        let part = part
            .filter(|part| part.version == linux.version)
            .ok_or_else(missing)?;
        if let Some(damage) = verification::damage(cache, part) {
            let part = PartName::Workshop.title().to_owned();
            return Err(KitError::Damaged { part, damage });
        }
        Ok(Self {
            cache: cache.clone(),
            folder: part.root(cache),
            linux: linux.root(cache),
            release: linux.version.clone(),
        })
    }

    /// The release of the kernel that it builds for, as `uname -r` says it there.
    #[must_use]
    pub fn release(&self) -> &str {
        &self.release
    }

    /// The distribution's source of the driver, in a folder with the layout of a kernel's tree.
    #[must_use]
    pub fn source(&self) -> PathBuf {
        self.folder.join(toolbox::PRISTINE)
    }

    /// The distribution's text of a file of the driver, or of a header that the driver is compiled with. `path` is its place
    /// in a kernel's tree.
    #[must_use]
    pub fn read(&self, path: &Path) -> Option<Vec<u8>> {
        if Belonging::of(path) == Belonging::Other {
            return None;
        }
        let own = fs::read(self.source().join(path));
        own.or_else(|_| fs::read(self.common_headers().join(path))).ok()
    }

    fn headers(&self) -> PathBuf {
        making::headers(&self.folder, &self.release)
    }

    /// Headers that all variants of the kernel share, with the layout of its tree.
    fn common_headers(&self) -> PathBuf {
        let headers = self.headers();
        let name = headers.to_string_lossy();
        PathBuf::from(match name.strip_suffix("-amd64") {
            Some(stem) => format!("{stem}-common"),
            None => name.into_owned(),
        })
    }

    /// GNU patch, which reads nothing but files it is told to.
    ///
    /// # Errors
    /// Where it cannot be told.
    #[must_use]
    pub fn patch(&self) -> Command {
        let mut command = Command::new(self.folder.join(toolbox::TOOLS).join("usr/bin/patch"));
        command.env("LC_ALL", "C").stdin(Stdio::null());
        command
    }

    /// What the driver's source in the kernel tree `tree` has instead of the distribution's.
    ///
    /// # Errors
    /// Where it cannot be read.
    pub fn change_of(&self, tree: &Path) -> Result<SourceChange, KitError> {
        SourceChange::between(&self.source(), tree)
    }

    /// What the text of a kernel's `.config` says about the driver and the distribution's does not; `None` if it builds no
    /// such driver.
    ///
    /// # Errors
    /// Where the distribution's configuration cannot be read.
    pub fn configuration_of(&self, config: &str) -> Result<Option<Configuration>, KitError> {
        let own = self.headers().join("include/config/auto.conf");
        let usual = fs::read_to_string(&own).map_err(KitError::file(&own))?;
        Ok(Configuration::of_tree(config, &usual))
    }

    /// Builds the driver from the changed source, and returns a folder with it and the kernel's other modules. What was built
    /// before is not built again.
    ///
    /// # Errors
    /// [`BuildError::DoesNotCompile`] if it does not, and otherwise what is wrong with the cache.
    pub fn build(
        &self,
        change: &SourceChange,
        configuration: &Configuration,
        report: &mut dyn SetupReport,
    ) -> Result<PathBuf, BuildError> {
        let change = change.without_unchanged(|path| self.read(path));
        let place = Builds::of(&self.cache)?.module(&self.hash(&change, configuration));
        if place.join(format!("{MODULE}.ko")).exists() {
            Builds::touch(&place);
            return Ok(place);
        }
        let lock = self.cache.lock(report)?;
        self.build_with(&lock, &change, configuration, report)
    }

    /// The same for who has the lock.
    pub(super) fn build_with(
        &self,
        lock: &Lock,
        change: &SourceChange,
        configuration: &Configuration,
        report: &mut dyn SetupReport,
    ) -> Result<PathBuf, BuildError> {
        let builds = Builds::of(&self.cache)?;
        let hash = self.hash(change, configuration);
        let place = builds.module(&hash);
        // Another one may have been at work meanwhile.
        if place.join(format!("{MODULE}.ko")).exists() {
            return Ok(place);
        }
        let bench = self.bench(lock, &builds, configuration, report)?;
        let staging = builds.staging(&hash)?;
        let log = builds.log(&hash);
        let module = if change.is_empty() {
            Bench::module_in(&bench)
        } else {
            let tree = Bench::copied(&bench, &staging.join("tree"))?;
            let reached = tree.apply(change)?;
            tree.make(
                &self.maker(lock, &log),
                configuration,
                "Building mlx5_core",
                reached,
                report,
            )?
        };
        let modules = staging.join("modules");
        builds::with_the_others(&module, &self.linux, &modules)?;
        builds.place(&modules, &place)?;
        let _ = fs::remove_file(&log);
        remove(&staging)?;
        builds.tidy()?;
        Ok(place)
    }

    /// The distribution's source, compiled with the configuration.
    fn bench(
        &self,
        lock: &Lock,
        builds: &Builds,
        configuration: &Configuration,
        report: &mut dyn SetupReport,
    ) -> Result<PathBuf, BuildError> {
        let hash = self.hash(&SourceChange::default(), configuration);
        let place = builds.bench(&hash);
        if place.exists() {
            Builds::touch(&place);
            return Ok(place);
        }
        let usual = builds.bench(&self.hash(&SourceChange::default(), &Configuration::default()));
        let staging = builds.staging(&format!("bench-{hash}"))?;
        let folder = staging.join("tree");
        let (tree, reached) = if usual.exists() {
            let tree = Bench::copied(&usual, &folder)?;
            let reached = tree.configure(configuration, &self.headers())?;
            (tree, reached)
        } else {
            let tree = Bench::begun(&self.source(), &folder)?;
            tree.configure(configuration, &self.headers())?;
            let files = tree.files()?;
            (tree, files)
        };
        let log = builds.log(&hash);
        let doing = match configuration.is_usual() {
            true => "Building mlx5_core once as it is".to_owned(),
            false => format!("Building mlx5_core once with {configuration}"),
        };
        tree.make(&self.maker(lock, &log), configuration, &doing, reached, report)?;
        builds.place(&folder, &place)?;
        remove(&staging)?;
        Ok(place)
    }

    /// Builds the module `name` from a folder of its own, with a `Makefile` or `Kbuild` that has `obj-m += name.o`, and
    /// returns its file. What was built before is not built again.
    ///
    /// # Errors
    /// [`KitError::Program`] if it does not compile, with what the compiler says.
    pub fn build_external(&self, source: &Path, name: &str) -> Result<PathBuf, KitError> {
        let hash = self.hash_external(source, name)?;
        let module = Builds::of(&self.cache)?.module(&hash).join(format!("{name}.ko"));
        if module.exists() {
            Builds::touch(module.parent().unwrap_or(&module));
            return Ok(module);
        }
        let lock = self.cache.lock(&mut Silence)?;
        self.build_external_with(&lock, source, name)
    }

    fn hash_external(&self, source: &Path, name: &str) -> Result<String, KitError> {
        let mut digest = self.digest();
        digest.update(name);
        let mut files = Vec::new();
        each_file(source, &mut |path, _| files.push(path.to_owned()))?;
        files.sort();
        for file in files {
            let inside = file.strip_prefix(source).unwrap_or(&file);
            digest.update(inside.as_os_str().as_encoded_bytes());
            digest.update(sha256(&file)?);
        }
        Ok(hexadecimal(digest))
    }

    /// The same for who has the lock.
    pub(super) fn build_external_with(
        &self,
        lock: &Lock,
        source: &Path,
        name: &str,
    ) -> Result<PathBuf, KitError> {
        let hash = self.hash_external(source, name)?;
        let builds = Builds::of(&self.cache)?;
        let place = builds.module(&hash);
        let module = place.join(format!("{name}.ko"));
        // Another one may have been at work meanwhile.
        if module.exists() {
            return Ok(module);
        }
        let staging = builds.staging(&hash)?;
        let tree = staging.join("tree");
        bench::copy(source, &tree)?;
        let log = builds.log(&hash);
        let built = self
            .maker(lock, &log)
            .make(&tree, name, &mut std::iter::empty(), 0, &mut Silence);
        let built = built.map_err(|error| match error {
            BuildError::Kit(error) => error,
            BuildError::DoesNotCompile { module, said, log } => KitError::Program {
                program: "make".to_owned(),
                text: format!("no {module}; {} has more:\n{}", log.display(), said.join("\n")),
            },
        })?;
        let folder = staging.join("module");
        fs::create_dir(&folder).map_err(KitError::file(&folder))?;
        let kept = folder.join(format!("{name}.ko"));
        fs::copy(&built, &kept).map_err(KitError::file(&built))?;
        builds.place(&folder, &place)?;
        let _ = fs::remove_file(&log);
        remove(&staging)?;
        builds.tidy()?;
        Ok(module)
    }

    fn maker<'a>(&'a self, lock: &'a Lock, log: &'a Path) -> Maker<'a> {
        Maker {
            folder: &self.folder,
            release: &self.release,
            lock,
            log,
        }
    }

    /// Of all that decides what is built.
    fn hash(&self, change: &SourceChange, configuration: &Configuration) -> String {
        let mut digest = self.digest();
        digest.update(configuration.to_string());
        change.digest(&mut digest);
        hexadecimal(digest)
    }

    fn digest(&self) -> Sha256 {
        let mut digest = Sha256::new();
        digest.update(FORM);
        digest.update(&self.release);
        digest
    }
}

/// As much of a digest as names need.
fn hexadecimal(digest: Sha256) -> String {
    let mut text = String::new();
    for byte in digest.finalize().iter().take(12) {
        // Writing to a string does not fail.
        let _ = write!(text, "{byte:02x}");
    }
    text
}

/// A driver with another configuration, with the kernel's other modules, as the part `name` of the kit.
pub(super) fn variant(
    workshop: &Workshop,
    lock: &Lock,
    name: &str,
    configuration: &Configuration,
    report: &mut dyn SetupReport,
) -> Result<Part, KitError> {
    let built = workshop.build_with(lock, &SourceChange::default(), configuration, report);
    let built = built.map_err(|error| match error {
        BuildError::Kit(error) => error,
        BuildError::DoesNotCompile { log, .. } => KitError::Program {
            program: "make".to_owned(),
            text: format!("no mlx5_core with {configuration}; {} says why", log.display()),
        },
    })?;
    let name = format!("{name}-{}", workshop.release);
    let staging = workshop.cache.staging(&name)?;
    let module = PathBuf::from(format!("{MODULE}.ko"));
    builds::with_the_others(&built.join(&module), &workshop.linux, &staging)?;
    let part = Part::of(&staging, &name, &workshop.release, Vec::new(), &[module])?;
    workshop.cache.place(&staging, &name)?;
    Ok(part)
}
