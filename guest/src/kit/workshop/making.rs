//! make, and what it says when a module does not compile.

use super::change::DRIVER;
use super::toolbox::TOOLS;
use crate::kit::KitError;
use crate::kit::cache::Lock;
use crate::kit::report::{SetupReport, Unit};
use std::env;
use std::fs::{self, File};
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::thread::available_parallelism;

/// Why there is no module.
#[derive(Debug, thiserror::Error)]
pub enum BuildError {
    /// Something else than the source failed.
    #[error(transparent)]
    Kit(#[from] KitError),
    /// The source does not compile.
    #[error("{module} does not compile: {}", said.first().map_or("make does not say why", String::as_str))]
    DoesNotCompile {
        /// The module's name.
        module: String,
        /// What the compiler and make said of errors, with paths as they are in the kernel's tree.
        said: Vec<String>,
        /// All that was said.
        log: PathBuf,
    },
}

/// Programs that build, in a kernel's workshop.
pub(super) struct Maker<'a> {
    /// The workshop's folder.
    pub(super) folder: &'a Path,
    pub(super) release: &'a str,
    pub(super) lock: &'a Lock,
    /// Where all goes that make says.
    pub(super) log: &'a Path,
}

impl Maker<'_> {
    /// The kernel's headers.
    pub(super) fn headers(&self) -> PathBuf {
        headers(self.folder, self.release)
    }

    /// A program of the workshop's, which finds the others.
    pub(super) fn program(&self, name: &str) -> Result<Command, KitError> {
        let programs = self.folder.join(TOOLS).join("usr/bin");
        let mut command = self.lock.command(&programs.join(name).to_string_lossy())?;
        let mut path = programs.into_os_string();
        path.push(":");
        path.push(env::var_os("PATH").unwrap_or_default());
        command.env("PATH", path);
        // A make or cargo around this one means its own jobs.
        for variable in ["MAKEFLAGS", "MFLAGS", "MAKELEVEL"] {
            command.env_remove(variable);
        }
        Ok(command)
    }

    /// Makes the modules of the folder `source`, of which `module` has to be one, and returns its file. `files` will be
    /// compiled, as far as that is known.
    pub(super) fn make(
        &self,
        source: &Path,
        module: &str,
        variables: &mut dyn Iterator<Item = String>,
        files: u64,
        report: &mut dyn SetupReport,
    ) -> Result<PathBuf, BuildError> {
        let log = File::create(self.log).map_err(KitError::file(self.log))?;
        let mut command = self.program("make")?;
        let jobs = available_parallelism().map_or(1, usize::from);
        command.arg(format!("-j{jobs}"));
        command.arg("-C").arg(self.headers());
        command.arg(format!("M={}", source.display()));
        command.arg("DEB_BUILD_ARCH=amd64");
        command.args(variables);
        // Type information would need the kernel's whole image, and debug information triples the module.
        command.args(["CONFIG_DEBUG_INFO_BTF_MODULES=", "KCFLAGS=-g0", "modules"]);
        let errors = self.log.with_extension("errors");
        let file = File::create(&errors).map_err(KitError::file(&errors))?;
        command.stdout(Stdio::piped()).stderr(file);
        let succeeded = follow(command, log, self.log, files, report)?;
        let text = fs::read_to_string(&errors).unwrap_or_default();
        self.append(&text)?;
        let _ = fs::remove_file(&errors);
        let file = source.join(format!("{module}.ko"));
        if succeeded && is_for(&file, self.release)? {
            return Ok(file);
        }
        Err(BuildError::DoesNotCompile {
            module: module.to_owned(),
            said: self.errors(&text, source),
            log: self.log.to_owned(),
        })
    }

    fn append(&self, text: &str) -> Result<(), KitError> {
        let open = File::options().append(true).open(self.log);
        open.and_then(|mut log| log.write_all(text.as_bytes()))
            .map_err(KitError::file(self.log))
    }

    /// The lines of `text` that tell what is wrong, with the context that the compiler shows, and with paths as they are in
    /// the kernel's tree.
    fn errors(&self, text: &str, source: &Path) -> Vec<String> {
        let headers = self.headers();
        let common = headers.to_string_lossy().replace("-amd64", "-common");
        let mut inside = false;
        let mut said = Vec::new();
        for line in text.lines() {
            let shows_source = line.starts_with(' ');
            if !shows_source {
                inside =
                    line.contains("error:") || line.contains("ERROR:") || line.contains("No rule to make");
            }
            if inside {
                let line = line.replace(&format!("{common}/"), "");
                let line = line.replace(&format!("{}/", headers.display()), "");
                said.push(in_tree(&line.replace(&format!("{}/", source.display()), "")));
            }
        }
        if said.is_empty() {
            said.extend(
                text.lines()
                    .filter(|line| line.contains("***"))
                    .map(str::to_owned),
            );
        }
        said
    }
}

