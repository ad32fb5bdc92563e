//! A race, somewhere on its way: the drivers' own code and the firmware's, forked wherever there is a choice.

mod showing;
mod system;

use super::choice::{Actor, Choice};
use super::detail::{Detail, named_commands};
use super::flaw::Flaw;
use super::halt::RaceHalt;
use super::knowledge::{Doing, Knowledge, Role};
use super::lines::Lines;
use super::plan::Plan;
use super::player::{self, Prepared};
use super::sentry::{Moment, Sentry};
use super::touched::Touched;
use super::vocabulary::Vocabulary;
use crate::scenario::{ScenarioFile, Step};
use driver::runtime::{Access, Announcement, Kind, ReadyTask, Use};
use driver::{Revision, RevisionName};
use driver_host::{Halt, HostView, Machine, Name, Possible, Standing, Walk, WorldSetup};
use embedding::{DeviceAct, InprocMachine, InprocWorld};
use prm::{Cycles, Opcode};
use search::Candidate;
use std::collections::BTreeSet;
use std::rc::Rc;

/// How a race is explored.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct RaceOptions {
    /// How finely.
    pub detail: Detail,
    /// So many time-outs may come though others could go on.
    pub early_timeouts: u32,
}

/// See the module's head.
pub struct Race {
    /// Nothing while what comes after the race is played.
    walk: Option<Walk<InprocMachine>>,
    pub(super) lines: Lines,
    sentry: Sentry,
    early_left: u32,
    fixed: Rc<Fixed>,
    /// What is known of those who take part, and what was learnt since.
    known: Rc<Knowledge>,
    learnt: Knowledge,
    is_surprised: bool,
    vocabulary: Vocabulary,
    /// Who could go on when it was last asked.
    offered: Rc<[Actor]>,
    /// What could be chosen after the last choice, for whoever asks next.
    candidates: Option<Vec<Candidate<Choice, Actor>>>,
    /// What was seen of flaws, in words, since the last choice.
    details: Vec<(Flaw, String)>,
    /// What the step that is under way has touched so far.
    accesses: Vec<Access>,
}

/// What is the same in all standings of a race.
struct Fixed {
    scenario: ScenarioFile,
    setup: WorldSetup,
    after: Vec<Step>,
    options: RaceOptions,
    /// The commands that it is about.
    named: BTreeSet<Opcode>,
    /// When it began: time stands still until somebody gives up.
    began: Cycles,
}

/// A race where it stands.
#[derive(Clone)]
pub struct RaceStanding {
    walk: Standing<InprocMachine>,
    lines: Lines,
    sentry: Sentry,
    early_left: u32,
    offered: Rc<[Actor]>,
}

/// More steps at once than any choice has.
const MOST_INNER_STEPS: u32 = 20_000;

impl Race {
    /// The race of a scenario under a revision, about to begin.
    ///
    /// # Errors
    /// [`RaceHalt`].
    pub fn begin(
        scenario: &ScenarioFile,
        revision: RevisionName,
        options: RaceOptions,
    ) -> Result<Self, RaceHalt> {
        Self::begin_as(scenario, revision.choices(), options)
    }

    /// The same under a revision that has no name: these choices. Steps of the file are those of the name that it goes by.
    ///
    /// # Errors
    /// [`RaceHalt`].
    pub fn begin_as(
        scenario: &ScenarioFile,
        revision: &'static dyn Revision,
        options: RaceOptions,
    ) -> Result<Self, RaceHalt> {
        let plan = Plan::of(scenario, revision.name())?;
        let Prepared {
            world,
            setup,
            started,
        } = player::prepare(scenario, &plan, revision)?;
        let _past = world.machine_mut().silicon.take_records();
        world.machine_mut().silicon.keep_footprints();
        let began = world.now();
        let named = named_commands(&plan.lines, &plan.before);
        let mut race = Self {
            walk: Some(Walk::begin(world)?),
            lines: Lines::new(&plan.lines, started),
            sentry: Sentry::default(),
            early_left: options.early_timeouts,
            fixed: Rc::new(Fixed {
                scenario: scenario.clone(),
                setup,
                after: plan.after,
                options,
                named,
                began,
            }),
            known: Rc::default(),
            learnt: Knowledge::default(),
            is_surprised: false,
            vocabulary: Vocabulary::default(),
            offered: Rc::default(),
            candidates: None,
            details: Vec::new(),
            accesses: Vec::new(),
        };
        // What was wrong before the race is no part of it.
        let _before = race.look(Moment::AtRest);
        let _heard = race.hear();
        race.go_on(&"the beginning")?;
        Ok(race)
    }

