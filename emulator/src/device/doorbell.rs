//! From the doorbell to a command: entries are looked at slot by slot, and chains followed mailbox by mailbox.
//!
//! In one process a doorbell is followed to its end at once. A served device works in portions (see
//! [`Pace`](crate::Pace)): a doorbell can name 32 chains of a million pages each, and other functions are not to wait for
//! that. The functions whose doorbells rang take turns.

use crate::device::fetch::ENTRIES;
use crate::state::mailbox::{Chain, ChainFault, Walk};
use crate::state::pace::Pace;
use crate::state::silicon::{Buses, Silicon};
use prm::command_queue::CommandEntry;
use prm::{Cycles, Function, Iova, Token};
use std::collections::VecDeque;

/// Bytes of input and output from which on a command is a large one: those wait for their turn if there are many.
const LARGE: u64 = 256 << 10;

/// Bytes of input and output that the large commands under way may have in all.
const MOST_UNDER_WAY: u64 = 8 << 20;

/// Functions whose doorbells rang and whose commands have not all been fetched.
#[derive(Clone, Debug, Default)]
pub(crate) struct Inflow {
    /// In the order of their turns.
    turns: VecDeque<Function>,
    /// Those whose next command has to wait until others are over.
    crowded: Vec<Function>,
}

impl Inflow {
    /// Whether there is anything to fetch now.
    pub(crate) fn is_due(&self) -> bool {
        !self.turns.is_empty()
    }

    fn enter(&mut self, endpoint: Function) {
        if !self.turns.contains(&endpoint) && !self.crowded.contains(&endpoint) {
            self.turns.push_back(endpoint);
        }
    }

    /// A command is over: there may be room for those that wait.
    pub(crate) fn room_again(&mut self) {
        self.turns.extend(self.crowded.drain(..));
    }
}

/// A command whose entry was read and whose chains are being followed.
#[derive(Clone, Debug)]
pub(crate) struct Reception {
    pub(crate) slot: u8,
    pub(crate) entry_at: Iova,
    pub(crate) entry: CommandEntry,
    pub(crate) rung: Cycles,
    pub(crate) input: Vec<u8>,
    pub(crate) output_mailboxes: Vec<Iova>,
    leg: Leg,
}

#[derive(Clone, Copy, Debug)]
enum Leg {
    Input(Walk),
    Output(Walk),
}

impl Reception {
    pub(crate) fn new(slot: u8, entry_at: Iova, entry: CommandEntry, rung: Cycles, input: Chain) -> Self {
        Self {
            slot,
            entry_at,
            input: entry.inline_input().to_vec(),
            entry,
            rung,
            output_mailboxes: Vec::new(),
            leg: Leg::Input(input.walk()),
        }
    }

    /// Bytes of input and output.
    fn weight(&self) -> u64 {
        u64::from(self.entry.input_length()) + u64::from(self.entry.output_length())
    }
}

/// What a portion of work came to.
enum Portion {
    /// There is more to follow.
    More,
    /// The whole command is here, or why it cannot be.
    Whole(Result<(), ChainFault>),
}

impl Silicon {
    /// Notes the slots of a doorbell. In one process their commands are fetched before this returns; a served device
    /// begins with the first portion.
    pub(crate) fn note_doorbell(
        &mut self,
        endpoint: Function,
        vector: u32,
        now: Cycles,
        buses: &mut dyn Buses,
    ) {
        let Some(state) = self.endpoints.get_mut(&endpoint) else {
            return;
        };
        for slot in (0..ENTRIES).filter(|slot| vector >> slot & 1 == 1) {
            state.queue.rung[usize::from(slot)] = Some(now);
        }
        self.inflow.enter(endpoint);
        match self.pace {
            Pace::Whole => while self.fetch_portion(now, buses) {},
            Pace::Portions => _ = self.fetch_portion(now, buses),
        }
    }

