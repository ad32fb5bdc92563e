//! The register by which a driver starts a reset and answers firmware (MFRL).

use crate::command;
use crate::errno::Errno;
use crate::handle::Driver;
use crate::register_access;
use crate::state::command::CommandError;
use prm::access_register::{FirmwareResetLevel, RESET_LEVEL_3, RegisterAccess, RegisterId, ResetStatus};

/// What a driver says to firmware that has asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Consent {
    /// It may.
    Yes = 1,
    /// It may not.
    No = 2,
}

const REGISTER: RegisterId = RegisterId::FirmwareResetLevel;

/// What the register says.
///
/// # Errors
/// As [`command::execute`].
pub(super) async fn read(driver: &Driver) -> Result<FirmwareResetLevel, CommandError> {
    register_access::read(driver, REGISTER, &FirmwareResetLevel::new()).await
}

/// Answers firmware.
///
/// # Errors
/// As [`command::execute`].
pub(super) async fn answer(driver: &Driver, consent: Consent) -> Result<(), CommandError> {
    let register = FirmwareResetLevel::new()
        .with_reset_level(RESET_LEVEL_3)
        .with_response(consent as u8);
    register_access::write(driver, REGISTER, &register).await
}

/// Asks firmware for the reset. That it refuses is told by what the register says then, and not printed.
///
/// # Errors
/// What has become of the reset; as [`command::execute_raw`].
pub(super) async fn start(driver: &Driver) -> Result<(), Errno> {
    let register = FirmwareResetLevel::new()
        .with_reset_level(RESET_LEVEL_3)
        .with_start(true);
    let input = register_access::message(RegisterAccess::Write, REGISTER, &register);
    let result = command::execute_raw(driver, &input, input.len()).await;
    let refused = matches!(&result, Err(error) if error.is_refusal());
    let tells = driver.settled(|state| state.capabilities.tells_reset_state());
    if refused && tells {
        return Err(state_error(driver).await.err().unwrap_or(Errno::EREMOTEIO));
    }
    match command::check(driver, &input, input.len(), result) {
        Ok(_) => Ok(()),
        Err(error) => Err(error.errno()),
    }
}

/// What the register says of the reset, as an error unless there is none (`mlx5_fw_reset_get_reset_state_err`).
///
/// # Errors
/// See there.
pub(super) async fn state_error(driver: &Driver) -> Result<(), Errno> {
    let Ok(register) = read(driver).await else {
        return Err(Errno::EIO);
    };
    match ResetStatus::from_raw(register.state()) {
        ResetStatus::Idle => Ok(()),
        ResetStatus::InNegotiation | ResetStatus::InProgress => Err(Errno::EBUSY),
        ResetStatus::NegotiationTimedOut | ResetStatus::UnloadTimedOut => Err(Errno::ETIMEDOUT),
        ResetStatus::Refused => Err(Errno::EPERM),
        ResetStatus::Unknown(_) => Err(Errno::EIO),
    }
}
