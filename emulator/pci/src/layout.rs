//! Which PCI functions a host sees.

/// Which PCI functions a host sees.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Layout {
    /// Those of the device: its VFs are virtual functions of its PF by SR-IOV.
    #[default]
    Sriov,
    /// As [`Self::Sriov`], but with room for other devices: places that are plugged in whether the device has a function for them or
    /// not, and a BAR 2 of the same size whatever comes. Another device may have functions of another kind and another number of
    /// VFs; a host has to look for them anew, since it saw those of the device before.
    Exchangeable {
        /// Places beside that of the function under test, at most 255; more if the first device has more.
        virtual_functions: u16,
        /// SF windows in BAR 2 of place 0, a MiB each; more if the first device has more.
        sf_windows: u16,
    },
    /// Ordinary functions without SR-IOV, the same for every device that comes: place 0 is its function under test, place k its
    /// k-th VF. Registers of a place that the device has nothing for read all ones, and so do windows of SFs that it does not
    /// have; what is written there is lost. Of a device that has more, the VFs and SFs beyond are not to be reached.
    Flat {
        /// Places beside that of the function under test, at most 255.
        virtual_functions: u16,
        /// SF windows in BAR 2 of place 0, a MiB each.
        sf_windows: u16,
    },
}
