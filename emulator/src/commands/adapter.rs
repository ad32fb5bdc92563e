//! The adapter's description and the registers behind ACCESS_REG.

use crate::bus::Buses;
use crate::commands::component;
use crate::reply::{Answered, Refusal, Reply};
use crate::state::command::Command;
use crate::state::port::Port;
use crate::state::silicon::Silicon;
use crate::version::board_id;
use prm::Cycles;
use prm::access_register::{
    AccessRegisterIn, AccessRegisterOut, DefaultTimeouts, HostEndianness, REGISTER_DATA_OFFSET,
    RegisterAccess, RegisterId,
};
use prm::hca::QueryAdapterOut;
use prm::init_segment::Timeout;

pub(crate) fn query_adapter(silicon: &mut Silicon, _: &Command) -> Answered {
    let mut output = QueryAdapterOut::new();
    output
        .board_id_mut()
        .copy_from_slice(board_id(silicon.config.kind));
    Ok(Reply::done(&output))
}

pub(crate) fn access_register(
    silicon: &mut Silicon,
    command: &Command,
    at: Cycles,
    buses: &mut dyn Buses,
) -> Answered {
    let input = AccessRegisterIn::from_prefix(&command.input).unwrap_or_default();
    let access = RegisterAccess::from_raw(command.op_mod);
    let register = RegisterId::from_raw(input.register_id());
    let length = match register {
        RegisterId::HostEndianness => HostEndianness::SIZE,
        RegisterId::DefaultTimeouts => DefaultTimeouts::SIZE,
        other => Port::register_length(other)
            .or(component::register_length(other))
            .ok_or(Refusal::UnknownRegister)?,
    };
    let whole = REGISTER_DATA_OFFSET + length;
    if command.input.len() < whole {
        return Err(Refusal::InputLength);
    }
    if usize::try_from(command.out_len).is_ok_and(|out_len| out_len < whole) {
        return Err(Refusal::OutputLength);
    }
    let data = &command.input[REGISTER_DATA_OFFSET..whole];
    let mut output = AccessRegisterOut::new().as_bytes().to_vec();
    match (register, access) {
        (RegisterId::DefaultTimeouts, RegisterAccess::Read) => {
            output.extend_from_slice(silicon.default_timeouts().as_bytes());
        }
        (RegisterId::HostEndianness, RegisterAccess::Write | RegisterAccess::Read) => {
            output.extend_from_slice(data);
        }
        (RegisterId::HostEndianness | RegisterId::DefaultTimeouts, _) => {
            return Err(Refusal::UnknownModifier);
        }
        (RegisterId::FirmwareResetLevel, _) => {
            let answer = silicon.reset_level(command.endpoint, command.number, access, data, at, buses)?;
            output.extend_from_slice(answer.as_bytes());
        }
        (other, _) if component::register_length(other).is_some() => {
            output.extend(silicon.component_register(other, access, data)?);
        }
        _ => {
            let mut port = *silicon.port;
            let answer = port.access(register, access, data)?;
            if access == RegisterAccess::Write {
                *silicon.port = port;
            }
            output.extend(answer);
        }
    }
    Ok(Reply::bytes(output))
}

impl Silicon {
    /// The time-outs that are the configuration's; the others are left to the driver.
    fn default_timeouts(&self) -> DefaultTimeouts {
        let timeouts = self.config.timeouts;
        let mut register = DefaultTimeouts::new();
        register.set_pcie_toggle_timeout(&Timeout::from_millis(timeouts.pcie_toggle_ms.into()));
        register.set_firmware_reset_timeout(&Timeout::from_millis(timeouts.firmware_reset_ms.into()));
        register.set_reclaim_pages_timeout(&Timeout::from_millis(timeouts.reclaim_pages_ms.into()));
        register.set_reclaim_vfs_pages_timeout(&Timeout::from_millis(timeouts.reclaim_vfs_pages_ms.into()));
        register
    }
}
