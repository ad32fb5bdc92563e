//! Start and stop of the command interface, polling or events, and the opcode gate.

use crate::errno::Errno;
use crate::handle::{Driver, Upcalls};
use crate::message::MessageKind;
use crate::registers;
use crate::revision::PageSlotWait;
use crate::runtime::{Announcement, Object, Woken};
use crate::state::command::{Gate, MOST_SLOTS, Mode, Ticket};
use crate::state::timeouts::read_init_segment;
use prm::Cycles;
use prm::init_segment::COMMAND_INTERFACE_REVISION;

/// Bytes of a command queue, whatever its number of entries.
const QUEUE_LENGTH: u64 = 4096;

/// Tells the device where the command queue is; polling, gate open (`mlx5_cmd_enable`). Nothing is sent before
/// [`set_up`].
///
/// # Errors
/// `-EINVAL` for a device of another interface revision or a queue of impossible shape, `-ENOMEM`.
pub(crate) async fn enable(driver: &Driver) -> Result<(), Errno> {
    driver.runtime().point(starting(driver)).await;
    let (revision, shape) = driver.go_on(|_, bus| {
        let revision = registers::interface_revision(bus);
        (revision, registers::queue_word(bus))
    });
    if revision != COMMAND_INTERFACE_REVISION {
        driver.message(MessageKind::InterfaceRevision { revision });
        return Err(Errno::EINVAL);
    }
    let (log_size, log_stride) = (shape.log_size(), shape.log_stride());
    if 1u32 << log_size > MOST_SLOTS || log_size + log_stride > 12 {
        driver.message(MessageKind::QueueShape { log_size, log_stride });
        return Err(Errno::EINVAL);
    }
    driver.go_on(|state, bus| {
        let memory = bus.allocate_coherent(QUEUE_LENGTH).map_err(|_| Errno::ENOMEM)?;
        let command = &mut state.command;
        // Whatever an earlier queue still had is forgotten: after a failed teardown nobody gives it back.
        command.queue.start(memory, QUEUE_LENGTH, log_size, log_stride);
        *command.mode = Mode::Polling;
        *command.gate = Gate::Open;
        registers::write_queue_address(bus, memory);
        read_init_segment(&mut state.timeouts, bus);
        Ok(())
    })
}

/// What the command interface's start and end touch: all of it. Nobody uses it then (`mlx5_cmd_enable`, under the lock of load and
/// unload).
fn starting(driver: &Driver) -> Announcement {
    [
        driver.writes(Object::LoadTime),
        driver.writes(Object::CommandSlots),
        driver.writes(Object::PageSlot),
        driver.writes(Object::AllCommandSlots),
        driver.writes(Object::Mailboxes),
        driver.writes(Object::CommandMode),
        driver.writes(Object::Registers),
    ]
    .into()
}

/// The device is ready: commands may be sent.
pub(crate) async fn set_up(driver: &Driver) {
    driver
        .then(driver.writes(Object::CommandMode), |state, _| {
            *state.command.up = true
        })
        .await;
}

/// From here on no command is sent; the driver answers by itself.
pub(crate) async fn set_down(driver: &Driver) {
    driver
        .then(driver.writes(Object::CommandMode), |state, _| {
            *state.command.up = false
        })
        .await;
}

/// Gives queue and mailboxes back (`mlx5_cmd_disable`). `keep_memory`: the device may still write them, so their memory
/// is lost rather than anybody else's.
pub(crate) async fn disable(driver: &Driver, keep_memory: bool) {
    driver
        .step(starting(driver), |state, bus| {
            state.command.queue.stop(keep_memory, bus);
            *state.command.mode = Mode::Polling;
            *state.command.gate = Gate::Open;
        })
        .await;
    // A flush that waits for slots waits for nothing any more.
    driver.notify(Object::CommandSlots);
}

