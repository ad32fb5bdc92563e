//! Watches a race: what must not happen at any moment, and what must not be at its end.
//!
//! A look at everything costs more than a step. It is taken where something gives reason to: a message, a stray access, a wait for
//! pages that has ended, a counter below zero, a page that firmware owns and nobody has mapped.

use super::completed::Completed;
use super::flaw::{Flaw, FlawKind};
use crate::judge::invariants::Watch;
use crate::record::result::Violation;
use crate::stage::ours::looking::driver_sights;
use crate::stage::sight::{Health, Sight};
use driver::{Driver, MessageKind};
use driver_host::{HostView, Machine};
use embedding::InprocWorld;
use emulator::Record;

/// See the module's head.
#[derive(Clone, Debug, Default)]
pub(super) struct Sentry {
    watch: Watch,
    /// Per driver: messages and waits for pages that were looked at.
    seen: Vec<(usize, usize)>,
    /// The commands that were completed, where somebody wants to know.
    pub(super) commands: Option<Vec<Completed>>,
}

/// When it looks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Moment {
    /// Something has been done.
    AfterStep {
        /// The driver's book of pages was written.
        pages_moved: bool,
    },
    /// Nothing moves but time.
    Stuck,
    /// Nothing happens any more.
    AtRest,
}

impl Sentry {
    /// Looks, and says what is wrong that was not wrong at the last look. `is_busy` says whether the driver at a place has something
    /// to do for the host.
    pub(super) fn look(
        &mut self,
        world: &mut InprocWorld,
        moment: Moment,
        is_busy: impl Fn(usize, &InprocWorld) -> bool,
    ) -> Vec<Violation> {
        let records = world.machine_mut().silicon.take_records();
        if let Some(commands) = &mut self.commands {
            commands.extend(records.iter().filter_map(Completed::of));
        }
        if moment != Moment::AtRest && !self.has_reason(world, moment, &records) {
            return Vec::new();
        }
        let busy: Vec<bool> = (0..world.drivers().count())
            .map(|place| is_busy(place, world))
            .collect();
        let is_busy = |place: usize| busy.get(place).copied().unwrap_or(false);
        let look = world.show();
        let drivers = driver_sights(look.drivers, is_busy);
        let machine = world.machine();
        let host: &dyn HostView = machine.memory();
        let sight = Sight {
            device: &machine.silicon,
            host: Some(host),
            now: look.now,
            drivers,
            records,
            strays: look.strays,
            cycles: look.cycles,
            locks: look.locks,
            told: Vec::new(),
            is_loaded: false,
            health: Health::Alive,
        };
        match moment {
            Moment::AtRest => self.watch.check(0, &sight),
            Moment::AfterStep { .. } | Moment::Stuck => self.watch.check_moment(0, &sight),
        }
    }

    /// Flaws that only messages tell of, since the last time.
    pub(super) fn hear(&mut self, world: &InprocWorld) -> Vec<Flaw> {
        let mut flaws = Vec::new();
        self.seen.resize(world.drivers().count(), (0, 0));
        for ((_, _, driver), (told, _)) in world.drivers().zip(&mut self.seen) {
            for message in driver.messages_after(*told) {
                *told += 1;
                let kind = match message.kind {
                    MessageKind::MissingRoot { .. } => FlawKind::MissingRoot,
                    MessageKind::PageNotFound { .. } => FlawKind::PageNotFound,
                    _ => continue,
                };
                flaws.push(Flaw { kind, subject: None });
            }
        }
        flaws
    }

    fn has_reason(&mut self, world: &mut InprocWorld, moment: Moment, records: &[Record]) -> bool {
        self.seen.resize(world.drivers().count(), (0, 0));
        let mut is_told = false;
        for ((_, _, driver), (told, waits)) in world.drivers().zip(&mut self.seen) {
            let ended = driver.ended_page_waits();
            is_told |= !driver.messages_after(*told).is_empty() || ended != *waits;
            *waits = ended;
        }
        is_told
            || moment == Moment::Stuck && world.look_for_cycles()
            || records
                .iter()
                .any(|record| matches!(record, Record::Corruption { .. }))
            || world.machine().memory().has_strays()
            || world.drivers().any(|(_, _, driver)| is_below_zero(driver))
            || moment == Moment::AfterStep { pages_moved: true } && has_lost_pages(world)
    }
}

fn is_below_zero(driver: &Driver) -> bool {
    let counters = driver.look(|state| state.pages.book.counters);
    let mut all = [counters.fw_pages_total].into_iter().chain(counters.by_type());
    all.any(|counter| counter.cast_signed() < 0)
}

/// Whether firmware owns a page that nobody has mapped.
fn has_lost_pages(world: &InprocWorld) -> bool {
    let machine = world.machine();
    let ledger = machine.silicon.ledger();
    world.drivers().any(|(supplier, _, _)| {
        ledger.owners(supplier).any(|(owner, _)| {
            ledger
                .pages_of(supplier, owner)
                .any(|page| !machine.memory().is_mapped(page.address()))
        })
    })
}
