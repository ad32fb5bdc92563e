//! Orders to firmware and to its gate, drawn: any that a file or the control socket could give.

use crate::draw::Draw;
use emulator::order::{
    Answer, AnswerRule, CommandMatch, DeviceError, FunctionsChanged, Hold, HoldPoint, HostPfState,
    InterruptFate, InterruptRule, LinkState, OrderAt, PageRequest, QueueKind, ReactionRule, Reconfigure,
    SpuriousInterrupt, StrayEvent, SyncResetOrder, VhcaStateName, VhcaStateOrder,
};
use emulator::{FirmwareOrder, GateOrder};
use prm::{Function, Opcode, PageMode, WireIdentity};

/// A function, also one that the device does not have.
pub fn function(draw: &mut Draw<'_>) -> Function {
    let drawn = draw.byte();
    let number = u16::from(drawn >> 4) + 1;
    match drawn & 0xf {
        0..=3 => Function::Pf,
        4 => Function::SecondPf,
        5 => Function::Ecpf,
        6 => Function::HostPf,
        7 => Function::SatellitePf(number),
        8 | 9 => Function::Vf(number),
        10 => Function::HostVf(number),
        11 => Function::EcVf(number),
        12 | 13 => Function::Sf(number),
        14 => Function::HostSf(number),
        _ => Function::AdjacentVf(number),
    }
}

/// An operation by its number: one that is known, or any.
pub fn opcode(draw: &mut Draw<'_>) -> Opcode {
    match usize::from(draw.byte()) {
        known if known < Opcode::ALL.len() => Opcode::ALL[known],
        _ => Opcode::from_raw(draw.half()),
    }
}

fn identity(draw: &mut Draw<'_>) -> WireIdentity {
    WireIdentity {
        id: draw.half(),
        ec: draw.flag(),
    }
}

fn page_request(draw: &mut Draw<'_>) -> PageRequest {
    let form = draw.byte();
    PageRequest {
        function: (form & 1 == 0).then(|| function(draw)),
        identity: (form & 3 != 0).then(|| identity(draw)),
        pages: draw.hurting().cast_signed(),
        release_all: form & 0xc == 0xc,
    }
}

fn few<T>(draw: &mut Draw<'_>, one: impl Fn(&mut Draw<'_>) -> T) -> Vec<T> {
    (0..draw.below(4)).map(|_| one(draw)).collect()
}

fn command(draw: &mut Draw<'_>) -> CommandMatch {
    let form = draw.byte();
    let with = |bit: u8| form >> bit & 1 == 1;
    CommandMatch {
        command: opcode(draw).name().to_owned(),
        op_mod: with(0).then(|| draw.byte().into()),
        id: with(1).then(|| draw.half()),
        function: with(2).then(|| function(draw)),
        other: with(3).then(|| with(4)),
        endpoint: with(5).then(|| function(draw)),
        skip: if with(6) { draw.hurting() } else { 0 },
    }
}

fn answer(draw: &mut Draw<'_>) -> Answer {
    match draw.below(12) {
        0 => Answer::Refuse {
            status: draw.byte(),
            syndrome: draw.word(),
        },
        1 => Answer::Late {
            after_ms: draw.hurting(),
        },
        2 => Answer::CompletedLate {
            after_ms: draw.hurting(),
        },
        3 => Answer::Never {},
        4 => Answer::LostEvent {},
        5 => Answer::LostInterrupt {},
        6 => Answer::Accept {},
        7 => Answer::Needs {
            requests: few(draw, page_request),
        },
        8 => Answer::ClaimExtra {
            pages: draw.hurting(),
        },
        9 => Answer::UnknownPages {
            pages: draw.hurting(),
        },
        10 => Answer::Returns {
            indices: few(draw, |draw| draw.hurting()),
        },
        _ => Answer::PageCount {
            pages: draw.hurting().cast_signed(),
        },
    }
}

fn queue(draw: &mut Draw<'_>) -> QueueKind {
    draw.one(&[QueueKind::Commands, QueueKind::Async, QueueKind::Pages])
}

