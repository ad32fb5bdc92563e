//! Accesses to the regions of a function: configuration space, and the registers behind its BARs.

use super::Card;
use crate::port::Clients;
use device_pci::register_window::{self, LONGEST_READ};
use device_pci::{Bar, Effect, words};
use transport::Errno;
use vfio_bindings::bindings::vfio::{
    VFIO_PCI_BAR0_REGION_INDEX, VFIO_PCI_BAR2_REGION_INDEX, VFIO_PCI_CONFIG_REGION_INDEX,
};

impl Card {
    /// Reads a region of a function: all ones while the link is down.
    ///
    /// # Errors
    /// `EINVAL` for a region that does not exist, and for a read of a BAR that is longer than [`LONGEST_READ`].
    pub(crate) fn read(
        &mut self,
        place: usize,
        region: u32,
        offset: u64,
        data: &mut [u8],
        clients: Clients<'_>,
    ) -> Result<(), Errno> {
        if region == VFIO_PCI_CONFIG_REGION_INDEX {
            let at = usize::try_from(offset).map_err(|_| Errno::EINVAL)?;
            self.functions
                .read_config(place, at, data, self.silicon.is_reached());
            return Ok(());
        }
        let bar = bar(region)?;
        if data.len() > LONGEST_READ {
            return Err(Errno::EINVAL);
        }
        if !self.functions.is_visible(place) || !self.silicon.is_reached() {
            data.fill(0xff);
            return Ok(());
        }
        let (silicon, buses, now) = self.at_work(clients);
        let locate = |at| buses.functions.topology().locate(place, bar, at);
        register_window::read(silicon, locate, offset, data, now);
        Ok(())
    }

    /// Writes a region of a function. What is written while the link is down is lost.
    ///
    /// # Errors
    /// `EINVAL` for a region that does not exist, and for a write to a BAR that does not consist of whole registers.
    pub(crate) fn write(
        &mut self,
        place: usize,
        region: u32,
        offset: u64,
        data: &[u8],
        mut clients: Clients<'_>,
    ) -> Result<(), Errno> {
        if region == VFIO_PCI_CONFIG_REGION_INDEX {
            if self.functions.is_configurable(place) && self.silicon.is_reached() {
                // A reset shall find what was due before it done.
                self.at_work(clients.again());
                let offset = usize::try_from(offset).map_err(|_| Errno::EINVAL)?;
                self.write_config(place, offset, data, clients);
            }
            return Ok(());
        }
        let bar = bar(region)?;
        let registers = register_window::registers(offset, data).ok_or(Errno::EINVAL)?;
        // A VF that no PF has enabled has no doorbells, though its client may size it up before the guest runs.
        if !self.functions.is_enabled(place) {
            return Ok(());
        }
        let (silicon, mut buses, now) = self.at_work(clients);
        for (at, value) in registers {
            if let Some((endpoint, register)) = buses.functions.topology().locate(place, bar, at) {
                silicon.write_register(endpoint, register, value, now, &mut buses);
            }
        }
        Ok(())
    }

    fn write_config(&mut self, place: usize, at: usize, data: &[u8], mut clients: Clients<'_>) {
        for (at, part) in words(at, data) {
            match self.functions.write_config(place, at, part) {
                Effect::None => {}
                Effect::FunctionReset => self.reset_silicon(place, clients.again()),
                Effect::VfsDisabled(count) => self.reset_vfs(count.into()),
            }
        }
    }
}

/// The BAR of a region.
fn bar(region: u32) -> Result<Bar, Errno> {
    match region {
        VFIO_PCI_BAR0_REGION_INDEX => Ok(Bar::Own),
        VFIO_PCI_BAR2_REGION_INDEX => Ok(Bar::Scalable),
        _ => Err(Errno::EINVAL),
    }
}
