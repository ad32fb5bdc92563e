//! The bus as the firmware's endpoints see it: through the PCI function that carries them.

use crate::vmm_bus::VmmBus;
use device_pci::{MsixControl, MsixTable, PciFunction, PciFunctions};
use emulator::Buses;
use prm::link::{DmaFault, HostBus};
use prm::{Function, Iova};

/// See the module's head.
pub(super) struct Hosts<'a, B> {
    /// Tell who carries an endpoint, and whether it may access memory.
    pub(super) functions: &'a PciFunctions,
    /// By place, as the functions.
    pub(super) tables: &'a mut [MsixTable],
    /// The bus of the monitor.
    pub(super) bus: &'a mut B,
    /// The place of the endpoint whose bus was asked for last.
    pub(super) place: Option<usize>,
}

impl<B> Hosts<'_, B> {
    /// The place and the function that accesses memory; none if bus mastering is off there.
    fn master(&self) -> Option<(usize, Function)> {
        let place = self.place.filter(|&place| self.functions.bus_master(place))?;
        Some((place, self.functions.topology().function_at(place)?))
    }
}

impl<B: VmmBus> Hosts<'_, B> {
    /// Delivers what a function may deliver now of what was pending.
    pub(super) fn deliver_pending(&mut self, place: usize) {
        self.place = Some(place);
        let Some((place, function)) = self.master() else {
            return;
        };
        let control = self.control(place);
        let messages = self
            .tables
            .get_mut(place)
            .map(|table| table.take_pending(control));
        for message in messages.into_iter().flatten() {
            self.bus.interrupt(function, message);
        }
    }

    fn control(&self, place: usize) -> MsixControl {
        self.functions
            .get(place)
            .map_or(MsixControl::Off, PciFunction::msix_control)
    }
}

impl<B: VmmBus> Buses for Hosts<'_, B> {
    fn bus(&mut self, endpoint: Function) -> &mut dyn HostBus {
        self.place = self.functions.topology().carrier(endpoint);
        self
    }
}

impl<B: VmmBus> HostBus for Hosts<'_, B> {
    fn dma_read(&mut self, at: Iova, into: &mut [u8]) -> Result<(), DmaFault> {
        let (_, function) = self.master().ok_or(DmaFault { at })?;
        self.bus.dma_read(function, at, into)
    }

    fn dma_write(&mut self, at: Iova, from: &[u8]) -> Result<(), DmaFault> {
        let (_, function) = self.master().ok_or(DmaFault { at })?;
        self.bus.dma_write(function, at, from)
    }

    fn interrupt(&mut self, vector: u16) {
        // A message is a memory write: without bus mastering there is none.
        let Some((place, function)) = self.master() else {
            return;
        };
        let control = self.control(place);
        let message = self
            .tables
            .get_mut(place)
            .and_then(|table| table.raise(vector, control));
        if let Some(message) = message {
            self.bus.interrupt(function, message);
        }
    }
}
