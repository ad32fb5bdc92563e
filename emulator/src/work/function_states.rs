//! The state of each function as its manager sees it.

use crate::bus::Buses;
use crate::state::silicon::Silicon;
use crate::state::subfunctions::Managed;
use prm::event::{EventEntry, VhcaStateChange};
use prm::subfunction::VhcaState;
use prm::{Cycles, Function, WireIdentity};

/// The event that a function has changed its state.
pub(crate) fn state_event(identity: WireIdentity) -> EventEntry {
    let data = VhcaStateChange::new()
        .with_ec_function(u16::from(identity.ec))
        .with_function_id(identity.id);
    EventEntry::of(&data)
}

impl Silicon {
    /// State of a function nobody has touched: a subfunction that an eswitch manager has to allocate does not exist,
    /// one that somebody else manages is there and ready for its driver, and so is any other function.
    fn untouched(&self, function: Function) -> Managed {
        let external = !self.config.eswitch.manager;
        let (state, user_number) = match function {
            Function::Sf(number) if external => (VhcaState::Active, number.into()),
            Function::Sf(_) | Function::HostSf(_) => (VhcaState::Invalid, 0),
            _ => (VhcaState::Allocated, 0),
        };
        Managed {
            state,
            armed: false,
            user_number,
        }
    }

    pub(crate) fn managed(&self, function: Function) -> Managed {
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

    /// A function is in this state from now on. The event that tells of it is used up.
    pub(crate) fn put_in_state(&mut self, function: Function, state: VhcaState) {
        let mut managed = self.managed(function);
        managed.state = state;
        managed.armed = false;
        self.subfunctions.managed.insert(function, managed);
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
            let manager = self.main_function();
            self.post_event(manager, &state_event(identity), at, buses);
        }
    }
}
