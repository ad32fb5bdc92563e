//! DMA and interrupts of every endpoint, through the client of its PCI function.

use crate::effects::Effects;
use crate::port::Clients;
use device_pci::PciFunctions;
use emulator::Buses;
use prm::link::{DmaFault, HostBus};
use prm::{Function, Iova};
use transport::{Delivery, DmaError, Host};
use vfio_bindings::bindings::vfio::VFIO_PCI_MSIX_IRQ_INDEX;

/// What did not get through to a client.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Losses {
    /// DMA accesses without a client, or with bus mastering off.
    pub(crate) dma: u64,
    /// Interrupts that no eventfd took, and those without a client or with bus mastering off.
    pub(crate) interrupts: u64,
}

/// The buses of all endpoints.
pub(crate) struct HostBuses<'a, 'c> {
    /// Tell through which of them an endpoint goes, and whether bus mastering is on there.
    pub(crate) functions: &'a PciFunctions,
    /// By place, as the functions.
    pub(crate) losses: &'a mut [Losses],
    /// By place too.
    pub(crate) clients: Clients<'c>,
    /// The endpoint whose bus was asked for last, and its place.
    pub(crate) endpoint: Function,
    /// See there; none while no bus was asked for, or the endpoint has no place.
    pub(crate) place: Option<usize>,
    /// What is done is noted here, with a virtual clock.
    pub(crate) effects: Option<&'a mut Effects>,
    /// Set once a client has been reached: that takes time.
    pub(crate) are_used: &'a mut bool,
}

impl HostBuses<'_, '_> {
    /// The host of the function whose bus was asked for, if it may be reached.
    fn host(&mut self) -> Option<&mut dyn Host> {
        let place = self.place?;
        let may = self.functions.bus_master(place);
        let host = may.then(|| self.clients.host(place)).flatten()?;
        *self.are_used = true;
        Some(host)
    }

    fn losses(&mut self) -> Option<&mut Losses> {
        self.losses.get_mut(self.place?)
    }

    fn dma(
        &mut self,
        at: Iova,
        access: impl FnOnce(&mut dyn Host) -> Result<(), DmaError>,
    ) -> Result<(), DmaFault> {
        match self.host().map(access) {
            Some(result) => result.map_err(|error| DmaFault {
                at: fault_address(at, error),
            }),
            None => {
                if let Some(losses) = self.losses() {
                    losses.dma += 1;
                }
                tracing::debug!(%at, "DMA without bus mastering or client");
                Err(DmaFault { at })
            }
        }
    }
}

/// The address that was the obstacle, or that of the whole access where it was something else.
fn fault_address(access: Iova, error: DmaError) -> Iova {
    match error {
        DmaError::Unmapped(at) | DmaError::Denied(at) => Iova(at),
        _ => access,
    }
}

impl Buses for HostBuses<'_, '_> {
    fn bus(&mut self, endpoint: Function) -> &mut dyn HostBus {
        self.endpoint = endpoint;
        self.place = self.functions.topology().carrier(endpoint);
        self
    }
}

impl HostBus for HostBuses<'_, '_> {
    fn dma_read(&mut self, at: Iova, into: &mut [u8]) -> Result<(), DmaFault> {
        let bytes = into.len();
        let result = self.dma(at, |host| host.dma_read(at.0, into));
        if let Some(effects) = &mut self.effects {
            effects.note_access(false, at, bytes, result.is_ok());
        }
        result
    }

    fn dma_write(&mut self, at: Iova, from: &[u8]) -> Result<(), DmaFault> {
        let result = self.dma(at, |host| host.dma_write(at.0, from));
        if let Some(effects) = &mut self.effects {
            effects.note_access(true, at, from.len(), result.is_ok());
        }
        result
    }

    fn interrupt(&mut self, vector: u16) {
        if let Some(effects) = &mut self.effects {
            effects.note_interrupt(self.endpoint, vector);
        }
        // An MSI-X message is a memory write: without bus mastering there is none.
        let delivery = self
            .host()
            .map(|host| host.trigger(VFIO_PCI_MSIX_IRQ_INDEX, vector.into()));
        if !matches!(delivery, Some(Delivery::Signalled | Delivery::Pending))
            && let Some(losses) = self.losses()
        {
            losses.interrupts += 1;
        }
    }
}
