//! The interrupt handler: reads all queues that share the vector and hands each event to whom it concerns.

use crate::command;
use crate::eswitch;
use crate::handle::Driver;
use crate::health;
use crate::pages;
use crate::runtime::{Object, TaskRole};
use crate::state::event_queues::{Handler, Role};
use crate::subfunction;
use crate::vport;
use prm::EventType;
use prm::event::{CommandCompletion, EventEntry, VportChange};

/// Entries that are read from one queue before it is armed again (`MLX5_EQ_POLLING_BUDGET`). The device raises the
/// interrupt at once if more are there.
const BUDGET: u32 = 128;

/// The device raised a vector: runs the handler, or makes the running one look again.
pub(crate) fn raise(driver: &Driver, vector: u16) {
    let starts = driver.step_outside(driver.writes(Object::Interrupt(vector)), |state, _| {
        let handlers = &mut state.event_queues.handlers;
        match handlers.get_mut(&vector) {
            Some(handler) => {
                handler.again = true;
                false
            }
            None => handlers.insert(vector, Handler::default()).is_none(),
        }
    });
    if !starts {
        return;
    }
    driver.spawn(TaskRole::Interrupt, move |this| async move {
        loop {
            for role in [Role::Command, Role::Async, Role::Pages] {
                let is_there = this
                    .then(this.reads(Object::EventQueue(role as u8)), |state, _| {
                        let queue = state.event_queues.queues.get(&role);
                        queue.is_some_and(|queue| queue.vector == vector)
                    })
                    .await;
                if is_there {
                    read(&this, role).await;
                }
            }
            let again = this
                .then(this.writes(Object::Interrupt(vector)), |state, _| {
                    let handlers = &mut state.event_queues.handlers;
                    let handler = handlers.get_mut(&vector);
                    let again = handler.is_some_and(|handler| std::mem::take(&mut handler.again));
                    if !again {
                        handlers.remove(&vector);
                    }
                    again
                })
                .await;
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
                let queue = queues.get_mut(&role).filter(|queue| queue.attached)?;
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
            command::on_completion(driver, completion.vector(), async |late| {
                pages::on_late_completion(driver, late).await;
            })
            .await;
        }
        EventType::PageRequest => {
            let queue = [driver.writes(Object::PageQueue), driver.reads(Object::PageMode)];
            driver.runtime().point(queue).await;
            pages::on_page_request(driver, entry);
        }
        EventType::NicVportChange => {
            let change: VportChange = entry.data();
            let vport = [
                driver.writes(Object::EswitchQueue),
                driver.writes(Object::Vport(change.vport_number())),
            ];
            driver.runtime().point(vport).await;
            vport::on_vport_change(driver, entry);
        }
        EventType::EswFunctionsChanged => {
            driver.runtime().point(driver.writes(Object::EswitchQueue)).await;
            eswitch::on_functions_changed(driver);
        }
        EventType::VhcaStateChange => {
            driver
                .runtime()
                .point(driver.writes(Object::SubfunctionQueue))
                .await;
            subfunction::on_vhca_state_change(driver, entry);
        }
        EventType::General => {
            driver.runtime().point(driver.writes(Object::Health)).await;
            health::on_general_event(driver, entry);
        }
        _ => {}
    }
}
