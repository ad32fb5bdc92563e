//! Subfunctions, and the state of each function as its manager sees it.

use crate::bus::Buses;
use crate::reply::{Answered, Refusal, Reply};
use crate::state::command::Command;
use crate::state::silicon::Silicon;
use crate::state::subfunctions::Managed;
use prm::event::{self, EventEntry};
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
    /// State of a function nobody has touched: a subfunction that an eswitch manager has to allocate does not exist,
    /// one that somebody else manages is there and ready for its driver, and so is any other function.
    fn untouched(&self, function: Function) -> Managed {
        let external = !self.config.eswitch.manager;
        let (state, user_number) = match function {
            Function::Sf(number) if external => (VhcaState::Active, number.into()),
            Function::Sf(_) => (VhcaState::Invalid, 0),
            _ => (VhcaState::Allocated, 0),
        };
        Managed {
            state,
            armed: false,
            user_number,
        }
    }

    fn managed(&self, function: Function) -> Managed {
        let known = self.subfunctions.managed.get(&function).copied();
        known.unwrap_or_else(|| self.untouched(function))
    }

    /// The number that the user gave a function (`sw_function_id`); 0 if none was given.
    #[must_use]
    pub fn user_number(&self, function: Function) -> u32 {
        self.watch.look();
        self.managed(function).user_number
    }

    /// The state of a function as its manager sees it.
    pub(crate) fn vhca_state(&self, function: Function) -> VhcaState {
        self.managed(function).state
    }

    /// The main function enabled or disabled another one: a change that an armed event tells of.
    pub(crate) fn move_to_state(
        &mut self,
        function: Function,
        state: VhcaState,
        at: Cycles,
        buses: &mut dyn Buses,
    ) {
        let mut managed = self.managed(function);
        if managed.state == state {
            return;
        }
        let tell = std::mem::take(&mut managed.armed);
        managed.state = state;
        self.subfunctions.managed.insert(function, managed);
        let id = self.roster.get(function).and_then(|entry| entry.identity);
        if let Some(identity) = id.filter(|_| tell) {
            let data = event::VhcaStateChange::new()
                .with_ec_function(u16::from(identity.ec))
                .with_function_id(identity.id);
            let manager = self.main_function();
            self.post_event(manager, &EventEntry::of(&data), at, buses);
        }
    }

    fn managed_sf(&self, command: &Command) -> Result<Function, Refusal> {
        let id = command.subject.id.unwrap_or(0);
        let known = self
            .subfunction(id)
            .filter(|_| command.endpoint == self.main_function());
        known.ok_or(Refusal::UnknownSubfunction)
    }
}
