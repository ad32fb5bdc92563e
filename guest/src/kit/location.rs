//! Where the parts of a guest are: of one's own, or in the cache.

use super::cache::Cache;
use super::error::KitError;
use super::manifest::{Manifest, Part, PartName};
use super::qemu::{self, Qemu, Version};
use super::{comforts, helper, kernel, modules, verification};
use std::path::{Path, PathBuf};
use std::process::Command;

/// Parts of one's own.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct KitOptions {
    /// A QEMU binary.
    pub qemu: Option<PathBuf>,
    /// A kernel image.
    pub kernel: Option<PathBuf>,
    /// A folder that is searched for `*.ko`, `*.ko.xz`, `*.ko.zst` and `*.ko.gz`.
    pub modules: Option<PathBuf>,
    /// Whether mlx5_core must know sub-functions.
    pub subfunctions: bool,
    /// Whether mlx5_core must have no embedded switch (CONFIG_MLX5_ESWITCH off). Not with `subfunctions`.
    pub without_eswitch: bool,
    /// Whether what builds modules must be there, too, and the module that makes calls fail.
    pub workshop: bool,
}

impl KitOptions {
    /// The parts that do not come from the options.
    pub(super) fn parts(&self) -> Vec<PartName> {
        let mut parts = Vec::new();
        if self.qemu.is_none() {
            parts.push(PartName::Qemu);
        }
        if self.kernel.is_none() {
            parts.push(PartName::Linux);
        }
        parts.push(PartName::Shell);
        if self.kernel.is_none() {
            parts.push(PartName::Shares);
        }
        if self.workshop {
            parts.extend([PartName::Workshop, PartName::Helper]);
        }
        if self.modules.is_none() {
            parts.extend(self.variant());
        }
        parts
    }

    /// The part with the driver, where it is not the distribution's own.
    fn variant(&self) -> Option<PartName> {
        match (self.subfunctions, self.without_eswitch) {
            (true, _) => Some(PartName::Subfunctions),
            (false, true) => Some(PartName::WithoutEswitch),
            (false, false) => None,
        }
    }

    /// Whether what the options name is there and fits together.
    pub(super) fn check(&self) -> Result<(), KitError> {
        for path in [&self.qemu, &self.kernel, &self.modules].into_iter().flatten() {
            std::fs::metadata(path).map_err(KitError::file(path))?;
        }
        if self.kernel.is_some() && self.modules.is_none() {
            return Err(KitError::Unfit {
                what: "a kernel of one's own has no use for the kit's modules".to_owned(),
                help: "name the folder with its modules by --modules".to_owned(),
            });
        }
        if self.workshop && self.kernel.is_some() {
            return Err(KitError::Unfit {
                what: "modules are built for the kit's kernel only".to_owned(),
                help: "build the module in that kernel's own tree, and name its folder by --modules"
                    .to_owned(),
            });
        }
        match &self.modules {
            Some(folder) if modules::driver(folder)?.is_none() => Err(KitError::Unfit {
                what: format!("there is no mlx5_core.ko in {}", folder.display()),
                help: "build the kernel with CONFIG_MLX5_CORE=m, or name the folder that has the module"
                    .to_owned(),
            }),
            _ => Ok(()),
        }
    }
}

/// The parts of a guest, all there.
#[derive(Clone, Debug)]
pub struct Kit {
    qemu: Qemu,
    qemu_version: Version,
    kernel: PathBuf,
    kernel_release: Option<String>,
    modules: PathBuf,
    helper: Option<PathBuf>,
    shell: Option<PathBuf>,
    shares: Option<PathBuf>,
    has_own_kernel: bool,
    origins: String,
}

impl Kit {
    /// Finds the parts and verifies those of the cache. Never fetches.
    ///
    /// # Errors
    /// [`KitError::Missing`] and [`KitError::Damaged`] when a setup would help, others when the options name what cannot serve.
    pub fn locate(options: &KitOptions) -> Result<Self, KitError> {
        options.check()?;
        Self::locate_in(&Cache::of_user()?, options)
    }

