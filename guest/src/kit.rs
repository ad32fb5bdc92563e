//! The guest kit: QEMU, a kernel and its modules, in a cache folder of the user that all clones share.
//!
//! [`setup`] fetches; nothing else does. What it takes are packages of Debian, resolved and checked by apt with a
//! state of its own, unpacked beside the system and started by their own loader.

mod apt;
mod cache;
mod comforts;
mod digest;
mod error;
mod helper;
mod kernel;
mod location;
mod manifest;
mod modules;
mod packages;
mod part_name;
mod qemu;
mod report;
mod setup;
mod sources;
#[cfg(test)]
mod tests;
mod verification;
mod workshop;

pub use error::KitError;
pub use helper::HELPER;
pub use location::{Kit, KitOptions};
pub use report::{SetupReport, Unit};
pub use workshop::{Belonging, BuildError, Configuration, SourceChange, Workshop};

use cache::Cache;

/// Brings the parts that are missing into the cache; with nothing missing it only looks.
///
/// # Errors
/// See [`KitError`]. What was fetched until then is not fetched again.
pub fn setup(options: &KitOptions, report: &mut dyn SetupReport) -> Result<Kit, KitError> {
    setup::setup(&Cache::of_user()?, options, report)
}

/// Whether a folder has the driver's module, in any compression.
///
/// # Errors
/// Where it cannot be read.
pub fn has_driver(folder: &std::path::Path) -> Result<bool, KitError> {
    Ok(modules::driver(folder)?.is_some())
}

/// A folder with modules for a guest: `folder`, or, if it has the driver and no other module, one with that driver and the
/// kit's other modules.
///
/// # Errors
/// Where either cannot be read, or the cache cannot be written.
pub fn with_other_modules(folder: &std::path::Path) -> Result<std::path::PathBuf, KitError> {
    workshop::lone::accompanied(&Cache::of_user()?, folder)
}

/// The folder of the cache in which whoever uses the kit may keep what runs have shown.
///
/// # Errors
/// Where there can be none.
pub fn results_folder() -> Result<std::path::PathBuf, KitError> {
    let folder = Cache::of_user()?.root().join("results");
    std::fs::create_dir_all(&folder).map_err(KitError::file(&folder))?;
    Ok(folder)
}
