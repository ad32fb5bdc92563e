//! A vport as the driver knows it.

use prm::VhcaId;

/// The number of the uplink's vport.
pub const UPLINK_VPORT: u16 = 0xffff;

/// The number of the embedded CPU's vport.
pub const ECPF_VPORT: u16 = 0xfffe;

/// The number of a PF's vport.
pub const PF_VPORT: u16 = 0;

/// The mark of a vport, by the kind of function behind it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum VportKind {
    /// Without a mark: PFs, the embedded CPU and its VFs, the uplink.
    #[default]
    Unmarked,
    /// A VF.
    Vf,
    /// A VF that another eswitch delegated.
    AdjacentVf,
    /// A scalable function.
    Sf,
}

/// A vport (`struct mlx5_vport`).
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Vport {
    /// Its mark.
    pub kind: VportKind,
    /// The VHCA id of its function, once it is known. It is not forgotten when the vport is disabled.
    pub vhca_id: Option<VhcaId>,
    /// Whether it is enabled.
    pub enabled: bool,
    /// Which changes of it post events.
    pub enabled_events: EventMask,
    /// The state of its link that the driver wants.
    pub link: LinkState,
    /// Whether its type is noted under its VHCA id by itself, not by another vport with the same id.
    pub(crate) typed: bool,
    /// Whether a change waits for the worker.
    pub(crate) change_queued: bool,
    /// Whether firmware was told to enable its function, for PFs behind an embedded CPU.
    pub(crate) activated: bool,
}

/// A vport's administrative state.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum LinkState {
    /// Down.
    Down = 0,
    /// As the uplink.
    #[default]
    Auto = 2,
}

/// Which changes of a vport's context post events.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct EventMask {
    /// The list of unicast addresses.
    pub unicast: bool,
    /// The list of multicast addresses.
    pub multicast: bool,
    /// Promiscuous mode.
    pub promiscuous: bool,
}

impl EventMask {
    /// No event.
    pub const NONE: Self = Self {
        unicast: false,
        multicast: false,
        promiscuous: false,
    };
    /// The events of legacy mode.
    pub const LEGACY: Self = Self {
        unicast: true,
        multicast: true,
        promiscuous: true,
    };
    /// The events of switchdev mode.
    pub const SWITCHDEV: Self = Self {
        unicast: true,
        ..Self::NONE
    };
}
