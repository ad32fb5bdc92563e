//! Start and stop of the command interface, polling or events, and the opcode gate.

use super::lanes::notify_lane;
use crate::device_bus::Bus;
use crate::errno::Errno;
use crate::handle::{Driver, LastLook, Look, Patience, Upcalls};
use crate::message::MessageKind;
use crate::registers;
use crate::revision::PageSlotWait;
use crate::runtime::{Announcement, Object};
use crate::state::State;
use crate::state::command::{Gate, Lane, MOST_SLOTS, Mode, Ticket};
use crate::state::timeouts::read_init_segment;
use prm::Cycles;
use prm::init_segment::COMMAND_INTERFACE_REVISION;

/// How long all slots are waited for beyond the limit of a command.
const TAKING_GRACE: Cycles = Cycles::from_secs(5);

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
    let started = driver.go_on(|state, bus| {
        let memory = bus.allocate_coherent(QUEUE_LENGTH).map_err(|_| Errno::ENOMEM)?;
        let command = &mut state.command;
        // Whatever an earlier queue still had is forgotten: after a failed teardown nobody gives it back.
        command.queue.start(memory, QUEUE_LENGTH, log_size, log_stride);
        *command.mode = Mode::Polling;
        *command.gate = Gate::Open;
        registers::write_queue_address(bus, memory);
        read_init_segment(&mut state.timeouts, bus);
        Ok(())
    });
    notify_lane(driver, Lane::Page);
    driver.notify(Object::CommandMode);
    started
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
    driver.notify_device_state();
}

/// From here on no command is sent; the driver answers by itself.
pub(crate) async fn set_down(driver: &Driver) {
    driver
        .then(driver.writes(Object::CommandMode), |state, _| {
            *state.command.up = false
        })
        .await;
    driver.notify_device_state();
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
    driver.notify(Object::CommandMode);
}

/// Changes which commands may be sent, once no command is outstanding (`mlx5_cmd_allowed_opcode`).
pub(crate) async fn set_gate(driver: &Driver, gate: Gate) {
    let slots = take_all_slots(driver).await;
    driver
        .then(driver.writes(Object::CommandMode), |state, _| {
            *state.command.gate = gate
        })
        .await;
    driver.notify(Object::CommandMode);
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
    driver.notify(Object::CommandMode);
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
    let limit = limit.saturating_add(TAKING_GRACE);
    let mut patience = match limited {
        true => Patience::begin(driver, limit, LastLook::Earlier),
        false => Patience::endless(),
    };
    let mut taken = TakenSlots::default();
    driver.runtime().point(taking_slots(driver)).await;
    loop {
        let complete;
        (taken, complete) = driver.go_on(|state, _| taken.with_free_ones(state, limited));
        if complete {
            break;
        }
        let look = |_: Option<&()>, state: &State, _: &mut Bus| match taken.can_go_on(state, limited) {
            true => Look::Reached(()),
            false => Look::NotYet(()),
        };
        let more = driver
            .wait_for(taking_slots(driver), Object::CommandSlots, &mut patience, look)
            .await;
        if more.is_err() {
            driver.runtime().point(taking_slots(driver)).await;
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

/// How many regular slots are not waited for, and whether the page slot is not: a device that was given up completes nothing any
/// more, so what it has cost is not waited for again.
fn passed_over(state: &State, limited: bool) -> (usize, bool) {
    if limited && state.interface.in_error() {
        state.command.queue.lost_by_lane()
    } else {
        (0, false)
    }
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
        notify_lane(driver, Lane::Page);
    }
}

impl TakenSlots {
    /// Takes what is free. Whether that is all there is to take.
    fn with_free_ones(mut self, state: &mut State, limited: bool) -> (Self, bool) {
        let (regular_lost, page_lost) = passed_over(state, limited);
        let queue = &mut state.command.queue;
        self.regular += std::mem::take(&mut queue.regular.free);
        let regular = self.regular + regular_lost >= queue.regular();
        if regular && !self.page {
            let claim = *self.claim.get_or_insert_with(|| queue.claim_page_slot());
            self.page = queue.take_page_slot(claim);
        }
        (self, regular && (self.page || page_lost))
    }

    /// Whether there is more to take, or nothing left to wait for.
    fn can_go_on(&self, state: &State, limited: bool) -> bool {
        let (regular_lost, page_lost) = passed_over(state, limited);
        let queue = &state.command.queue;
        let regular = self.regular + regular_lost >= queue.regular();
        let page = self.page || page_lost || self.claim.is_none_or(|claim| queue.page.is_for(claim));
        queue.regular.free > 0 || regular && page
    }

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
        notify_lane(driver, Lane::Page);
    }
}
