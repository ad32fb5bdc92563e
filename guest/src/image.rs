//! The initramfs: the guest's program, kernel modules, and whatever a user adds.
//!
//! * `archive` - the format that the kernel unpacks
//! * `compression` - modules come compressed, the image goes compressed
//! * [`kernel`] - an image of a kernel without its wrapping
//! * `modinfo` - what a module says about itself
//! * `modules` - which modules there are, and which others each needs
//!
//! The same input gives the same bytes.

mod archive;
mod compression;
mod error;
pub mod kernel;
mod modinfo;
mod modules;

#[cfg(test)]
mod tests;

pub use error::ImageError;

use archive::Archive;
use guest_protocol::{BUSYBOX, MODULES_FOLDER, MODULES_ORDER};
use modules::{Module, ModuleFolder};
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

/// The guest's program, static, for `x86_64`.
const INIT: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/guest-init"));

/// The program that holds our driver in the guest, static, for `x86_64`.
const DRIVER: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/guest-driver"));

/// Where the image has it.
pub const DRIVER_PATH: &str = "/bin/guest-driver";

/// Modules by which a program drives functions.
const VFIO_MODULES: [&str; 2] = ["vfio_iommu_type1", "vfio_pci"];

/// Modules by which a program talks to the host. Kernels for virtual machines have them built in.
const VIRTIO_MODULES: [&str; 2] = ["virtio_pci", "virtio_console"];

/// Modules by which a guest has folders of the host, and changes them in memory.
const SHARE_MODULES: [&str; 3] = ["9pnet_virtio", "9p", "overlay"];

/// Folders that the guest's program mounts on, and that shells expect.
const FOLDERS: [&str; 8] = ["bin", "dev", "lib/modules", "proc", "root", "run", "sys", "tmp"];

/// What goes into an image beside the guest's program.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ImageOptions {
    /// Modules by name; those they depend on come along. `-` and `_` are the same.
    pub modules: Vec<String>,
    /// Modules that only some kernels have as files, by name: those that there are go along, before the others.
    pub modules_if_there: Vec<String>,
    /// Module files that stand in for those of the kit that have the same name: a driver built from changed source.
    pub module_files: Vec<PathBuf>,
    /// Files of the user's.
    pub files: Vec<AddedFile>,
    /// Whether the program that holds our driver goes along, as [`DRIVER_PATH`].
    pub driver: bool,
    /// Whether the image is compressed.
    pub packing: Packing,
}

impl ImageOptions {
    /// For a guest in which our driver drives the functions, not the kernel's.
    #[must_use]
    pub fn of_our_driver() -> Self {
        let names = |modules: [&str; 2]| modules.map(str::to_owned).to_vec();
        Self {
            modules: names(VFIO_MODULES),
            modules_if_there: names(VIRTIO_MODULES),
            driver: true,
            ..Self::default()
        }
    }
}

impl ImageOptions {
    /// For a person: a shell, where there is one, and folders of the host, where `share_modules` are files of modules for them. A
    /// kernel may have those built in.
    #[must_use]
    pub fn of_person(shell: Option<&Path>, share_modules: Option<Vec<PathBuf>>) -> Self {
        let shell = shell.map(|path| AddedFile {
            source: path.to_owned(),
            target: BUSYBOX.to_owned(),
        });
        let of_shares = share_modules.iter().flat_map(|_| SHARE_MODULES);
        let modules = VIRTIO_MODULES.into_iter().chain(of_shares);
        Self {
            modules_if_there: modules.map(str::to_owned).collect(),
            module_files: share_modules.unwrap_or_default(),
            files: shell.into_iter().collect(),
            ..Self::default()
        }
    }
}

impl Default for ImageOptions {
    fn default() -> Self {
        Self {
            modules: vec!["mlx5_core".to_owned()],
            modules_if_there: Vec::new(),
            module_files: Vec::new(),
            files: Vec::new(),
            driver: false,
            packing: Packing::default(),
        }
    }
}

/// Whether an image is compressed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Packing {
    /// As small as gzip makes it.
    #[default]
    Gzip,
    /// As it is.
    Plain,
}

/// A file that a user puts into the image, executable if the original is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AddedFile {
    /// On the host.
    pub source: PathBuf,
    /// In the guest, absolute: `/bin/busybox`.
    pub target: String,
}

/// An initramfs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Image {
    bytes: Vec<u8>,
    modules: Vec<String>,
}

impl Image {
    /// Builds an image with modules from a folder such as `lib/modules/7.2.12+deb13-amd64`.
    ///
    /// # Errors
    ///
    /// A module is missing or no module, or a file cannot be read.
    pub fn build(modules_folder: &Path, options: &ImageOptions) -> Result<Self, ImageError> {
        let folder = ModuleFolder::read(modules_folder, &options.module_files)?;
        let there = options.modules_if_there.iter().filter(|name| folder.has(name));
        let names: Vec<String> = there.chain(&options.modules).cloned().collect();
        let modules = folder.with_dependencies(&names)?;
        let mut archive = Archive::default();
        for name in FOLDERS {
            archive.add_folder(name);
        }
        // The kernel opens it for the first program before that has mounted anything.
        archive.add_character_device("dev/console", 5, 1);
        archive.add_file("init", INIT, true);
        if options.driver {
            archive.add_file(inside(DRIVER_PATH), DRIVER, true);
        }
        add_modules(&mut archive, &modules);
        for file in &options.files {
            add_file(&mut archive, file)?;
        }
        let plain = archive.into_bytes().map_err(ImageError::file(modules_folder))?;
        let bytes = match options.packing {
            Packing::Gzip => compression::gzip(&plain),
            Packing::Plain => plain,
        };
        Ok(Self {
            bytes,
            modules: modules.into_iter().map(|module| module.name).collect(),
        })
    }

    /// What QEMU's `-initrd` takes.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// Names of the modules, each after those it depends on: the order to insert them in.
    pub fn modules(&self) -> &[String] {
        &self.modules
    }

    /// Writes the image to a file.
    ///
    /// # Errors
    ///
    /// The file cannot be written.
    pub fn write(&self, path: &Path) -> Result<(), ImageError> {
        files::write(path, &self.bytes).map_err(|error| ImageError::file(path)(error.cause))
    }
}

fn add_modules(archive: &mut Archive, modules: &[Module]) {
    let mut order = String::new();
    for module in modules {
        order.push_str(&module.name);
        order.push('\n');
        archive.add_file(
            &format!("{}/{}.ko", inside(MODULES_FOLDER), module.name),
            &module.bytes,
            false,
        );
    }
    archive.add_file(inside(MODULES_ORDER), order.as_bytes(), false);
}

fn add_file(archive: &mut Archive, file: &AddedFile) -> Result<(), ImageError> {
    let name = inside(&file.target);
    let is_component = |part: &str| !part.is_empty() && part != "." && part != ".." && !part.contains('\0');
    if !file.target.starts_with('/') || !name.split('/').all(is_component) {
        return Err(ImageError::BadTarget {
            target: file.target.clone(),
        });
    }
    let bytes = fs::read(&file.source).map_err(ImageError::file(&file.source))?;
    let mode = fs::metadata(&file.source)
        .map_err(ImageError::file(&file.source))?
        .permissions()
        .mode();
    archive.add_file(name, &bytes, mode & 0o111 != 0);
    Ok(())
}

/// Names in the archive have no slash in front.
fn inside(path: &str) -> &str {
    path.trim_start_matches('/')
}