/// Where the headers of a kernel are in its workshop.
pub(super) fn headers(workshop: &Path, release: &str) -> PathBuf {
    workshop
        .join(TOOLS)
        .join(format!("usr/src/linux-headers-{release}"))
}

/// A line of the compiler's with its path as seen from the root of the kernel's tree; make works in the driver's folder.
fn in_tree(line: &str) -> String {
    let starts_with_place = line.split_once(':').is_some_and(|(path, rest)| {
        !path.contains(' ')
            && !path.starts_with('/')
            && rest.starts_with(|digit: char| digit.is_ascii_digit())
    });
    if !starts_with_place {
        return line.to_owned();
    }
    let inner = line.strip_prefix("./").unwrap_or(line);
    if let Some(at) = inner.find("../include/") {
        return inner[at + 3..].to_owned();
    }
    if inner.starts_with("include/") || inner.starts_with("arch/") {
        return inner.to_owned();
    }
    format!("{DRIVER}/{inner}")
}

/// Runs make to its end, copies what it prints to the log, and tells how many files are compiled.
fn follow(
    mut command: Command,
    mut log: File,
    path: &Path,
    files: u64,
    report: &mut dyn SetupReport,
) -> Result<bool, KitError> {
    let mut child = command.spawn().map_err(KitError::file("make"))?;
    let mut done = 0;
    if let Some(stdout) = child.stdout.take() {
        for line in BufReader::new(stdout).split(b'\n').map_while(Result::ok) {
            log.write_all(&line)
                .and_then(|()| log.write_all(b"\n"))
                .map_err(KitError::file(path))?;
            if line.trim_ascii_start().starts_with(b"CC ") {
                // What describes the modules is compiled, too.
                done = files.min(done + 1);
                report.advance(done);
            }
        }
    }
    let status = child.wait().map_err(KitError::file("make"))?;
    Ok(status.success())
}

/// Whether `module` is there and is for the kernel `release`.
fn is_for(module: &Path, release: &str) -> Result<bool, KitError> {
    if !module.exists() {
        return Ok(false);
    }
    let bytes = fs::read(module).map_err(KitError::file(module))?;
    let wanted = format!("vermagic={release} ");
    Ok(bytes
        .windows(wanted.len())
        .any(|window| window == wanted.as_bytes()))
}

/// A stretch of compiling, told until it is dropped.
pub(super) struct Stretch<'a>(pub(super) &'a mut dyn SetupReport);

impl<'a> Stretch<'a> {
    pub(super) fn begin(report: &'a mut dyn SetupReport, doing: &str, files: u64) -> Self {
        report.begin(doing, files, Unit::Files);
        Self(report)
    }
}

impl Drop for Stretch<'_> {
    fn drop(&mut self) {
        self.0.end();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_module_of_another_kernel_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let module = folder.path().join("mlx5_core.ko");
        assert!(!is_for(&module, "7.2.1").unwrap());
        fs::write(&module, "....vermagic=7.2.1 SMP..").unwrap();
        assert!(is_for(&module, "7.2.1").unwrap());
        assert!(!is_for(&module, "7.2").unwrap());
    }

    #[test]
    fn places_are_those_of_the_tree() {
        for (said, shown) in [
            (
                "pagealloc.c:12:3: error: x",
                "drivers/net/ethernet/mellanox/mlx5/core/pagealloc.c:12:3: error: x",
            ),
            (
                "././../../../../../../include/linux/mlx5/driver.h:3:1: error: x",
                "include/linux/mlx5/driver.h:3:1: error: x",
            ),
            (
                "include/net/devlink.h:3:1: error: x",
                "include/net/devlink.h:3:1: error: x",
            ),
            ("make[3]: *** [x] Error 1", "make[3]: *** [x] Error 1"),
            ("   12 |  foo();", "   12 |  foo();"),
        ] {
            assert_eq!(in_tree(said), shown);
        }
    }
}