    /// The same with what others have learnt of it.
    pub(super) fn knowing(mut self, known: &Rc<Knowledge>, vocabulary: &Vocabulary) -> Self {
        self.known = Rc::clone(known);
        self.vocabulary = vocabulary.clone();
        self
    }

    /// What was learnt since it began; nothing, where that was known.
    pub(super) fn surprises(&mut self) -> Option<Knowledge> {
        let is_surprised = std::mem::take(&mut self.is_surprised);
        is_surprised.then(|| std::mem::take(&mut self.learnt))
    }

    /// The world, to look at.
    ///
    /// # Panics
    /// Never: it is away only while what comes after a race is played.
    pub(super) fn world(&self) -> &InprocWorld {
        self.walk().world()
    }

    pub(super) fn walk(&self) -> &Walk<InprocMachine> {
        // PANIC: the walk is away only within `end`, which calls nothing that comes here.
        self.walk.as_ref().expect("the walk is there")
    }

    fn walk_mut(&mut self) -> &mut Walk<InprocMachine> {
        // PANIC: as above.
        self.walk.as_mut().expect("the walk is there")
    }

    fn look(&mut self, moment: Moment) -> Vec<Flaw> {
        let lines = &self.lines;
        // PANIC: as above.
        let world = self.walk.as_mut().expect("the walk is there").world_mut();
        let is_busy = |place: usize, world: &InprocWorld| lines.is_busy(place, world);
        let broken = self.sentry.look(world, moment, is_busy);
        let flaws = broken
            .into_iter()
            .map(|violation| (Flaw::of(&violation), violation.detail));
        let flaws: Vec<(Flaw, String)> = flaws.collect();
        let kinds = flaws.iter().map(|(flaw, _)| flaw.clone()).collect();
        self.details.extend(flaws);
        kinds
    }

    fn hear(&mut self) -> Vec<Flaw> {
        // PANIC: as above.
        let world = self.walk.as_ref().expect("the walk is there").world();
        self.sentry.hear(world)
    }

    /// Makes a choice and lets everything follow that follows at once. Returns what that touched.
    fn happen(&mut self, choice: Choice) -> Result<Touched, RaceHalt> {
        self.accesses.clear();
        let before = self.counted();
        let was_possible = match choice {
            Choice::World(possible) => self.walk_on(&possible)?,
            Choice::GivesUpEarly(task) => {
                self.early_left = self.early_left.saturating_sub(1);
                self.walk_on(&Possible::GivesUp(task))?
            }
            Choice::Line { line, step } => {
                // PANIC: as above.
                let walk = self.walk.as_mut().expect("the walk is there");
                let ordered = self
                    .lines
                    .order(line.into(), usize::from(step) - 1, walk.world_mut());
                walk.let_announce()?;
                ordered
            }
        };
        if !was_possible {
            return Err(RaceHalt::NotPossible(choice.to_string()));
        }
        self.go_on(&choice)?;
        let detail = self.fixed.options.detail;
        let mut machine = self.walk().world().machine_mut();
        if let Some(surprise) = machine.surprise() {
            return Err(Halt::DeviceSurprise(surprise).into());
        }
        let footprints = machine.silicon.take_footprints();
        drop(machine);
        let uses = self.vocabulary.uses(
            &self.accesses,
            &footprints,
            |access| detail.counts(access),
            |thing| detail.counts_in_device(thing),
            detail == Detail::All,
            self.is_judged_since(before),
        );
        let any = |is_it: fn(&Access) -> bool| self.accesses.iter().any(is_it);
        Ok(Touched {
            uses,
            everything: detail != Detail::All && any(|access| access.object.kind() == Kind::Registers),
            pages_moved: any(|access| access.object.kind() == Kind::PageBook && access.usage == Use::Write),
        })
    }

