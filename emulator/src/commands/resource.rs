//! UARs, and the objects that firmware only numbers.

use crate::reply::{Answered, Refusal, Reply};
use crate::state::command::Command;
use crate::state::objects::OBJECT_MASK;
use crate::state::silicon::Silicon;
use prm::command::ObjectOutput;
use prm::uar::{AllocUarOut, DeallocUarIn};

/// Index of the first UAR page: behind the initialisation segment.
const FIRST_UAR: u32 = 8;
/// End of the UAR pages in the register window: where the MSI-X table begins in BAR 0.
const LAST_UAR: u32 = 0xff;
/// An answer that tells nothing but the number of a new object.
pub(crate) fn numbered(number: u32) -> Reply {
    Reply::done(&ObjectOutput::new().with_object_id(number & OBJECT_MASK))
}

/// An operation whose effect nothing here depends on: done.
pub(crate) fn done(_: &mut Silicon, _: &Command) -> Answered {
    Ok(Reply::ok())
}

/// Creates something that firmware only numbers.
pub(crate) fn number(silicon: &mut Silicon, _: &Command) -> Answered {
    Ok(numbered(silicon.objects.number()))
}

/// There is no such operation.
pub(crate) fn unknown(_: &mut Silicon, _: &Command) -> Answered {
    Err(Refusal::UnknownOperation)
}

pub(crate) fn alloc_uar(silicon: &mut Silicon, command: &Command) -> Answered {
    let state = silicon
        .endpoints
        .get_mut(&command.endpoint)
        .ok_or(Refusal::NotEnabled)?;
    let uar = (FIRST_UAR..=LAST_UAR).find(|uar| !state.uars.contains(uar));
    let uar = uar.ok_or(Refusal::NoMoreUars)?;
    state.uars.insert(uar);
    Ok(Reply::done(&AllocUarOut::new().with_uar(uar)))
}

pub(crate) fn dealloc_uar(silicon: &mut Silicon, command: &Command) -> Answered {
    let uar = DeallocUarIn::from_prefix(&command.input)
        .unwrap_or_default()
        .uar();
    let state = silicon
        .endpoints
        .get_mut(&command.endpoint)
        .ok_or(Refusal::NotEnabled)?;
    if state
        .event_queues
        .values()
        .any(|queue| queue.context().uar_page() == uar)
    {
        return Err(Refusal::UarInUse);
    }
    if !state.uars.remove(&uar) {
        return Err(Refusal::UnknownUar);
    }
    Ok(Reply::ok())
}
