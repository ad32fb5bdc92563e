//! What the machine's processors do: accesses to configuration space and BARs, and resets.

use super::VirtualDevice;
use super::hosts::Hosts;
use crate::vmm_bus::VmmBus;
use device_pci::register_window::{self, LONGEST_WRITE};
use device_pci::{BAR0_SIZE, Bar, Effect, MsixTable, PHYSICAL, PciFunction, words};
use emulator::Silicon;
use prm::{Cycles, Function};
use thiserror::Error;

/// A write to a BAR that does not consist of whole registers: they have 32 bits and no byte enables. Nothing was written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("{bytes} bytes at {offset:#x} are not whole registers of 4 bytes, at most {LONGEST_WRITE} bytes")]
pub struct PartialWrite {
    /// Where, in bytes from the start of the BAR.
    pub offset: u64,
    /// How many.
    pub bytes: usize,
}

impl<B: VmmBus> VirtualDevice<B> {
    /// Reads configuration space of a function from `offset` in bytes, little-endian as it stands there: all ones where the
    /// function is not there, or the link is down; zeros behind the end of 4096 bytes.
    pub fn config_read(&self, function: Function, offset: u16, data: &mut [u8]) {
        let Some(place) = self.place(function) else {
            data.fill(0xff);
            return;
        };
        self.functions
            .read_config(place, offset.into(), data, self.silicon.is_reached());
    }

    /// Writes configuration space of a function from `offset` in bytes. What is not there, or cannot be written, stays. A
    /// function-level reset and the end of VFs happen in this call.
    pub fn config_write(&mut self, function: Function, offset: u16, data: &[u8]) {
        let place = self.place(function);
        let Some(place) = place.filter(|&place| self.functions.is_configurable(place)) else {
            return;
        };
        if !self.silicon.is_reached() {
            return;
        }
        let inside = usize::from(offset)..(usize::from(offset) + data.len()).min(device_pci::CONFIG_LENGTH);
        for (at, word) in words(inside.start, &data[..inside.len()]) {
            match self.functions.write_config(place, at, word) {
                Effect::None => {}
                Effect::FunctionReset => self.reset_silicon(place),
                Effect::VfsDisabled(count) => self.reset_vfs(count.into()),
            }
        }
        self.with_device(|_, hosts, _| hosts.deliver_pending(place));
    }

    /// Reads a BAR of a function from `offset` in bytes, in the order of addresses (the registers are big-endian): all ones where
    /// the function is not there, or the link is down; zeros where there is no register.
    pub fn bar_read(&mut self, function: Function, bar: Bar, offset: u64, data: &mut [u8]) {
        let place = self.place(function);
        let place = place.filter(|&place| self.functions.is_visible(place) && self.silicon.is_reached());
        let Some(place) = place else {
            data.fill(0xff);
            return;
        };
        let Some(length) = self.length_of(place, bar) else {
            data.fill(0xff);
            return;
        };
        let inside = length.saturating_sub(offset).min(data.len() as u64);
        // INVARIANT: no more than the data has.
        let (data, beyond) = data.split_at_mut(usize::try_from(inside).unwrap_or(0));
        beyond.fill(0);
        let (topology, now) = (self.functions.topology(), self.now);
        let locate = |at| topology.locate(place, bar, at);
        register_window::read(&mut self.silicon, locate, offset, data, now);
        if let (Bar::Own, Some(table)) = (bar, self.tables.get(place)) {
            for (byte, at) in data.iter_mut().zip(offset..) {
                *byte = table.byte(at).unwrap_or(*byte);
            }
        }
    }

