//! An mlx5_core that knows sub-functions. No distribution's kernel has one, so it is built: from the kernel's own
//! source, with the compiler and the headers that its distribution built it with. They are unpacked beside the
//! system; each of their programs becomes a script that starts it by its own loader.

use super::apt::{Apt, output};
use super::cache::{Cache, remove};
use super::manifest::{Part, each_file};
use super::packages::Selection;
use super::report::{SetupReport, Unit};
use super::{KitError, modules};
use std::env;
use std::fs::{self, File, OpenOptions};
use std::io::{BufRead, BufReader, Read, Write};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::thread::available_parallelism;

/// Where the driver is in the kernel's source. It includes headers of its neighbours.
const SOURCE: &str = "drivers/net/ethernet/mellanox";
const DRIVER: &str = "mlx5/core";

/// What makes the driver know sub-functions: for make and, as the kernel's configuration says no, for the compiler.
const SWITCHES: [&str; 2] = ["CONFIG_MLX5_SF", "CONFIG_MLX5_SF_MANAGER"];

/// Folders of the unpacked tree that have programs.
const PROGRAMS: [&str; 3] = ["usr/bin", "usr/libexec", "usr/lib"];
const LIBRARIES: &str = "usr/lib/x86_64-linux-gnu";

/// The tree in which the driver is built.
#[derive(Debug)]
struct Workshop<'a> {
    apt: &'a Apt<'a>,
    /// The unpacked packages.
    root: PathBuf,
    /// The kernel's release.
    release: String,
    /// What make says.
    log: PathBuf,
}

/// Builds the driver for the kernel `linux` and puts it, with that kernel's other modules, in its place.
pub fn build(
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
    let selection = selection(apt, linux)?;
    report.note(&format!(
        "mlx5_core with sub-functions: {} and 700 MB on disk while it is built",
        selection.amount(&apt.archives())
    ));
    apt.fetch(&selection, "Fetching compiler and source", report)?;
    let name = format!("subfunctions-{}", linux.version);
    let staging = cache.staging(&name)?;
    let workshop = Workshop {
        apt,
        root: staging.join("root"),
        release: linux.version.clone(),
        log: cache.root().join("subfunctions.log"),
    };
    fs::create_dir(&workshop.root).map_err(KitError::file(&workshop.root))?;
    apt.unpack_all(&selection.packages, &workshop.root, report)?;
    workshop.wrap_programs()?;
    workshop.move_headers()?;
    let driver = workshop.extract_source(&staging.join("source"))?;
    let module = workshop.make(&driver, report)?;

    let tree = staging.join("modules");
    copy_modules(&linux.root(cache), &tree)?;
    let key_file = PathBuf::from("mlx5_core.ko");
    fs::copy(&module, tree.join(&key_file)).map_err(KitError::file(&module))?;
    let part = Part::of(&tree, &name, &linux.version, selection.packages, &[key_file])?;
    cache.place(&tree, &name)?;
    remove(&staging)?;
    Ok(part)
}

/// Headers with the compiler they want, what unpacks and makes, and the source of the same version.
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
    apt.resolve(&[headers, source, "make".to_owned(), "xz-utils".to_owned()])
        .map_err(gone)
}