/// An order to firmware. `depth` bounds orders within orders.
pub fn firmware(draw: &mut Draw<'_>, depth: u8) -> FirmwareOrder {
    match draw.below(if depth == 0 { 15 } else { 17 }) {
        0 | 1 => FirmwareOrder::RequestPages(page_request(draw)),
        2 | 3 => FirmwareOrder::Answer(AnswerRule {
            to: command(draw),
            with: answer(draw),
            times: draw.byte().into(),
        }),
        4 => FirmwareOrder::Reset {},
        5 => FirmwareOrder::DeviceError(DeviceError {
            syndrome: draw.byte(),
            fatal: draw.flag(),
        }),
        6 => FirmwareOrder::Link(draw.one(&[LinkState::Up, LinkState::Down])),
        7 => FirmwareOrder::VportChange { vport: draw.half() },
        8 => {
            let form = draw.byte();
            FirmwareOrder::FunctionsChanged(FunctionsChanged {
                host_vfs: (form & 1 == 1).then(|| draw.half()),
                host_pf: (form & 2 == 2).then(|| draw.one(&[HostPfState::InUse, HostPfState::Disabled])),
                satellite_pfs: (form & 4 == 4).then(|| few(draw, function).into_iter().collect()),
            })
        }
        9 => FirmwareOrder::VhcaState(VhcaStateOrder {
            function: function(draw),
            state: draw.flag().then(|| {
                draw.one(&[
                    VhcaStateName::Invalid,
                    VhcaStateName::Allocated,
                    VhcaStateName::Active,
                    VhcaStateName::InUse,
                    VhcaStateName::TeardownRequest,
                ])
            }),
        }),
        10 => FirmwareOrder::StrayEvent(if draw.flag() {
            StrayEvent::HostVfs { count: draw.half() }
        } else {
            StrayEvent::VhcaState(identity(draw))
        }),
        11 => FirmwareOrder::SyncReset(draw.one(&[
            SyncResetOrder::Request,
            SyncResetOrder::Unload,
            SyncResetOrder::Abort,
        ])),
        12 => FirmwareOrder::Interrupts(InterruptRule {
            queue: queue(draw),
            next: match draw.below(3) {
                0 => InterruptFate::Lose {},
                1 => InterruptFate::Late {
                    after_ms: draw.hurting(),
                },
                _ => InterruptFate::Merge {
                    events: draw.hurting(),
                },
            },
            times: draw.byte().into(),
        }),
        13 => FirmwareOrder::SpuriousInterrupt(SpuriousInterrupt { queue: queue(draw) }),
        14 => {
            let form = draw.byte();
            FirmwareOrder::Reconfigure(Reconfigure {
                boot: (form & 1 == 1).then(|| draw.hurting().cast_signed()),
                init: (form & 2 == 2).then(|| draw.hurting().cast_signed()),
                page_mode: (form & 4 == 4).then(|| draw.one(&[PageMode::FuncId, PageMode::VhcaId])),
                vhca_ids: few(draw, |draw| (function(draw), draw.half()))
                    .into_iter()
                    .collect(),
                adjacent_vfs: (form & 8 == 8).then(|| few(draw, function).into_iter().collect()),
                ..Reconfigure::default()
            })
        }
        15 => FirmwareOrder::When(ReactionRule {
            command: command(draw),
            after_ms: if draw.flag() { draw.hurting() } else { 0 },
            then: few(draw, |draw| firmware(draw, depth - 1)),
            times: draw.byte().into(),
        }),
        _ => FirmwareOrder::At(OrderAt {
            function: function(draw),
            order: Box::new(firmware(draw, depth - 1)),
        }),
    }
}

/// An order to the gate. There are four names, so that holds meet again.
pub fn gate(draw: &mut Draw<'_>) -> GateOrder {
    let name = draw.one(&["a", "b", "c", ""]).to_owned();
    if draw.flag() {
        return GateOrder::Release { name };
    }
    GateOrder::Hold(Hold {
        name,
        command: command(draw),
        at: draw.one(&[
            HoldPoint::BeforeExecution,
            HoldPoint::BeforeCompletion,
            HoldPoint::BeforeEvent,
        ]),
        posts: few(draw, page_request),
    })
}
