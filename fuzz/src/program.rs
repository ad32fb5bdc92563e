//! Commands as a driver puts them into a queue, and the ways in which one can be wrong.

use crate::draw::Draw;
use crate::orders;
use prm::command_queue::{
    CommandEntry, ENTRY_KIND_PCIE, INLINE_LENGTH, MAILBOX_DATA_LENGTH, Mailbox, mailboxes_for,
};
use prm::link::HostBus;
use prm::{Iova, PagesOp, saturated};

/// Where the command queue of every driver lies.
pub const QUEUE: Iova = Iova(0x10_0000);
/// Where mailboxes begin; each slot has room for its own.
const MAILBOXES: u64 = 0x20_0000;
/// Room of a slot for the mailboxes of one direction, in bytes.
const ROOM: u64 = 0x4000;
/// Bytes from [`QUEUE`] that have to be mapped for all that is put there.
pub const SPAN: u64 = MAILBOXES + 2 * 32 * ROOM - QUEUE.0;
/// Distance of a mailbox from the next one.
const STRIDE: u64 = 1024;

/// A command.
#[derive(Clone, Debug)]
pub struct Wish {
    /// Where it is put.
    pub slot: u8,
    /// Its input, with its head.
    pub input: Vec<u8>,
    /// How long its output may be.
    pub out_len: u32,
    /// What is wrong with it.
    pub flaw: Flaw,
}

/// What is wrong with a command.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Flaw {
    /// Nothing.
    None,
    /// A mailbox has another token.
    Token,
    /// The entry is not signed.
    Signature,
    /// The last mailbox leads to the first.
    Circle,
    /// A mailbox lies nowhere.
    Nowhere,
    /// Another transport than PCI Express.
    Kind,
    /// The entry is the driver's.
    Owner,
    /// The lengths are others than those of what is there.
    Lengths(u32, u32),
}

/// Draws a command.
pub fn wish(draw: &mut Draw<'_>) -> Wish {
    let slot = draw.byte() & 0x1f;
    let opcode = orders::opcode(draw);
    let op_mod = draw.byte();
    let body = draw.bytes();
    let shape = draw.byte();
    let mut input = [0; 8];
    input[..2].copy_from_slice(&opcode.raw().to_be_bytes());
    input[7] = op_mod;
    let mut input = [&input[..], body].concat();
    // Most inputs have 16 bytes or are an area behind them.
    input.resize(input.len().max(16), 0);
    match shape & 0x7 {
        0 => input.resize(input.len().max(16 + 4096), 0),
        1 => input.resize(input.len().max(272), 0),
        2 => input.resize(input.len().max(64), 0),
        3 => input.resize(16, 0),
        _ => {}
    }
    let out_len = match shape >> 3 & 0x3 {
        0 => 16,
        1 => 16 + 4096,
        2 => 272,
        _ => u32::from(draw.half()),
    };
    let flaw = match shape >> 5 {
        0..=5 => Flaw::None,
        6 => Flaw::Lengths(draw.hurting(), draw.hurting()),
        _ => draw.one(&[
            Flaw::Token,
            Flaw::Signature,
            Flaw::Circle,
            Flaw::Nowhere,
            Flaw::Kind,
            Flaw::Owner,
        ]),
    };
    Wish {
        slot,
        input,
        out_len,
        flaw,
    }
}

/// A MANAGE_PAGES about `id`, with this list.
#[must_use]
pub fn manage_pages(slot: u8, op: PagesOp, id: u16, pages: &[Iova], count: u32) -> Wish {
    let head = <prm::pages::ManagePages as prm::Command>::input()
        .with_op_mod(op.raw())
        .with_function_id(id)
        .with_entry_count(count);
    let list = pages.iter().flat_map(|page| page.0.to_be_bytes());
    let out_len = if op == PagesOp::Take {
        16 + 8 * count.min(1024)
    } else {
        16
    };
    Wish {
        slot,
        input: head.as_bytes().iter().copied().chain(list).collect(),
        out_len,
        flaw: Flaw::None,
    }
}

