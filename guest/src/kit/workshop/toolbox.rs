//! What a driver is built with: the compiler and the headers that its distribution built the kernel with, make, patch,
//! and the driver's source of the same version. All of it is unpacked beside the system; each program becomes a script
//! that starts it by its own loader.

use crate::kit::KitError;
use crate::kit::apt::{Apt, output};
use crate::kit::cache::{Cache, remove};
use crate::kit::manifest::{Part, each_file};
use crate::kit::packages::Selection;
use crate::kit::report::SetupReport;
use std::fs::{self, File};
use std::io::Read;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

/// What is taken of the kernel's source: the driver with the neighbours whose headers it includes, and its own headers.
const SOURCE: [&str; 2] = ["drivers/net/ethernet/mellanox", "include/linux/mlx5"];

/// Folders of the unpacked tree that have programs.
const PROGRAMS: [&str; 3] = ["usr/bin", "usr/libexec", "usr/lib"];
const LIBRARIES: &str = "usr/lib/x86_64-linux-gnu";

/// A folder that no build reads: manuals, licences, translations.
const UNREAD: &str = "usr/share";

/// Places in the workshop's folder.
pub(super) const TOOLS: &str = "root";
pub(super) const PRISTINE: &str = "source";

/// Files that show that a workshop is whole without a look at each of its twenty thousand: the kernel's configuration, the
/// symbols it exports, make and the driver.
fn key_files(release: &str) -> Vec<PathBuf> {
    let headers = format!("{TOOLS}/usr/src/linux-headers-{release}");
    vec![
        PathBuf::from(format!("{headers}/include/config/auto.conf")),
        PathBuf::from(format!("{headers}/Module.symvers")),
        PathBuf::from(format!("{TOOLS}/usr/bin/make.elf")),
        PathBuf::from(format!("{TOOLS}/usr/bin/patch.elf")),
        PathBuf::from(format!("{PRISTINE}/{}/mlx5/core/Makefile", SOURCE[0])),
    ]
}

/// The name of the workshop for a kernel, which is that of its folder in the cache.
pub(super) fn name(release: &str) -> String {
    format!("workshop-{release}")
}

/// Fetches and unpacks what builds modules for the kernel `linux`.
pub fn fetch(
    cache: &Cache,
    apt: &Apt<'_>,
    linux: &Part,
    report: &mut dyn SetupReport,
) -> Result<Part, KitError> {
    if cache.root().to_string_lossy().contains([' ', '\t', ':']) {
        return Err(KitError::Unfit {
            what: format!("nothing can be built by make in {}", cache.root().display()),
            help: "choose a cache folder without blanks and colons by XDG_CACHE_HOME".to_owned(),
        });
    }
    let release = &linux.version;
    let selection = selection(apt, linux)?;
    report.note(&format!(
        "Compiler, headers and the driver's source: {}",
        selection.amount(&apt.archives())
    ));
    apt.fetch(&selection, "Fetching compiler and source", report)?;
    let name = name(release);
    let staging = cache.staging(&name)?;
    let unpacking = Unpacking {
        apt,
        tools: staging.join(TOOLS),
        // Programs and headers are told where they will be.
        place: cache.root().join(&name).join(TOOLS),
    };
    fs::create_dir(&unpacking.tools).map_err(KitError::file(&unpacking.tools))?;
    apt.unpack_all(&selection.packages, &unpacking.tools, report)?;
    unpacking.extract_source(&staging)?;
    remove(&unpacking.tools.join(UNREAD))?;
    unpacking.wrap_programs()?;
    unpacking.move_headers(release)?;
    let part = Part::unlisted(&staging, &name, release, selection.packages, &key_files(release))?;
    cache.place(&staging, &name)?;
    Ok(part)
}

/// Headers with the compiler they want, what unpacks, patches and makes, and the source of the same version.
fn selection(apt: &Apt<'_>, linux: &Part) -> Result<Selection, KitError> {
    let release = &linux.version;
    let gone = |_| KitError::Unfit {
        what: format!("this machine's Debian mirror no longer has headers and source of Linux {release}"),
        help: "remove that kernel's folder from the cache and run `mlx5-cosim setup` for the newest one"
            .to_owned(),
    };
    let version = linux.packages.first().map_or("", |package| &package.version);
    let mut numbers = release.split(['.', '+', '-']);
    let series = [numbers.next(), numbers.next()].map(Option::unwrap_or_default);
    let source = format!("linux-source-{}={version}", series.join("."));
    let headers = format!("linux-headers-{release}");
    let others = ["make", "patch", "xz-utils"].map(str::to_owned);
    let names: Vec<String> = [headers, source].into_iter().chain(others).collect();
    apt.resolve(&names).map_err(gone)
}

/// A workshop on its way into the cache.
struct Unpacking<'a> {
    apt: &'a Apt<'a>,
    /// Where the packages are unpacked.
    tools: PathBuf,
    /// Where that folder will be.
    place: PathBuf,
}

