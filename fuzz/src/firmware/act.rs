//! What a program of a driver's side is made of.

use crate::program::Wish;
use prm::{Cycles, Iova};

/// Something that a driver, a person or time does.
#[derive(Clone, Debug)]
pub(super) enum Act {
    Load,
    Unload,
    Ring(Wish),
    Give { id: u16, pages: u32, again: bool },
    Take { id: u16, pages: u32 },
    Entry { slot: u8, bytes: Vec<u8> },
    Write { offset: u32, value: u32 },
    Read { offset: u32 },
    Scribble { at: Iova, bytes: Vec<u8> },
    Unmap { at: Iova },
    Arm { queue: u8, consumer: u32, arms: bool },
    Queue { mask: u64, log_size: u8 },
    Pass(Cycles),
    Settle,
    DoNow(usize),
    Order(Box<emulator::FirmwareOrder>),
    Gate(emulator::GateOrder),
    Reset,
    Endpoint(usize),
    Portions,
}
