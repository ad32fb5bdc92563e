//! apt with a state of its own: it resolves against an empty system and changes nothing of the machine's. What the
//! machine says about proxies and the like holds, because its configuration is read before ours.

use super::KitError;
use super::cache::{Cache, Lock, remove, write_at_once};
use super::packages::{Package, Selection, from_uris, total};
use super::report::{SetupReport, Unit};
use super::sources::mirror;
use std::ffi::OsString;
use std::fs::{self, File};
use std::io::{BufRead, BufReader, ErrorKind};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// The release whose packages are taken, and where it has its newer ones.
const RELEASE: &str = "trixie";
const BACKPORTS: &str = "trixie-backports";

/// With what Debian signs its lists; newer machines have the other name.
const KEYRINGS: [&str; 2] = [
    "/usr/share/keyrings/debian-archive-keyring.gpg",
    "/usr/share/keyrings/debian-archive-keyring.pgp",
];

/// What to do without apt.
const OWN_PARTS: &str =
    "give a QEMU of at least 10.1 and a Linux 7.2 with mlx5_core by --qemu, --kernel and --modules";

/// apt with its state in the cache.
#[derive(Debug)]
pub struct Apt<'a> {
    lock: &'a Lock,
    folder: PathBuf,
    configuration: PathBuf,
}

impl<'a> Apt<'a> {
    /// Makes apt's folder ready. Nothing is fetched.
    pub fn open(cache: &Cache, lock: &'a Lock) -> Result<Self, KitError> {
        let unfit = |what: &str, help: String| KitError::Unfit {
            what: what.to_owned(),
            help,
        };
        if std::env::consts::ARCH != "x86_64" {
            return Err(unfit("this machine is not x86-64", OWN_PARTS.to_owned()));
        }
        for program in ["apt-get", "apt-cache", "dpkg-deb"] {
            if Command::new(program).arg("--version").output().is_err() {
                return Err(unfit(
                    &format!("this machine has no {program}"),
                    OWN_PARTS.to_owned(),
                ));
            }
        }
        let Some(mirror) = mirror(Path::new("/etc/apt")) else {
            return Err(unfit(
                "no Debian mirror is among this machine's package sources in /etc/apt",
                format!("add a source of Debian's main component, or {OWN_PARTS}"),
            ));
        };
        let Some(keyring) = KEYRINGS.iter().find(|path| Path::new(path).exists()) else {
            return Err(unfit(
                "this machine has no keys to check Debian's signatures with",
                format!("install the package debian-archive-keyring, or {OWN_PARTS}"),
            ));
        };
        Self::at(cache.apt(), lock, &mirror, keyring)
    }

    /// apt with its state in `folder`, fed by `mirror`, whose lists must be signed by a key in `keyring`.
    fn at(folder: PathBuf, lock: &'a Lock, mirror: &str, keyring: &str) -> Result<Self, KitError> {
        for name in [
            "state/lists/partial",
            "cache/archives/partial",
            "none",
            "archives",
        ] {
            let path = folder.join(name);
            fs::create_dir_all(&path).map_err(KitError::file(path))?;
        }
        let options = format!("[target=Packages arch=amd64 signed-by={keyring}]");
        let sources =
            format!("deb {options} {mirror} {RELEASE} main\ndeb {options} {mirror} {BACKPORTS} main\n");
        write_at_once(&folder.join("sources.list"), &sources)?;
        write_at_once(&folder.join("state/status"), "")?;
        let configuration = folder.join("apt.conf");
        write_at_once(&configuration, &configuration_text(&folder))?;
        Ok(Self {
            lock,
            folder,
            configuration,
        })
    }

    /// Where packages arrive.
    pub fn archives(&self) -> PathBuf {
        self.folder.join("archives")
    }

    /// Brings the lists up to date; apt checks their signatures.
    pub fn update(&self) -> Result<(), KitError> {
        let mut command = self.apt("apt-get")?;
        // Without this a list that cannot be had is only a warning.
        command.args(["-q", "--error-on=any", "update"]);
        output(command).map(drop)
    }

