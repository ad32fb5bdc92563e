//! The eswitch's own queue: one worker for vport changes and function changes alike.

use super::functions_changed;
use crate::handle::{Driver, Work};
use crate::runtime::{Object, TaskRole, WorkQueue};
use crate::state::State;
use crate::state::eswitch::EswitchWork;
use crate::vport;

impl Work for EswitchWork {
    const ROLE: TaskRole = TaskRole::EswitchWorker;
    const QUEUE: Object = Object::EswitchQueue;

    fn queue(state: &mut State) -> &mut WorkQueue<Self> {
        &mut state.eswitch.queue
    }

    fn look(state: &State) -> &WorkQueue<Self> {
        &state.eswitch.queue
    }

    async fn run(self, driver: Driver) {
        match self {
            Self::VportChange(number) => vport::serve(&driver, number).await,
            Self::FunctionsChanged { generation } => functions_changed::serve(&driver, generation).await,
        }
    }
}