    /// Finds the parts in `cache`; the options have been checked.
    pub(super) fn locate_in(cache: &Cache, options: &KitOptions) -> Result<Self, KitError> {
        let manifest = Manifest::read(cache);
        for name in options.parts() {
            if let Some(part) = manifest.parts.get(&name)
                && let Some(damage) = verification::damage(cache, part)
            {
                let part = name.title().to_owned();
                return Err(KitError::Damaged { part, damage });
            }
        }
        let part = |name| manifest.parts.get(&name);
        let (qemu, qemu_version) = locate_qemu(cache, options, part(PartName::Qemu))?;

        let linux = part(PartName::Linux);
        let kernel = match (&options.kernel, linux) {
            (Some(own), _) => own.clone(),
            (None, Some(linux)) => linux.root(cache).join("vmlinuz"),
            (None, None) => return Err(missing("a Linux kernel with mlx5_core")),
        };
        let kernel_release = kernel::release_of(&kernel)?;
        let of_kernel = |part: &&Part| Some(&part.version) == kernel_release.as_ref();
        let modules = match (&options.modules, options.variant()) {
            (Some(own), _) => own.clone(),
            (None, Some(variant)) => part(variant)
                .filter(of_kernel)
                .ok_or_else(|| missing(&format!("an {}", variant.title())))?
                .root(cache),
            (None, None) => linux
                .ok_or_else(|| missing("the modules of the kernel"))?
                .root(cache),
        };
        let helper = part(PartName::Helper).filter(of_kernel);
        let helper = helper.and_then(|part| helper::file_in(cache, part));
        let shell = part(PartName::Shell).map(|part| part.root(cache).join(comforts::SHELL));
        let shares = part(PartName::Shares)
            .filter(of_kernel)
            .map(|part| part.root(cache));
        let origins = format!(
            "QEMU {} ({}), Linux {} ({}){}",
            qemu::shown(qemu_version),
            match &qemu {
                Qemu::Unpacked(_) => "kit".to_owned(),
                Qemu::Machine => "this machine's".to_owned(),
                Qemu::Own(path) => path.display().to_string(),
            },
            kernel_release.as_deref().unwrap_or("of unknown release"),
            origin(options.kernel.as_deref()),
            match (&options.modules, options.variant()) {
                (Some(path), _) => format!(", modules in {}", path.display()),
                (None, Some(variant)) => format!(", {} (kit)", variant.title()),
                (None, None) => String::new(),
            }
        );
        Ok(Self {
            qemu,
            qemu_version,
            kernel,
            kernel_release,
            modules,
            helper,
            shell,
            shares,
            has_own_kernel: options.kernel.is_some(),
            origins,
        })
    }

    /// A command that starts QEMU, with no arguments but those by which it finds its own files.
    #[must_use]
    pub fn qemu(&self) -> Command {
        self.qemu.command()
    }

    /// QEMU's version.
    #[must_use]
    pub fn qemu_version(&self) -> (u32, u32, u32) {
        self.qemu_version
    }

    /// The kernel image.
    #[must_use]
    pub fn kernel(&self) -> &Path {
        &self.kernel
    }

    /// The same kit with another image of the same kernel.
    #[must_use]
    pub fn with_kernel_image(self, kernel: PathBuf) -> Self {
        Self { kernel, ..self }
    }

    /// The kernel's release, as `uname -r` says it in the guest; `None` if the image does not say.
    #[must_use]
    pub fn kernel_release(&self) -> Option<&str> {
        self.kernel_release.as_deref()
    }

    /// The folder to search for modules.
    #[must_use]
    pub fn modules(&self) -> &Path {
        &self.modules
    }

    /// The driver's module; `None` where there is none.
    ///
    /// # Errors
    /// Where the folder cannot be read.
    pub fn driver(&self) -> Result<Option<PathBuf>, KitError> {
        modules::driver(&self.modules)
    }

    /// The file of the module that makes chosen calls of the driver fail ([`HELPER`](super::HELPER)); `None` if none was built
    /// for this kernel by this version of the program.
    #[must_use]
    pub fn helper(&self) -> Option<&Path> {
        self.helper.as_deref()
    }

    /// A static busybox; `None` in a kit that an earlier version of the program has fetched.
    #[must_use]
    pub fn shell(&self) -> Option<&Path> {
        self.shell.as_deref()
    }

    /// The files of the modules by which a guest has folders of the host, beside [`modules`](Self::modules).
    ///
    /// # Errors
    /// [`KitError::Missing`] in a kit that an earlier version of the program has fetched. A kernel of one's own has them among its
    /// modules, or built in.
    pub fn share_modules(&self) -> Result<Vec<PathBuf>, KitError> {
        match &self.shares {
            Some(folder) => modules::files(folder),
            None if self.has_own_kernel => Ok(Vec::new()),
            None => Err(missing("what a guest needs for folders of the host")),
        }
    }

    /// Whether the kernel is the user's own.
    #[must_use]
    pub const fn has_own_kernel(&self) -> bool {
        self.has_own_kernel
    }

    /// The parts and where they come from, on one line: `QEMU 11.1.3 (kit), Linux 7.2.12+deb13-amd64 (kit)`.
    #[must_use]
    pub fn describe(&self) -> String {
        self.origins.clone()
    }
}

/// The user's QEMU, else the kit's, else the machine's if it can serve.
fn locate_qemu(
    cache: &Cache,
    options: &KitOptions,
    part: Option<&Part>,
) -> Result<(Qemu, Version), KitError> {
    if let Some(own) = &options.qemu {
        let qemu = Qemu::Own(own.clone());
        let version = qemu.examine()?;
        return Ok((qemu, version));
    }
    if let Some(part) = part
        && let Some(version) = qemu::version_in(&part.version)
    {
        return Ok((Qemu::Unpacked(part.root(cache)), version));
    }
    match Qemu::Machine.examine() {
        Ok(version) => Ok((Qemu::Machine, version)),
        Err(_) => Err(missing("a QEMU of at least 10.1 with vfio-user-pci")),
    }
}

fn origin(own: Option<&Path>) -> String {
    own.map_or("kit".to_owned(), |path| path.display().to_string())
}

fn missing(what: &str) -> KitError {
    KitError::Missing {
        what: what.to_owned(),
        help: "`mlx5-cosim setup` fetches it into your cache folder, without root".to_owned(),
    }
}
