//! The card: silicon and PCI functions, and what accesses and resets do to both.

use crate::clock::Clock;
use crate::error::ServeError;
use crate::host_buses::{HostBuses, Losses};
use crate::pci::{
    BAR0_SIZE, CONFIG_LENGTH, Effect, MSIX_PENDING, MSIX_PENDING_LENGTH, MSIX_TABLE, MSIX_TABLE_LENGTH,
    MSIX_VECTORS, PciFunction,
};
use crate::port::Clients;
use crate::register_window::{self, LONGEST_READ, Place};
use crate::topology::Topology;
use emulator::{DeviceConfig, Pace, Silicon};
use prm::Cycles;
use transport::{DeviceInfo, Errno, IrqInfo, RegionInfo};
use vfio_bindings::bindings::vfio::{
    VFIO_PCI_BAR0_REGION_INDEX, VFIO_PCI_BAR2_REGION_INDEX, VFIO_PCI_CONFIG_REGION_INDEX,
    VFIO_PCI_ERR_IRQ_INDEX, VFIO_PCI_MSIX_IRQ_INDEX, VFIO_PCI_NUM_IRQS, VFIO_PCI_NUM_REGIONS,
};

/// The place of the function under test; its VFs follow by their numbers.
const PHYSICAL: usize = 0;

/// How long firmware works in one round. A portion more may come on top; the clients do not wait for longer.
const WORK_PER_ROUND: Cycles = Cycles::from_millis(4);

/// Silicon and its PCI functions.
#[derive(Debug)]
pub(crate) struct Card {
    silicon: Silicon,
    topology: Topology,
    /// By place: in the order of [`Topology::functions`].
    functions: Vec<PciFunction>,
    losses: Vec<Losses>,
    /// Work is done at the time that was read last.
    clock: Clock,
    /// Whether a client has been reached since somebody asked.
    buses_are_used: bool,
    /// When firmware has worked long enough in this round; none while it has not worked.
    enough: Option<Cycles>,
}

impl Card {
    /// A card at power on, and its clock at 0.
    ///
    /// # Errors
    /// [`ServeError::Config`] and [`ServeError::TooManyFunctions`].
    pub(crate) fn new(config: DeviceConfig, seed: u64) -> Result<Self, ServeError> {
        let mut silicon = Silicon::new(config, seed)?;
        silicon.set_pace(Pace::Portions);
        let topology = Topology::of(&silicon)?;
        let functions: Vec<PciFunction> = topology.shapes().into_iter().map(PciFunction::new).collect();
        Ok(Self {
            losses: vec![Losses::default(); functions.len()],
            silicon,
            topology,
            functions,
            clock: Clock::start(),
            buses_are_used: false,
            enough: None,
        })
    }

    /// Replaces the silicon; configuration spaces stay as they are.
    ///
    /// # Errors
    /// [`ServeError::Config`], and [`ServeError::OtherTopology`] if a PCI host would see another card.
    pub(crate) fn replace_silicon(&mut self, config: DeviceConfig, seed: u64) -> Result<(), ServeError> {
        let mut silicon = Silicon::new(config, seed)?;
        silicon.set_pace(Pace::Portions);
        let topology = Topology::of(&silicon)?;
        if let Some(difference) = self.topology.difference(&topology) {
            return Err(ServeError::OtherTopology(difference));
        }
        self.silicon = silicon;
        Ok(())
    }

    /// The silicon.
    pub(crate) fn silicon(&self) -> &Silicon {
        &self.silicon
    }

    /// The silicon, for what needs no bus.
    pub(crate) fn silicon_mut(&mut self) -> &mut Silicon {
        &mut self.silicon
    }

    /// The PCI functions by place.
    pub(crate) fn topology(&self) -> &Topology {
        &self.topology
    }

    /// What a function could not do.
    pub(crate) fn losses(&self, place: usize) -> Losses {
        self.losses.get(place).copied().unwrap_or_default()
    }

    /// Device time.
    pub(crate) fn clock(&self) -> &Clock {
        &self.clock
    }

    /// Reads the device's time.
    pub(crate) fn read_clock(&mut self) -> Cycles {
        self.clock.read()
    }

    /// Whether memory or interrupts of a client were used since the last call: what takes long enough to be timed.
    pub(crate) fn take_bus_use(&mut self) -> bool {
        std::mem::take(&mut self.buses_are_used)
    }

    /// Begins another round: firmware may work again.
    pub(crate) fn begin_round(&mut self) {
        self.enough = None;
    }

