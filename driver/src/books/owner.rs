//! Who owns pages, in the form that is compared and printed.

use prm::{PageMode, WireIdentity};
use serde::{Deserialize, Serialize};
use std::fmt;

/// What the driver tracks pages by: function id and the embedded-CPU bit at bit 16, or a vhca_id.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct OwnerKey(pub u32);

impl OwnerKey {
    /// The key that pages of this owner are tracked by (`get_function_key`).
    #[must_use]
    pub const fn of(wire: WireIdentity, mode: PageMode) -> Self {
        match mode {
            PageMode::FuncId => Self(wire.id as u32 | (wire.ec as u32) << 16),
            PageMode::VhcaId => Self(wire.id as u32),
        }
    }

    /// The identity that stands in the key (`mlx5_reclaim_root_pages`).
    #[must_use]
    pub const fn wire(self) -> WireIdentity {
        let [_, ec, high, low] = self.0.to_be_bytes();
        WireIdentity {
            id: u16::from_be_bytes([high, low]),
            ec: ec != 0,
        }
    }
}

/// What kind of function owns a page.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FunctionType {
    /// The driver's own function.
    #[serde(rename = "self")]
    Own,
    /// A VF.
    Vf,
    /// A scalable function.
    Sf,
    /// The external host's PF.
    HostPf,
    /// A satellite PF.
    Spf,
    /// A VF of the embedded CPU.
    EcVf,
    /// Nobody knows: counted in the total only.
    None,
}

impl fmt::Display for OwnerKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:#x}", self.0)
    }
}

impl fmt::Display for FunctionType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Own => "self",
            Self::Vf => "vf",
            Self::Sf => "sf",
            Self::HostPf => "host_pf",
            Self::Spf => "spf",
            Self::EcVf => "ec_vf",
            Self::None => "none",
        })
    }
}