/// A well-formed command.
#[must_use]
pub fn plain(slot: u8, input: &[u8], out_len: u32) -> Wish {
    Wish {
        slot,
        input: input.to_vec(),
        out_len,
        flaw: Flaw::None,
    }
}

/// Puts a command into the queue, with its mailboxes. What does not fit is left out; whoever has unmapped the queue wrote nothing.
pub fn put(wish: &Wish, bus: &mut dyn HostBus) {
    let token = wish.slot + 1;
    let inline = wish.input.len().min(INLINE_LENGTH);
    let place = |direction: u64| MAILBOXES + (u64::from(wish.slot) * 2 + direction) * ROOM;
    let input = chain(&wish.input[inline..], place(0), token, wish.flaw, bus);
    let room = (wish.out_len as usize)
        .saturating_sub(INLINE_LENGTH)
        .min(saturated(ROOM));
    let output = chain(&vec![0; room], place(1), token, wish.flaw, bus);
    let (in_len, out_len) = match wish.flaw {
        Flaw::Lengths(input, output) => (input, output),
        _ => (u32::try_from(wish.input.len()).unwrap_or(u32::MAX), wish.out_len),
    };
    let mut entry = CommandEntry::new()
        .with_kind(if wish.flaw == Flaw::Kind {
            1
        } else {
            ENTRY_KIND_PCIE
        })
        .with_input_length(in_len)
        .with_input_mailbox(input)
        .with_output_mailbox(output)
        .with_output_length(out_len)
        .with_token(token)
        .with_owner(wish.flaw != Flaw::Owner);
    entry.inline_input_mut()[..inline].copy_from_slice(&wish.input[..inline]);
    if wish.flaw != Flaw::Signature {
        entry.sign();
    }
    _ = bus.dma_write(place_of(wish.slot), entry.as_bytes());
}

/// Where the entry of a slot lies.
#[must_use]
pub const fn place_of(slot: u8) -> Iova {
    Iova(QUEUE.0 + slot as u64 * CommandEntry::SIZE as u64)
}

fn chain(data: &[u8], first: u64, token: u8, flaw: Flaw, bus: &mut dyn HostBus) -> u64 {
    if flaw == Flaw::Nowhere {
        return 0xdead_0000_0000;
    }
    let count = (mailboxes_for(data.len() + INLINE_LENGTH) as u64).min(ROOM / STRIDE);
    let parts = data.chunks(MAILBOX_DATA_LENGTH).take(saturated(count));
    for (position, part) in (0u32..).zip(parts) {
        let at = first + u64::from(position) * STRIDE;
        let mut mailbox = Mailbox::new();
        mailbox.data_mut()[..part.len()].copy_from_slice(part);
        mailbox.set_block_number(position);
        mailbox.set_token(if flaw == Flaw::Token { token ^ 1 } else { token });
        let last = u64::from(position) + 1 == count;
        mailbox.set_next(match (last, flaw) {
            (false, _) => at + STRIDE,
            (true, Flaw::Circle) => first,
            (true, _) => 0,
        });
        _ = bus.dma_write(Iova(at), mailbox.as_bytes());
    }
    if count == 0 { 0 } else { first }
}

/// The output of a slot, if the device has given the entry back.
pub fn output(slot: u8, length: usize, bus: &mut dyn HostBus) -> Option<Vec<u8>> {
    let mut entry = CommandEntry::new();
    bus.dma_read(place_of(slot), entry.as_bytes_mut()).ok()?;
    if entry.owner() {
        return None;
    }
    let mut bytes = entry.inline_output().to_vec();
    let mut data = vec![0; length.saturating_sub(INLINE_LENGTH)];
    let first = MAILBOXES + (u64::from(slot) * 2 + 1) * ROOM;
    for (position, part) in (0u64..).zip(data.chunks_mut(MAILBOX_DATA_LENGTH)) {
        bus.dma_read(Iova(first + position * STRIDE), part).ok()?;
    }
    bytes.extend(data);
    Some(bytes)
}
