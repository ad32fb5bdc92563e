//! The life of a function: ENABLE_HCA, DISABLE_HCA, INIT_HCA, TEARDOWN_HCA, the interface step sequence.

use crate::bus::Buses;
use crate::config::{ModeClearedAt, ModeEffectiveAt, OnDisable};
use crate::owner::Owner;
use crate::reply::{Answered, Refusal, Reply};
use crate::state::agenda::{DueKind, Task};
use crate::state::command::Command;
use crate::state::endpoint::PageNaming;
use crate::state::silicon::Silicon;
use prm::hca::{QueryIssiOut, SetIssiIn, TeardownHcaIn, TeardownHcaOut, TeardownProfile};
use prm::subfunction::VhcaState;
use prm::{Cycles, Function};

/// The one interface step sequence besides 0 that firmware knows.
const ISSI: u16 = 1;

pub(crate) fn enable_hca(
    silicon: &mut Silicon,
    command: &Command,
    at: Cycles,
    buses: &mut dyn Buses,
) -> Answered {
    let function = command.subject.function.ok_or(Refusal::UnknownFunction)?;
    if function != command.endpoint {
        // It lives again: what it holds is in use, and is not asked back for its former life.
        for gone in silicon.gone_with(function) {
            silicon.forget_return(command.endpoint, gone);
        }
        silicon.move_to_state(function, VhcaState::Active, at, buses);
        return Ok(Reply::ok());
    }
    // A teardown that failed leaves what firmware had meant to ask: the driver that comes now knows nothing of it.
    silicon.drop_requests(function);
    // Boot pages are always exchanged by function id, so that enabling begins with a clean slate whatever became
    // of the last driver.
    silicon.clear_mode(function);
    if let Some(state) = silicon.endpoints.get_mut(&function) {
        state.life.enabled = true;
        state.life.initialized = false;
        state.recover();
    }
    Ok(Reply::ok())
}

pub(crate) fn disable_hca(
    silicon: &mut Silicon,
    command: &Command,
    at: Cycles,
    buses: &mut dyn Buses,
) -> Answered {
    let function = command.subject.function.ok_or(Refusal::UnknownFunction)?;
    if function != command.endpoint {
        silicon.move_to_state(function, silicon.state_of_disabled(function), at, buses);
        silicon.return_pages_of_disabled(command.endpoint, function, at);
        return Ok(Reply::ok());
    }
    if silicon.config.firmware.mode_cleared_at == ModeClearedAt::DisableHca {
        silicon.clear_mode(function);
    }
    silicon.drop_requests(function);
    if let Some(state) = silicon.endpoints.get_mut(&function) {
        state.life.enabled = false;
        state.life.initialized = false;
        state.clear_event_queues();
    }
    // The manager asked for this: now it may have the function back.
    if silicon.vhca_state(function) == VhcaState::TeardownRequest {
        silicon.move_to_state(function, VhcaState::Allocated, at, buses);
    }
    Ok(Reply::ok())
}

pub(crate) fn init_hca(
    silicon: &mut Silicon,
    command: &Command,
    at: Cycles,
    buses: &mut dyn Buses,
) -> Answered {
    let state = silicon
        .endpoints
        .get_mut(&command.endpoint)
        .ok_or(Refusal::NotEnabled)?;
    if !state.life.enabled {
        return Err(Refusal::NotEnabled);
    }
    if state.life.initialized {
        return Err(Refusal::WrongPhase);
    }
    state.life.initialized = true;
    if *state.naming == PageNaming::Either {
        *state.naming = PageNaming::VhcaId;
        silicon.move_boot_pages(command.endpoint, at, buses);
    }
    Ok(Reply::ok())
}

