//! Event queues: creation and destruction with the changes of the command mode that go along.

use crate::command;
use crate::errno::Errno;
use crate::handle::Driver;
use crate::message::MessageKind;
use crate::pages;
use crate::pauses;
use crate::runtime::Object;
use crate::state::State;
use crate::state::command::{Gate, Mode};
use crate::state::event_queues::{EventQueue, Role};
use prm::command::Command as _;
use prm::event_queue::{CreateEq, CreateEqOut, DestroyEq, EqContext};
use prm::{EqNumber, EventType, Opcode, UarIndex};

/// Events that every driver of this interface takes in its asynchronous queue (`gather_async_events_mask`).
const ASYNC_EVENTS: u64 = 0x001f_02be;

/// Event queues the driver keeps for itself; it needs more than that.
const RESERVED_QUEUES: u32 = 4;

/// Creates the queues and changes from polling to events (`create_async_eqs`). A failure leaves none behind.
///
/// # Errors
/// As [`command::execute`]; `-ENOMEM` without memory and when the device has too few event queues.
pub(crate) async fn create_all(driver: &Driver) -> Result<(), Errno> {
    // Only CREATE_EQ until completions arrive by event: whatever else was sent now would be polled for.
    command::set_gate(driver, Gate::Only(Opcode::CreateEq)).await;
    if let Err(errno) = create(driver, Role::Command, EventType::CommandCompletion.mask_bit()).await {
        command::set_gate(driver, Gate::Open).await;
        return Err(errno);
    }
    command::set_mode(driver, Mode::Events).await;
    command::set_gate(driver, Gate::Open).await;
    driver.pause(pauses::ASYNC_QUEUE_MADE).await;
    let mask = driver.settled(async_events);
    if let Err(errno) = create(driver, Role::Async, mask).await {
        leave_events(driver).await;
        return Err(errno);
    }
    if !driver.settled(|state| state.capabilities.general().page_request_disable())
        && let Err(errno) = create(driver, Role::Pages, EventType::PageRequest.mask_bit()).await
    {
        destroy(driver, Role::Async).await;
        leave_events(driver).await;
        return Err(errno);
    }
    if driver.settled(queues_offered) <= RESERVED_QUEUES {
        driver.message(MessageKind::TooFewEventQueues);
        destroy_all(driver).await;
        return Err(Errno::ENOMEM);
    }
    Ok(())
}

/// Creates the queue for completions of a network device (`create_comp_eq`). It goes with the others.
///
/// # Errors
/// As [`command::execute`]; `-ENOMEM` without memory.
pub(crate) async fn create_completions(driver: &Driver) -> Result<(), Errno> {
    create(driver, Role::Completions, 0).await
}

/// Back to polling after a failed creation. The gate stays open meanwhile.
async fn leave_events(driver: &Driver) {
    command::set_mode(driver, Mode::Polling).await;
    driver.pause(pauses::READERS).await;
    destroy(driver, Role::Command).await;
    command::set_gate(driver, Gate::Open).await;
}

/// Destroys the queues and changes from events to polling (`destroy_async_eqs`).
pub(crate) async fn destroy_all(driver: &Driver) {
    destroy(driver, Role::Completions).await;
    destroy(driver, Role::Pages).await;
    destroy(driver, Role::Async).await;
    pages::drain_before_gate(driver).await;
    command::set_gate(driver, Gate::Only(Opcode::DestroyEq)).await;
    command::set_mode(driver, Mode::Polling).await;
    driver.pause(pauses::READERS).await;
    destroy(driver, Role::Command).await;
    command::set_gate(driver, Gate::Open).await;
}