/// Changes which commands may be sent, once no command is outstanding (`mlx5_cmd_allowed_opcode`).
pub(crate) async fn set_gate(driver: &Driver, gate: Gate) {
    let slots = take_all_slots(driver).await;
    driver
        .then(driver.writes(Object::CommandMode), |state, _| {
            *state.command.gate = gate
        })
        .await;
    slots.release(driver).await;
}

/// Changes how completions are learnt, once no command is outstanding (`mlx5_cmd_change_mod`).
pub(crate) async fn set_mode(driver: &Driver, mode: Mode) {
    let slots = take_all_slots(driver).await;
    driver
        .then(driver.writes(Object::CommandMode), |state, _| {
            *state.command.mode = mode
        })
        .await;
    slots.release(driver).await;
}

/// Slots taken from everybody.
#[derive(Clone, Copy, Default, Hash)]
#[must_use]
struct TakenSlots {
    regular: usize,
    page: bool,
    /// A place in the line for the page slot, until that is taken.
    claim: Option<Ticket>,
}

/// Takes the regular slots one by one, then the page slot. While it waits for the rest nobody gets what it has.
///
/// A slot that was lost to a time-out is waited for, too: without a limit, this never ends while that completion stays out.
async fn take_all_slots(driver: &Driver) -> TakenSlots {
    let limit = driver.settled(|state| state.timeouts.command);
    let limited = driver.revision().page_slot_wait() == PageSlotWait::Limited;
    let deadline = limited.then(|| {
        driver
            .now()
            .saturating_add(limit)
            .saturating_add(Cycles::from_secs(5))
    });
    let mut taken = TakenSlots::default();
    driver.runtime().point(taking_slots(driver)).await;
    loop {
        let (now_taken, complete) = driver.go_on(|state, _| {
            let mut taken = taken;
            // A device that was given up completes nothing any more: what it has cost is not waited for again.
            let passes_lost = limited && state.interface.in_error();
            let queue = &mut state.command.queue;
            let (regular_lost, page_lost) = if passes_lost {
                queue.lost_by_lane()
            } else {
                (0, false)
            };
            taken.regular += std::mem::take(&mut queue.regular.free);
            let regular = taken.regular + regular_lost >= queue.regular();
            if regular && !taken.page {
                let claim = *taken.claim.get_or_insert_with(|| queue.claim_page_slot());
                taken.page = queue.take_page_slot(claim);
            }
            (taken, regular && (taken.page || page_lost))
        });
        taken = now_taken;
        if complete {
            break;
        }
        let woken = driver
            .runtime()
            .wait(driver.id(), Object::CommandSlots, deadline)
            .await;
        driver.runtime().point(taking_slots(driver)).await;
        if woken == Woken::Expired {
            leave_line(driver, taken.claim);
            taken.release(driver).await;
            driver.declare_faulty().await;
            return TakenSlots::default();
        }
    }
    if !taken.page {
        leave_line(driver, taken.claim);
    }
    taken
}

/// What taking all slots touches: each semaphore by itself, one after the other (`mlx5_cmd_change_mod`).
fn taking_slots(driver: &Driver) -> Announcement {
    [
        driver.writes(Object::CommandSlots),
        driver.writes(Object::PageSlot),
        driver.writes(Object::Mailboxes),
        driver.reads(Object::DeviceState),
    ]
    .into()
}

/// Gives a place in the line for the page slot up.
fn leave_line(driver: &Driver, claim: Option<Ticket>) {
    if let Some(claim) = claim {
        driver.go_on(|state, _| state.command.queue.leave_page_line(claim));
        driver.notify(Object::PageSlot);
    }
}

impl TakenSlots {
    async fn release(self, driver: &Driver) {
        let slots = [
            driver.writes(Object::CommandSlots),
            driver.writes(Object::PageSlot),
        ];
        driver
            .then(slots, |state, _| {
                let queue = &mut state.command.queue;
                queue.regular.free += self.regular;
                queue.page.free |= self.page;
            })
            .await;
        driver.notify(Object::PageSlot);
        driver.notify(Object::CommandSlots);
    }
}
