//! Carrying out what a scenario orders firmware and gate to do.

use crate::bus::Buses;
use crate::config::DeviceConfig;
use crate::order::{
    CommandMatch, DeviceError, FirmwareOrder, OrderAt, OrderError, Reconfigure, SpuriousInterrupt, StrayEvent,
};
use crate::state::action::{Act, Action};
use crate::state::silicon::Silicon;
use crate::work::function_states::state_event;
use prm::event::{EswFunctionsChanged, EventEntry, VportChange};
use prm::{Cycles, Function, Opcode};
use std::sync::Arc;

impl Silicon {
    /// Carries out an order at the endpoint `own` at once; events are posted in this call.
    ///
    /// # Errors
    /// [`OrderError`] if the order makes no sense for this device now; nothing has happened then.
    pub(crate) fn carry_out(
        &mut self,
        own: Function,
        order: &FirmwareOrder,
        now: Cycles,
        buses: &mut dyn Buses,
    ) -> Result<(), OrderError> {
        self.acts(Act::at(own, Action::Order(order.into())), |silicon| {
            silicon.obey(own, order, now, buses)
        })
    }

    fn obey(
        &mut self,
        own: Function,
        order: &FirmwareOrder,
        now: Cycles,
        buses: &mut dyn Buses,
    ) -> Result<(), OrderError> {
        match order {
            FirmwareOrder::RequestPages(request) => {
                self.post_page_request(own, request, now, buses).map(|_| ())
            }
            FirmwareOrder::Answer(rule) => {
                self.check_match(&rule.to)?;
                self.gate.install_answer(own, rule.clone())
            }
            FirmwareOrder::When(rule) => {
                self.check_match(&rule.command)?;
                self.gate.install_reaction(own, rule.clone())
            }
            FirmwareOrder::Reset {} => {
                self.forget_supplies(own, now);
                self.clear_mode(own);
                if let Some(state) = self.endpoints.get_mut(&own) {
                    state.life.initialized = false;
                }
                self.needs_met();
                Ok(())
            }
            FirmwareOrder::DeviceError(DeviceError { syndrome, fatal }) => {
                if let Some(state) = self.endpoints.get_mut(&own) {
                    state.report(*syndrome, *fatal && *syndrome != 0);
                }
                Ok(())
            }
            FirmwareOrder::Link(link) => {
                self.set_link(*link, now);
                Ok(())
            }
            FirmwareOrder::VportChange { vport } => {
                let data = VportChange::new().with_vport_number(*vport);
                self.post_ordered(own, &EventEntry::of(&data), now, buses)
            }
            FirmwareOrder::FunctionsChanged(changes) => self.change_functions(own, changes, now, buses),
            FirmwareOrder::VhcaState(order) => self.change_vhca_state(own, *order, now, buses),
            FirmwareOrder::StrayEvent(StrayEvent::HostVfs { count }) => {
                self.post_ordered(own, &EventEntry::of(&EswFunctionsChanged::new()), now, buses)?;
                self.hosts.vfs = *count;
                Ok(())
            }
            FirmwareOrder::StrayEvent(StrayEvent::VhcaState(identity)) => {
                self.post_ordered(own, &state_event(*identity), now, buses)
            }
            FirmwareOrder::Interrupts(rule) => self
                .event_queue(own, rule.queue)
                .ok_or(OrderError::NoEventQueue)?
                .add_rule(rule),
            FirmwareOrder::SpuriousInterrupt(SpuriousInterrupt { queue }) => {
                let state = self.endpoints.get(&own);
                let number = state.and_then(|state| state.queue_for(queue.event()));
                self.raise(own, number.ok_or(OrderError::NoEventQueue)?, now, buses);
                Ok(())
            }
            FirmwareOrder::SyncReset(which) => self.go_on_with_reset(own, *which, now, buses),
            FirmwareOrder::Reconfigure(changes) => self.reconfigure(changes),
            FirmwareOrder::At(OrderAt { function, order }) => {
                if !self.endpoints.contains_key(function) {
                    return Err(OrderError::UnknownFunction(*function));
                }
                self.carry_out(*function, order, now, buses)
            }
        }
    }

    pub(crate) fn check_match(&self, to: &CommandMatch) -> Result<(), OrderError> {
        if Opcode::from_name(&to.command).is_none() {
            return Err(OrderError::UnknownCommand(to.command.clone()));
        }
        if let Some(function) = to
            .function
            .filter(|&function| self.roster.get(function).is_none())
        {
            return Err(OrderError::UnknownFunction(function));
        }
        match to
            .endpoint
            .filter(|endpoint| !self.endpoints.contains_key(endpoint))
        {
            Some(endpoint) => Err(OrderError::UnknownFunction(endpoint)),
            None => Ok(()),
        }
    }

    fn reconfigure(&mut self, changes: &Reconfigure) -> Result<(), OrderError> {
        if let Some(&unknown) = changes
            .vhca_ids
            .keys()
            .find(|&&function| self.roster.get(function).is_none())
        {
            return Err(OrderError::UnknownFunction(unknown));
        }
        if let Some(there) = &changes.adjacent_vfs {
            self.delegate(there)?;
        }
        let config: &mut DeviceConfig = Arc::make_mut(&mut self.config);
        let Reconfigure {
            boot,
            init,
            page_mode,
            on_disable,
            return_order,
            vhca_ids,
            adjacent_vfs: _,
        } = changes;
        config.demand.boot = boot.unwrap_or(config.demand.boot);
        config.demand.init = init.unwrap_or(config.demand.init);
        config.page_mode = page_mode.unwrap_or(config.page_mode);
        config.firmware.on_disable = on_disable.unwrap_or(config.firmware.on_disable);
        config.firmware.return_order = return_order.unwrap_or(config.firmware.return_order);
        if !vhca_ids.is_empty() {
            self.vhca_ids.extend(vhca_ids);
            self.describe_functions();
        }
        Ok(())
    }
}
