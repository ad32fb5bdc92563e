//! What lower floors ask of higher ones, answered.

use crate::errno::Errno;
use crate::handle::{Driver, Upcalls};
use crate::health;
use crate::interrupts;
use crate::load;

impl Upcalls for Driver {
    async fn recover_command_events(&self) -> u32 {
        interrupts::recover_command_events(self).await
    }

    async fn declare_faulty(&self) {
        health::declare_faulty(self).await;
    }

    async fn remove(&self) -> Result<(), Errno> {
        load::remove(self).await
    }
}
