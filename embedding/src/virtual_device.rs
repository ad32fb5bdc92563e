//! A device behind the bus of a virtual machine monitor.

pub(crate) mod access;
mod hosts;
mod time;

use crate::vmm_bus::VmmBus;
use device_pci::{Bar, Layout, MsixTable, PciFunction, PciFunctions, TooManyFunctions};
use emulator::{ConfigError, DeviceConfig, Record, Silicon};
use prm::{Cycles, Function};
use std::ops::Range;
use thiserror::Error;

/// Why there is no such device.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum DeviceError {
    /// Its description contradicts itself.
    #[error("device description: {0}")]
    Config(#[from] ConfigError),
    /// A bus has no room for so many functions.
    #[error(transparent)]
    TooManyFunctions(#[from] TooManyFunctions),
}

/// A BAR that the machine has placed, and that answers there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BarWindow {
    /// Whose.
    pub function: Function,
    /// Which of its BARs.
    pub bar: Bar,
    /// The bus addresses that it answers at.
    pub addresses: Range<u64>,
}

/// One piece of silicon with all its PCI functions, behind a bus of the caller's.
///
/// What a machine's processors do on the bus, the monitor tells with [`config_read`](Self::config_read),
/// [`config_write`](Self::config_write), [`bar_read`](Self::bar_read) and [`bar_write`](Self::bar_write). What the device
/// does on it goes out through [`VmmBus`] during the call. Device time is nanoseconds since the device was powered on: it stands
/// still but for [`advance`](Self::advance), which does what is due by then; [`next_due`](Self::next_due) tells when to
/// call it at the latest.
///
/// The same calls have the same results: nothing here looks at a clock, draws, or waits.
#[derive(Clone, Debug)]
pub struct VirtualDevice<B> {
    silicon: Silicon,
    functions: PciFunctions,
    /// By place, as the functions.
    tables: Vec<MsixTable>,
    bus: B,
    now: Cycles,
}

impl<B: VmmBus> VirtualDevice<B> {
    /// A device that was just powered on, at time 0.
    ///
    /// # Errors
    /// [`DeviceError`] if there is no such device.
    pub fn new(config: DeviceConfig, bus: B) -> Result<Self, DeviceError> {
        Self::of(Silicon::new(config, 0)?, bus)
    }

    /// The same with silicon of the caller's: with another seed, or other options.
    ///
    /// # Errors
    /// [`DeviceError::TooManyFunctions`].
    pub fn of(silicon: Silicon, bus: B) -> Result<Self, DeviceError> {
        let mut functions = PciFunctions::of(&silicon, Layout::Sriov)?;
        let count = functions.count();
        // To QEMU a function is one that is being plugged in until it is reset for the first time. Here nobody plugs.
        (0..count).for_each(|place| functions.get_mut(place).map_or((), PciFunction::device_reset));
        Ok(Self {
            tables: vec![MsixTable::default(); count],
            silicon,
            functions,
            bus,
            now: Cycles::ZERO,
        })
    }

    /// The PCI functions, in the order of their function numbers: function n is the n-th VF of function 0, behind them is the PF of
    /// a second host. There are up to 256 at one port (Base Specification, "Alternative Routing-ID Interpretation"). A VF that its PF has
    /// not enabled answers as an empty slot does.
    #[must_use]
    pub fn functions(&self) -> Vec<Function> {
        self.functions
            .topology()
            .places()
            .iter()
            .copied()
            .flatten()
            .collect()
    }

    /// The BARs that answer in memory space as the machine has programmed them, VFs' included. It changes with writes to
    /// configuration space alone.
    #[must_use]
    pub fn windows(&self) -> Vec<BarWindow> {
        let windows = self.functions.windows().into_iter();
        let named = windows.filter_map(|window| {
            Some(BarWindow {
                function: self.functions.topology().function_at(window.place)?,
                bar: window.bar,
                addresses: window.addresses,
            })
        });
        named.collect()
    }

    /// The firmware, to look at: its book of pages, its commands.
    #[must_use]
    pub const fn silicon(&self) -> &Silicon {
        &self.silicon
    }

    /// What happened since the last call, in order. It piles up until it is taken.
    #[must_use]
    pub fn take_records(&mut self) -> Vec<Record> {
        self.silicon.take_records()
    }

    /// The bus.
    #[must_use]
    pub const fn bus(&self) -> &B {
        &self.bus
    }

    /// The bus, to change.
    pub const fn bus_mut(&mut self) -> &mut B {
        &mut self.bus
    }

    /// The present time of the device; 1 cycle is 1 ns.
    #[must_use]
    pub const fn now(&self) -> Cycles {
        self.now
    }

    fn place(&self, function: Function) -> Option<usize> {
        self.functions.topology().place_of(function)
    }
}
