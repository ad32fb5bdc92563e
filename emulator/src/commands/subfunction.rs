//! Subfunctions, and the state of each function as its manager sees it.

use crate::bus::Buses;
use crate::reply::{Answered, Refusal, Reply};
use crate::state::command::Command;
use crate::state::silicon::Silicon;
use crate::state::subfunctions::Managed;
use prm::subfunction::{ModifyVhcaStateIn, QueryVhcaStateOut, VhcaState};
use prm::{Cycles, Function};

pub(crate) fn alloc_sf(silicon: &mut Silicon, command: &Command) -> Answered {
    let function = silicon.managed_sf(command)?;
    let mut managed = silicon.managed(function);
    if managed.state != VhcaState::Invalid {
        return Err(Refusal::SubfunctionState);
    }
    managed.state = VhcaState::Allocated;
    silicon.subfunctions.managed.insert(function, managed);
    Ok(Reply::ok())
}

pub(crate) fn dealloc_sf(silicon: &mut Silicon, command: &Command) -> Answered {
    let function = silicon.managed_sf(command)?;
    let managed = silicon.managed(function);
    if managed.state != VhcaState::Allocated {
        return Err(Refusal::SubfunctionState);
    }
    // Allocating and deallocating is the manager's own doing and no event. What is armed stays so: the driver arms
    // an id again after events only, and waits for one when it activates the next function of that id.
    let gone = Managed {
        state: VhcaState::Invalid,
        armed: managed.armed,
        user_number: 0,
    };
    silicon.subfunctions.managed.insert(function, gone);
    Ok(Reply::ok())
}

pub(crate) fn query_vhca_state(silicon: &mut Silicon, command: &Command) -> Answered {
    let function = command.subject.function.ok_or(Refusal::UnknownFunction)?;
    let managed = silicon.managed(function);
    let output = QueryVhcaStateOut::new()
        .with_arm_change_event(managed.armed)
        .with_vhca_state(managed.state.raw())
        .with_sw_function_id(managed.user_number);
    Ok(Reply::done(&output))
}

pub(crate) fn modify_vhca_state(
    silicon: &mut Silicon,
    command: &Command,
    at: Cycles,
    buses: &mut dyn Buses,
) -> Answered {
    /// Highest state that can be asked for; the field has room for more.
    const LAST_STATE: u8 = VhcaState::TeardownRequest.raw();
    let function = command.subject.function.ok_or(Refusal::UnknownFunction)?;
    let input = ModifyVhcaStateIn::from_prefix(&command.input).map_err(|_| Refusal::InputLength)?;
    let mut managed = silicon.managed(function);
    if input.select_arm_change_event() {
        managed.armed = input.arm_change_event();
    }
    if input.select_sw_function_id() {
        managed.user_number = input.sw_function_id();
    }
    silicon.subfunctions.managed.insert(function, managed);
    // The state comes without a select bit: zero leaves it as it is.
    if (1..=LAST_STATE).contains(&input.vhca_state()) {
        silicon.move_to_state(function, VhcaState::from_raw(input.vhca_state()), at, buses);
    }
    Ok(Reply::ok())
}

impl Silicon {
    fn managed_sf(&self, command: &Command) -> Result<Function, Refusal> {
        let id = command.subject.id.unwrap_or(0);
        let known = self
            .subfunction(id)
            .filter(|_| command.endpoint == self.main_function());
        known.ok_or(Refusal::UnknownSubfunction)
    }
}
