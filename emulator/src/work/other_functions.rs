//! Functions of others come, go, and change their state.

use crate::bus::Buses;
use crate::order::{FunctionsChanged, HostPfState, OrderError, VhcaStateOrder};
use crate::state::silicon::Silicon;
use crate::work::function_states::state_event;
use prm::event::{EswFunctionsChanged, EventEntry};
use prm::subfunction::VhcaState;
use prm::{Cycles, EventType, Function};
use std::collections::BTreeSet;

impl Silicon {
    /// Functions of other hosts come and go, and the driver of `own` is told.
    ///
    /// # Errors
    /// [`OrderError`] if there are no such functions, or nobody would see the event; nothing has happened then.
    pub(crate) fn change_functions(
        &mut self,
        own: Function,
        changes: &FunctionsChanged,
        now: Cycles,
        buses: &mut dyn Buses,
    ) -> Result<(), OrderError> {
        let FunctionsChanged {
            host_vfs,
            host_pf,
            satellite_pfs,
        } = changes;
        if host_vfs.is_some_and(|vfs| vfs > self.config.external_host.vfs.total) {
            return Err(OrderError::TooManyHostVfs);
        }
        if let Some(there) = satellite_pfs {
            self.check_kind(there, |function| matches!(function, Function::SatellitePf(_)))?;
        }
        self.check_taken(own, EventType::EswFunctionsChanged)?;
        self.hosts.vfs = host_vfs.unwrap_or(self.hosts.vfs);
        self.hosts.pf = host_pf.unwrap_or(self.hosts.pf);
        if *host_pf == Some(HostPfState::Disabled) {
            self.leave_host_sfs();
        }
        let satellites = self.roster.satellite_pfs();
        let went = satellite_pfs
            .as_ref()
            .map(|there| self.hosts.keep(satellites.into_iter(), there));
        self.post_event(own, &EventEntry::of(&EswFunctionsChanged::new()), now, buses);
        for function in went.unwrap_or_default() {
            self.give_up_pages_of(function, now, buses);
        }
        Ok(())
    }

    /// With the host's PF the drivers of the host's SFs are gone. One event says so for all of them.
    fn leave_host_sfs(&mut self) {
        for function in self.roster.host_sfs() {
            match self.vhca_state(function) {
                VhcaState::InUse => self.put_in_state(function, VhcaState::Active),
                VhcaState::TeardownRequest => self.put_in_state(function, VhcaState::Allocated),
                _ => {}
            }
        }
    }

    /// A function changes its state, and the driver of `own` is told.
    ///
    /// # Errors
    /// As [`Self::change_functions`].
    pub(crate) fn change_vhca_state(
        &mut self,
        own: Function,
        order: VhcaStateOrder,
        now: Cycles,
        buses: &mut dyn Buses,
    ) -> Result<(), OrderError> {
        let VhcaStateOrder { function, state } = order;
        let entry = self.roster.get(function);
        let entry = entry.ok_or(OrderError::UnknownFunction(function))?;
        let identity = entry.identity.ok_or(OrderError::NoIdentity(function))?;
        self.check_taken(own, EventType::VhcaStateChange)?;
        if let Some(state) = state {
            self.put_in_state(function, state.into());
        }
        self.post_event(own, &state_event(identity), now, buses);
        Ok(())
    }

    /// These VFs are delegated from now on, and no others.
    ///
    /// # Errors
    /// [`OrderError`] if one of them is no VF that could be.
    pub(crate) fn delegate(&mut self, there: &BTreeSet<Function>) -> Result<(), OrderError> {
        self.check_kind(there, |function| matches!(function, Function::AdjacentVf(_)))?;
        let delegated = self.roster.adjacent_vfs();
        self.hosts.keep(delegated.into_iter(), there);
        Ok(())
    }

    /// Whether all of a list are functions of the device, and of one kind.
    fn check_kind(
        &self,
        listed: &BTreeSet<Function>,
        is_it: impl Fn(Function) -> bool,
    ) -> Result<(), OrderError> {
        for &function in listed {
            if self.roster.get(function).is_none() {
                return Err(OrderError::UnknownFunction(function));
            }
            if !is_it(function) {
                return Err(OrderError::NotOfThisKind(function));
            }
        }
        Ok(())
    }
}