    /// Fetches a portion of what the doorbells announced; false if there is nothing to fetch now.
    pub(crate) fn fetch_portion(&mut self, now: Cycles, buses: &mut dyn Buses) -> bool {
        let Some(endpoint) = self.inflow.turns.pop_front() else {
            return false;
        };
        let Some(state) = self.endpoints.get_mut(&endpoint) else {
            return true;
        };
        let reception = match state.queue.reception.take() {
            Some(reception) => Some(*reception),
            None => match state.queue.next_rung() {
                Some((slot, rung)) => self.begin_fetch(endpoint, slot, rung, now, buses),
                None => return true,
            },
        };
        if let Some(reception) = reception {
            if self.is_crowded(&reception) {
                self.keep(endpoint, reception);
                self.inflow.crowded.push(endpoint);
                return true;
            }
            self.follow(endpoint, reception, now, buses);
        }
        let queue = self.endpoints.get(&endpoint).map(|state| &state.queue);
        if queue.is_some_and(|queue| queue.reception.is_some() || queue.has_rung()) {
            self.inflow.enter(endpoint);
        }
        true
    }

    fn keep(&mut self, endpoint: Function, reception: Reception) {
        if let Some(state) = self.endpoints.get_mut(&endpoint) {
            state.queue.reception = Some(Box::new(reception));
        }
    }

    /// Follows the chains of a command for a portion, and lets it arrive if that was the last one.
    fn follow(&mut self, endpoint: Function, mut reception: Reception, now: Cycles, buses: &mut dyn Buses) {
        match self.follow_portion(endpoint, &mut reception, now, buses) {
            Portion::More => self.keep(endpoint, reception),
            Portion::Whole(result) => self.take_in(endpoint, reception, result, now, buses),
        }
    }

    fn follow_portion(
        &mut self,
        endpoint: Function,
        reception: &mut Reception,
        now: Cycles,
        buses: &mut dyn Buses,
    ) -> Portion {
        let mut left = self.pace.mailboxes();
        let bus = buses.bus(endpoint);
        if let Leg::Input(walk) = &mut reception.leg {
            let before = reception.input.len();
            let stray = match walk.read(left, &mut reception.input, bus) {
                Ok(stray) => stray,
                Err(fault) => return Portion::Whole(Err(fault)),
            };
            if let Some(stray) = stray {
                let why = "input was read through a null mailbox pointer";
                self.note_stray_dma(endpoint, now, stray.at, why);
            }
            if !walk.is_over() {
                return Portion::More;
            }
            let read = reception.input.len().saturating_sub(before);
            left = left
                .saturating_sub(prm::command_queue::mailboxes_for(read))
                .max(1);
            let output = Chain {
                first: Iova(reception.entry.output_mailbox()),
                length: reception.entry.output_length(),
                token: Token(reception.entry.token()),
                zero_pointer: self.config.firmware.zero_mailbox_pointer,
            };
            reception.leg = Leg::Output(output.walk());
        }
        if let Leg::Output(walk) = &mut reception.leg {
            let located = walk.locate(left, &mut reception.output_mailboxes, bus);
            if let Err(fault) = located {
                return Portion::Whole(Err(fault));
            }
            if !walk.is_over() {
                return Portion::More;
            }
        }
        Portion::Whole(Ok(()))
    }

    /// Whether a large command has to wait until others are over: what firmware keeps of commands is bounded.
    fn is_crowded(&self, reception: &Reception) -> bool {
        let weight = reception.weight();
        if self.pace == Pace::Whole || weight <= LARGE || !reception.input_is_new() {
            return false;
        }
        let under_way: u64 = self.weights_under_way().filter(|&weight| weight > LARGE).sum();
        under_way > 0 && under_way + weight > MOST_UNDER_WAY
    }

    /// Bytes of input and output of each command that firmware has not completed, those being fetched among them.
    fn weights_under_way(&self) -> impl Iterator<Item = u64> + '_ {
        let commands = self.commands.values().map(crate::state::command::Command::weight);
        let receptions = self
            .endpoints
            .values()
            .filter_map(|state| state.queue.reception.as_ref());
        commands.chain(
            receptions
                .filter(|reception| !reception.input_is_new())
                .map(|reception| reception.weight()),
        )
    }
}

impl Reception {
    /// Whether nothing beyond the entry was read yet.
    fn input_is_new(&self) -> bool {
        self.input.len() <= prm::command_queue::INLINE_LENGTH && self.output_mailboxes.is_empty()
    }
}