pub(crate) fn teardown_hca(
    silicon: &mut Silicon,
    command: &Command,
    at: Cycles,
    _buses: &mut dyn Buses,
) -> Answered {
    let input = TeardownHcaIn::from_prefix(&command.input).unwrap_or_default();
    let offered = silicon.config.teardown;
    let state = silicon
        .endpoints
        .get_mut(&command.endpoint)
        .ok_or(Refusal::NotEnabled)?;
    if !state.life.initialized {
        return Err(Refusal::WrongPhase);
    }
    match TeardownProfile::from_raw(input.profile()) {
        TeardownProfile::Graceful => {}
        TeardownProfile::PrepareFast if offered.fast => {
            // The interface register does the rest.
            state.life.may_be_switched_off = true;
            return Ok(Reply::done(&TeardownHcaOut::new()));
        }
        TeardownProfile::Force if offered.force => {
            silicon.close_in_haste(command.endpoint, at, "the function was torn down by force");
            return Ok(Reply::done(&TeardownHcaOut::new()));
        }
        TeardownProfile::PrepareFast | TeardownProfile::Force | TeardownProfile::Unknown(_) => {
            return Err(Refusal::UnknownProfile);
        }
    }
    state.life.initialized = false;
    if silicon.config.firmware.mode_cleared_at == ModeClearedAt::TeardownHca {
        silicon.clear_mode(command.endpoint);
    }
    Ok(Reply::done(&TeardownHcaOut::new()))
}

pub(crate) fn query_issi(silicon: &mut Silicon, command: &Command) -> Answered {
    let state = silicon
        .endpoints
        .get(&command.endpoint)
        .ok_or(Refusal::NotEnabled)?;
    let known = 1 | 1 << ISSI;
    Ok(Reply::done(
        &QueryIssiOut::new()
            .with_current_issi(state.life.issi)
            .with_supported_issi(known),
    ))
}

pub(crate) fn set_issi(silicon: &mut Silicon, command: &Command) -> Answered {
    let issi = SetIssiIn::from_prefix(&command.input)
        .unwrap_or_default()
        .current_issi();
    if issi > ISSI {
        return Err(Refusal::UnknownIssi);
    }
    if let Some(state) = silicon.endpoints.get_mut(&command.endpoint) {
        state.life.issi = issi;
    }
    Ok(Reply::ok())
}

impl Silicon {
    /// What a function becomes when its manager disables it: a subfunction whose driver runs is asked to stop first.
    fn state_of_disabled(&self, function: Function) -> VhcaState {
        let runs = self
            .endpoints
            .get(&function)
            .is_some_and(|state| state.life.enabled);
        // Of a host's function its driver is out of sight: its state tells.
        let runs_elsewhere =
            matches!(function, Function::HostSf(_)) && self.vhca_state(function) == VhcaState::InUse;
        if runs_elsewhere || runs && matches!(function, Function::Sf(_)) {
            VhcaState::TeardownRequest
        } else {
            VhcaState::Allocated
        }
    }

    fn return_pages_of_disabled(&mut self, supplier: Function, function: Function, at: Cycles) {
        let OnDisable::ReturnPages { after_ms } = self.config.firmware.on_disable else {
            return;
        };
        let kind = if after_ms == 0 {
            DueKind::InService
        } else {
            DueKind::Scheduled
        };
        let due = at.saturating_add(Cycles::from_millis(after_ms.into()));
        for owner in self.gone_with(function) {
            // Disabled twice: once is enough.
            self.forget_return(supplier, owner);
            self.note_returns(supplier, 1);
            self.put_off(due, kind, Task::ReturnPages { supplier, owner }, at);
        }
    }

    /// The owners that are disabled and enabled with a function: the external host's VFs go with its PF, an ECPF never
    /// disables them one by one.
    fn gone_with(&self, function: Function) -> Vec<Owner> {
        let all = self.roster.functions().iter().copied();
        let gone = all.filter(|&other| {
            other == function || function == Function::HostPf && matches!(other, Function::HostVf(_))
        });
        gone.map(Owner::from).collect()
    }

    /// SET_HCA_CAP chose how the page commands name functions.
    pub(crate) fn choose_naming(
        &mut self,
        endpoint: Function,
        vhca_id: bool,
        at: Cycles,
        buses: &mut dyn Buses,
    ) {
        let naming = match (vhca_id, self.config.firmware.mode_effective_at) {
            (false, _) => PageNaming::FunctionId,
            (true, ModeEffectiveAt::SetHcaCap) => PageNaming::VhcaId,
            (true, ModeEffectiveAt::InitHca) => PageNaming::Either,
        };
        if let Some(state) = self.endpoints.get_mut(&endpoint) {
            *state.naming = naming;
        }
        if naming == PageNaming::VhcaId {
            self.move_boot_pages(endpoint, at, buses);
        }
    }
}
