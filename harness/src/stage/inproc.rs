//! Driver and device in one process: host memory, interrupt lines and one virtual clock between them.
//!
//! * [`machine`] - device, memory, clock and lines: plain data
//! * [`firmware`] - what firmware and gate are told, and what they show

pub mod firmware;
pub mod machine;

pub use firmware::InprocFirmware;
pub use machine::InprocMachine;

use super::ours::{ABILITIES, DriverStage, RunSetup};
use driver::Revision;
use driver_host::World;
use emulator::ConfigError;

/// Drivers in this process, on a device in it.
pub type InprocWorld = World<InprocMachine>;

/// Both as a stage.
pub type InprocStage = DriverStage<InprocWorld, InprocFirmware>;

/// A device nobody has touched, and a driver that is not bound yet.
///
/// # Errors
/// [`ConfigError`] when the device cannot be built.
pub fn world(setup: &RunSetup) -> Result<InprocWorld, ConfigError> {
    let silicon = setup.silicon()?;
    let world = setup.world(&silicon);
    Ok(World::new(InprocMachine::new(silicon, setup.page_bytes), world))
}

/// The same as a stage.
///
/// # Errors
/// [`ConfigError`] when the device cannot be built.
pub fn stage(setup: &RunSetup) -> Result<InprocStage, ConfigError> {
    stage_where(setup, |_| ())
}

/// The same with something done to the world before it is used.
///
/// # Errors
/// [`ConfigError`] when the device cannot be built.
pub fn stage_where(
    setup: &RunSetup,
    prepare: impl FnOnce(&mut InprocWorld),
) -> Result<InprocStage, ConfigError> {
    stage_of(setup, setup.revision.choices(), prepare)
}

/// The same with drivers of a revision that has no name: these choices.
///
/// # Errors
/// [`ConfigError`] when the device cannot be built.
pub fn stage_of(
    setup: &RunSetup,
    revision: &'static dyn Revision,
    prepare: impl FnOnce(&mut InprocWorld),
) -> Result<InprocStage, ConfigError> {
    let silicon = setup.silicon()?;
    let of_world = setup.world(&silicon);
    let machine = InprocMachine::new(silicon, setup.page_bytes);
    let mut world = World::of_choices(machine, of_world.clone(), revision);
    prepare(&mut world);
    let firmware = InprocFirmware::of(&world);
    Ok(DriverStage::new(ABILITIES, world, firmware, &of_world))
}
