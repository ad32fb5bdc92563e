//! The card: silicon and PCI functions, and what accesses, resets and time do to both.

mod regions;
mod resets;
mod time;

use crate::clock::Clock;
use crate::effects::Effects;
use crate::error::ServeError;
use crate::host_buses::{HostBuses, Losses};
use crate::options::ServerOptions;
use crate::port::Clients;
use device_pci::{BAR0_SIZE, CONFIG_LENGTH, MSIX_VECTORS, PciFunction, PciFunctions, Topology};
use emulator::{DeviceConfig, Pace, PageUse, Silicon};
use prm::{Cycles, Function};
use transport::{DeviceInfo, IrqInfo, RegionInfo};
use vfio_bindings::bindings::vfio::{
    VFIO_PCI_BAR0_REGION_INDEX, VFIO_PCI_BAR2_REGION_INDEX, VFIO_PCI_CONFIG_REGION_INDEX,
    VFIO_PCI_ERR_IRQ_INDEX, VFIO_PCI_MSIX_IRQ_INDEX, VFIO_PCI_NUM_IRQS, VFIO_PCI_NUM_REGIONS,
};

/// How long firmware works in one round. A portion more may come on top; the clients do not wait for longer.
const WORK_PER_ROUND: Cycles = Cycles::from_millis(4);

/// Silicon and its PCI functions.
#[derive(Debug)]
pub(crate) struct Card {
    silicon: Silicon,
    page_use: PageUse,
    functions: PciFunctions,
    /// By place, as [`Topology::places`].
    losses: Vec<Losses>,
    /// Work is done at the time that was read last.
    clock: Clock,
    /// Whether a client has been reached since somebody asked.
    buses_are_used: bool,
    /// When firmware has worked long enough in this round; none while it has not worked.
    enough: Option<Cycles>,
    /// What firmware has done to its hosts since somebody asked; none with the wall clock before somebody has.
    effects: Option<Box<Effects>>,
    /// Whether firmware has done something by itself since somebody asked, on the wall clock.
    has_worked: bool,
}

impl Card {
    /// A card at power on, and its clock at 0.
    ///
    /// # Errors
    /// [`ServeError::Config`] and [`ServeError::TooManyFunctions`].
    pub(crate) fn new(config: DeviceConfig, seed: u64, options: ServerOptions) -> Result<Self, ServeError> {
        let clock = Clock::start(options.clock);
        let silicon = silicon(config, seed, &clock, options.page_use)?;
        let functions = PciFunctions::of(&silicon, options.layout)?;
        Ok(Self {
            losses: vec![Losses::default(); functions.count()],
            silicon,
            page_use: options.page_use,
            functions,
            effects: clock.is_virtual().then(Box::default),
            clock,
            buses_are_used: false,
            enough: None,
            has_worked: false,
        })
    }

    /// Replaces the silicon. Configuration spaces stay as they are, but those of functions that are another kind now, which are as
    /// after a reset. A virtual clock begins anew.
    ///
    /// # Errors
    /// [`ServeError::Config`], and [`ServeError::OtherTopology`] if a PCI host would see another card.
    pub(crate) fn replace_silicon(&mut self, config: DeviceConfig, seed: u64) -> Result<(), ServeError> {
        let silicon = silicon(config, seed, &self.clock, self.page_use)?;
        let topology = Topology::of(&silicon, self.topology().layout())?;
        if let Some(difference) = self.topology().difference(&topology) {
            return Err(ServeError::OtherTopology(difference));
        }
        self.functions.exchange(topology);
        self.silicon = silicon;
        self.clock.begin_anew();
        if let Some(effects) = &mut self.effects {
            **effects = Effects::default();
        }
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
    pub(crate) const fn topology(&self) -> &Topology {
        self.functions.topology()
    }

    /// What a function could not do.
    pub(crate) fn losses(&self, place: usize) -> Losses {
        self.losses.get(place).copied().unwrap_or_default()
    }

    /// Device time.
    pub(crate) const fn clock(&self) -> &Clock {
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

    /// Whether firmware has something to do now by itself. With a virtual clock it never has: what is due waits until the
    /// clock is moved.
    pub(crate) fn has_work(&self) -> bool {
        !self.clock.is_virtual() && self.silicon.has_work(self.clock.time())
    }

    /// When firmware has something to do by itself, unless something happens before; never with a virtual clock.
    pub(crate) fn next_work(&self) -> Option<Cycles> {
        let due = self.silicon.next_due().filter(|_| !self.clock.is_virtual());
        due.map(|due| due.at)
    }

    /// Lets firmware do what is due by now, and hands out what it takes to go on at the same time. With a virtual clock only
    /// the latter.
    pub(crate) fn at_work<'a, 'c>(
        &'a mut self,
        clients: Clients<'c>,
    ) -> (&'a mut Silicon, HostBuses<'a, 'c>, Cycles) {
        let now = self.clock.time();
        let mut buses = HostBuses {
            functions: &self.functions,
            losses: &mut self.losses,
            clients,
            endpoint: Function::Pf,
            place: None,
            effects: self.effects.as_deref_mut(),
            are_used: &mut self.buses_are_used,
        };
        // What was due before an access happens before it; of long work as much as this round has time for.
        while !self.clock.is_virtual() && self.silicon.has_work(now) {
            let time = self.clock.now();
            if time >= *self.enough.get_or_insert(time.saturating_add(WORK_PER_ROUND)) {
                break;
            }
            self.silicon.work(now, &mut buses);
            self.has_worked = true;
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
}

/// The silicon for a clock: with the wall clock it works in portions, since its clients wait meanwhile; with a virtual one no time
/// passes while it works.
fn silicon(config: DeviceConfig, seed: u64, clock: &Clock, page_use: PageUse) -> Result<Silicon, ServeError> {
    let mut silicon = Silicon::new(config, seed)?;
    silicon.use_pages(page_use);
    if !clock.is_virtual() {
        silicon.set_pace(Pace::Portions);
    }
    Ok(silicon)
}