impl Unpacking<'_> {
    /// Replaces every program by a script that starts it by the tree's own loader: the machine's C library may be
    /// older than these programs want.
    fn wrap_programs(&self) -> Result<(), KitError> {
        let mut programs = Vec::new();
        for folder in PROGRAMS {
            each_file(&self.tools.join(folder), &mut |path, _| {
                if is_program(path) {
                    programs.push(path.to_owned());
                }
            })?;
        }
        let libraries = self.place.join(LIBRARIES);
        for program in programs {
            let mut name = program.as_os_str().to_owned();
            name.push(".elf");
            fs::rename(&program, &name).map_err(KitError::file(&program))?;
            let inside = Path::new(&name).strip_prefix(&self.tools).unwrap_or(&program);
            // Programs find each other by the name they were called by.
            let script = format!(
                "#!/bin/sh\nexec {libraries}/ld-linux-x86-64.so.2 --library-path {libraries} --argv0 \"$0\" {} \"$@\"\n",
                self.place.join(inside).display(),
                libraries = libraries.display(),
            );
            fs::write(&program, script).map_err(KitError::file(&program))?;
            let executable = fs::Permissions::from_mode(0o755);
            fs::set_permissions(&program, executable).map_err(KitError::file(&program))?;
        }
        Ok(())
    }

    /// Tells the headers where they will be.
    fn move_headers(&self, release: &str) -> Result<(), KitError> {
        let path = self
            .tools
            .join(format!("usr/src/linux-headers-{release}/Makefile"));
        let text = fs::read_to_string(&path).map_err(KitError::file(&path))?;
        let there = format!("{}/usr/src/", self.place.display());
        fs::write(&path, text.replace("/usr/src/", &there)).map_err(KitError::file(&path))
    }

    /// Unpacks the driver's source into the workshop's folder `staging`, and removes the archive of the whole kernel.
    fn extract_source(&self, staging: &Path) -> Result<(), KitError> {
        let sources = self.tools.join("usr/src");
        let mut archive = None;
        for entry in fs::read_dir(&sources).map_err(KitError::file(&sources))? {
            let path = entry.map_err(KitError::file(&sources))?.path();
            let name = path
                .file_name()
                .and_then(|name| name.to_str())
                .unwrap_or_default();
            if let Some(stem) = name.strip_suffix(".tar.xz") {
                archive = Some((stem.to_owned(), path));
            }
        }
        let (stem, archive) = archive.ok_or_else(|| KitError::Unfit {
            what: "the package with the kernel's source has none".to_owned(),
            help: "build the module yourself and give it by --modules".to_owned(),
        })?;
        let mut command = self.apt.command("tar")?;
        command.arg("-C").arg(staging);
        command.arg("--use-compress-program").arg(self.unpacker()?);
        command.arg("-xf").arg(&archive);
        command.args(SOURCE.map(|folder| format!("{stem}/{folder}")));
        output(command)?;
        let (unpacked, pristine) = (staging.join(stem), staging.join(PRISTINE));
        fs::rename(&unpacked, &pristine).map_err(KitError::file(&unpacked))?;
        fs::remove_file(&archive).map_err(KitError::file(&archive))
    }

    /// A script that starts xz where it is now, while the others are not in their place yet.
    fn unpacker(&self) -> Result<PathBuf, KitError> {
        let script = self.tools.join("usr/share/xz");
        let libraries = self.tools.join(LIBRARIES);
        let text = format!(
            "#!/bin/sh\nexec {libraries}/ld-linux-x86-64.so.2 --library-path {libraries} {} \"$@\"\n",
            self.tools.join("usr/bin/xz").display(),
            libraries = libraries.display(),
        );
        fs::write(&script, text).map_err(KitError::file(&script))?;
        let executable = fs::Permissions::from_mode(0o755);
        fs::set_permissions(&script, executable).map_err(KitError::file(&script))?;
        Ok(script)
    }
}

/// Whether the file is an executable in the system's own format, and no library.
fn is_program(path: &Path) -> bool {
    let library = path
        .file_name()
        .is_some_and(|name| name.to_string_lossy().contains(".so"));
    let executable = fs::metadata(path).is_ok_and(|found| found.permissions().mode() & 0o111 != 0);
    let mut magic = [0; 4];
    !library
        && executable
        && File::open(path).is_ok_and(|mut file| file.read_exact(&mut magic).is_ok())
        && &magic == b"\x7fELF"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn programs_are_told_from_scripts_and_libraries() {
        let folder = tempfile::tempdir().unwrap();
        let file = |name: &str, text: &[u8], mode| {
            let path = folder.path().join(name);
            fs::write(&path, text).unwrap();
            fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
            is_program(&path)
        };
        assert!(file("cc1", b"\x7fELF...", 0o755));
        assert!(!file("data", b"\x7fELF...", 0o644));
        assert!(!file("plugin.so.0", b"\x7fELF...", 0o755));
        assert!(!file("script", b"#!/bin/sh", 0o755));
        assert!(!file("empty", b"", 0o755));
    }
}
