//! Orders from outside, to firmware and to the gate.

use crate::bus::Buses;
use crate::order::{FirmwareOrder, GateOrder, OrderError};
use crate::record::Record;
use crate::state::action::{Act, Action};
use crate::state::numbers::CommandNumber;
use crate::state::silicon::Silicon;
use prm::{Cycles, Function};

impl Silicon {
    /// Carries out an order at the main function at once; events are posted in this call.
    ///
    /// # Errors
    /// [`OrderError`] if the order makes no sense for this device now; nothing has happened then.
    pub fn order(
        &mut self,
        order: &FirmwareOrder,
        now: Cycles,
        buses: &mut dyn Buses,
    ) -> Result<(), OrderError> {
        self.order_at(self.main_function(), order, now, buses)
    }

    /// Carries out an order at this endpoint: its driver is asked for pages, told of errors and sent events, and where a rule does
    /// not say whose commands it is about, it is about those that come through here.
    ///
    /// # Errors
    /// [`OrderError`] as for [`Self::order`], also if there is no such endpoint.
    pub fn order_at(
        &mut self,
        endpoint: Function,
        order: &FirmwareOrder,
        now: Cycles,
        buses: &mut dyn Buses,
    ) -> Result<(), OrderError> {
        if !self.endpoints.contains_key(&endpoint) {
            return Err(OrderError::UnknownFunction(endpoint));
        }
        self.carry_out(endpoint, order, now, buses)?;
        self.go_on(now, buses);
        Ok(())
    }

    /// Carries out an order to the gate. A released command goes on at once where only the hold kept it back; its
    /// execution is due now and is done by the next [`Silicon::advance`].
    ///
    /// # Errors
    /// [`OrderError`] if the order names a hold or a command that does not exist, or a hold that exists already, or if there are too
    /// many.
    pub fn gate(&mut self, order: &GateOrder, now: Cycles, buses: &mut dyn Buses) -> Result<(), OrderError> {
        let act = Act::at(self.main_function(), Action::Order(order.into()));
        self.acts(act, |silicon| silicon.obey_gate(order, now, buses))
    }

    fn obey_gate(&mut self, order: &GateOrder, now: Cycles, buses: &mut dyn Buses) -> Result<(), OrderError> {
        match order {
            GateOrder::Hold(hold) => {
                self.check_match(&hold.command)?;
                self.gate.install_hold(self.main_function(), hold.clone())
            }
            GateOrder::Release { name } => {
                let released = self.gate.release(name);
                let number = released.ok_or_else(|| OrderError::UnknownHold(name.clone()))?;
                let held = |number: &CommandNumber| {
                    self.commands
                        .get(number)
                        .is_some_and(|command| command.held_since.is_some())
                };
                let n = number.filter(held);
                self.records.push(Record::GateReleased {
                    cycles: now,
                    name: name.clone(),
                    n: n.map(|number| number.0),
                });
                if let Some(number) = number {
                    self.let_go(number, now, buses);
                }
                Ok(())
            }
        }
    }
}
