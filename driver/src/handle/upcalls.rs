//! What a lower floor has to ask of a higher one, as the kernel does by its callbacks.
//!
//! The floors below say here what they need and why; the top floor, which knows everybody, implements it for the driver
//! (`operations/upcalls.rs`). Nothing else may call upward.

use crate::errno::Errno;

/// The calls that go up.
pub(crate) trait Upcalls {
    /// A command has waited up to its limit, and its completion's interrupt may have been lost: looks into the command
    /// event queue and hands on whatever is there, page requests too. How many entries there were (`mlx5_cmd_eq_recover`).
    async fn recover_command_events(&self) -> u32;

    /// The command interface has waited in vain for a slot: gives the device up, ends what waits for it and resets the
    /// function, all of which takes more than commands.
    async fn declare_faulty(&self);

    /// The function goes away under its driver: unbinds that, whose whole life is undone with it.
    ///
    /// # Errors
    /// `-ENODEV` without a bound driver.
    async fn remove(&self) -> Result<(), Errno>;
}
