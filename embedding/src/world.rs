//! Driver and device in one process: host memory, interrupt lines and one virtual clock between them.

use crate::machine::InprocMachine;
use crate::setup::RunSetup;
use driver::Revision;
use driver_host::World;
use emulator::ConfigError;

/// Drivers in this process, on a device in it.
pub type InprocWorld = World<InprocMachine>;

/// A device nobody has touched, and a driver that is not bound yet.
///
/// # Errors
/// [`ConfigError`] when the device cannot be built.
pub fn world(setup: &RunSetup) -> Result<InprocWorld, ConfigError> {
    world_of(setup, setup.revision.choices())
}

/// The same with drivers of a revision that has no name: these choices.
///
/// # Errors
/// [`ConfigError`] when the device cannot be built.
pub fn world_of(setup: &RunSetup, revision: &'static dyn Revision) -> Result<InprocWorld, ConfigError> {
    let silicon = setup.silicon()?;
    let of_world = setup.world(&silicon);
    let machine = InprocMachine::new(silicon, setup.page_bytes);
    Ok(World::of_choices(machine, of_world, revision))
}