    /// The packages `names`, from the newer ones, with all that they depend on. A name may have `=` and a version.
    pub fn resolve(&self, names: &[String]) -> Result<Selection, KitError> {
        let mut command = self.apt("apt-get")?;
        command.args(["-qq", "-y", "--print-uris", "-t", BACKPORTS, "install"]);
        command.args(names);
        Ok(Selection {
            names: names.to_vec(),
            packages: from_uris(&output(command)?)?,
        })
    }

    /// The names of all packages that match the regular expression.
    pub fn names(&self, pattern: &str) -> Result<Vec<String>, KitError> {
        let mut command = self.apt("apt-cache")?;
        command.args(["search", "--names-only", pattern]);
        let text = output(command)?;
        let names = text.lines().filter_map(|line| line.split(' ').next());
        Ok(names.map(str::to_owned).collect())
    }

    /// Fetches what is not there yet. What broke off goes on where it was.
    pub fn fetch(
        &self,
        selection: &Selection,
        doing: &str,
        report: &mut dyn SetupReport,
    ) -> Result<(), KitError> {
        let archives = self.archives();
        let absent = selection.absent(&archives);
        for package in &absent {
            // apt would take one of full length for the package itself.
            let path = archives.join(&package.file);
            match fs::remove_file(&path) {
                Err(error) if error.kind() != ErrorKind::NotFound => return Err(KitError::file(path)(error)),
                _ => {}
            }
        }
        if absent.is_empty() {
            return Ok(());
        }
        report.begin(doing, total(&absent), Unit::Bytes);
        let fetched = self.download(&selection.names, total(&absent), report);
        report.end();
        fetched?;
        match absent.iter().find(|package| !package.is_in(&archives)) {
            Some(package) => Err(KitError::Fetch {
                text: format!(
                    "{} did not arrive with the bytes of the signed list",
                    package.file
                ),
            }),
            None => Ok(()),
        }
    }

    /// Lets apt fetch what `names` need and passes on how far it is with the `size` bytes.
    fn download(&self, names: &[String], size: u64, report: &mut dyn SetupReport) -> Result<(), KitError> {
        // `apt-get download` would begin a broken file anew, and resolving would not list what is there already.
        let mut archives = OsString::from("Dir::Cache::archives=");
        archives.push(self.archives());
        let errors = self.folder.join("errors.txt");
        let mut command = self.apt("apt-get")?;
        command
            .args(["-q", "-y", "--download-only", "-o", "APT::Status-Fd=1", "-o"])
            .arg(archives)
            .args(["-t", BACKPORTS, "install"])
            .args(names)
            .stdout(Stdio::piped())
            .stderr(File::create(&errors).map_err(KitError::file(&errors))?);
        let mut child = command.spawn().map_err(KitError::file("apt-get"))?;
        if let Some(stdout) = child.stdout.take() {
            for line in BufReader::new(stdout).lines().map_while(Result::ok) {
                if let Some(done) = progress(&line, size) {
                    report.advance(done);
                }
            }
        }
        let status = child.wait().map_err(KitError::file("apt-get"))?;
        if status.success() {
            return Ok(());
        }
        let text = fs::read_to_string(&errors).unwrap_or_default();
        Err(failure("apt-get", &text))
    }

    /// Removes apt's folder: everything has been taken out of it.
    pub fn close(self) -> Result<(), KitError> {
        remove(&self.folder)
    }

    /// Unpacks all packages, which have arrived, into `folder`.
    pub fn unpack_all(
        &self,
        packages: &[Package],
        folder: &Path,
        report: &mut dyn SetupReport,
    ) -> Result<(), KitError> {
        let mut done = 0;
        report.begin("Unpacking", total(packages), Unit::Bytes);
        let unpacked = packages.iter().try_for_each(|package| {
            self.unpack(package, folder)?;
            done += package.size;
            report.advance(done);
            Ok(())
        });
        report.end();
        unpacked
    }

    /// Unpacks a package into `folder`.
    fn unpack(&self, package: &Package, folder: &Path) -> Result<(), KitError> {
        let mut command = self.command("dpkg-deb")?;
        command.arg("-x").arg(self.archives().join(&package.file));
        command.arg(folder);
        output(command).map(drop)
    }

    fn apt(&self, program: &str) -> Result<Command, KitError> {
        let mut command = self.command(program)?;
        command.arg("-c").arg(&self.configuration);
        Ok(command)
    }

