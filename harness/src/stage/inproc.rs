//! Driver and device in one process, as `embedding` joins them.
//!
//! * [`firmware`] - what firmware and gate are told, and what they show

pub mod firmware;

pub use firmware::InprocFirmware;

use super::ours::{ABILITIES, DriverStage};
use driver::Revision;
use driver_host::World;
use embedding::{InprocMachine, InprocWorld, RunSetup};
use emulator::ConfigError;

/// Drivers in this process, on a device in it, as a stage.
pub type InprocStage = DriverStage<InprocWorld, InprocFirmware>;

/// A device nobody has touched, and a driver that is not bound yet.
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