impl Workshop<'_> {
    /// Replaces every program by a script that starts it by the tree's own loader: the machine's C library may be
    /// older than these programs want.
    fn wrap_programs(&self) -> Result<(), KitError> {
        let mut programs = Vec::new();
        for folder in PROGRAMS {
            each_file(&self.root.join(folder), &mut |path, _| {
                if is_program(path) {
                    programs.push(path.to_owned());
                }
            })?;
        }
        let libraries = self.root.join(LIBRARIES);
        for program in programs {
            let mut name = program.as_os_str().to_owned();
            name.push(".elf");
            fs::rename(&program, &name).map_err(KitError::file(&program))?;
            // Programs find each other by the name they were called by.
            let script = format!(
                "#!/bin/sh\nexec {libraries}/ld-linux-x86-64.so.2 --library-path {libraries} --argv0 \"$0\" {} \"$@\"\n",
                Path::new(&name).display(),
                libraries = libraries.display(),
            );
            fs::write(&program, script).map_err(KitError::file(&program))?;
            let executable = fs::Permissions::from_mode(0o755);
            fs::set_permissions(&program, executable).map_err(KitError::file(&program))?;
        }
        Ok(())
    }

    /// The kernel's headers, as an absolute folder.
    fn headers(&self) -> PathBuf {
        self.root.join(format!("usr/src/linux-headers-{}", self.release))
    }

    /// Tells the headers where they are.
    fn move_headers(&self) -> Result<(), KitError> {
        let path = self.headers().join("Makefile");
        let text = fs::read_to_string(&path).map_err(KitError::file(&path))?;
        let here = format!("{}/usr/src/", self.root.display());
        fs::write(&path, text.replace("/usr/src/", &here)).map_err(KitError::file(&path))
    }

    /// Unpacks the driver's source into `folder` and returns where it is.
    fn extract_source(&self, folder: &Path) -> Result<PathBuf, KitError> {
        let sources = self.root.join("usr/src");
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
            help: "build a kernel with CONFIG_MLX5_SF and give it by --kernel and --modules".to_owned(),
        })?;
        fs::create_dir(folder).map_err(KitError::file(folder))?;
        let mut command = self.apt.command("tar")?;
        command.arg("-C").arg(folder);
        command
            .arg("--use-compress-program")
            .arg(self.root.join("usr/bin/xz"));
        command.arg("-xf").arg(archive).arg(format!("{stem}/{SOURCE}"));
        output(command)?;
        Ok(folder.join(stem).join(SOURCE).join(DRIVER))
    }

    /// Makes the module in the folder `driver`.
    fn make(&self, driver: &Path, report: &mut dyn SetupReport) -> Result<PathBuf, KitError> {
        let mut log = File::create(&self.log).map_err(KitError::file(&self.log))?;
        let errors = OpenOptions::new()
            .append(true)
            .open(&self.log)
            .map_err(KitError::file(&self.log))?;
        let mut command = self.make_command(driver)?;
        command.stdout(Stdio::piped()).stderr(errors);
        let mut files = 0;
        each_file(driver, &mut |path, _| {
            files += u64::from(path.extension().is_some_and(|extension| extension == "c"));
        })?;
        report.begin("Building mlx5_core", files, Unit::Files);
        let mut child = command.spawn().map_err(KitError::file("make"))?;
        if let Some(stdout) = child.stdout.take() {
            let mut done = 0;
            for line in BufReader::new(stdout).lines().map_while(Result::ok) {
                writeln!(log, "{line}").map_err(KitError::file(&self.log))?;
                if line.trim_start().starts_with("CC ") {
                    done += 1;
                    report.advance(done.min(files));
                }
            }
        }
        let status = child.wait().map_err(KitError::file("make"))?;
        report.end();
        let module = driver.join("mlx5_core.ko");
        if status.success() && is_for(&module, &self.release)? {
            return Ok(module);
        }
        Err(KitError::Program {
            program: "make".to_owned(),
            text: format!("no mlx5_core with sub-functions; {} says why", self.log.display()),
        })
    }

    fn make_command(&self, driver: &Path) -> Result<Command, KitError> {
        let programs = self.root.join("usr/bin");
        let mut command = self.apt.command(&programs.join("make").to_string_lossy())?;
        let mut path = programs.into_os_string();
        path.push(":");
        path.push(env::var_os("PATH").unwrap_or_default());
        command.env("PATH", path);
        // A make or cargo around this one means its own jobs.
        for variable in ["MAKEFLAGS", "MFLAGS", "MAKELEVEL"] {
            command.env_remove(variable);
        }
        let jobs = available_parallelism().map_or(1, usize::from);
        command.arg(format!("-j{jobs}"));
        command.arg("-C").arg(self.headers());
        command.arg(format!("M={}", driver.display()));
        command.arg("DEB_BUILD_ARCH=amd64");
        command.args(SWITCHES.map(|switch| format!("{switch}=y")));
        // Type information would need the kernel's whole image, and debug information triples the module.
        let defines = SWITCHES.map(|switch| format!("-D{switch}=1")).join(" ");
        command.arg("CONFIG_DEBUG_INFO_BTF_MODULES=");
        command.arg(format!("KCFLAGS={defines} -g0"));
        command.arg("modules");
        Ok(command)
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

/// Whether `module` is there, is for the kernel `release`, and drives sub-functions.
fn is_for(module: &Path, release: &str) -> Result<bool, KitError> {
    let bytes = fs::read(module).map_err(KitError::file(module))?;
    let has = |text: &str| bytes.windows(text.len()).any(|window| window == text.as_bytes());
    Ok(has(&format!("vermagic={release} ")) && has("mlx5_sf_driver_register"))
}

/// Copies the kernel's modules, all but the driver that was built anew.
fn copy_modules(linux: &Path, folder: &Path) -> Result<(), KitError> {
    let old = modules::driver(linux)?;
    let mut files = Vec::new();
    each_file(&linux.join("kernel"), &mut |path, _| files.push(path.to_owned()))?;
    for file in files {
        if old.as_ref() == Some(&file) {
            continue;
        }
        let place = folder.join(file.strip_prefix(linux).unwrap_or(&file));
        let parent = place.parent().unwrap_or(folder);
        fs::create_dir_all(parent).map_err(KitError::file(parent))?;
        fs::copy(&file, &place).map_err(KitError::file(&place))?;
    }
    Ok(())
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

    #[test]
    fn the_other_modules_come_along() {
        let folder = tempfile::tempdir().unwrap();
        let linux = folder.path().join("linux");
        for name in ["kernel/core/mlx5_core.ko.xz", "kernel/mlxfw.ko.xz"] {
            let path = linux.join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, name).unwrap();
        }
        let tree = folder.path().join("tree");
        copy_modules(&linux, &tree).unwrap();
        assert!(tree.join("kernel/mlxfw.ko.xz").exists());
        assert_eq!(modules::driver(&tree).unwrap(), None);
    }

    #[test]
    fn a_module_of_another_kernel_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let module = folder.path().join("mlx5_core.ko");
        fs::write(&module, "..mlx5_sf_driver_register..vermagic=7.2.1 SMP..").unwrap();
        assert!(is_for(&module, "7.2.1").unwrap());
        assert!(!is_for(&module, "7.2").unwrap());
        fs::write(&module, "vermagic=7.2.1 SMP").unwrap();
        assert!(!is_for(&module, "7.2.1").unwrap());
    }
}
