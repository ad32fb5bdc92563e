//! The firmware's components behind ACCESS_REG: there is one, the firmware itself. `devlink dev info` asks for its version.

use crate::config::SyncReset;
use crate::reply::Refusal;
use crate::state::silicon::Silicon;
use crate::version::FirmwareVersion;
use prm::access_register::{FirmwareResetLevel, RegisterAccess, RegisterId};
use prm::component::{
    COMPONENT_BOOT_IMAGE, COMPONENT_IN_USE, ComponentInformation, ComponentStatus, ComponentVersion,
    INFORMATION_VERSION, ManagementCapabilities, VERSION_STRING_LENGTH,
};
use prm::saturated;

/// The only component.
const FIRMWARE: u16 = 0;
/// The group of registers that those of the components are in.
const GROUP: u8 = 0;

/// Length of a register of the components as a driver sends it, in bytes; none if it is not one.
pub(super) const fn register_length(register: RegisterId) -> Option<usize> {
    match register {
        RegisterId::ManagementCapabilities => Some(ManagementCapabilities::SIZE),
        RegisterId::FirmwareResetLevel => Some(FirmwareResetLevel::SIZE),
        RegisterId::ComponentStatus => Some(ComponentStatus::SIZE),
        RegisterId::ComponentInformation => Some(ComponentInformation::SIZE),
        _ => None,
    }
}

impl Silicon {
    /// Reads a register of the components, if they are offered; `data` is the register as the driver sent it.
    pub(super) fn component_register(
        &self,
        register: RegisterId,
        access: RegisterAccess,
        data: &[u8],
    ) -> Result<Vec<u8>, Refusal> {
        let versions = *self.offers_versions;
        let resets = self.config.sync_reset != SyncReset::None;
        let is_there = match register {
            RegisterId::ManagementCapabilities => versions || resets,
            _ => versions,
        };
        if !is_there {
            return Err(Refusal::UnknownRegister);
        }
        if access != RegisterAccess::Read {
            return Err(Refusal::UnknownModifier);
        }
        match register {
            RegisterId::ManagementCapabilities => management_capabilities(data, versions, resets),
            RegisterId::ComponentStatus => component_status(data),
            RegisterId::ComponentInformation => self.component_information(data),
            _ => Err(Refusal::UnknownRegister),
        }
    }

    fn component_information(&self, data: &[u8]) -> Result<Vec<u8>, Refusal> {
        let asked = ComponentInformation::from_prefix(data).map_err(|_| Refusal::InputLength)?;
        if asked.component_index() != FIRMWARE || asked.info_type() != INFORMATION_VERSION {
            return Err(Refusal::UnknownComponent);
        }
        // What runs is what a reset would start, so the answer does not depend on `read_pending`.
        let version = version(FirmwareVersion::of(self.config.identity().firmware_family));
        let size = saturated::<u32>(version.len());
        let offset = saturated::<usize>(asked.offset());
        let part = version.iter().skip(offset).take(asked.data_size().into());
        let mut register = asked.with_info_size(size).as_bytes().to_vec();
        register.extend(part);
        Ok(register)
    }
}

fn management_capabilities(data: &[u8], versions: bool, resets: bool) -> Result<Vec<u8>, Refusal> {
    let asked = ManagementCapabilities::from_prefix(data).map_err(|_| Refusal::InputLength)?;
    let (group, known) = (asked.access_reg_group(), asked.access_reg_group() == GROUP);
    let register = ManagementCapabilities::new()
        .with_feature_group(asked.feature_group())
        .with_access_reg_group(group)
        .with_component_information(known && versions)
        .with_component_status(known && versions)
        .with_firmware_reset_level(known && resets)
        .with_reset_state(resets);
    Ok(register.as_bytes().to_vec())
}

fn component_status(data: &[u8]) -> Result<Vec<u8>, Refusal> {
    let asked = ComponentStatus::from_prefix(data).map_err(|_| Refusal::InputLength)?;
    if asked.component_index() != FIRMWARE {
        return Err(Refusal::UnknownComponent);
    }
    let register = ComponentStatus::new()
        .with_last_index(true)
        .with_component_index(FIRMWARE)
        .with_identifier(COMPONENT_BOOT_IMAGE)
        .with_component_status(COMPONENT_IN_USE);
    Ok(register.as_bytes().to_vec())
}

/// A version as a number and as a string.
fn version(version: FirmwareVersion) -> Vec<u8> {
    let string = version.to_string();
    let length = string.len().min(VERSION_STRING_LENGTH);
    let head = ComponentVersion::new()
        .with_version(version.word())
        .with_version_string_length(u8::try_from(length).unwrap_or(0));
    let mut bytes = head.as_bytes().to_vec();
    bytes.extend_from_slice(&string.as_bytes()[..length]);
    bytes.resize(ComponentVersion::SIZE + VERSION_STRING_LENGTH, 0);
    bytes
}
