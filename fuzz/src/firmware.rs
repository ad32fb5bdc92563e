//! `firmware`: a program of a driver's side, on the device itself: commands, registers, memory, time, orders.
//!
//! Whatever the program does, no act touches what it had not declared; the ledger's rows add up, and no page has two holders; what
//! may be open is bounded; work that goes on by itself comes to its end; and a device that was cloned on the way ends as the
//! original does.

mod act;
mod bench;

use crate::budget::tell;
use crate::draw::Draw;
use crate::orders;
use crate::program::{self, QUEUE, SPAN};
use act::Act;
use bench::{Bench, MOST_GIVEN, PAGES};
use emulator::Silicon;
use prm::uar::{EQ_DOORBELL_ARM, EQ_DOORBELL_NO_ARM};
use prm::{Cycles, Iova, init_segment};
use std::hash::{DefaultHasher, Hash, Hasher};

/// Acts of a program that are carried out at most.
const MOST_ACTS: usize = 200;
/// After so many acts every page is looked at.
const OFTEN: usize = 16;

/// Carries a program out.
///
/// # Panics
/// If a promise is broken.
pub fn run(input: &[u8]) {
    let mut draw = Draw::new(input);
    let Some(mut bench) = Bench::new(&mut draw) else {
        return;
    };
    let twin_at = usize::from(draw.byte());
    let mut twin: Option<Bench> = None;
    for number in 0..MOST_ACTS {
        if draw.is_over() {
            break;
        }
        if number == twin_at {
            twin = Some(bench.clone());
        }
        let act = act(&mut draw, &bench);
        tell(|| format!("{act:x?}"));
        bench.carry_out(&act);
        if let Some(twin) = &mut twin {
            twin.carry_out(&act);
            twin.check(false);
        }
        bench.check(number % OFTEN == 0);
    }
    bench.settle();
    bench.check(true);
    if let Some(mut twin) = twin {
        twin.settle();
        twin.check(true);
        assert_eq!(twin.told, bench.told, "a clone goes on as the original would");
        assert_eq!(
            hash(&twin.silicon),
            hash(&bench.silicon),
            "a clone goes on as the original would"
        );
    }
}

fn hash(silicon: &Silicon) -> u64 {
    let mut hasher = DefaultHasher::new();
    silicon.hash(&mut hasher);
    hasher.finish()
}

fn act(draw: &mut Draw<'_>, bench: &Bench) -> Act {
    match draw.below(28) {
        0 => Act::Load,
        1 => Act::Unload,
        2..=6 => Act::Ring(program::wish(draw)),
        7 | 8 => Act::Give {
            id: id(draw, bench),
            pages: draw.hurting() % MOST_GIVEN,
            again: draw.flag(),
        },
        9 => Act::Take {
            id: id(draw, bench),
            pages: draw.hurting(),
        },
        10 => Act::Entry {
            slot: draw.byte() & 0x1f,
            bytes: draw.bytes().to_vec(),
        },
        11 | 12 => Act::Write {
            offset: offset(draw),
            value: draw.hurting(),
        },
        13 => Act::Read { offset: offset(draw) },
        14 => Act::Scribble {
            at: place(draw),
            bytes: draw.bytes().to_vec(),
        },
        15 => Act::Unmap { at: place(draw) },
        16 => Act::Arm {
            queue: draw.byte() & 0xf,
            consumer: draw.hurting(),
            arms: draw.flag(),
        },
        17 => Act::Queue {
            mask: draw.long(),
            log_size: draw.byte() & 0x1f,
        },
        18 => Act::Pass(Cycles(u64::from(draw.hurting()) << (draw.byte() & 0x1f))),
        19 => Act::Settle,
        20 => Act::DoNow(draw.below(8)),
        21..=23 => Act::Order(Box::new(orders::firmware(draw, 2))),
        24 => Act::Gate(orders::gate(draw)),
        25 => Act::Reset,
        26 => Act::Endpoint(draw.below(16)),
        _ => Act::Portions,
    }
}

/// An identity that names a function of the device in one of the page modes, or any.
fn id(draw: &mut Draw<'_>, bench: &Bench) -> u16 {
    let functions = bench.silicon.functions();
    match draw.byte() {
        by_number @ 0..=0x3f => by_number.into(),
        other @ 0x40..=0xbf => {
            let function = functions[usize::from(other) % functions.len()];
            bench.silicon.vhca_id_of(function).unwrap_or_default()
        }
        _ => draw.half(),
    }
}

/// The offset of a register.
fn offset(draw: &mut Draw<'_>) -> u32 {
    const KNOWN: [u64; 14] = [
        init_segment::FIRMWARE_REVISION,
        init_segment::QUEUE_ADDRESS_HIGH,
        init_segment::QUEUE_ADDRESS_LOW,
        init_segment::COMMAND_DOORBELL,
        init_segment::INITIALIZING,
        init_segment::HEALTH_BUFFER,
        init_segment::HEALTH_SYNDROME,
        init_segment::COMMAND_TIMEOUT,
        init_segment::INTERNAL_TIMER_HIGH,
        init_segment::INTERNAL_TIMER_LOW,
        init_segment::HEALTH_COUNTER,
        0x8000 + EQ_DOORBELL_ARM,
        0x8000 + EQ_DOORBELL_NO_ARM,
        0x8800,
    ];
    match usize::from(draw.byte()) {
        known if known < 8 * KNOWN.len() => u32::try_from(KNOWN[known / 8]).expect("registers lie low"),
        _ => draw.word(),
    }
}

/// An address of the driver's memory: near the queue, in the pages it gives, or anywhere.
fn place(draw: &mut Draw<'_>) -> Iova {
    match draw.byte() {
        0..=0x5f => Iova(QUEUE.0 + u64::from(draw.half())),
        0x60..=0x9f => Iova(QUEUE.0 + u64::from(draw.word()) % SPAN),
        0xa0..=0xef => Iova(PAGES + (u64::from(draw.half()) << 12)),
        _ => Iova(draw.long()),
    }
}
