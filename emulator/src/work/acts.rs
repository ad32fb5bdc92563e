//! One act after the other, and what each was seen to touch.
//!
//! Every call from outside that lets the silicon act is an act, or several. Setting it up before it acts is none: to choose its
//! pace, to connect a host, to offer versions. Nor is looking at it.

use crate::state::action::{Act, Action};
use crate::state::footprint::Footprint;
use crate::state::numbers::CommandNumber;
use crate::state::place::{Notes, Place, Thing};
use crate::state::silicon::Silicon;
use crate::state::watch::Surprise;
use parts::{Parts, Touch};
use prm::{Function, Opcode};

impl Silicon {
    /// The first time that an act has touched what it may not, if that was ever seen. Whoever drives the silicon stops then: what
    /// is known of its acts is wrong.
    #[must_use]
    pub fn surprise(&self) -> Option<&Surprise> {
        self.watch.surprise.as_deref()
    }

    /// From now on it is kept what each act touches, for [`Self::take_footprints`].
    pub fn keep_footprints(&mut self) {
        self.watch.footprints.get_or_insert_default();
    }

    /// What the acts since the last call have touched, in their order; nothing unless they are kept. An act that another one
    /// interrupts, as the execution of a command that lets another go on, has one before it and one after. An act that touched
    /// nothing has none.
    #[must_use]
    pub fn take_footprints(&mut self) -> Vec<Footprint> {
        self.watch
            .footprints
            .as_mut()
            .map(std::mem::take)
            .unwrap_or_default()
    }

    /// Does something as an act of its own. One that is under way is interrupted by it.
    pub(crate) fn acts<R>(&mut self, act: Act, what: impl FnOnce(&mut Self) -> R) -> R {
        self.account();
        let outer = self.watch.act.replace(act);
        let result = what(self);
        self.account();
        self.watch.act = outer;
        result
    }

    /// Does something to a command as an act of its own; nothing if the command is gone.
    pub(crate) fn acts_on<R>(
        &mut self,
        number: CommandNumber,
        action: fn(Opcode) -> Action,
        what: impl FnOnce(&mut Self) -> R,
    ) -> Option<R> {
        // To say which command it is, is no use of it yet.
        let command = self.commands.peek().get(&number)?;
        let act = Act::at(command.endpoint, action(command.opcode)).in_slot(command.slot);
        Some(self.acts(act, what))
    }

    /// Takes the notes that the act under way has left.
    fn account(&mut self) {
        let Some(act) = self.watch.act else {
            // Notes from between the acts are of those who looked from outside.
            if self.watch.take_looks() {
                self.take_notes(&mut |_, _| {});
            }
            return;
        };
        let allowed = self.watch.declarations.of(act);
        let mut surprise = None;
        let mut footprint = self.watch.footprints.is_some().then(|| Footprint::new(act));
        self.take_notes(&mut |place, touch| {
            // Everybody reads the description.
            let implied = place.thing == Thing::Description && touch == Touch::Read;
            if touch == Touch::Nothing || implied {
                return;
            }
            if surprise.is_none() && !allowed.covers(place, touch) {
                surprise = Some(Surprise { act, place, touch });
            }
            if let Some(footprint) = &mut footprint {
                footprint.add(place, touch);
            }
        });
        if let Some(surprise) = surprise {
            self.watch.surprise.get_or_insert_with(|| Box::new(surprise));
        }
        if let (Some(all), Some(footprint)) = (&mut self.watch.footprints, footprint)
            && !footprint.is_empty()
        {
            all.push(footprint);
        }
    }

    fn take_notes(&self, take: &mut impl Notes) {
        self.take_notes_of_description(take);
        take(Place::of(Thing::Hosts), self.hosts.take_touch());
        self.endpoints.take_touches(|function, _| match function {
            Some(function) => {
                let endpoint = self.endpoints.peek().get(&function);
                endpoint
                    .into_iter()
                    .for_each(|endpoint| endpoint.take_notes(take));
            }
            None => self
                .endpoints
                .peek()
                .values()
                .for_each(|endpoint| endpoint.take_notes(take)),
        });
        self.commands.take_touches(|number, touch| match number {
            // One that is gone has left its note at its slot.
            Some(number) => {
                let command = self.commands.peek().get(&number);
                let slot = command.map(|c| Place::at(Thing::Slot, c.endpoint).with_number(c.slot));
                slot.into_iter().for_each(|slot| take(slot, touch));
            }
            None => take(Place::of(Thing::Slot), touch),
        });
        take(Place::of(Thing::Inflow), self.inflow.take_touch());
        take(Place::of(Thing::Waits), self.waits.take_touch());
        let gate = &self.gate;
        take(
            Place::of(Thing::Rules),
            gate.answers.take_touch() | gate.reactions.take_touch(),
        );
        take(Place::of(Thing::Holds), gate.holds.take_touch());
        take(Place::of(Thing::Board), self.board.take_touch());
        take(Place::of(Thing::Ledger), self.ledger.take_touch());
        take(Place::of(Thing::Draws), self.draws.take_touch());
        take(Place::of(Thing::Objects), self.objects.take_touch());
        take(Place::of(Thing::Port), self.port.take_touch());
        keyed(&self.chores, Thing::Chore, take);
        keyed(&self.page_memory, Thing::PageMemory, take);
        keyed(&self.returns, Thing::Return, take);
        if self.subfunctions.take_touch() != Touch::Nothing {
            keyed(&self.subfunctions.peek().managed, Thing::Managed, take);
        }
        if self.vports.take_touch() != Touch::Nothing {
            let vports = self.vports.peek();
            keyed(&vports.contexts, Thing::Vport, take);
            keyed(&vports.eswitch, Thing::Vport, take);
            keyed(&vports.states, Thing::Vport, take);
            keyed(&vports.created, Thing::Vport, take);
        }
    }

    fn take_notes_of_description(&self, take: &mut impl Notes) {
        let touch = self.config.take_touch()
            | self.vhca_ids.take_touch()
            | self.managers.take_touch()
            | self.roster.take_touch()
            | self.offers_versions.take_touch()
            | self.link.take_touch()
            | self.pace.take_touch();
        take(Place::of(Thing::Description), touch);
    }
}

/// The notes of parts that functions have.
fn keyed<T: Clone>(parts: &Parts<Function, T>, thing: Thing, take: &mut impl Notes) {
    parts.take_touches(|function, touch| {
        let all = Place::of(thing);
        take(Place { function, ..all }, touch);
    });
}
