//! The command interface: how commands reach the device and how their results come back.
//!
//! * `completion` - polling, events, time-outs, late completions, flush
//! * `gate` - what may be sent now
//! * `mode` - polling or events, changes of the gate, start and stop
//! * `offline` - what the driver answers by itself while the device is down
//!
//! A command goes through [`execute`]: first test of the gate, mailboxes, its turn, a slot, the doorbell, the wait.
//! Regular commands are handled one after the other until their doorbell is rung (while completions are polled: until
//! they have ended); MANAGE_PAGES has a slot of its own and waits for nobody but another MANAGE_PAGES.

mod completion;
mod gate;
mod lanes;
mod mode;
mod offline;
#[cfg(test)]
mod tests;

pub(crate) use completion::{flush, on_completion};
pub(crate) use gate::until_open;
pub(crate) use mode::{disable, enable, set_down, set_gate, set_mode, set_up};

use crate::device_bus::Bus;
use crate::handle::{Driver, LastLook, Look, Patience, Upcalls};
use crate::message::MessageKind;
use crate::revision::PageSlotWait;
use crate::runtime::{Announcement, Object};
use crate::state::State;
use crate::state::command::{CommandError, CommandErrorKind, Issue, Lane, Mode, Prepared};
use gate::may_send;
use lanes::notify_lane;
use prm::command::{InputHeader, OutputHeader};
use prm::layout::Layout;
use prm::{Command, CommandStatus, Opcode, Syndrome};

/// Executes a command and returns its output, as firmware and device left it: no message, no emulation of a lost device
/// (`mlx5_cmd_do`). `input` begins with the opcode. A refusal by firmware is an error.
///
/// # Errors
/// Every kind but `Emulated` and `UnknownWhileDown`.
pub async fn execute_raw(driver: &Driver, input: &[u8], out_len: usize) -> Result<Vec<u8>, CommandError> {
    execute_as(driver, input, out_len, None).await
}

/// The same; `learnt` says how the completion is to be learnt, where that is not as for all commands now.
async fn execute_as(
    driver: &Driver,
    input: &[u8],
    out_len: usize,
    learnt: Option<Mode>,
) -> Result<Vec<u8>, CommandError> {
    let opcode = opcode_of(input);
    let fail = |kind| CommandError { opcode, kind };
    let lane = Lane::of(opcode);
    let prepare = |state: &mut State, bus: &mut Bus| prepare(state, bus, input, out_len);
    let prepared = driver.step(queueing(driver, lane), prepare).await.map_err(fail)?;
    let (slot, mode) = submit(driver, lane, prepared, learnt).await.map_err(fail)?;
    let output = match mode {
        Mode::Polling => completion::poll(driver, slot, learnt.is_some()).await,
        Mode::Events => completion::wait(driver, slot).await,
    };
    let output = output.map_err(fail)?;
    let head = OutputHeader::from_prefix(&output).map_err(|_| fail(CommandErrorKind::Malformed))?;
    match head.command_status() {
        CommandStatus::Ok => Ok(output),
        status => Err(fail(CommandErrorKind::Status {
            status,
            syndrome: Syndrome(head.syndrome()),
        })),
    }
}

/// What a command touches on its way to a slot. Nothing comes between the test of the gate and the slot: in Linux both are in
/// `cmd_work_handler`, and a change of mode or gate takes all slots first.
fn queueing(driver: &Driver, lane: Lane) -> Announcement {
    [
        driver.writes(lane.object()),
        driver.writes(Object::Mailboxes),
        driver.reads(Object::CommandMode),
        driver.reads(Object::DeviceState),
    ]
    .into()
}

/// First test of the gate, then mailboxes and a place in the queue (`cmd_exec`).
fn prepare(
    state: &mut State,
    bus: &mut Bus,
    input: &[u8],
    out_len: usize,
) -> Result<Prepared, CommandErrorKind> {
    let opcode = opcode_of(input);
    may_send(state, opcode)?;
    let now = bus.now();
    let State {
        command, messages, ..
    } = state;
    let mut print = |kind: MessageKind| messages.print(now, kind);
    let prepared = command
        .queue
        .prepare(opcode, input, out_len, bus, &mut print)
        .map_err(|_| CommandErrorKind::NoMemory)?;
    match Lane::of(opcode) {
        Lane::Page => command.queue.join_page_line(prepared.ticket),
        Lane::Regular if command.queue.is_stalled() => {
            print(MessageKind::AllSlotsStalled);
            command.queue.discard(prepared, bus);
            return Err(CommandErrorKind::SlotsStalled);
        }
        Lane::Regular => command.queue.regular.turn.push_back(prepared.ticket),
    }
    Ok(prepared)
}

