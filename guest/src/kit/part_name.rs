//! What a kit is made of.

use serde::{Deserialize, Serialize};

/// The parts of a kit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PartName {
    /// QEMU with its libraries and firmware.
    Qemu,
    /// The kernel and its modules.
    Linux,
    /// What builds modules for the kernel.
    Workshop,
    /// Modules with an mlx5_core that knows sub-functions.
    Subfunctions,
    /// Modules with an mlx5_core that has no embedded switch.
    WithoutEswitch,
    /// The module that makes chosen calls of the driver fail.
    Helper,
    /// A shell with its usual commands.
    Shell,
    /// Modules by which a guest has folders of the host.
    Shares,
}

impl PartName {
    /// Parts that earlier programs do not know.
    pub(super) const LATER: [Self; 2] = [Self::Shell, Self::Shares];

    /// How the file calls those.
    pub(super) const fn key(self) -> &'static str {
        match self {
            Self::Qemu => "qemu",
            Self::Linux => "linux",
            Self::Workshop => "workshop",
            Self::Subfunctions => "subfunctions",
            Self::WithoutEswitch => "without_eswitch",
            Self::Helper => "helper",
            Self::Shell => "shell",
            Self::Shares => "shares",
        }
    }

    /// Whether it is made for the kernel that is there, and of no use with another.
    pub(super) const fn follows_kernel(self) -> bool {
        self.is_built() || matches!(self, Self::Workshop | Self::Shares)
    }

    /// Whether guests do without it, with less comfort for whoever sits at them.
    pub(super) const fn is_comfort(self) -> bool {
        matches!(self, Self::Shell | Self::Shares)
    }

    /// Whether it is built in the workshop.
    pub(super) const fn is_built(self) -> bool {
        matches!(self, Self::Subfunctions | Self::WithoutEswitch | Self::Helper)
    }

    /// The part as people call it.
    pub(super) const fn title(self) -> &'static str {
        match self {
            Self::Qemu => "QEMU",
            Self::Linux => "Linux",
            Self::Workshop => "the workshop",
            Self::Subfunctions => "mlx5_core with sub-functions",
            Self::WithoutEswitch => "mlx5_core without eswitch",
            Self::Helper => "the module that makes calls fail",
            Self::Shell => "the shell",
            Self::Shares => "modules for folders of the host",
        }
    }
}
