//! What a guest does without, with less comfort for whoever sits at it: a shell, and modules for folders of the host.

use super::apt::Apt;
use super::cache::{Cache, remove};
use super::error::KitError;
use super::manifest::Part;
use super::modules;
use super::packages::Selection;
use super::report::SetupReport;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

/// The package that has the shell.
pub(super) const SHELL_PACKAGE: &str = "busybox-static";

/// The shell in its part's folder.
pub(super) const SHELL: &str = "busybox";

/// Where the package has it: Debian has moved it.
const IN_PACKAGE: [&str; 2] = ["usr/bin/busybox", "bin/busybox"];

/// Makes the part with the shell from its package, which has arrived.
pub(super) fn build_shell(
    cache: &Cache,
    apt: &Apt<'_>,
    selection: &Selection,
    report: &mut dyn SetupReport,
) -> Result<Part, KitError> {
    let packages = selection.asked_for();
    let unpacked = cache.staging("shell-package")?;
    apt.unpack_all(&packages, &unpacked, report)?;
    let program = IN_PACKAGE
        .iter()
        .map(|path| unpacked.join(path))
        .find(|path| path.exists());
    let program = program.ok_or_else(|| KitError::Unfit {
        what: format!("the package {SHELL_PACKAGE} has no busybox"),
        help: "vm works without it, with a small shell of its own".to_owned(),
    })?;
    let version = packages.first().map_or("", |package| &package.version);
    let staging = cache.staging(SHELL)?;
    let place = staging.join(SHELL);
    fs::copy(&program, &place).map_err(KitError::file(&place))?;
    fs::set_permissions(&place, fs::Permissions::from_mode(0o755)).map_err(KitError::file(&place))?;
    let part = Part::of(
        &staging,
        SHELL,
        version,
        packages.clone(),
        &[PathBuf::from(SHELL)],
    )?;
    cache.place(&staging, SHELL)?;
    remove(&unpacked)?;
    Ok(part)
}

/// Fetches the modules for folders of the host, from the packages of the kernel `linux`.
pub(super) fn fetch_shares(
    cache: &Cache,
    apt: &Apt<'_>,
    linux: &Part,
    report: &mut dyn SetupReport,
) -> Result<Part, KitError> {
    let release = &linux.version;
    let version = linux.packages.first().map_or("", |package| &package.version);
    let selection = apt.resolve(&[format!("linux-modules-{release}={version}")])?;
    // A name with a version is none that a package has.
    let packages = selection
        .packages
        .iter()
        .filter(|package| package.name == format!("linux-modules-{release}"));
    let packages: Vec<_> = packages.cloned().collect();
    report.note(&format!(
        "Modules for folders of the host: {}",
        selection.amount(&apt.archives())
    ));
    apt.fetch(&selection, "Fetching modules", report)?;
    let name = format!("shares-{release}");
    let unpacked = cache.staging(&format!("{name}-package"))?;
    apt.unpack_all(&packages, &unpacked, report)?;
    let kernel = Path::new("usr/lib/modules").join(release).join("kernel");
    let tree = unpacked.join(kernel);
    modules::prune_to_shares(&tree)?;
    let part = Part::of(&tree, &name, release, packages, &[])?;
    cache.place(&tree, &name)?;
    remove(&unpacked)?;
    Ok(part)
}
