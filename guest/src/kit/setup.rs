//! Brings into the cache what is not there, and proves that it works.

use super::apt::Apt;
use super::cache::{Cache, Lock, remove};
use super::comforts;
use super::error::KitError;
use super::helper;
use super::kernel::{self, Offer};
use super::location::{Kit, KitOptions};
use super::manifest::{Manifest, Part, PartName};
use super::modules;
use super::packages::{Selection, megabytes};
use super::qemu::{self, Qemu};
use super::report::SetupReport;
use super::workshop::{Configuration, Workshop, toolbox, variant};
use std::path::{Path, PathBuf};

/// The package that has QEMU for this architecture.
const QEMU_PACKAGE: &str = "qemu-system-x86";

/// Packages with an image that may be taken, as a regular expression over their names and those of their modules.
const KERNEL_PACKAGES: &str = "^linux-(binary|modules)-[0-9].*-amd64$";

/// Makes the kit that `options` ask for complete.
pub fn setup(cache: &Cache, options: &KitOptions, report: &mut dyn SetupReport) -> Result<Kit, KitError> {
    options.check()?;
    let mut manifest = Manifest::read(cache);
    if absent(cache, options, &manifest).is_empty() {
        list_files(cache, &options.parts(), &mut manifest, report)?;
        if !cache.leftovers()?.is_empty() {
            let _lock = cache.lock(report)?;
            cache.sweep()?;
        }
        let kit = Kit::locate_in(cache, options)?;
        report.note("The kit is complete");
        return Ok(told(kit, cache, &manifest, report));
    }
    let lock = cache.lock(report)?;
    // Another setup may have been at work meanwhile.
    manifest = Manifest::read(cache);
    let absent = absent(cache, options, &manifest);
    for (name, damage) in &absent {
        if let Some(damage) = damage {
            report.warning(&format!("{} is fetched again: {damage}", name.title()));
        }
    }
    if !absent.is_empty() {
        let wanted: Vec<_> = absent.iter().map(|(name, _)| *name).collect();
        if wanted.iter().any(|name| !name.is_built()) {
            match fetch(cache, &lock, &wanted, &mut manifest, report) {
                // A machine without a mirror has a guest all the same.
                Err(error) if wanted.iter().all(|name| name.is_comfort()) => {
                    let missing: Vec<_> = wanted.iter().map(|name| name.title()).collect();
                    report.warning(&format!("vm does without {}: {error}", missing.join(" and ")));
                }
                fetched => fetched?,
            }
        }
        // A driver is built for the kernel that is there by now.
        for name in wanted {
            let (folder, configuration) = match name {
                PartName::Subfunctions => ("subfunctions", Configuration::with_subfunctions()),
                PartName::WithoutEswitch => ("no-eswitch", Configuration::without_eswitch()),
                PartName::Helper => {
                    let part = helper::build(&Workshop::in_cache(cache, &manifest)?, &lock, cache)?;
                    keep(cache, &mut manifest, name, part)?;
                    continue;
                }
                PartName::Qemu
                | PartName::Linux
                | PartName::Workshop
                | PartName::Shell
                | PartName::Shares => continue,
            };
            let workshop = Workshop::in_cache(cache, &manifest)?;
            let part = variant(&workshop, &lock, folder, &configuration, report)?;
            keep(cache, &mut manifest, name, part)?;
        }
        cache.sweep()?;
    }
    let kit = Kit::locate_in(cache, options)?;
    Ok(told(kit, cache, &manifest, report))
}

/// Takes down the files of parts that an earlier version has fetched, so that each can be verified.
fn list_files(
    cache: &Cache,
    names: &[PartName],
    manifest: &mut Manifest,
    report: &mut dyn SetupReport,
) -> Result<(), KitError> {
    let unlisted = |(name, part): &(&PartName, &mut Part)| {
        names.contains(name) && **name != PartName::Workshop && part.files.is_empty()
    };
    if !manifest.parts.iter_mut().any(|part| unlisted(&part)) {
        return Ok(());
    }
    let _lock = cache.lock(report)?;
    *manifest = Manifest::read(cache);
    for (_, part) in manifest.parts.iter_mut().filter(unlisted) {
        part.list_files(cache)?;
    }
    manifest.write(cache)
}

