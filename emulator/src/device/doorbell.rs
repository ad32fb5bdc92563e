//! From the doorbell to a command: entries are looked at slot by slot, and chains followed mailbox by mailbox.
//!
//! In one process a doorbell is followed to its end at once. A served device works in portions (see
//! [`Pace`](crate::Pace)): a doorbell can name 32 chains of a million pages each, and other functions are not to wait for
//! that. The functions whose doorbells rang take turns.

use crate::bus::Buses;
use crate::record::Record;
use crate::state::action::{Act, Action};
use crate::state::command_queue::ENTRIES;
use crate::state::mailbox::{Chain, ChainFault};
use crate::state::pace::Pace;
use crate::state::reception::{Leg, Reception};
use crate::state::silicon::Silicon;
use prm::{Cycles, Function, Iova, Token};

/// Bytes of input and output from which on a command is a large one: those wait for their turn if there are many.
const LARGE: u64 = 256 << 10;

/// Bytes of input and output that the large commands under way may have in all.
const MOST_UNDER_WAY: u64 = 8 << 20;

/// What a portion of work came to.
enum Portion {
    /// There is more to follow.
    More,
    /// The whole command is here, or why it cannot be.
    Whole(Result<(), ChainFault>),
}

impl Silicon {
    /// The command doorbell: bit n hands over the entry in slot n. True if their commands are to be fetched before anything else
    /// happens, by [`Self::fetch`].
    pub(crate) fn ring_commands(
        &mut self,
        endpoint: Function,
        vector: u32,
        now: Cycles,
        buses: &mut dyn Buses,
    ) -> bool {
        self.records.push(Record::Doorbell {
            cycles: now,
            endpoint,
            vector,
        });
        let state = self.endpoints.get_mut(&endpoint);
        let Some(state) = state.filter(|state| now >= state.interface.ready_at) else {
            self.refuse(endpoint, now, "doorbell of a device that initialises");
            return false;
        };
        if *self.pace == Pace::Whole && self.inflow.is_empty() {
            return true;
        }
        for slot in slots(vector) {
            state.queue.doorbells.rung[usize::from(slot)] = Some(now);
        }
        self.inflow.enter(endpoint);
        match *self.pace {
            // The pace was another one before.
            Pace::Whole => while self.fetch_portion(now, buses) {},
            Pace::Portions => _ = self.fetch_portion(now, buses),
        }
        false
    }

    /// Fetches the commands of these slots, whose doorbell was rung just now.
    pub(crate) fn fetch(&mut self, endpoint: Function, vector: u32, now: Cycles, buses: &mut dyn Buses) {
        for slot in slots(vector) {
            let fetch = Act::at(endpoint, Action::Fetch).in_slot(slot);
            self.acts(fetch, |silicon| {
                if let Some(reception) = silicon.begin_fetch(endpoint, slot, now, now, buses) {
                    silicon.follow(endpoint, reception, now, buses);
                }
            });
        }
    }

    /// Fetches a portion of what the doorbells announced; false if there is nothing to fetch now.
    pub(crate) fn fetch_portion(&mut self, now: Cycles, buses: &mut dyn Buses) -> bool {
        // Whose turn it is tells which act this is; the act looks again.
        let Some(&endpoint) = self.inflow.peek().turns.front() else {
            return false;
        };
        self.acts(Act::at(endpoint, Action::Fetch), |silicon| {
            silicon.inflow.turns.pop_front();
            silicon.fetch_portion_of(endpoint, now, buses);
        });
        true
    }

    fn fetch_portion_of(&mut self, endpoint: Function, now: Cycles, buses: &mut dyn Buses) {
        let Some(state) = self.endpoints.get_mut(&endpoint) else {
            return;
        };
        let doorbells = &mut state.queue.doorbells;
        let reception = match doorbells.reception.take() {
            Some(reception) => Some(*reception),
            None => match doorbells.next_rung() {
                Some((slot, rung)) => self.begin_fetch(endpoint, slot, rung, now, buses),
                None => return,
            },
        };
        if let Some(reception) = reception {
            if self.is_crowded(&reception) {
                self.keep(endpoint, reception);
                self.inflow.crowded.push(endpoint);
                return;
            }
            self.follow(endpoint, reception, now, buses);
        }
        let state = self.endpoints.get(&endpoint);
        if state.is_some_and(|state| state.queue.doorbells.are_open()) {
            self.inflow.enter(endpoint);
        }
    }

    fn keep(&mut self, endpoint: Function, reception: Reception) {
        if let Some(state) = self.endpoints.get_mut(&endpoint) {
            state.queue.doorbells.reception = Some(Box::new(reception));
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
        if *self.pace == Pace::Whole || weight <= LARGE || !reception.input_is_new() {
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
            .filter_map(|state| state.queue.doorbells.reception.as_ref());
        commands.chain(
            receptions
                .filter(|reception| !reception.input_is_new())
                .map(|reception| reception.weight()),
        )
    }
}

/// The slots that a doorbell names, ascending.
fn slots(vector: u32) -> impl Iterator<Item = u8> {
    (0..ENTRIES).filter(move |slot| vector >> slot & 1 == 1)
}
