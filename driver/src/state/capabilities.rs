//! What the device can do, and what it is set to do.

use prm::capability_area::{
    EswitchCapabilities, EswitchFlowTableCapabilities, EthernetCapabilities, GeneralCapabilities,
    GeneralCapabilities2, NicFlowTableCapabilities,
};
use prm::component::ManagementCapabilities;
use prm::layout::Layout;
use prm::{CapabilityMode, CapabilityType, VhcaId};
use std::rc::Rc;

/// One capability area as it is, and as it could be.
#[derive(Clone, Debug, Default, Hash)]
pub struct Area<T> {
    /// What the device is set to do.
    pub current: T,
    /// What it could do. Zero for areas of which the driver only asks the current values.
    pub max: T,
}

/// All areas the driver keeps. Zero until they have been queried.
#[derive(Clone, Debug, Default, Hash)]
pub struct Areas {
    /// The device in general.
    pub general: Area<GeneralCapabilities>,
    /// The same, continued.
    pub general_2: Area<GeneralCapabilities2>,
    /// Ethernet offloads.
    pub ethernet: Area<EthernetCapabilities>,
    /// Flow tables of the network interface.
    pub nic_flow_table: Area<NicFlowTableCapabilities>,
    /// Flow tables of the eswitch.
    pub eswitch_flow_table: Area<EswitchFlowTableCapabilities>,
    /// The eswitch.
    pub eswitch: Area<EswitchCapabilities>,
    /// Which management registers of group 0 there are.
    pub registers: ManagementCapabilities,
}

/// The driver's copy of the capabilities. Cloning shares the areas until they change.
#[derive(Clone, Debug, Default, Hash)]
pub struct Capabilities {
    areas: Rc<Areas>,
}

impl Capabilities {
    /// The areas.
    #[must_use]
    pub fn areas(&self) -> &Areas {
        &self.areas
    }

    /// What the device in general is set to do.
    #[must_use]
    pub fn general(&self) -> &GeneralCapabilities {
        &self.areas.general.current
    }

    /// What the device in general could do.
    #[must_use]
    pub fn general_max(&self) -> &GeneralCapabilities {
        &self.areas.general.max
    }

    /// Continuation of [`general`](Self::general).
    #[must_use]
    pub fn general_2(&self) -> &GeneralCapabilities2 {
        &self.areas.general_2.current
    }

    /// Continuation of [`general_max`](Self::general_max).
    #[must_use]
    pub fn general_2_max(&self) -> &GeneralCapabilities2 {
        &self.areas.general_2.max
    }

    /// What the eswitch is set to do.
    #[must_use]
    pub fn eswitch(&self) -> &EswitchCapabilities {
        &self.areas.eswitch.current
    }

    /// What the eswitch's flow tables are set to do.
    #[must_use]
    pub fn eswitch_flow_table(&self) -> &EswitchFlowTableCapabilities {
        &self.areas.eswitch_flow_table.current
    }

    /// What the network interface's flow tables are set to do.
    #[must_use]
    pub fn nic_flow_table(&self) -> &NicFlowTableCapabilities {
        &self.areas.nic_flow_table.current
    }

    /// What Ethernet offloads are set to do.
    #[must_use]
    pub fn ethernet(&self) -> &EthernetCapabilities {
        &self.areas.ethernet.current
    }

    /// Whether there is a register for the reset of firmware (`MLX5_CAP_MCAM_REG(dev, mfrl)`).
    #[must_use]
    pub fn has_reset_register(&self) -> bool {
        self.areas.registers.firmware_reset_level()
    }

    /// Whether that register tells how far a reset is.
    #[must_use]
    pub fn tells_reset_state(&self) -> bool {
        self.areas.registers.reset_state()
    }

    /// Keeps which management registers there are.
    pub(crate) fn store_registers(&mut self, registers: ManagementCapabilities) {
        Rc::make_mut(&mut self.areas).registers = registers;
    }

    /// The driver's own vhca_id.
    #[must_use]
    pub fn vhca_id(&self) -> VhcaId {
        VhcaId(self.general().vhca_id())
    }

    /// Whether the port is Ethernet.
    #[must_use]
    pub fn is_ethernet(&self) -> bool {
        self.general().port_type() == PORT_TYPE_ETHERNET
    }

    /// Keeps an area as firmware told it.
    pub(crate) fn store(&mut self, kind: CapabilityType, mode: CapabilityMode, bytes: &[u8]) {
        fn put<T: Layout>(area: &mut Area<T>, mode: CapabilityMode, bytes: &[u8]) {
            let Ok(value) = T::from_prefix(bytes) else { return };
            match mode {
                CapabilityMode::Current => area.current = value,
                CapabilityMode::Max => area.max = value,
            }
        }
        let areas = Rc::make_mut(&mut self.areas);
        match kind {
            CapabilityType::General => put(&mut areas.general, mode, bytes),
            CapabilityType::General2 => put(&mut areas.general_2, mode, bytes),
            CapabilityType::EthernetOffloads => put(&mut areas.ethernet, mode, bytes),
            CapabilityType::NicFlowTable => put(&mut areas.nic_flow_table, mode, bytes),
            CapabilityType::EswitchFlowTable => put(&mut areas.eswitch_flow_table, mode, bytes),
            CapabilityType::Eswitch => put(&mut areas.eswitch, mode, bytes),
            CapabilityType::Unknown(_) => {}
        }
    }
}

/// `port_type` of an Ethernet port.
const PORT_TYPE_ETHERNET: u8 = 1;

/// Which function's capabilities are asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct OtherFunction {
    /// Function id, vport number or vhca_id.
    pub id: u16,
    /// The id counts the embedded CPU's VFs.
    pub ec_vf: bool,
    /// The id is a vhca_id.
    pub is_vhca_id: bool,
}
