//! Which guest kit a verb uses.

use clap::Args;
use std::path::PathBuf;

/// Parts of the guest kit that are one's own.
#[derive(Clone, Debug, Default, Args)]
pub(crate) struct KitArguments {
    /// This QEMU instead of the kit's.
    #[arg(long, value_name = "PATH")]
    qemu: Option<PathBuf>,
    /// This kernel instead of the kit's.
    #[arg(long, value_name = "PATH")]
    kernel: Option<PathBuf>,
    /// The modules under this folder instead of the kit's.
    #[arg(long, value_name = "DIR")]
    modules: Option<PathBuf>,
    /// The module with scalable functions.
    #[arg(long, conflicts_with = "no_eswitch")]
    subfunctions: bool,
    /// The module without the embedded switch.
    #[arg(long)]
    no_eswitch: bool,
}

impl KitArguments {
    /// The same for the kit.
    pub(crate) fn options(&self) -> guest::kit::KitOptions {
        guest::kit::KitOptions {
            qemu: self.qemu.clone(),
            kernel: self.kernel.clone(),
            modules: self.modules.clone(),
            subfunctions: self.subfunctions,
            without_eswitch: self.no_eswitch,
            workshop: false,
        }
    }
}
