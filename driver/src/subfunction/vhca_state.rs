//! What firmware tells by event about a function's state.
//!
//! One queue with one worker serves all functions. A kernel has eight, by function id; which of two functions is served
//! first is not defined there either.

use super::{device, hardware, port};
use crate::command;
use crate::handle::{Driver, Work};
use crate::message::MessageKind;
use crate::pauses;
use crate::runtime::{Object, WorkQueue};
use crate::state::State;
use crate::state::subfunction::VhcaStateWork;
use prm::command::Command as _;
use prm::event::{EventEntry, VhcaStateChange};
use prm::subfunction::{ModifyVhcaState, QueryVhcaState, VhcaState};

impl Work for VhcaStateWork {
    const NAME: &'static str = "vhca_state_worker";
    const QUEUE: Object = Object::Subfunction(u16::MAX);

    fn queue(state: &mut State) -> &mut WorkQueue<Self> {
        &mut state.subfunction.queue
    }

    async fn run(self, driver: Driver) {
        match self {
            Self::Changed { id } => serve(&driver, id).await,
            Self::LookAtAll => device::look_at_all(&driver).await,
        }
    }
}

/// Listens to state changes from now on (`mlx5_vhca_event_start`).
pub(crate) async fn start_events(driver: &Driver) {
    driver
        .step(driver.writes(Object::Interface), |state, _| {
            state.subfunction.listening = state.capabilities.general_max().vhca_state();
        })
        .await;
}

/// Stops listening and waits for the worker (`mlx5_vhca_event_stop`).
pub(crate) async fn stop_events(driver: &Driver) {
    let listened = driver
        .step(driver.writes(Object::Interface), |state, _| {
            std::mem::take(&mut state.subfunction.listening)
        })
        .await;
    if listened {
        driver.pause(pauses::READERS).await;
    }
    driver.flush_work::<VhcaStateWork>().await;
}

/// Handles a state change event (`mlx5_vhca_state_change_notifier`). Part of the announced step of the interrupt.
pub(crate) fn on_vhca_state_change(driver: &Driver, event: &EventEntry) {
    let change: VhcaStateChange = event.data();
    let listens = driver.with(|state, bus| state.subfunction.listening && bus.allocate("vhca_state").is_ok());
    if listens {
        driver.queue_work(VhcaStateWork::Changed {
            id: change.function_id(),
        });
    }
}

/// The work behind the event (`mlx5_vhca_state_work_handler`): asks, arms the next event, tells whom it concerns.
async fn serve(driver: &Driver, id: u16) {
    let Some(told) = query(driver, id).await else {
        return;
    };
    arm(driver, id).await;
    if told == VhcaState::Allocated {
        hardware::on_allocated(driver, id).await;
    }
    port::on_state(driver, id, told).await;
    device::on_state(driver, id, told).await;
}

/// The state of a function; `None` if firmware does not tell.
pub(super) async fn query(driver: &Driver, id: u16) -> Option<VhcaState> {
    let input = QueryVhcaState::input().with_function_id(id);
    match command::run::<QueryVhcaState>(driver, &input).await {
        Ok(answer) => Some(VhcaState::from_raw(answer.vhca_state())),
        Err(error) => {
            driver.message(MessageKind::VhcaStateFailed {
                function: id,
                errno: error.errno(),
            });
            None
        }
    }
}

/// Asks for an event at the function's next change; whether that works does not matter (`mlx5_vhca_event_arm`).
pub(super) async fn arm(driver: &Driver, id: u16) {
    let input = ModifyVhcaState::input()
        .with_function_id(id)
        .with_select_arm_change_event(true)
        .with_arm_change_event(true);
    let _ignored = command::run::<ModifyVhcaState>(driver, &input).await;
}
