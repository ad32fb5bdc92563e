//! The registers that tell of the firmware's components and their versions, and of which registers there are.

use crate::layout;

layout! {
    /// Which management registers there are, register 0x907f (PRM "MCAM"; `mlx5_query_mcam_reg`). Asked for is a group of
    /// registers; the mask has a bit for each, which means another one in each group.
    pub struct ManagementCapabilities: 72 {
        _: 8,
        /// Group of features that is asked for.
        feature_group: 8,
        _: 8,
        /// Group of registers that is asked for: 0 is 0x9000 to 0x907f.
        access_reg_group: 8,
        _: 32,
        _: 30,
        /// Group 0: [`ComponentInformation`] can be read.
        component_information: 1,
        /// Group 0: [`ComponentStatus`] can be read.
        component_status: 1,
        _: 55,
        /// Group 0: [`FirmwareResetLevel`](crate::access_register::FirmwareResetLevel) can be read and written.
        firmware_reset_level: 1,
        _: 274,
        /// That register tells how far a reset is.
        reset_state: 1,
        _: 149,
    }
}

layout! {
    /// What a component of the firmware is and whether it is being replaced, register 0x9060 (PRM "MCQS";
    /// `mlx5_reg_mcqs_query`).
    pub struct ComponentStatus: 16 {
        /// It is the last component.
        last_index: 1,
        _: 7,
        /// Device, where several share a flash.
        firmware_device: 8,
        /// Number of the component.
        component_index: 16,
        _: 16,
        /// What it is: [`COMPONENT_BOOT_IMAGE`].
        identifier: 16,
        _: 23,
        /// Whether it is there: [`COMPONENT_IN_USE`].
        component_status: 5,
        /// How far its replacement is: 0 for none.
        component_update_state: 4,
        _: 32,
    }
}

/// `identifier`: the firmware itself.
pub const COMPONENT_BOOT_IMAGE: u16 = 1;
/// `component_status`: the component is there and runs.
pub const COMPONENT_IN_USE: u8 = 2;

layout! {
    /// Information about a component of the firmware, register 0x9061 (PRM "MCQI"; `mlx5_reg_mcqi_query`). The information
    /// follows, as long as the driver asks for.
    pub struct ComponentInformation: 24 {
        /// Of the component that a reset will start, not of the one that runs.
        read_pending: 1,
        _: 15,
        /// Number of the component.
        component_index: 16,
        _: 32,
        _: 27,
        /// What is asked for: [`INFORMATION_VERSION`].
        info_type: 5,
        /// Bytes of information that there are.
        info_size: 32,
        /// Byte of the information to begin at.
        offset: 32,
        _: 16,
        /// Bytes that are asked for.
        data_size: 16,
    }
}

/// `info_type`: a [`ComponentVersion`].
pub const INFORMATION_VERSION: u8 = 1;

layout! {
    /// Version of a component (`mlx5_reg_mcqi_version_query`); a string of up to 92 bytes follows.
    pub struct ComponentVersion: 32 {
        _: 24,
        /// Bytes of the string.
        version_string_length: 8,
        /// Major number in bits 31:24, minor in 23:16, subminor in 15:0.
        version: 32,
        _: 192,
    }
}

/// Room for the string behind a [`ComponentVersion`], in bytes.
pub const VERSION_STRING_LENGTH: usize = 92;