/// The parts that are asked for and not there, with what is wrong where there is something.
fn absent(cache: &Cache, options: &KitOptions, manifest: &Manifest) -> Vec<(PartName, Option<String>)> {
    let mut absent = Vec::new();
    for name in options.parts() {
        match manifest.parts.get(&name) {
            Some(part) if name.follows_kernel() && !is_of_kernel(part, manifest) => {
                absent.push((name, None));
            }
            // Of another version of this program.
            Some(part) if name == PartName::Helper && !helper::is_ours(part) => absent.push((name, None)),
            Some(part) => {
                if let Some(damage) = part.damage(cache) {
                    absent.push((name, Some(damage)));
                }
            }
            None if name == PartName::Qemu && Qemu::Machine.examine().is_ok() => {}
            None => absent.push((name, None)),
        }
    }
    let is_absent =
        |absent: &[(PartName, Option<String>)], name| absent.iter().any(|(other, _)| *other == name);
    // What follows the kernel has to follow the one that is fetched.
    if is_absent(&absent, PartName::Linux) {
        for name in options.parts().into_iter().filter(|name| name.follows_kernel()) {
            if !is_absent(&absent, name) {
                absent.push((name, None));
            }
        }
    }
    // What is to be built needs a workshop, which nobody else does.
    let builds = absent.iter().any(|(name, _)| name.is_built());
    if builds && !is_absent(&absent, PartName::Workshop) {
        match manifest.parts.get(&PartName::Workshop) {
            Some(part) if is_of_kernel(part, manifest) => {
                if let Some(damage) = part.damage(cache) {
                    absent.push((PartName::Workshop, Some(damage)));
                }
            }
            _ => absent.push((PartName::Workshop, None)),
        }
    }
    absent
}

/// Whether a part was made for the kernel that is there.
fn is_of_kernel(part: &Part, manifest: &Manifest) -> bool {
    let linux = manifest.parts.get(&PartName::Linux);
    linux.is_some_and(|linux| linux.version == part.version)
}

/// Says what is there and what may surprise.
fn told(kit: Kit, cache: &Cache, manifest: &Manifest, report: &mut dyn SetupReport) -> Kit {
    let bytes = manifest.parts.values().map(|part| part.tally.bytes).sum();
    report.note(&kit.describe());
    if bytes > 0 {
        report.note(&format!("{} in {}", megabytes(bytes), cache.root().display()));
    }
    if let Some(surprise) = kit.kernel_release().and_then(kernel::surprise) {
        report.warning(&surprise);
    }
    kit
}

/// What one part is made of.
#[derive(Debug)]
struct Plan {
    name: PartName,
    /// The kernel's release; QEMU says its version once it runs.
    offer: Option<Offer>,
    selection: Selection,
}

/// Fetches the parts `wanted`.
fn fetch(
    cache: &Cache,
    lock: &Lock,
    wanted: &[PartName],
    manifest: &mut Manifest,
    report: &mut dyn SetupReport,
) -> Result<(), KitError> {
    let apt = Apt::open(cache, lock)?;
    report.note("Reading the package lists");
    apt.update()?;
    let mut plans = Vec::new();
    for name in wanted.iter().filter(|name| !name.follows_kernel()) {
        let plan = plan(&apt, *name)?;
        let title = match &plan.offer {
            Some(offer) => format!("Linux {}", offer.release()),
            None => name.title().to_owned(),
        };
        report.note(&format!("{title}: {}", plan.selection.amount(&apt.archives())));
        plans.push(plan);
    }
    for plan in plans {
        apt.fetch(
            &plan.selection,
            &format!("Fetching {}", plan.name.title()),
            report,
        )?;
        let part = build(cache, &apt, &plan, report)?;
        keep(cache, manifest, plan.name, part)?;
    }
    if wanted.contains(&PartName::Shares)
        && let Some(linux) = manifest.parts.get(&PartName::Linux)
    {
        match comforts::fetch_shares(cache, &apt, linux, report) {
            Ok(part) => keep(cache, manifest, PartName::Shares, part)?,
            // The mirror has a newer kernel by now: the kit serves as it is.
            Err(error) => report.warning(&format!("vm has no --share and --rootfs: {error}")),
        }
    }
    if wanted.contains(&PartName::Workshop)
        && let Some(linux) = manifest.parts.get(&PartName::Linux)
    {
        let part = toolbox::fetch(cache, &apt, linux, report)?;
        keep(cache, manifest, PartName::Workshop, part)?;
    }
    apt.close()
}

