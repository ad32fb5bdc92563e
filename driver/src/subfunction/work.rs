//! The worker behind the events about a function's state.
//!
//! One queue with one worker serves all functions. A kernel has eight, by function id; which of two functions is served
//! first is not defined there either.

use super::vhca_state::{arm, query};
use super::{device, hardware, port};
use crate::handle::{Driver, Work};
use crate::runtime::{Object, TaskRole, WorkQueue};
use crate::state::State;
use crate::state::subfunction::VhcaStateWork;
use prm::subfunction::VhcaState;

impl Work for VhcaStateWork {
    const ROLE: TaskRole = TaskRole::VhcaStateWorker;
    const QUEUE: Object = Object::SubfunctionQueue;

    fn queue(state: &mut State) -> &mut WorkQueue<Self> {
        &mut state.subfunction.queue
    }

    fn look(state: &State) -> &WorkQueue<Self> {
        &state.subfunction.queue
    }

    async fn run(self, driver: Driver) {
        match self {
            Self::Changed { id } => serve(&driver, id).await,
            Self::LookAtAll => device::look_at_all(&driver).await,
        }
    }
}

/// The work behind the event (`mlx5_vhca_state_work_handler`): asks, arms the next event, tells whom it concerns.
async fn serve(driver: &Driver, id: u16) {
    let Some(told) = query(driver, id).await else {
        return;
    };
    let _ignored = arm(driver, id).await;
    if told == VhcaState::Allocated {
        hardware::on_allocated(driver, id).await;
    }
    port::on_state(driver, id, told).await;
    device::on_state(driver, id, told).await;
}
