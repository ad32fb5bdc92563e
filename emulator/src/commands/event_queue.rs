//! CREATE_EQ, DESTROY_EQ, QUERY_EQ.

use crate::bus::Buses;
use crate::reply::{Answered, Refusal, Reply};
use crate::state::capabilities::LOG_MAX_EQ;
use crate::state::command::Command;
use crate::state::event_queue::{EventMask, EventQueue, LOG_SIZES};
use crate::state::silicon::Silicon;
use prm::event::{EVENT_OWNER_OFFSET, EventEntry};
use prm::event_queue::{CreateEqIn, CreateEqOut, DestroyEqIn};
use prm::pages::PAGE_ADDRESS_LENGTH;
use prm::{ADAPTER_PAGE_SHIFT, Cycles, Iova};

/// Largest log2 of the buffer's page size in 4 KiB.
const MAX_LOG_PAGE_SIZE: u8 = 18;
/// Most buffer pages of all event queues of a function: those of two of the largest.
const MOST_PAGES: usize = 2 << 16;
/// QUERY_EQ: byte offset of the context in the output.
const QUERY_CONTEXT_OFFSET: usize = 16;

pub(crate) fn create_eq(
    silicon: &mut Silicon,
    command: &Command,
    _: Cycles,
    buses: &mut dyn Buses,
) -> Answered {
    let input = CreateEqIn::from_prefix(&command.input).map_err(|_| Refusal::InputLength)?;
    let context = input.context();
    let endpoint = command.endpoint;
    let state = silicon.endpoints.get_mut(&endpoint).ok_or(Refusal::NotEnabled)?;
    if !state.life.initialized {
        return Err(Refusal::NotEnabled);
    }
    if !LOG_SIZES.contains(&context.log_eq_size()) || context.log_page_size() > MAX_LOG_PAGE_SIZE {
        return Err(Refusal::BadEqContext);
    }
    if !state.uars.contains(&context.uar_page()) {
        return Err(Refusal::UnknownUar);
    }
    let listed = command.input.get(CreateEqIn::SIZE..).unwrap_or_default();
    let (addresses, _) = listed.as_chunks::<PAGE_ADDRESS_LENGTH>();
    if (addresses.len() as u64) < EventQueue::pages_needed(&context) {
        return Err(Refusal::InputLength);
    }
    let kept = state.event_queues.values().map(EventQueue::buffer_pages);
    if kept.sum::<usize>() + addresses.len() > MOST_PAGES {
        return Err(Refusal::NoMoreEqs);
    }
    let pages: Vec<Iova> = addresses
        .iter()
        .map(|bytes| Iova(u64::from_be_bytes(*bytes)))
        .collect();
    let page_mask = (1 << (ADAPTER_PAGE_SHIFT + u32::from(context.log_page_size()))) - 1;
    if pages.iter().any(|page| page.0 == 0 || page.0 & page_mask != 0) {
        return Err(Refusal::BadPageAddress);
    }
    let number = (1..1 << LOG_MAX_EQ).find(|number| !state.takers.contains_key(number));
    let number = number.ok_or(Refusal::NoMoreEqs)?;
    let mut first = EventEntry::new();
    let seen = buses.bus(endpoint).dma_read(pages[0], first.as_bytes_mut());
    let mask = EventMask([
        input.event_bitmask_0(),
        input.event_bitmask_1(),
        input.event_bitmask_2(),
        input.event_bitmask_3(),
    ]);
    state.add_event_queue(number, mask, EventQueue::new(&context, pages));
    let mut reply = Reply::done(&CreateEqOut::new().with_eq_number(number));
    reply.first_owner = seen.ok().map(|()| first.as_bytes()[EVENT_OWNER_OFFSET] & 1);
    Ok(reply)
}

pub(crate) fn destroy_eq(silicon: &mut Silicon, command: &Command) -> Answered {
    let number = DestroyEqIn::from_prefix(&command.input)
        .unwrap_or_default()
        .eq_number();
    let state = silicon
        .endpoints
        .get_mut(&command.endpoint)
        .ok_or(Refusal::NotEnabled)?;
    if !state.remove_event_queue(number) {
        return Err(Refusal::UnknownEq);
    }
    Ok(Reply::ok())
}

pub(crate) fn query_eq(silicon: &mut Silicon, command: &Command) -> Answered {
    // The input names the queue where that of DESTROY_EQ does.
    let number = DestroyEqIn::from_prefix(&command.input)
        .map_err(|_| Refusal::InputLength)?
        .eq_number();
    let state = silicon
        .endpoints
        .get(&command.endpoint)
        .ok_or(Refusal::NotEnabled)?;
    let queue = state.event_queues.get(&number).ok_or(Refusal::UnknownEq)?;
    let mut output = vec![0; QUERY_CONTEXT_OFFSET];
    output.extend_from_slice(queue.context().as_bytes());
    Ok(Reply::bytes(output))
}