/// Writes down that the part is in its place.
fn keep(cache: &Cache, manifest: &mut Manifest, name: PartName, part: Part) -> Result<(), KitError> {
    let folder = part.folder.clone();
    let previous = manifest.parts.insert(name, part);
    manifest.write(cache)?;
    match previous {
        Some(previous) if previous.folder != folder => remove(&previous.root(cache)),
        _ => Ok(()),
    }
}

/// Which packages make the part.
fn plan(apt: &Apt<'_>, name: PartName) -> Result<Plan, KitError> {
    let package = match name {
        PartName::Qemu => Some(QEMU_PACKAGE),
        PartName::Shell => Some(comforts::SHELL_PACKAGE),
        _ => None,
    };
    if let Some(package) = package {
        return Ok(Plan {
            name,
            offer: None,
            selection: apt.resolve(&[package.to_owned()])?,
        });
    }
    let names = apt.names(KERNEL_PACKAGES)?;
    let offer = kernel::newest(&names).ok_or_else(|| KitError::Unfit {
        what: "this machine's Debian mirror offers no kernel of version 7".to_owned(),
        help: "give one by --kernel and --modules".to_owned(),
    })?;
    Ok(Plan {
        name,
        selection: apt.resolve(&offer.packages())?,
        offer: Some(offer),
    })
}

/// Makes the part from its packages, which have arrived, and puts it in its place.
fn build(cache: &Cache, apt: &Apt<'_>, plan: &Plan, report: &mut dyn SetupReport) -> Result<Part, KitError> {
    if plan.name == PartName::Shell {
        return comforts::build_shell(cache, apt, &plan.selection, report);
    }
    let name = match &plan.offer {
        Some(offer) => format!("linux-{}", offer.release()),
        None => "qemu".to_owned(),
    };
    let staging = cache.staging(&name)?;
    // A kernel depends on what installs it, which nobody does here.
    let packages = match &plan.offer {
        Some(_) => plan.selection.asked_for(),
        None => plan.selection.packages.clone(),
    };
    apt.unpack_all(&packages, &staging, report)?;
    let (tree, version, key_files) = match &plan.offer {
        Some(offer) => {
            let tree = staging.join("usr/lib/modules").join(offer.release());
            let key_files = check_kernel(&tree)?;
            (tree, offer.release().to_owned(), key_files)
        }
        None => {
            let version = Qemu::Unpacked(staging.clone()).examine()?;
            (staging.clone(), qemu::shown(version), qemu::key_files())
        }
    };
    let part = Part::of(&tree, &name, &version, packages, &key_files)?;
    cache.place(&tree, &name)?;
    remove(&staging)?;
    Ok(part)
}

/// Leaves out what no guest needs of the kernel in `tree`, and says what matters of the rest.
fn check_kernel(tree: &Path) -> Result<Vec<PathBuf>, KitError> {
    modules::prune(&tree.join("kernel"))?;
    let driver = modules::driver(tree)?.ok_or_else(|| KitError::Unfit {
        what: "the kernel's packages have no mlx5_core".to_owned(),
        help: "give others by --kernel and --modules".to_owned(),
    })?;
    let driver = driver.strip_prefix(tree).unwrap_or(&driver).to_owned();
    Ok(vec![PathBuf::from("vmlinuz"), driver])
}