/// Waits for turn and slot, and sends (`cmd_work_handler`). Returns the slot, and how its completion will be learnt.
async fn submit(
    driver: &Driver,
    lane: Lane,
    prepared: Prepared,
    learnt: Option<Mode>,
) -> Result<(u8, Mode), CommandErrorKind> {
    let (opcode, ticket) = (prepared.opcode, prepared.ticket);
    let limit = driver.settled(|state| state.timeouts.command);
    let timed = match lane {
        Lane::Regular => true,
        Lane::Page => driver.revision().page_slot_wait() == PageSlotWait::Limited,
    };
    let mut patience = match timed {
        true => Patience::begin(driver, limit, LastLook::Earlier),
        false => Patience::endless(),
    };
    let look = |before: Option<&bool>, state: &State, _: &mut Bus| {
        let was_first = before.copied().unwrap_or(lane == Lane::Page);
        match state.command.queue.free_slot(lane, ticket) {
            Issue::Sent(slot) => Look::Reached(slot),
            // From here on it is the slot that is waited for, and that wait has a limit of its own.
            Issue::Wait { first: true } if !was_first => Look::Nearer(true),
            Issue::Wait { .. } => Look::NotYet(was_first),
        }
    };
    let free = driver
        .wait_for(queueing(driver, lane), lane.object(), &mut patience, look)
        .await;
    let failure = match free {
        // The gate may have closed while the command waited.
        Ok(slot) => match driver.go_on(|state, _| may_send(state, opcode)) {
            Ok(()) => return Ok(send(driver, lane, slot, prepared, learnt).await),
            Err(kind) => kind,
        },
        Err(was_first) => {
            driver.runtime().point(queueing(driver, lane)).await;
            let (message, kind) = match was_first {
                true => (MessageKind::SlotWaitTimedOut { opcode }, CommandErrorKind::NoSlot),
                false => (
                    MessageKind::QueueWaitTimedOut { opcode },
                    CommandErrorKind::Canceled,
                ),
            };
            driver.message(message);
            kind
        }
    };
    driver.go_on(|state, bus| state.command.queue.discard(prepared, bus));
    notify_lane(driver, lane);
    if lane == Lane::Page && failure == CommandErrorKind::NoSlot {
        driver.declare_faulty().await;
    }
    Err(failure)
}

/// Takes a free slot and rings the doorbell. Part of an announced step.
async fn send(driver: &Driver, lane: Lane, slot: u8, prepared: Prepared, learnt: Option<Mode>) -> (u8, Mode) {
    let ticket = prepared.ticket;
    let (mode, is_heard) = driver.go_on(|state, _| {
        let queue = &mut state.command.queue;
        queue.take_slot(lane, slot, ticket);
        let mode = learnt.unwrap_or(*state.command.mode);
        if lane == Lane::Regular && mode == Mode::Events {
            queue.regular.turn.pop_front();
        }
        (mode, !*state.interface.dma_barred)
    });
    if mode == Mode::Events {
        driver.notify(lane.object());
    }
    driver
        .then(driver.writes(Object::CommandSlot(slot)), |state, bus| {
            let queue = &mut state.command.queue;
            queue.send(slot, prepared, is_heard, bus);
            if let Some(entry) = queue.entry_mut(slot) {
                entry.polled = learnt == Some(Mode::Polling);
            }
        })
        .await;
    (slot, mode)
}

/// Executes a command as all of the kernel but the page code does: prints a refusal, and answers by itself while the
/// device is down (`mlx5_cmd_exec`).
///
/// # Errors
/// Every kind but `DeviceGone` and `GateClosed`.
pub async fn execute(driver: &Driver, input: &[u8], out_len: usize) -> Result<Vec<u8>, CommandError> {
    let result = execute_raw(driver, input, out_len).await;
    check(driver, input, out_len, result)
}

/// [`execute`] with a completion that is polled for, also where the others are learnt by event (`mlx5_cmd_exec_polling`). Until it
/// has ended no other regular command is handled.
///
/// # Errors
/// As [`execute`].
pub async fn execute_polling(driver: &Driver, input: &[u8], out_len: usize) -> Result<Vec<u8>, CommandError> {
    let result = execute_as(driver, input, out_len, Some(Mode::Polling)).await;
    check(driver, input, out_len, result)
}

/// What the kernel makes of a raw result: prints a refusal, turns "device gone" into success or failure by opcode
/// (`mlx5_cmd_check`). Part of an announced step.
///
/// # Errors
/// The given error, or what it became.
pub fn check(
    driver: &Driver,
    input: &[u8],
    out_len: usize,
    result: Result<Vec<u8>, CommandError>,
) -> Result<Vec<u8>, CommandError> {
    let error = match result {
        Ok(output) => return Ok(output),
        Err(error) => error,
    };
    let opcode = error.opcode;
    match error.kind {
        CommandErrorKind::DeviceGone | CommandErrorKind::GateClosed => match offline::answer(opcode) {
            offline::Answer::Done => Ok(vec![0; out_len]),
            offline::Answer::Failed => Err(CommandError {
                opcode,
                kind: CommandErrorKind::Emulated,
            }),
            offline::Answer::Unknown => {
                driver.message(MessageKind::UnknownCommandWhileDown { opcode });
                Err(CommandError {
                    opcode,
                    kind: CommandErrorKind::UnknownWhileDown,
                })
            }
        },
        CommandErrorKind::Status { status, syndrome } => {
            if status.raw() != STATUS_NOT_READY && opcode != Opcode::DestroyMkey {
                let op_mod = InputHeader::from_prefix(input).map_or(0, |head| head.op_mod());
                driver.message(MessageKind::CommandFailed {
                    opcode,
                    op_mod,
                    status,
                    syndrome,
                    errno: error.errno(),
                });
            }
            Err(error)
        }
        CommandErrorKind::Delivery(delivery) => {
            driver.message(MessageKind::CommandNotDelivered { opcode, delivery });
            Err(error)
        }
        _ => Err(error),
    }
}

/// The status that is never printed: try again.
const STATUS_NOT_READY: u8 = 7;

/// [`execute`] for a command whose input and output are a layout each.
///
/// # Errors
/// As [`execute`].
pub async fn run<C: Command>(driver: &Driver, input: &C::In) -> Result<C::Out, CommandError> {
    let output = execute(driver, input.as_bytes(), C::OUTPUT_LENGTH).await?;
    C::Out::from_prefix(&output).map_err(|_| CommandError::malformed(C::OPCODE))
}

/// The command's opcode.
fn opcode_of(input: &[u8]) -> Opcode {
    InputHeader::from_prefix(input).map_or(Opcode::Unknown(0), |head| head.operation())
}