    /// Lets firmware do what is due by now, and hands out what it takes to go on at the same time.
    pub(crate) fn at_work<'a, 'c>(
        &'a mut self,
        clients: Clients<'c>,
    ) -> (&'a mut Silicon, HostBuses<'a, 'c>, Cycles) {
        let now = self.clock.time();
        let mut buses = HostBuses {
            topology: &self.topology,
            functions: &self.functions,
            losses: &mut self.losses,
            clients,
            place: None,
            are_used: &mut self.buses_are_used,
        };
        // What was due before an access happens before it; of long work as much as this round has time for.
        while self.silicon.has_work(now) {
            let time = self.clock.now();
            if time >= *self.enough.get_or_insert(time.saturating_add(WORK_PER_ROUND)) {
                break;
            }
            self.silicon.work(now, &mut buses);
        }
        (&mut self.silicon, buses, now)
    }

    /// The shape of a function as the transport tells it to a client.
    pub(crate) fn info(&self, place: usize) -> DeviceInfo {
        let mut regions = vec![RegionInfo::default(); VFIO_PCI_NUM_REGIONS as usize];
        let mut region = |index: u32, size| regions[index as usize] = RegionInfo::read_write(size);
        region(VFIO_PCI_BAR0_REGION_INDEX, BAR0_SIZE);
        region(VFIO_PCI_CONFIG_REGION_INDEX, CONFIG_LENGTH as u64);
        if let Some(size) = self.functions.get(place).and_then(PciFunction::bar2) {
            region(VFIO_PCI_BAR2_REGION_INDEX, size);
        }
        let mut irqs = vec![IrqInfo::default(); VFIO_PCI_NUM_IRQS as usize];
        irqs[VFIO_PCI_MSIX_IRQ_INDEX as usize] = IrqInfo::edge(MSIX_VECTORS.into());
        // QEMU arms it at every start; nothing is ever reported there.
        irqs[VFIO_PCI_ERR_IRQ_INDEX as usize] = IrqInfo::edge(1);
        DeviceInfo { regions, irqs }
    }

    /// Reads a region of a function.
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
        let visible = self.is_visible(place);
        if region == VFIO_PCI_CONFIG_REGION_INDEX {
            let at = usize::try_from(offset).map_err(|_| Errno::EINVAL)?;
            match self.functions.get(place) {
                Some(function) if visible => function.read(at, data),
                _ => PciFunction::read_hidden(at, data),
            }
            return Ok(());
        }
        let bar = Bar::of(region)?;
        if data.len() > LONGEST_READ {
            return Err(Errno::EINVAL);
        }
        if !visible {
            data.fill(0xff);
            return Ok(());
        }
        let (silicon, buses, now) = self.at_work(clients);
        let locate = |at| bar.locate(buses.topology, place, at);
        register_window::read(silicon, locate, offset, data, now);
        Ok(())
    }

    /// Writes a region of a function.
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
        let visible = self.is_visible(place);
        if region == VFIO_PCI_CONFIG_REGION_INDEX {
            if visible {
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
        if !visible || !self.is_enabled(place) {
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

    /// A reset from outside (`VFIO_USER_DEVICE_RESET`). What was due before has happened.
    pub(crate) fn device_reset(&mut self, place: usize, mut clients: Clients<'_>) {
        self.at_work(clients.again());
        if let Some(function) = self.functions.get_mut(place) {
            function.device_reset();
        }
        self.reset_silicon(place, clients);
    }

    /// The client is gone: the function is as at power on for the next one.
    pub(crate) fn power_on(&mut self, place: usize, mut clients: Clients<'_>) {
        self.at_work(clients.again());
        if let Some(function) = self.functions.get_mut(place) {
            function.power_on();
        }
        self.reset_silicon(place, clients);
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

    /// The part of a reset that is firmware's. With the PF its VFs and SFs are gone too: VF enable has been cleared.
    fn reset_silicon(&mut self, place: usize, clients: Clients<'_>) {
        let (silicon, mut buses, now) = self.at_work(clients);
        if let Some(&function) = buses.topology.functions().get(place) {
            silicon.reset_function(function, now, &mut buses);
        }
        if place == PHYSICAL {
            self.reset_vfs(self.functions.len());
        }
    }

    /// Resets the first `count` VFs.
    fn reset_vfs(&mut self, count: usize) {
        let now = self.clock.time();
        let vfs = self.functions.iter_mut().zip(self.topology.functions());
        for (function, &vf) in vfs.skip(1).take(count) {
            function.reset_registers();
            self.silicon.reset_endpoint(vf, now);
        }
    }

    /// Whether a function is there for its driver: a VF only while its PF has enabled it.
    fn is_enabled(&self, place: usize) -> bool {
        let enabled = self.functions.first().map_or(0, PciFunction::enabled_vfs);
        place == PHYSICAL || place <= usize::from(enabled)
    }

    /// Whether a function answers: a VF only while its PF has enabled it, and to a client that has not reset it yet, so that
    /// it can be realized.
    fn is_visible(&self, place: usize) -> bool {
        self.is_enabled(place) || self.functions.get(place).is_some_and(|vf| !vf.is_settled())
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
                _ => (*topology.functions().get(place)?, offset),
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
