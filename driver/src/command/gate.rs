//! Whether a command may go to the device now.

use crate::handle::Driver;
use crate::runtime::Object;
use crate::state::State;
use crate::state::command::{CommandErrorKind, Gate};
use prm::Opcode;

/// Whether the command may go to the device now (`mlx5_cmd_is_down`, `opcode_allowed`).
pub(super) fn may_send(state: &State, opcode: Opcode) -> Result<(), CommandErrorKind> {
    if state.is_down() {
        return Err(CommandErrorKind::DeviceGone);
    }
    match *state.command.gate {
        Gate::Only(allowed) if allowed != opcode => Err(CommandErrorKind::GateClosed),
        _ => Ok(()),
    }
}

/// Waits until the gate lets this command through, or there is no device to send it to.
pub(crate) async fn until_open(driver: &Driver, opcode: Opcode) {
    let about = [
        driver.reads(Object::CommandMode),
        driver.reads(Object::DeviceState),
    ];
    driver.runtime().follow(about).await;
    let look = |state: &State| (may_send(state, opcode) != Err(CommandErrorKind::GateClosed)).then_some(());
    driver.wait_for_ever(about, Object::CommandMode, look).await;
}
