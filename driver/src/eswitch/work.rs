//! The eswitch's own queue: one worker for vport changes and function changes alike.

use super::{functions_changed, vport_change};
use crate::handle::Driver;
use crate::handle::Work;
use crate::runtime::{Object, WorkQueue};
use crate::state::State;

/// What the worker does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EswitchWork {
    /// A vport's context changed.
    VportChange(u16),
    /// The functions behind the eswitch changed.
    FunctionsChanged {
        /// The eswitch's generation when the event came.
        generation: u64,
    },
}

impl Work for EswitchWork {
    const NAME: &'static str = "eswitch_worker";
    const QUEUE: Object = Object::EswitchQueue;

    fn queue(state: &mut State) -> &mut WorkQueue<Self> {
        &mut state.eswitch.queue
    }

    async fn run(self, driver: Driver) {
        match self {
            Self::VportChange(number) => vport_change::serve(&driver, number).await,
            Self::FunctionsChanged { generation } => functions_changed::serve(&driver, generation).await,
        }
    }
}