    /// A program that shares the lock.
    pub fn command(&self, program: &str) -> Result<Command, KitError> {
        self.lock.command(program)
    }
}

/// Runs `command` to its end and returns what it printed.
pub fn output(mut command: Command) -> Result<String, KitError> {
    let program = command.get_program().to_string_lossy().into_owned();
    let output = command.output().map_err(KitError::file(&program))?;
    if output.status.success() {
        return Ok(String::from_utf8_lossy(&output.stdout).into_owned());
    }
    Err(failure(&program, &String::from_utf8_lossy(&output.stderr)))
}

/// The failure of a program that left `text`.
fn failure(program: &str, text: &str) -> KitError {
    let text = match text.trim() {
        "" => "it does not say why".to_owned(),
        text => text.to_owned(),
    };
    match program {
        "apt-get" => KitError::Fetch { text },
        _ => KitError::Program {
            program: program.to_owned(),
            text,
        },
    }
}

/// Bytes done, from a line `dlstatus:1:12.5000:Retrieving file 3 of 90`.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::cast_precision_loss
)]
fn progress(line: &str, total: u64) -> Option<u64> {
    let percent: f64 = line.strip_prefix("dlstatus:")?.split(':').nth(1)?.parse().ok()?;
    Some((percent.clamp(0.0, 100.0) / 100.0 * total as f64) as u64)
}

/// apt's configuration, read after the machine's own.
fn configuration_text(folder: &Path) -> String {
    let folder = folder.display();
    // The machine's hooks would act on the machine's files, and its foreign architectures need lists of their own.
    // MD5, which apt prints by default for old scripts, proves nothing. Nobody but us reads the folder: as root, apt
    // would fetch as a user who may not.
    format!(
        r#"#clear APT::Update;
#clear DPkg::Post-Invoke;
#clear APT::Architectures;
APT::Architecture "amd64";
APT::Architectures {{ "amd64"; }};
APT::Sandbox::User "root";
APT::Install-Recommends "false";
APT::Install-Suggests "false";
Acquire::ForceHash "SHA256";
Acquire::Languages "none";
Acquire::Retries "3";
Dir::State "{folder}/state/";
Dir::State::lists "lists/";
Dir::State::status "{folder}/state/status";
Dir::State::extended_states "extended_states";
Dir::Cache "{folder}/cache/";
Dir::Cache::archives "archives/";
Dir::Cache::pkgcache "pkgcache.bin";
Dir::Cache::srcpkgcache "srcpkgcache.bin";
Dir::Log "{folder}/log/";
Dir::Etc::SourceList "{folder}/sources.list";
Dir::Etc::SourceParts "{folder}/none/";
Dir::Etc::Preferences "{folder}/none/preferences";
Dir::Etc::PreferencesParts "{folder}/none/";
"#
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kit::report::Silence;

    #[test]
    fn progress_is_read_from_status_lines() {
        assert_eq!(
            progress("dlstatus:1:50.0000:Retrieving file 1 of 2", 200),
            Some(100)
        );
        assert_eq!(progress("dlstatus:1:100:Retrieving file 2 of 2", 200), Some(200));
        assert_eq!(progress("Get:1 http://mirror trixie amd64", 200), None);
    }

    #[test]
    fn apt_is_fed_by_the_mirror_alone() {
        let folder = tempfile::tempdir().unwrap();
        let lock = Cache::at(folder.path().to_owned()).lock(&mut Silence).unwrap();
        let apt = Apt::at(folder.path().join("apt"), &lock, "http://mirror/debian", "/keys").unwrap();
        let sources = fs::read_to_string(apt.folder.join("sources.list")).unwrap();
        assert_eq!(
            sources,
            "deb [target=Packages arch=amd64 signed-by=/keys] http://mirror/debian trixie main\n\
             deb [target=Packages arch=amd64 signed-by=/keys] http://mirror/debian trixie-backports main\n"
        );
        let text = fs::read_to_string(&apt.configuration).unwrap();
        assert!(text.contains(&format!("Dir::State \"{}/state/\";", apt.folder.display())));
        apt.close().unwrap();
        assert!(!folder.path().join("apt").exists());
    }
}