    /// What is held against firmware's ledger as it stands at that moment: how many waits for pages have ended, and how many pages
    /// are mapped.
    fn counted(&self) -> (usize, u64) {
        let world = self.walk().world();
        let machine = world.machine();
        let waits = world
            .drivers()
            .map(|(_, _, driver)| driver.ended_page_waits())
            .sum();
        let mapped = world
            .drivers()
            .map(|(_, account, _)| machine.memory().holdings(account).mappings)
            .sum();
        (waits, mapped)
    }

    /// Whether something was done that is judged by the ledger as it stands: then it matters what came before it.
    fn is_judged_since(&self, before: (usize, u64)) -> bool {
        let (waits, mapped) = self.counted();
        waits != before.0 || mapped < before.1
    }

    /// Notes what was not known of whoever has made this choice.
    fn learn(&mut self, choice: &Choice, touched: &Touched, before: &[Actor]) {
        let doing = Doing::of(choice);
        if !self.known.knows_touch(&doing, touched) {
            self.is_surprised = true;
            self.learnt.learn_touch(doing, touched);
        }
        for actor in self.offered.iter().filter(|actor| !before.contains(actor)) {
            let woken = Role::of(actor);
            if !self.known.knows_wake(doing.role, woken) {
                self.is_surprised = true;
                self.learnt.learn_wake(doing.role, woken);
            }
        }
    }

    fn walk_on(&mut self, possible: &Possible<DeviceAct>) -> Result<bool, RaceHalt> {
        if let Possible::Now(Name::Step { task, .. }) = possible {
            let announcement = self.walk().announcement(*task);
            self.accesses.extend(announcement.iter().copied());
        }
        Ok(self.walk_mut().take(possible)?)
    }

    /// Lets everything happen that is nobody's choice.
    fn go_on(&mut self, after: &impl ToString) -> Result<(), RaceHalt> {
        for _ in 0..MOST_INNER_STEPS {
            // PANIC: as above.
            let walk = self.walk.as_mut().expect("the walk is there");
            if self.lines.go_on(walk.world_mut()) {
                walk.let_announce()?;
            }
            let Some((inner, announcement)) = self.inner() else {
                return Ok(());
            };
            self.accesses.extend(announcement.iter().copied());
            self.walk_mut().take(&inner)?;
        }
        Err(RaceHalt::Endless(after.to_string()))
    }

    /// What no race here is about, with what it has announced.
    fn inner(&self) -> Option<(Possible<DeviceAct>, Announcement)> {
        let detail = self.fixed.options.detail;
        if detail == Detail::All {
            return None;
        }
        let world = self.world();
        let is_inner =
            |ready: &ReadyTask| detail.is_inner_task(ready.name) || detail.is_inner_step(&ready.announcement);
        if let Some(ready) = world.runtime().ready().into_iter().find(is_inner) {
            let step = Name::Step {
                task: ready.name,
                object: ready.announcement.iter().next().copied(),
            };
            return Some((Possible::Now(step), ready.announcement));
        }
        let others = self.walk().possible_beside_tasks().into_iter();
        let mut others = others.filter(|possible| match possible {
            Possible::Now(Name::Interrupt { .. }) => detail.is_inner_interrupt(),
            Possible::PauseEnds(_) => detail.is_inner_pause(),
            Possible::Now(Name::Act(act)) => detail.is_inner_act(*act, &self.fixed.named),
            Possible::Now(Name::Step { .. }) | Possible::Look(_) | Possible::GivesUp(_) | Possible::Due => {
                false
            }
        });
        others.next().map(|possible| (possible, Announcement::default()))
    }

    /// What can be chosen in the world and by firmware and the gate, without what takes time.
    fn now(&self) -> Vec<Choice> {
        let possible = self.walk().possible().into_iter().map(Choice::World);
        let possible = possible.filter(|choice| !choice.takes_time());
        let orders = self.lines.orders().map(|(line, step)| Choice::Line {
            line: prm::saturated::<u8>(line),
            step: prm::saturated::<u16>(step + 1),
        });
        possible.chain(orders).collect()
    }

    /// Whether time has passed since the race began.
    fn time_has_passed(&self) -> bool {
        self.world().now() > self.fixed.began
    }
}