    /// Writes a BAR of a function from `offset` in bytes, in the order of addresses. Doorbells are acted upon in this call: a command
    /// is fetched from the machine's memory. What is written where the function is not there, or while the link is down, is
    /// lost.
    ///
    /// # Errors
    /// [`PartialWrite`] if the bytes are not whole registers, or more than [`LONGEST_WRITE`].
    pub fn bar_write(
        &mut self,
        function: Function,
        bar: Bar,
        offset: u64,
        data: &[u8],
    ) -> Result<(), PartialWrite> {
        let registers = register_window::registers(offset, data).ok_or(PartialWrite {
            offset,
            bytes: data.len(),
        })?;
        let place = self.place(function);
        let place = place.filter(|&place| self.functions.is_enabled(place) && self.silicon.is_reached());
        let Some(place) = place else {
            return Ok(());
        };
        let end = offset.saturating_add(data.len() as u64);
        if self.length_of(place, bar).is_none_or(|length| end > length) {
            return Ok(());
        }
        for (at, value) in registers {
            let table = self.tables.get_mut(place).filter(|_| bar == Bar::Own);
            if table.is_some_and(|table| table.write(at, value.to_be_bytes())) {
                self.with_device(|_, hosts, _| hosts.deliver_pending(place));
            } else if let Some((endpoint, register)) = self.functions.topology().locate(place, bar, at) {
                self.with_device(|silicon, hosts, now| {
                    silicon.write_register(endpoint, register, value, now, hosts);
                });
            }
        }
        Ok(())
    }

    /// Bytes of the BAR of a function.
    fn length_of(&self, place: usize, bar: Bar) -> Option<u64> {
        match bar {
            Bar::Own => Some(BAR0_SIZE),
            Bar::Scalable => self.functions.get(place)?.bar2(),
        }
    }

    /// Resets every function, as the machine's power button does (PCI Express: Fundamental Reset, without a loss of power). What
    /// firmware holds of a function goes back as its description says ([`OnReset`](emulator::config::OnReset)). While the link is down it
    /// reaches nobody.
    pub fn reset(&mut self) {
        for place in 0..self.functions.count() {
            if self.silicon.is_reached() {
                if let Some(function) = self.functions.get_mut(place) {
                    function.device_reset();
                }
                self.reset_silicon(place);
            }
        }
    }

    /// The part of a reset that is behind configuration space. With the PF its VFs are gone too: VF enable has been cleared.
    fn reset_silicon(&mut self, place: usize) {
        self.reset_table(place);
        if let Some(function) = self.functions.topology().function_at(place) {
            self.with_device(|silicon, hosts, now| silicon.reset_function(function, now, hosts));
        }
        if place == PHYSICAL {
            self.reset_vfs(self.functions.count());
        }
    }

    /// Resets the first `count` VFs.
    fn reset_vfs(&mut self, count: usize) {
        let Self {
            functions,
            silicon,
            tables,
            now,
            ..
        } = self;
        let mut gone = Vec::new();
        functions.reset_vfs(count, |vf| {
            silicon.reset_endpoint(vf, *now);
            gone.push(vf);
        });
        for place in gone
            .into_iter()
            .filter_map(|vf| functions.topology().place_of(vf))
        {
            if let Some(table) = tables.get_mut(place) {
                *table = MsixTable::default();
            }
        }
    }

    fn reset_table(&mut self, place: usize) {
        if let Some(table) = self.tables.get_mut(place) {
            *table = MsixTable::default();
        }
    }

    /// Lets the device act with its way to the bus open.
    pub(super) fn with_device<R>(
        &mut self,
        act: impl FnOnce(&mut Silicon, &mut Hosts<'_, B>, Cycles) -> R,
    ) -> R {
        let mut hosts = Hosts {
            functions: &self.functions,
            tables: &mut self.tables,
            bus: &mut self.bus,
            place: None,
        };
        act(&mut self.silicon, &mut hosts, self.now)
    }

    /// Bytes of a function's BAR, a power of two; none if it has no such BAR.
    #[must_use]
    pub fn bar_size(&self, function: Function, bar: Bar) -> Option<u64> {
        self.length_of(self.place(function)?, bar)
    }

    /// Whether a function is there for its driver: a VF only while its PF has enabled it.
    #[must_use]
    pub fn is_present(&self, function: Function) -> bool {
        self.place(function)
            .is_some_and(|place| self.functions.is_enabled(place))
    }

    /// Whether a function may access the machine's memory by itself: bus mastering is on.
    #[must_use]
    pub fn is_bus_master(&self, function: Function) -> bool {
        let place = self.place(function).and_then(|place| self.functions.get(place));
        place.is_some_and(PciFunction::bus_master)
    }
}
