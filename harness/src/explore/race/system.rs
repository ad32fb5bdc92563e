//! A race as something that can be searched.

use super::{Race, RaceStanding};
use crate::explore::choice::{Actor, Choice};
use crate::explore::end::End;
use crate::explore::enough::enough;
use crate::explore::flaw::{Flaw, FlawKind};
use crate::explore::halt::RaceHalt;
use crate::explore::knowledge::Role;
use crate::explore::player;
use crate::explore::sentry::Moment;
use crate::explore::touched::Touched;
use driver_host::Walk;
use parts::CanonicalHasher;
use search::{Candidate, Ended, System, Taken};
use std::hash::{Hash, Hasher};
use std::rc::Rc;

impl System for Race {
    type Choice = Choice;
    type Actor = Actor;
    type Standing = RaceStanding;
    type Touched = Touched;
    type Flaw = Flaw;
    type End = End;
    type Halt = RaceHalt;

    fn candidates(&mut self) -> Vec<Candidate<Choice, Actor>> {
        if let Some(candidates) = self.candidates.take() {
            return candidates;
        }
        let mut choices = self.now();
        if choices.is_empty() {
            choices.extend(self.walk().possible_in_time().into_iter().map(Choice::World));
        } else if self.early_left > 0 {
            let patient = self.world().runtime().patient().into_iter();
            choices.extend(patient.map(|(task, _)| Choice::GivesUpEarly(task)));
        }
        self.offered = choices.iter().map(Choice::actor).collect();
        let candidates = choices.into_iter().map(|choice| Candidate {
            choice,
            actor: choice.actor(),
        });
        candidates.collect()
    }

    fn enough(&mut self, candidates: &[Candidate<Choice, Actor>]) -> Vec<usize> {
        let mut blocked = Vec::new();
        for task in self.world().runtime().names() {
            let actor = Actor::Task(task);
            if !candidates.iter().any(|candidate| candidate.actor == actor) {
                blocked.push(Role::of(&actor));
            }
        }
        enough(
            &self.known,
            candidates,
            &blocked,
            &self.lines.to_come(self.world()),
        )
    }

    fn take(&mut self, choice: Choice) -> Result<Taken<Touched, Flaw>, RaceHalt> {
        self.details.clear();
        self.candidates = None;
        let mut flaws = Vec::new();
        if choice.takes_time() {
            flaws = self.look(Moment::Stuck);
        }
        let before = Rc::clone(&self.offered);
        let mut touched = self.happen(choice)?;
        let pages_moved = touched.pages_moved;
        flaws.extend(self.look(Moment::AfterStep { pages_moved }));
        flaws.extend(self.hear());
        let candidates = self.candidates();
        self.learn(&choice, &touched, &before);
        self.candidates = Some(candidates);
        // When it comes is a matter of all who could have kept it from coming.
        touched.everything |= choice.takes_time() || matches!(choice, Choice::GivesUpEarly(_));
        Ok(Taken { touched, flaws })
    }

    fn standing(&self) -> RaceStanding {
        RaceStanding {
            walk: self.walk().snapshot(),
            lines: self.lines.clone(),
            sentry: self.sentry.clone(),
            early_left: self.early_left,
            offered: Rc::clone(&self.offered),
        }
    }

    fn go_back(&mut self, standing: &RaceStanding) {
        self.candidates = None;
        self.walk_mut().go_back(&standing.walk);
        self.lines.clone_from(&standing.lines);
        self.sentry.clone_from(&standing.sentry);
        self.early_left = standing.early_left;
        self.offered = Rc::clone(&standing.offered);
    }

    fn fingerprint(&self) -> u64 {
        let mut hasher = CanonicalHasher::default();
        let world = self.world();
        world.hash_drivers_and_tasks(&mut hasher);
        self.lines.hash(&mut hasher);
        self.early_left.hash(&mut hasher);
        if self.time_has_passed() {
            // How late it is decides who is late, once somebody has given up.
            world.now().hash(&mut hasher);
            world.runtime().patient().hash(&mut hasher);
        }
        world.machine().hash_all(&mut hasher);
        hasher.finish()
    }

    fn end(&mut self) -> Result<Ended<End, Flaw>, RaceHalt> {
        self.details.clear();
        self.candidates = None;
        let mut flaws = self.look(Moment::Stuck);
        let never = self.results().into_iter().filter(|(_, result)| result.is_none());
        flaws.extend(never.map(|(label, _)| Flaw {
            kind: FlawKind::NeverEnds,
            subject: Some(label),
        }));
        flaws.extend(self.look(Moment::AtRest));
        if !self.fixed.after.is_empty() {
            // PANIC: as above.
            let mut world = self.walk.take().expect("the walk is there").end();
            // Tasks that go on have to remember that they did: whoever goes back would take them for what they were.
            world.remember();
            let fixed = Rc::clone(&self.fixed);
            let world = player::finish(world, &fixed.setup, &fixed.scenario, &fixed.after);
            self.walk = Some(Walk::begin(world)?);
            flaws.extend(self.look(Moment::AtRest));
            flaws.extend(self.hear());
        }
        let end = self.books();
        let _touched = self.world().machine_mut().silicon.take_footprints();
        Ok(Ended { end, flaws })
    }

    fn name_hash(&self, choice: Choice) -> u64 {
        twox_hash::XxHash3_64::oneshot(choice.to_string().as_bytes())
    }
}
