//! Registers of the device that are read and written by a command (ACCESS_REG, `mlx5_core_access_reg`).

use crate::command;
use crate::handle::Driver;
use crate::state::command::CommandError;
use prm::access_register::{
    AccessRegister, AccessRegisterIn, REGISTER_DATA_OFFSET, RegisterAccess, RegisterId,
};
use prm::command::Command as _;
use prm::layout::Layout;

/// The command that reads or writes a register, with the register behind its head. Its output is as long.
pub(crate) fn message<R: Layout>(access: RegisterAccess, id: RegisterId, register: &R) -> Vec<u8> {
    let head: AccessRegisterIn = AccessRegister::input()
        .with_op_mod(access.raw())
        .with_register_id(id.raw());
    [head.as_bytes(), register.as_bytes()].concat()
}

/// Reads a register; `asked` says what of it.
///
/// # Errors
/// As [`command::execute`].
pub(crate) async fn read<R: Layout>(driver: &Driver, id: RegisterId, asked: &R) -> Result<R, CommandError> {
    let input = message(RegisterAccess::Read, id, asked);
    let output = command::execute(driver, &input, input.len()).await?;
    output
        .get(REGISTER_DATA_OFFSET..)
        .and_then(|data| R::from_prefix(data).ok())
        .ok_or(CommandError::malformed(AccessRegister::OPCODE))
}

/// Writes a register.
///
/// # Errors
/// As [`command::execute`].
pub(crate) async fn write<R: Layout>(
    driver: &Driver,
    id: RegisterId,
    register: &R,
) -> Result<(), CommandError> {
    let input = message(RegisterAccess::Write, id, register);
    command::execute(driver, &input, input.len()).await.map(|_| ())
}
