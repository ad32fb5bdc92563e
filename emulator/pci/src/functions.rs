//! All PCI functions of a device: which of them answer, and what an access to their configuration spaces means.

use crate::function::{Effect, PciFunction};
use crate::layout::Layout;
use crate::topology::{TooManyFunctions, Topology};
use emulator::Silicon;
use prm::Function;

/// The place of the function under test; its VFs follow by their numbers.
pub const PHYSICAL: usize = 0;

/// See the module's head. Functions are counted by their places, as in the [`Topology`].
#[derive(Clone, Debug)]
pub struct PciFunctions {
    topology: Topology,
    functions: Vec<PciFunction>,
}

impl PciFunctions {
    /// The functions of a piece of silicon, at power on.
    ///
    /// # Errors
    /// [`TooManyFunctions`] if the bus has no room.
    pub fn of(silicon: &Silicon, layout: Layout) -> Result<Self, TooManyFunctions> {
        let topology = Topology::of(silicon, layout)?;
        let functions = topology.shapes().into_iter().map(PciFunction::new).collect();
        Ok(Self { topology, functions })
    }

    /// Other silicon comes, with a topology that differs in nothing that hosts have seen ([`Topology::difference`]). Configuration
    /// spaces stay as they are, but those of functions that are another kind now, which are as after a reset.
    pub fn exchange(&mut self, topology: Topology) {
        if topology.is_exchangeable() {
            for (function, shape) in self.functions.iter_mut().zip(topology.shapes()) {
                function.reshape(shape);
            }
        }
        self.topology = topology;
    }

    /// Which function is at which place.
    #[must_use]
    pub const fn topology(&self) -> &Topology {
        &self.topology
    }

    /// How many places there are.
    #[must_use]
    pub fn count(&self) -> usize {
        self.functions.len()
    }

    /// The function at a place.
    #[must_use]
    pub fn get(&self, place: usize) -> Option<&PciFunction> {
        self.functions.get(place)
    }

    /// The function at a place, to change.
    pub fn get_mut(&mut self, place: usize) -> Option<&mut PciFunction> {
        self.functions.get_mut(place)
    }

    /// Whether the function at a place may access memory by itself.
    #[must_use]
    pub fn bus_master(&self, place: usize) -> bool {
        self.get(place).is_some_and(PciFunction::bus_master)
    }

    /// Whether a function is there for its driver: a VF only while its PF has enabled it, a second PF always, and in the flat layout
    /// one that the silicon has.
    #[must_use]
    pub fn is_enabled(&self, place: usize) -> bool {
        if self.topology.is_flat() {
            return self.topology.function_at(place).is_some();
        }
        let enabled = self.functions.first().map_or(0, PciFunction::enabled_vfs);
        let is_pf = place == PHYSICAL || self.topology.function_at(place) == Some(Function::SecondPf);
        is_pf || place <= usize::from(enabled)
    }

    /// Whether the registers of a function answer: those of a VF only while its PF has enabled it, and to a client that has not
    /// reset it yet, so that it can be realized. In the flat layout there are the functions that the silicon has.
    #[must_use]
    pub fn is_visible(&self, place: usize) -> bool {
        let is_realized = || self.get(place).is_none_or(PciFunction::is_settled);
        self.is_enabled(place) || !self.topology.is_flat() && !is_realized()
    }

    /// Whether the configuration space of a function answers. In the flat layout it always does: which silicon comes is not known
    /// when a host looks for functions.
    #[must_use]
    pub fn is_configurable(&self, place: usize) -> bool {
        self.topology.is_flat() || self.is_visible(place)
    }

    /// Reads configuration space of a function: as that of an empty slot where it does not answer, or the device is not reached.
    pub fn read_config(&self, place: usize, at: usize, data: &mut [u8], is_reached: bool) {
        match self.get(place) {
            Some(function) if self.is_configurable(place) && is_reached => function.read(at, data),
            _ => PciFunction::read_hidden(at, data),
        }
    }

    /// Writes within one aligned 32-bit word of configuration space, as [`words`](crate::words) makes them. The function's own
    /// registers are as the effect says already; what it means for others and for firmware is left to do.
    pub fn write_config(&mut self, place: usize, at: usize, word: &[u8]) -> Effect {
        let Some(function) = self.functions.get_mut(place) else {
            return Effect::None;
        };
        let effect = function.write(at, word);
        if effect == Effect::FunctionReset {
            function.reset_registers();
        }
        effect
    }

    /// The registers of the first `count` VFs have their reset values; `each` is told of those that the silicon has. A second
    /// host's PF, which stands behind them, is none.
    pub fn reset_vfs(&mut self, count: usize, mut each: impl FnMut(Function)) {
        let vfs = self.functions.iter_mut().zip(self.topology.places());
        let others = vfs.skip(1).take(count);
        for (function, vf) in others.filter(|(_, there)| **there != Some(Function::SecondPf)) {
            function.reset_registers();
            if let Some(vf) = *vf {
                each(vf);
            }
        }
    }
}
