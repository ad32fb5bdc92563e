//! What the driver knows of its function as a whole: its kind, and how far it has been brought up.

use super::capabilities::Capabilities;
use crate::runtime::Object;
use crate::state::noting::used;
use parts::{Part, Touch};
use prm::UarIndex;
use prm::function::Function;

/// The kind of function, as the host's PCI or auxiliary bus presents it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum FunctionKind {
    /// A physical function, or the embedded CPU's.
    #[default]
    Physical,
    /// A virtual function: decided by its PCI device id.
    Virtual,
    /// A scalable function.
    Scalable,
}

impl FunctionKind {
    /// The kind of a function by its name.
    #[must_use]
    pub const fn of(function: Function) -> Self {
        match function {
            Function::Pf
            | Function::SecondPf
            | Function::Ecpf
            | Function::HostPf
            | Function::SatellitePf(_) => Self::Physical,
            Function::Vf(_) | Function::HostVf(_) | Function::EcVf(_) | Function::AdjacentVf(_) => {
                Self::Virtual
            }
            Function::Sf(_) | Function::HostSf(_) => Self::Scalable,
        }
    }
}

/// The device's state as the driver sees it (`enum mlx5_device_state`).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum DeviceState {
    /// Not probed.
    #[default]
    Uninitialized,
    /// Working.
    Up,
    /// Lost, or never brought up: the driver answers its own commands.
    InternalError,
}

/// The way to the function, as the host's PCI core keeps it (`pci_channel_state_t`).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum PciChannel {
    /// Open.
    #[default]
    Normal,
    /// Closed since an error, until the function has been reset (`pci_channel_io_frozen`).
    Frozen,
}

/// The function as a whole.
#[derive(Clone, Debug, Default, Hash)]
pub struct Interface {
    /// What kind of function it is.
    pub kind: FunctionKind,
    /// A scalable function whose manager does the rest: the driver only enables it and asks what it can do.
    pub light: bool,
    /// The function is that of an embedded CPU (bit of the initialisation segment, read at every load).
    pub ecpf: Part<bool>,
    /// The device's state.
    pub device: Part<DeviceState>,
    /// The way to the function. It is the host's, not the driver's: it stays when a driver goes.
    pub channel: Part<PciChannel>,
    /// The driver keeps the device from memory (`pci_disable_device`): from an error on the bus to the reset that ends it, or to the
    /// next probe (`pci_set_master`).
    pub dma_barred: Part<bool>,
    /// The host has taken the function off its bus.
    pub removed: Part<bool>,
    /// A driver is bound.
    pub probed: Part<bool>,
    /// The interface is up (`MLX5_INTERFACE_STATE_UP`).
    pub loaded: Part<bool>,
    /// The region with the driver's doorbells.
    pub uar: Part<Option<UarIndex>>,
    /// The number the host gives the function, from 1.
    pub sw_vhca_id: u16,
    /// Interface step sequence in use.
    pub issi: Part<u16>,
}

impl Interface {
    /// Whether the device is in its error state.
    #[must_use]
    pub fn in_error(&self) -> bool {
        *self.device == DeviceState::InternalError
    }

    /// Whether the host has closed the way to the function (`pci_channel_offline`).
    #[must_use]
    pub fn is_offline(&self) -> bool {
        *self.channel == PciChannel::Frozen
    }

    /// Whether the function is that of an embedded CPU.
    #[must_use]
    pub fn is_ecpf(&self) -> bool {
        *self.ecpf
    }

    /// Notes of use, by object.
    pub(super) fn take_touches(&self, take: &mut dyn FnMut(Object, Touch)) {
        used(take, Object::LoadTime, self.ecpf.take_touch());
        used(take, Object::LoadTime, self.uar.take_touch());
        used(take, Object::LoadTime, self.issi.take_touch());
        used(take, Object::DeviceState, self.device.take_touch());
        used(take, Object::DeviceState, self.channel.take_touch());
        used(take, Object::DeviceState, self.dma_barred.take_touch());
        used(take, Object::Interface, self.removed.take_touch());
        used(take, Object::Interface, self.probed.take_touch());
        used(take, Object::Interface, self.loaded.take_touch());
    }

    /// Whether the function has vports to manage: a physical one with the right on an Ethernet port
    /// (`MLX5_VPORT_MANAGER`).
    #[must_use]
    pub fn is_vport_manager(&self, capabilities: &Capabilities) -> bool {
        self.kind == FunctionKind::Physical
            && capabilities.general().vport_group_manager()
            && capabilities.is_ethernet()
    }
}
