//! The function's own VFs.

use std::collections::BTreeSet;

/// The VFs' part of the driver's state (`struct mlx5_core_sriov`).
#[derive(Clone, Debug, Default, Hash)]
pub struct SriovState {
    /// VFs on the PCI bus, as the PF's driver is told.
    pub(crate) num_vfs: u16,
    /// How many of them, from the first, have been taken off it already.
    pub(crate) taken_off: u16,
    /// VFs that can be: on an ECPF the host's.
    pub(crate) max_vfs: u16,
    /// The embedded CPU's VFs that can be.
    pub(crate) max_ec_vfs: u16,
    /// VFs that firmware was told to enable.
    pub(crate) enabled: BTreeSet<u16>,
}

impl SriovState {
    /// VFs on the PCI bus.
    #[must_use]
    pub const fn num_vfs(&self) -> u16 {
        self.num_vfs
    }

    /// Whether the VF of this number is on the PCI bus.
    #[must_use]
    pub const fn is_on_bus(&self, number: u16) -> bool {
        self.taken_off < number && number <= self.num_vfs
    }

    /// VFs that can be. 0 until the first probe has got so far, and on a VF or a scalable function.
    #[must_use]
    pub const fn max_vfs(&self) -> u16 {
        self.max_vfs
    }

    /// The embedded CPU's VFs that can be.
    #[must_use]
    pub const fn max_ec_vfs(&self) -> u16 {
        self.max_ec_vfs
    }

    /// What a driver knows that has just been bound: what is on the bus.
    pub(crate) fn forget(&mut self) {
        *self = Self {
            num_vfs: self.num_vfs,
            ..Self::default()
        };
    }
}
