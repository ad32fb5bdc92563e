//! Trouble that is nobody's fault: a command that is refused, one that needs pages first, an allocation that fails, a firmware that
//! changes its ways.

use crate::scenario::{ALLOCATION_SITES, AllocationFault, Fault, FaultCount};
use crate::swarm::compliance::{REFUSABLE, may_need};
use crate::swarm::draft::Drawing;
use emulator::config::{OnDisable, ReturnOrder};
use emulator::order::{Answer, AnswerRule, CommandMatch, FirmwareOrder, Reconfigure};
use prm::Function;

/// Statuses of a refusal: internal error, bad parameter, bad resource, no resources, exceeded limit.
const STATUSES: [u8; 5] = [0x1, 0x3, 0x5, 0xf, 0x8];

/// Such trouble.
#[derive(Clone, Copy)]
enum Trouble {
    Refusal,
    Needs,
    Allocation,
    NewWays,
    VportChange,
}

impl Drawing<'_> {
    /// Some of it.
    pub(super) fn meet_trouble(&mut self) {
        let wild = usize::from(!self.frame.is_clean());
        let troubles = [
            (3 * wild, Trouble::Refusal),
            (3, Trouble::Needs),
            (2 * wild, Trouble::Allocation),
            (1, Trouble::NewWays),
            (1, Trouble::VportChange),
        ];
        match self.dice.weighed(&troubles).unwrap_or(Trouble::Needs) {
            Trouble::Refusal => self.refuse(),
            Trouble::Needs => self.need(),
            Trouble::Allocation => self.lack(),
            Trouble::NewWays => self.change_ways(),
            Trouble::VportChange => self.change_vport(),
        }
    }

    /// One command is refused, and the host does what brings it.
    fn refuse(&mut self) {
        let command = self.dice.pick(&REFUSABLE).unwrap_or(REFUSABLE[0]);
        let to = CommandMatch {
            command: command.to_owned(),
            skip: self.dice.between(0, 2),
            ..CommandMatch::default()
        };
        let status = self.dice.pick(&STATUSES).unwrap_or(STATUSES[0]);
        let with = Answer::Refuse { status, syndrome: 0 };
        self.order(FirmwareOrder::Answer(AnswerRule { to, with, times: 1 }));
        self.operate_watched();
    }

    /// A command of the host's next operation is outstanding until firmware has been given pages.
    fn need(&mut self) {
        let operation = self.operation();
        let mut commands = self.commands(operation);
        commands.retain(|command| may_need(&command.command));
        let Some(to) = self.dice.pick(&commands) else {
            return self.operate(operation);
        };
        let mut requests = Vec::new();
        for _ in 0..self.dice.between(1, 2) {
            requests.extend(self.wants(false));
        }
        if !requests.is_empty() && !self.is_shy_of(operation) {
            let with = Answer::Needs { requests };
            self.order(FirmwareOrder::Answer(AnswerRule { to, with, times: 1 }));
        }
        self.operate(operation);
    }

    /// An allocation of the driver's fails, once.
    fn lack(&mut self) {
        let skip = self.dice.between(0, 12);
        let fault = match self.dice.below(4) {
            0 => Fault::PageAllocation(FaultCount { skip, times: 1 }),
            1 => Fault::Mapping(FaultCount { skip, times: 1 }),
            _ => Fault::Allocation(AllocationFault {
                site: self.dice.pick(&ALLOCATION_SITES).unwrap_or("mailbox").to_owned(),
                skip,
                times: 1,
            }),
        };
        self.fail(fault);
        if self.dice.chance(50) {
            self.ask();
        } else {
            self.operate_watched();
        }
    }

    fn change_ways(&mut self) {
        let mut ways = Reconfigure::default();
        if self.dice.chance(50) {
            ways.on_disable = Some(match self.dice.chance(50) {
                true => OnDisable::Silent,
                false => OnDisable::default(),
            });
        } else {
            let orders = [ReturnOrder::Newest, ReturnOrder::Oldest];
            ways.return_order = self.dice.pick(&orders);
        }
        self.order(FirmwareOrder::Reconfigure(ways));
    }

    fn change_vport(&mut self) {
        let vfs = self.book.vfs();
        let own = matches!(self.frame.main_function(), Function::Pf);
        if own && vfs > 0 {
            let vport = u16::try_from(self.dice.between(1, vfs.into())).unwrap_or(1);
            self.order(FirmwareOrder::VportChange { vport });
        } else {
            self.ask();
        }
    }
}
