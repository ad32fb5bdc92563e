//! The interrupt handler: reads all queues that share the vector and hands each event to whom it concerns.

use crate::command;
use crate::eswitch;
use crate::handle::Driver;
use crate::pages;
use crate::runtime::{Object, TaskRole};
use crate::state::event_queues::Role;
use crate::subfunction;
use crate::vport;
use prm::EventType;
use prm::event::{CommandCompletion, EventEntry, VhcaStateChange};

/// Entries that are read from one queue before it is armed again (`MLX5_EQ_POLLING_BUDGET`). The device raises the
/// interrupt at once if more are there.
const BUDGET: u32 = 128;

/// The device raised a vector: runs the handler, or makes the running one look again.
pub(crate) fn raise(driver: &Driver, vector: u16) {
    let starts = driver.with(|state, _| {
        let queues = &mut state.event_queues;
        let starts = queues.running.insert(vector);
        if !starts {
            queues.again.insert(vector);
        }
        starts
    });
    if !starts {
        return;
    }
    let this = driver.clone();
    driver.spawn(TaskRole::Interrupt, async move {
        loop {
            for role in [Role::Command, Role::Async, Role::Pages] {
                if this.with(|state, _| {
                    let queues = &state.event_queues;
                    queues
                        .queues
                        .iter()
                        .any(|queue| queue.role == role && queue.vector == vector)
                }) {
                    read(&this, role).await;
                }
            }
            let again = this.with(|state, _| {
                let queues = &mut state.event_queues;
                let again = queues.again.remove(&vector);
                if !again {
                    queues.running.remove(&vector);
                }
                again
            });
            if !again {
                return;
            }
        }
    });
}

/// Looks into the command queue's event queue without an interrupt, in case one was lost; returns how many entries were
/// there (`mlx5_cmd_eq_recover`).
pub(crate) async fn recover_command_events(driver: &Driver) -> u32 {
    read(driver, Role::Command).await
}

/// Reads a queue and arms it (`mlx5_eq_async_int`). Returns how many entries there were.
async fn read(driver: &Driver, role: Role) -> u32 {
    let mut count = 0;
    loop {
        let entry = driver
            .step(driver.writes(Object::EventQueue(role as u8)), |state, bus| {
                let queues = &mut state.event_queues.queues;
                let queue = queues
                    .iter_mut()
                    .find(|queue| queue.role == role && queue.attached)?;
                let entry = match count < BUDGET {
                    // A queue that cannot be read is not armed again: it would fire for ever.
                    true => queue.next(bus).ok()?,
                    false => None,
                };
                if entry.is_none() {
                    queue.update(bus, true);
                }
                entry
            })
            .await;
        let Some(entry) = entry else { return count };
        count += 1;
        dispatch(driver, &entry).await;
    }
}

/// Hands an event on. By its type and not by its queue: page requests may arrive anywhere.
async fn dispatch(driver: &Driver, entry: &EventEntry) {
    match entry.kind() {
        EventType::CommandCompletion => {
            let completion: CommandCompletion = entry.data();
            command::on_completion(driver, completion.vector(), |late| {
                pages::on_late_completion(driver, late);
            })
            .await;
        }
        EventType::PageRequest => {
            driver.runtime().point(driver.writes(Object::PageQueue)).await;
            pages::on_page_request(driver, entry);
        }
        EventType::NicVportChange => {
            driver.runtime().point(driver.writes(Object::EswitchQueue)).await;
            vport::on_vport_change(driver, entry);
        }
        EventType::EswFunctionsChanged => {
            driver.runtime().point(driver.writes(Object::EswitchQueue)).await;
            eswitch::on_functions_changed(driver);
        }
        EventType::VhcaStateChange => {
            let change: VhcaStateChange = entry.data();
            driver
                .runtime()
                .point(driver.writes(Object::Subfunction(change.function_id())))
                .await;
            subfunction::on_vhca_state_change(driver, entry);
        }
        _ => {}
    }
}
