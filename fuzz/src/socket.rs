//! `socket`: messages and descriptors at the socket of a served device, from clients that mean harm.
//!
//! Whatever they send, each command gets the one answer that is its own, in order, and no other message comes but a request for
//! memory; only what cannot be cut into messages any more, or holds the server's thread, ends a connection; another client can
//! connect afterwards; no descriptor is left open; and no act of the device touches what it had not declared.

mod card;
mod descriptors;
mod ports;

use crate::draw::Draw;
use std::sync::Once;

/// Messages and accesses of an input that are carried out at most.
const MOST_ACTS: usize = 100;

/// Carries an input out.
///
/// # Panics
/// If a promise is broken.
pub fn run(input: &[u8]) {
    // What the process keeps for all connections is there from the first on.
    static FIRST: Once = Once::new();
    FIRST.call_once(|| card::run(&mut Draw::new(&[0])));
    let mut draw = Draw::new(input);
    let before = descriptors::settled(None);
    if draw.flag() {
        card::run(&mut draw);
    } else {
        ports::run(&mut draw);
    }
    descriptors::settled(Some(&before));
}

/// A number of a command: one of the protocol, mostly.
fn command(draw: &mut Draw<'_>) -> u16 {
    match draw.byte() {
        known @ 0..=0xef => u16::from(known) % 16,
        _ => draw.half(),
    }
}

/// Flags of a header: those of a command, mostly.
fn flags(draw: &mut Draw<'_>) -> u32 {
    match draw.byte() {
        0..=0x9f => 0,
        0xa0..=0xcf => 0x10,
        0xd0..=0xe7 => 1,
        _ => draw.word(),
    }
}

/// A body of numbers that are more likely to hurt than others.
fn body(draw: &mut Draw<'_>) -> Vec<u8> {
    (0..draw.below(14))
        .flat_map(|_| draw.hurting().to_le_bytes())
        .collect()
}