/// Which events go to the asynchronous queue.
fn async_events(state: &State) -> u64 {
    let general = state.capabilities.general();
    let mut mask = ASYNC_EVENTS;
    if state.interface.is_vport_manager(&state.capabilities) {
        mask |= EventType::NicVportChange.mask_bit();
    }
    if general.general_notification_event() {
        mask |= EventType::General.mask_bit();
    }
    if *state.interface.ecpf && general.eswitch_manager() {
        mask |= EventType::EswFunctionsChanged.mask_bit();
    }
    if state.capabilities.general_max().vhca_state() {
        mask |= EventType::VhcaStateChange.mask_bit();
    }
    mask
}

/// How many event queues the device offers: the first capability that says something.
fn queues_offered(state: &State) -> u32 {
    let general = state.capabilities.general();
    let general_2 = state.capabilities.general_2();
    if general_2.max_num_eqs_24b() != 0 {
        general_2.max_num_eqs_24b()
    } else if general.max_num_eqs() != 0 {
        u32::from(general.max_num_eqs())
    } else {
        1 << general.log_max_eq()
    }
}

async fn create(driver: &Driver, role: Role, events: u64) -> Result<(), Errno> {
    let access = [
        driver.writes(Object::EventQueue(role as u8)),
        driver.reads(Object::EventQueues),
    ];
    let (mut queue, uar) = driver
        .step(access, |state, bus| {
            let uar = state.interface.uar.unwrap_or_default();
            let queue =
                EventQueue::allocate(role.log_size(), role.vector(), uar, bus).map_err(|_| Errno::ENOMEM)?;
            // The first queue on a vector has it told, the last one ends that.
            if !state.event_queues.share(role.vector())
                && let Err(failure) = bus.enable_interrupt(role.vector())
            {
                queue.free(bus);
                return Err(Errno::from(failure));
            }
            Ok((queue, uar))
        })
        .await?;
    match command::execute(driver, &create_input(&queue, uar, events), CreateEqOut::SIZE).await {
        Ok(output) => {
            let created = CreateEqOut::from_prefix(&output).unwrap_or_default();
            queue.number = EqNumber(created.eq_number());
            driver
                .step(access, |state, bus| {
                    queue.update(bus, true);
                    state.event_queues.queues.insert(role, queue);
                })
                .await;
            Ok(())
        }
        Err(error) => {
            driver
                .step(access, |state, bus| {
                    queue.free(bus);
                    state.event_queues.leave(role.vector(), bus);
                })
                .await;
            Err(error.errno())
        }
    }
}

fn create_input(queue: &EventQueue, uar: UarIndex, events: u64) -> Vec<u8> {
    let context = EqContext::new()
        .with_log_eq_size(queue.log_size)
        .with_uar_page(uar.0)
        .with_intr(queue.vector);
    let mut head = CreateEq::input().with_event_bitmask_0(events);
    head.set_context(&context);
    let mut input = head.as_bytes().to_vec();
    for page in queue.pages() {
        input.extend_from_slice(&page.0.to_be_bytes());
    }
    input
}

/// Destroys a queue if it is there. Its interrupt is detached first; its memory is freed whatever firmware says.
async fn destroy(driver: &Driver, role: Role) {
    let access = driver.writes(Object::EventQueue(role as u8));
    let number = driver
        .step(access, |state, _| {
            let queues = &mut state.event_queues;
            let queue = queues.queues.get_mut(&role)?;
            queue.attached = false;
            Some(queue.number)
        })
        .await;
    let Some(number) = number else { return };
    driver.pause(pauses::READERS).await;
    let input = DestroyEq::input().with_eq_number(number.0);
    if let Err(error) = command::run::<DestroyEq>(driver, &input).await {
        driver.message(MessageKind::DestroyEventQueueFailed {
            eq: number.0,
            errno: error.errno(),
        });
    }
    let access = [access, driver.reads(Object::EventQueues)];
    driver
        .step(access, |state, bus| {
            let queues = &mut state.event_queues;
            if let Some(queue) = queues.queues.remove(&role) {
                queue.free(bus);
                queues.leave(role.vector(), bus);
            }
        })
        .await;
}
