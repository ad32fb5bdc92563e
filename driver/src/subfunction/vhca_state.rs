//! What firmware tells by event about a function's state.

use crate::command;
use crate::handle::Driver;
use crate::message::MessageKind;
use crate::pauses;
use crate::runtime::Object;
use crate::state::command::CommandError;
use crate::state::subfunction::VhcaStateWork;
use prm::command::Command as _;
use prm::event::{EventEntry, VhcaStateChange};
use prm::subfunction::{ModifyVhcaState, QueryVhcaState, VhcaState};

/// Listens to state changes from now on (`mlx5_vhca_event_start`).
pub(crate) async fn start_events(driver: &Driver) {
    driver
        .step(driver.writes(Object::SubfunctionQueue), |state, _| {
            *state.subfunction.listening = state.capabilities.general_max().vhca_state();
        })
        .await;
}

/// Stops listening and waits for the worker (`mlx5_vhca_event_stop`).
pub(crate) async fn stop_events(driver: &Driver) {
    let listened = driver
        .step(driver.writes(Object::SubfunctionQueue), |state, _| {
            std::mem::take(&mut *state.subfunction.listening)
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
    let listens =
        driver.go_on(|state, bus| *state.subfunction.listening && bus.allocate("vhca_state").is_ok());
    if listens {
        driver.queue_work(VhcaStateWork::Changed {
            id: change.function_id(),
        });
    }
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

/// Asks for an event at the function's next change (`mlx5_vhca_event_arm`).
///
/// # Errors
/// As the command.
pub(super) async fn arm(driver: &Driver, id: u16) -> Result<(), CommandError> {
    let input = ModifyVhcaState::input()
        .with_function_id(id)
        .with_select_arm_change_event(true)
        .with_arm_change_event(true);
    command::run::<ModifyVhcaState>(driver, &input).await.map(|_| ())
}
