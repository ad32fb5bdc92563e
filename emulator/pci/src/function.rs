//! One PCI function: what its configuration space shows and when, and what a write to it brings about.
//!
//! SR-IOV needs two things of it that no hardware does. QEMU hides an SR-IOV capability that it finds when the device is
//! plugged in, and passes extended configuration space through untouched if there is none. So that space reads zero until the
//! first reset, which QEMU sends before the guest runs. And VFs are devices of their own to QEMU, present from the start: after
//! that reset they answer as an empty slot does, until the PF enables them.

use super::bar::Bar;
use super::capability::MsixControl;
use super::role::Role;
use super::space::{EXTENDED, LENGTH, Space};
use super::{ari, capability, header, sriov, vpd};
use emulator::config::Identity;

/// What distinguishes one function from another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shape {
    /// What it is to the others.
    pub role: Role,
    /// What its device shows of itself.
    pub identity: Identity,
    /// Bytes of BAR 2, a power of two; none if there is no BAR 2.
    pub bar2: Option<u64>,
    /// TotalVFs; 0 if there is no SR-IOV capability.
    pub total_vfs: u16,
    /// Number of the next function at the port that is no VF, 0 if there is none.
    pub next_function: u8,
}

impl Shape {
    /// Device id.
    pub(crate) const fn device(self) -> u16 {
        match self.role {
            Role::Physical | Role::Second => self.identity.physical,
            Role::Virtual | Role::Lone => self.identity.virtual_function,
        }
    }
}

/// What a write to configuration space brings about beyond the register.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Effect {
    /// Nothing.
    None,
    /// A Function Level Reset was initiated.
    FunctionReset,
    /// VFs were disabled that were enabled: numbers 1 to this one.
    VfsDisabled(u16),
}

/// The chain of extended capabilities: SR-IOV and ARI for a PF with VFs, ARI for its VFs and a second PF, nothing for others. Functions beyond the
/// eighth are on the bus of their PF only if the device says so by ARI (Base Specification, "Alternative Routing-ID
/// Interpretation").
fn extended_capabilities(space: &mut Space, shape: Shape) {
    match shape.role {
        Role::Physical if shape.total_vfs > 0 => {
            let device = shape.identity.virtual_function;
            sriov::place(space, shape.total_vfs, device, ari::BEHIND_SRIOV);
            ari::place(space, ari::BEHIND_SRIOV, shape.next_function);
        }
        Role::Virtual | Role::Second => ari::place(space, EXTENDED, shape.next_function),
        Role::Physical | Role::Lone => {}
    }
}

/// A PCI function.
#[derive(Clone, Debug)]
pub struct PciFunction {
    shape: Shape,
    space: Space,
    /// Whether a reset came from outside since the client is there: then its realization is over.
    settled: bool,
}

impl PciFunction {
    /// A function at power on.
    pub fn new(shape: Shape) -> Self {
        let mut function = Self {
            shape,
            space: Space::new(),
            settled: false,
        };
        function.reset_registers();
        function
    }

    /// It is of another kind from now on, unless it was of this one: its registers have their reset values then. Its client stays,
    /// and has sized up its BARs: they stay as they were.
    pub fn reshape(&mut self, shape: Shape) {
        let shape = Shape {
            bar2: self.shape.bar2,
            ..shape
        };
        if self.shape != shape {
            self.shape = shape;
            self.reset_registers();
        }
    }

    /// As at power on: for the next client.
    pub fn power_on(&mut self) {
        self.settled = false;
        self.reset_registers();
    }

    /// A reset from outside: registers as at power on, extended configuration space is shown from now on.
    pub fn device_reset(&mut self) {
        self.settled = true;
        self.reset_registers();
    }

    /// Extended configuration space is shown from now on; registers stay as they are.
    pub fn settle(&mut self) {
        if !self.settled {
            self.settled = true;
            extended_capabilities(&mut self.space, self.shape);
        }
    }

    /// All registers have their reset values. What is shown stays.
    pub fn reset_registers(&mut self) {
        self.space = Space::new();
        let shape = self.shape;
        header::place(&mut self.space, shape.device(), shape.bar2, capability::FIRST);
        capability::place(&mut self.space, shape.role, shape.identity);
        if self.settled {
            extended_capabilities(&mut self.space, shape);
        }
    }

    /// Bytes of BAR 2, if there is one.
    pub fn bar2(&self) -> Option<u64> {
        self.shape.bar2
    }

    /// Whether its client has realized the device and reset it.
    pub fn is_settled(&self) -> bool {
        self.settled
    }

    /// What it is to the others.
    #[must_use]
    pub fn role(&self) -> Role {
        self.shape.role
    }

    /// Whether its BARs answer in memory space.
    #[must_use]
    pub fn memory_space(&self) -> bool {
        header::memory_space(&self.space)
    }

    /// The bus address at which its host has put a BAR, in bytes.
    #[must_use]
    pub fn bar_address(&self, bar: Bar) -> u64 {
        header::bar_address(&self.space, bar)
    }

    /// The bus address of the first VF's BAR 0, if those of VFs answer in memory space.
    #[must_use]
    pub fn vf_memory(&self) -> Option<u64> {
        let has_vfs = self.shape.total_vfs > 0 && self.settled;
        has_vfs.then(|| sriov::memory(&self.space)).flatten()
    }

    /// What its MSI-X capability says of all vectors.
    #[must_use]
    pub fn msix_control(&self) -> MsixControl {
        capability::msix_control(&self.space)
    }

    /// Whether it may access memory by itself.
    pub fn bus_master(&self) -> bool {
        header::bus_master(&self.space)
    }

    /// How many VFs are enabled.
    pub fn enabled_vfs(&self) -> u16 {
        sriov::enabled(&self.space)
    }

    /// Reads configuration space.
    pub fn read(&self, at: usize, into: &mut [u8]) {
        self.space.read(at, into);
    }

    /// Reads what a slot without a function answers: all ones. The interrupt pin is none: QEMU asks for it by itself at every
    /// reset, to connect it.
    pub fn read_hidden(at: usize, into: &mut [u8]) {
        into.fill(0xff);
        let pin = header::INTERRUPT_PIN
            .checked_sub(at)
            .and_then(|place| into.get_mut(place));
        if let Some(pin) = pin {
            *pin = 0;
        }
    }

    /// Writes within one aligned 32-bit word of configuration space.
    pub fn write(&mut self, at: usize, data: &[u8]) -> Effect {
        debug_assert!(at < LENGTH && at % 4 + data.len() <= 4);
        if capability::initiates_reset(at, data) {
            return Effect::FunctionReset;
        }
        let power = capability::power_control(&self.space);
        let (enabled, chosen) = (self.enabled_vfs(), sriov::chosen(&self.space));
        let product = vpd::address(&self.space);
        self.space.write(at, data);
        capability::keep_power_state(&mut self.space, power);
        if self.shape.role == Role::Physical && vpd::is_asked(at, data.len()) {
            vpd::answer(&mut self.space, product, self.shape.identity);
        }
        if at < EXTENDED || self.shape.total_vfs == 0 || !self.settled {
            return Effect::None;
        }
        sriov::keep_chosen(&mut self.space, self.shape.total_vfs, chosen);
        if enabled > 0 && self.enabled_vfs() == 0 {
            Effect::VfsDisabled(enabled)
        } else {
            Effect::None
        }
    }
}
