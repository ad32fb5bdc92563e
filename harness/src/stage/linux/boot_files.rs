//! What every guest boots from: the kit, the kernel without its wrapping, the initramfs. It is made once, and shared.

use super::error::BackendError;
use super::probes::Places;
use files::Scratch;
use guest::image::kernel::unwrapped;
use guest::image::{AddedFile, Image, ImageOptions, Packing};
use guest::kit::{HELPER, Kit, KitOptions};
use guest_protocol::{MODULES_FOLDER, NEXT_INITRD, NEXT_KERNEL};
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

/// See the module's head. The files are gone when it is dropped.
#[derive(Debug)]
pub struct BootFiles {
    kit: Kit,
    initrd: PathBuf,
    /// Where the driver keeps its counters, once a guest has learnt it.
    learnt: OnceLock<Places>,
    // Holds the files.
    _folder: Scratch,
}

impl BootFiles {
    /// Finds the kit, unwraps its kernel, and packs the initramfs.
    ///
    /// # Errors
    /// See [`BackendError`].
    pub fn make(options: &KitOptions) -> Result<Self, BackendError> {
        let mut kit = Kit::locate(options)?;
        let folder = Scratch::new()?;
        let initrd = folder.path().join("initramfs");
        let mut image = ImageOptions::default();
        if let Some(helper) = kit.helper() {
            // It is there, but inserted only where it is needed.
            image.files.push(AddedFile {
                source: helper.to_owned(),
                target: format!("{MODULES_FOLDER}/{HELPER}.ko"),
            });
        }
        Image::build(kit.modules(), &image)?.write(&initrd)?;
        // The kernel that may take a guest over, which has to be as it was packed, and what that one boots from.
        for (source, target) in [(kit.kernel(), NEXT_KERNEL), (&initrd, NEXT_INITRD)] {
            image.files.push(AddedFile {
                source: source.to_owned(),
                target: target.to_owned(),
            });
        }
        // What is packed already takes a guest longer to unpack than to read.
        image.packing = Packing::Plain;
        let initrd = folder.path().join("initramfs-with-next");
        Image::build(kit.modules(), &image)?.write(&initrd)?;
        if let Some(kernel) = unwrapped(&std::fs::read(kit.kernel())?) {
            let path = folder.path().join("vmlinux");
            std::fs::write(&path, kernel)?;
            kit = kit.with_kernel_image(path);
        }
        Ok(Self {
            kit,
            initrd,
            learnt: OnceLock::new(),
            _folder: folder,
        })
    }

    /// The kit, whose kernel is the unwrapped one.
    #[must_use]
    pub const fn kit(&self) -> &Kit {
        &self.kit
    }

    /// Where the driver keeps its counters, once a guest has learnt it.
    #[must_use]
    pub const fn learnt(&self) -> &OnceLock<Places> {
        &self.learnt
    }

    /// The initramfs.
    #[must_use]
    pub fn initrd(&self) -> &Path {
        &self.initrd
    }
}
