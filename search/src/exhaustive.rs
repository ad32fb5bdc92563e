//! Every way, depth first, forked wherever there is a choice.

use crate::budget::{Budget, Verdict};
use crate::found::Found;
use crate::memory::{Fewest, Memory, Remembered};
use crate::method::Method;
use crate::path::Path;
use crate::shard::{self, Shard};
use crate::sleep::{Roster, Sleeper, mask, undisturbed};
use crate::stack::{Frame, PathOf, Place, Stack, Task};
use crate::system::{Candidate, Ended, System, Taken};
use crate::visited::{Known, Mask, Visited};
use std::rc::Rc;

/// What a search is told of a way while it is gone.
#[derive(Clone, Copy, Debug)]
pub enum Seen<'a, E, F> {
    /// Something that must not happen.
    Flaw(&'a F),
    /// What it came to.
    End(&'a E),
}

/// So many choices in a row without another way are one that has no end.
const ENDLESS: u64 = 200_000;

/// Between two questions to the budget.
const BETWEEN_QUESTIONS: u64 = 64;

/// What a search found.
pub type FoundBy<S> = Found<<S as System>::Choice, <S as System>::End, <S as System>::Flaw>;

/// Goes every way from where the system stands, and says what it found. `stops` is asked of everything that is seen.
///
/// # Errors
/// What stopped the system.
pub fn search<S: System>(
    system: &mut S,
    method: Method,
    shard: Shard,
    memory: &mut impl Memory,
    budget: &impl Budget,
    stops: impl FnMut(Seen<'_, S::End, S::Flaw>) -> bool,
) -> Result<FoundBy<S>, S::Halt> {
    let roster = Roster::default();
    let mut search = Search::new(system, method, shard, memory, &roster, budget, stops);
    search.work(None, || None::<fn(Task<S>)>)?;
    Ok(search.finish())
}

/// Where the system stands when it has arrived somewhere.
struct Arrival<T> {
    asleep: Vec<Sleeper<T>>,
    place: Place,
}

/// A search under way.
pub(crate) struct Search<'a, S: System, M, B, W> {
    system: &'a mut S,
    method: Method,
    shard: Shard,
    memory: &'a mut M,
    budget: &'a B,
    stops: W,
    found: FoundBy<S>,
    roster: &'a Roster<S::Actor>,
    /// The choices from the beginning to where the system stands.
    path: PathOf<S>,
    stack: Stack<S>,
    /// With bounded preemptions.
    fewest: Fewest,
    /// States in which a way has ended, where states are not remembered otherwise.
    ended: Visited,
    root: S::Standing,
    /// The system does not stand at the end of the path.
    strayed: bool,
    pub(crate) is_stopped: bool,
}

impl<'a, S: System, M: Memory, B: Budget, W: FnMut(Seen<'_, S::End, S::Flaw>) -> bool>
    Search<'a, S, M, B, W>
{
    pub(crate) fn new(
        system: &'a mut S,
        method: Method,
        shard: Shard,
        memory: &'a mut M,
        roster: &'a Roster<S::Actor>,
        budget: &'a B,
        stops: W,
    ) -> Self {
        let root = system.standing();
        Self {
            system,
            method,
            shard,
            memory,
            budget,
            stops,
            found: Found::new(),
            roster,
            path: Path::default(),
            stack: Stack::default(),
            fewest: Fewest::default(),
            ended: Visited::default(),
            root,
            strayed: false,
            is_stopped: false,
        }
    }

    /// Goes every way from a task on, or from the beginning; gives choices away wherever `give` says to whom.
    pub(crate) fn work<G: FnOnce(Task<S>)>(
        &mut self,
        task: Option<Task<S>>,
        give: impl Fn() -> Option<G>,
    ) -> Result<(), S::Halt> {
        match task {
            None => self.arrive(Arrival {
                asleep: Vec::new(),
                place: Place {
                    preemptions: 0,
                    way: shard::ROOT,
                    branchings: 0,
                },
            })?,
            Some(task) => self.take_over(task),
        }
        while !self.is_stopped {
            if let Some(give) = give()
                && let Some(task) = self.stack.give_away(&self.path)
            {
                give(task);
            }
            let Some(index) = self.stack.next_choice() else {
                break;
            };
            self.fork(index)?;
        }
        Ok(())
    }

    /// Goes to where a task is to be done, and has its choice as the only one left.
    fn take_over(&mut self, task: Task<S>) {
        self.path = task.path;
        self.retrace();
        let candidates = self.system.candidates();
        let index = candidates.iter().position(|known| *known == task.candidate);
        let asleep = task.asleep.into_iter().map(|(bit, touched)| Sleeper {
            bit,
            touched: Rc::new(touched),
        });
        self.stack.push(Frame {
            open: index.into_iter().collect(),
            candidates,
            standing: self.method.remember.then(|| self.system.standing()),
            asleep: asleep.collect(),
            depth: self.path.len(),
            place: task.place,
            fingerprint: None,
        });
    }

    /// Makes the choices of the path again, from the beginning.
    fn retrace(&mut self) {
        self.system.go_back(&self.root);
        for choice in self.path.choices() {
            // Whoever asks what could be chosen may change what it has noted of itself.
            let _offered = self.system.candidates();
            // The same choices lead to the same: nothing new can come of them.
            let _known = self.system.take(choice);
        }
    }

    /// What was found, when the search is over. The system is somewhere.
    pub(crate) fn finish(mut self) -> FoundBy<S> {
        self.note_size();
        self.found
    }

    fn note_size(&mut self) {
        let (states, bytes) = self.memory.size();
        if self.method.visited && self.method.preemptions.is_none() {
            self.found.spent.states = states;
            self.found.spent.bytes = bytes;
        } else {
            self.found.spent.states = self.fewest.len() as u64;
        }
    }

    /// Makes a choice of the last frame.
    fn fork(&mut self, index: usize) -> Result<(), S::Halt> {
        // PANIC: whoever calls has just seen a frame with a choice left.
        let frame = self.stack.last().expect("a frame has a choice left");
        let candidate = frame.candidates[index];
        let (depth, before) = (frame.depth, frame.place);
        let preempts = self.path.preempts(depth, &frame.candidates, candidate.actor);
        let preemptions = before.preemptions + u32::from(preempts);
        if self.is_beyond(preemptions) {
            return Ok(());
        }
        let (way, branchings) = match before.branchings {
            shard::BRANCHINGS => (before.way, before.branchings),
            fewer => {
                let name = self.system.name_hash(candidate.choice);
                (shard::longer(before.way, name), fewer + 1)
            }
        };
        let decides = before.branchings < shard::BRANCHINGS && branchings == shard::BRANCHINGS;
        if decides && !self.shard.holds(way) {
            // Somebody else goes there: for those who come after it is as if it had been gone.
            if !self.method.sleep {
                return Ok(());
            }
        }
        if self.strayed || self.path.len() != depth {
            self.go_back(depth);
        }
        let taken = self.take(candidate, preemptions)?;
        let bit = self.roster.bit(candidate.actor);
        // PANIC: only the loop that calls takes frames away.
        let frame = self.stack.last_mut().expect("the frame is still there");
        let asleep = match self.method.sleep {
            true => {
                let asleep = undisturbed(&frame.asleep, &taken.touched, bit);
                if bit != 0 {
                    frame.asleep.push(Sleeper {
                        bit,
                        touched: Rc::new(taken.touched),
                    });
                }
                asleep
            }
            false => Vec::new(),
        };
        if self.is_stopped || decides && !self.shard.holds(way) {
            return Ok(());
        }
        self.arrive(Arrival {
            asleep,
            place: Place {
                preemptions,
                way,
                branchings,
            },
        })
    }

    /// Whether one more choice with so many preemptions is more than the method allows.
    fn is_beyond(&self, preemptions: u32) -> bool {
        let Method {
            preemptions: most,
            depth,
            ..
        } = self.method;
        most.is_some_and(|most| preemptions > most) || depth.is_some_and(|depth| self.path.len() >= depth)
    }

    /// Brings the system back to the last frame.
    fn go_back(&mut self, depth: usize) {
        // PANIC: a choice of the last frame is about to be made.
        let frame = self.stack.last().expect("there is a frame");
        self.path.truncate(depth);
        self.strayed = false;
        match &frame.standing {
            Some(standing) => self.system.go_back(standing),
            None => self.retrace(),
        }
    }

    fn take(
        &mut self,
        candidate: Candidate<S::Choice, S::Actor>,
        preemptions: u32,
    ) -> Result<Taken<S::Touched, S::Flaw>, S::Halt> {
        let mut taken = self.system.take(candidate.choice)?;
        self.path.push(candidate.choice, candidate.actor);
        self.found.spent.transitions += 1;
        self.found.spent.depth = self.found.spent.depth.max(self.path.len() as u64);
        for flaw in std::mem::take(&mut taken.flaws) {
            self.note_flaw(flaw, preemptions);
        }
        if self.found.spent.transitions.is_multiple_of(BETWEEN_QUESTIONS) {
            self.note_size();
            if !self.budget.allows(&self.found.spent) {
                self.found.verdict = Verdict::Spent;
                self.is_stopped = true;
            }
        }
        Ok(taken)
    }

    fn note_flaw(&mut self, flaw: S::Flaw, preemptions: u32) {
        self.stop_at(Seen::Flaw(&flaw));
        let size = (preemptions, self.path.len());
        let path = &self.path;
        self.found.note_flaw(flaw, || path.witness(preemptions), size);
    }

    fn stop_at(&mut self, seen: Seen<'_, S::End, S::Flaw>) {
        if (self.stops)(seen) {
            self.is_stopped = true;
            self.found.verdict = Verdict::Stopped;
        }
    }

    /// The system has come somewhere: to an end, to where somebody was before, or to a choice.
    fn arrive(&mut self, arrival: Arrival<S::Touched>) -> Result<(), S::Halt> {
        let Arrival {
            mut asleep,
            mut place,
        } = arrival;
        let mut in_a_row = 0_u64;
        loop {
            if self.is_stopped {
                return Ok(());
            }
            let candidates = self.system.candidates();
            if candidates.is_empty() {
                return self.end(place.preemptions);
            }
            let enough = match self.method.persistent {
                true => self.system.enough(&candidates),
                false => (0..candidates.len()).collect(),
            };
            let sleeps = mask(&asleep);
            let bits: Vec<Mask> = enough
                .iter()
                .map(|&index| self.roster.bit(candidates[index].actor))
                .collect();
            // Where there is one way on nothing is to be remembered.
            if let [only] = enough[..] {
                if bits[0] & sleeps != 0 {
                    return Ok(());
                }
                in_a_row += 1;
                if in_a_row > ENDLESS {
                    self.note_livelock(place.preemptions);
                    return Ok(());
                }
                let candidate = candidates[only];
                let preempts = self.path.preempts(self.path.len(), &candidates, candidate.actor);
                place.preemptions += u32::from(preempts);
                if self.is_beyond(place.preemptions) {
                    return Ok(());
                }
                let taken = self.take(candidate, place.preemptions)?;
                if self.method.sleep {
                    asleep = undisturbed(&asleep, &taken.touched, bits[0]);
                }
                continue;
            }
            // Also where all sleep: which states there are is then the same in whatever order they are come to.
            let (fingerprint, woken) = match self.remember(&asleep, place.preemptions) {
                Remembered::Go { fingerprint, woken } => (fingerprint, woken),
                Remembered::Known => return Ok(()),
            };
            let goes = |bit: Mask| match woken {
                None => bit & sleeps == 0,
                Some(woken) => bit & woken != 0,
            };
            let indexes = enough.iter().zip(&bits);
            let mut open: Vec<usize> = indexes
                .filter(|&(_, &bit)| goes(bit))
                .map(|(&index, _)| index)
                .collect();
            if open.is_empty() {
                return Ok(());
            }
            open.reverse();
            let standing = self.method.remember.then(|| self.system.standing());
            self.stack.push(Frame {
                candidates,
                open,
                standing,
                asleep,
                depth: self.path.len(),
                place,
                fingerprint,
            });
            return Ok(());
        }
    }

    /// Whether somebody has been here.
    fn remember(&mut self, asleep: &[Sleeper<S::Touched>], preemptions: u32) -> Remembered {
        if !self.method.visited {
            return Remembered::UNKNOWN;
        }
        let fingerprint = self.system.fingerprint();
        if self.method.preemptions.is_some() {
            let last = self.path.last_actor().map(|actor| self.roster.bit(actor));
            let here = (preemptions, self.path.len());
            return match self.fewest.has_work(fingerprint, last.unwrap_or(0), here) {
                true => Remembered::UNKNOWN,
                false => Remembered::Known,
            };
        }
        match self.memory.visit(fingerprint, mask(asleep)) {
            Known::New => Remembered::Go {
                fingerprint: Some(fingerprint),
                woken: None,
            },
            Known::Before { woken } => {
                if self.stack.is_fair_circle(fingerprint, &self.path) {
                    self.note_livelock(preemptions);
                }
                match woken {
                    0 => Remembered::Known,
                    woken => Remembered::Go {
                        fingerprint: None,
                        woken: Some(woken),
                    },
                }
            }
        }
    }

    fn note_livelock(&mut self, preemptions: u32) {
        if self.found.livelock.is_none() {
            self.found.livelock = Some(self.path.witness(preemptions));
        }
    }

    /// A way has come to its end.
    fn end(&mut self, preemptions: u32) -> Result<(), S::Halt> {
        let fingerprint = self.system.fingerprint();
        let is_new = match self.method.visited && self.method.preemptions.is_none() {
            true => self.memory.visit(fingerprint, 0) == Known::New,
            false => self.ended.visit(fingerprint, 0) == Known::New,
        };
        // What an end comes to is the same every time.
        if !is_new && self.method.visited && self.method.preemptions.is_none() {
            return Ok(());
        }
        let Ended { end, flaws } = self.system.end()?;
        for flaw in flaws {
            self.note_flaw(flaw, preemptions);
        }
        self.stop_at(Seen::End(&end));
        let size = (preemptions, self.path.len());
        let path = &self.path;
        self.found
            .note_end(end, is_new, || path.witness(preemptions), size);
        // It may have gone on for that: whoever comes next goes back first.
        self.strayed = true;
        Ok(())
    }
}
