//! Accesses to the regions of a function: configuration space, and the registers behind its BARs.

use super::Card;
use crate::port::Clients;
use crate::topology::Topology;
use device_pci::register_window::{self, LONGEST_READ, Place};
use device_pci::{Effect, MSIX_PENDING, MSIX_PENDING_LENGTH, MSIX_TABLE, MSIX_TABLE_LENGTH, PciFunction};
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
            match self.functions.get(place) {
                Some(function) if self.is_configurable(place) && self.silicon.is_reached() => {
                    function.read(at, data);
                }
                _ => PciFunction::read_hidden(at, data),
            }
            return Ok(());
        }
        let bar = Bar::of(region)?;
        if data.len() > LONGEST_READ {
            return Err(Errno::EINVAL);
        }
        if !self.is_visible(place) || !self.silicon.is_reached() {
            data.fill(0xff);
            return Ok(());
        }
        let (silicon, buses, now) = self.at_work(clients);
        let locate = |at| bar.locate(buses.topology, place, at);
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
            if self.is_configurable(place) && self.silicon.is_reached() {
                // A reset shall find what was due before it done.
                self.at_work(clients.again());
                let offset = usize::try_from(offset).map_err(|_| Errno::EINVAL)?;
                self.write_config(place, offset, data, clients);
            }
            return Ok(());
        }
        let bar = Bar::of(region)?;
        let registers = register_window::registers(offset, data).ok_or(Errno::EINVAL)?;
        // A VF that no PF has enabled has no doorbells, though its client may size it up before the guest runs.
        if !self.is_enabled(place) {
            return Ok(());
        }
        let (silicon, mut buses, now) = self.at_work(clients);
        for (at, value) in registers {
            if let Some((endpoint, register)) = bar.locate(buses.topology, place, at) {
                silicon.write_register(endpoint, register, value, now, &mut buses);
            }
        }
        Ok(())
    }

    fn write_config(&mut self, place: usize, at: usize, data: &[u8], mut clients: Clients<'_>) {
        for (at, part) in words(at, data) {
            let Some(function) = self.functions.get_mut(place) else {
                return;
            };
            match function.write(at, part) {
                Effect::None => {}
                Effect::FunctionReset => {
                    function.reset_registers();
                    self.reset_silicon(place, clients.again());
                }
                Effect::VfsDisabled(count) => self.reset_vfs(count.into()),
            }
        }
    }
}

/// A BAR with registers in it.
#[derive(Clone, Copy, Debug)]
enum Bar {
    /// The function's own window.
    Own,
    /// The windows of its SFs.
    Scalable,
}

impl Bar {
    fn of(region: u32) -> Result<Self, Errno> {
        match region {
            VFIO_PCI_BAR0_REGION_INDEX => Ok(Self::Own),
            VFIO_PCI_BAR2_REGION_INDEX => Ok(Self::Scalable),
            _ => Err(Errno::EINVAL),
        }
    }

    /// The register at an offset. None where the MSI-X table and its pending bits lie, which QEMU answers for, and behind
    /// the last SF.
    fn locate(self, topology: &Topology, place: usize, offset: u64) -> Place {
        const TABLE_END: u64 = MSIX_TABLE + MSIX_TABLE_LENGTH;
        const PENDING_END: u64 = MSIX_PENDING + MSIX_PENDING_LENGTH;
        let (endpoint, register) = match self {
            Self::Own => match offset {
                MSIX_TABLE..TABLE_END | MSIX_PENDING..PENDING_END => return None,
                _ => (topology.function_at(place)?, offset),
            },
            Self::Scalable => topology.sf_at(offset)?,
        };
        Some((endpoint, u32::try_from(register).ok()?))
    }
}

/// Splits a write to configuration space at the boundaries of 32-bit words.
fn words(mut at: usize, mut data: &[u8]) -> impl Iterator<Item = (usize, &[u8])> {
    std::iter::from_fn(move || {
        let (part, rest) = data.split_at((4 - at % 4).min(data.len()));
        let begin = at;
        at += part.len();
        data = rest;
        (!part.is_empty()).then_some((begin, part))
    })
}
