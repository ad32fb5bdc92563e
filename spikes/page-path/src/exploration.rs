//! Exhaustive search with visited-state fingerprints, and random schedules, over any of the worlds.

use std::collections::{BTreeMap, BTreeSet};

use crate::model::{Operation, Shared, TerminalOutcome, fingerprint_of};

/// A world of actors, each suspended at an announced operation.
pub trait World {
    fn actors(&self) -> usize;
    /// What the actor does when it is picked next; none once it has finished.
    fn announced(&self, actor: usize) -> Option<Operation>;
    fn shared(&self) -> &Shared;
    /// Lets `actor` do `operation`, which it has announced, and run to its next announcement.
    fn step(&mut self, actor: usize, operation: Operation);
    fn fingerprint(&self) -> u64;
    fn outcome(&self) -> TerminalOutcome;
}

/// What an exhaustive search found.
#[derive(Default, Debug)]
pub struct Findings {
    pub visited: BTreeSet<u64>,
    pub transitions: u64,
    /// Steps taken in total, those that only led back to a known state by running again included.
    pub executed_steps: u64,
    /// Transitions that took the VF counter below zero.
    pub underflows: u64,
    pub terminal_outcomes: BTreeMap<u64, TerminalOutcome>,
}

impl Findings {
    pub fn stuck_outcomes(&self) -> usize {
        self.terminal_outcomes
            .values()
            .filter(|outcome| outcome.is_stuck())
            .count()
    }

    /// Runs that finished with every VF page back in the host and a VF counter that is not 0.
    pub fn drifted_outcomes(&self) -> usize {
        let drifted = |outcome: &&TerminalOutcome| !outcome.is_stuck() && outcome.shared.vf_counter_drifted();
        self.terminal_outcomes.values().filter(drifted).count()
    }

    /// Takes one new transition. The violation belongs to the transition, so it is judged before the visited look-up.
    fn take(&mut self, world: &mut impl World, choice: Choice) {
        let was_below_zero = world.shared().vf_counter_is_below_zero();
        world.step(choice.actor, choice.operation);
        self.executed_steps += 1;
        self.transitions += 1;
        if !was_below_zero && world.shared().vf_counter_is_below_zero() {
            self.underflows += 1;
        }
    }

    fn record_terminal(&mut self, world: &impl World) {
        let outcome = world.outcome();
        self.terminal_outcomes.insert(fingerprint_of(&outcome), outcome);
    }
}

/// One enabled actor and the operation it has announced.
#[derive(Clone, Copy, Debug)]
pub struct Choice {
    pub actor: usize,
    pub operation: Operation,
}

fn enabled(world: &impl World) -> impl Iterator<Item = Choice> {
    (0..world.actors()).filter_map(|actor| {
        let operation = world.announced(actor)?;
        world
            .shared()
            .is_enabled(operation)
            .then_some(Choice { actor, operation })
    })
}

pub fn outcome_of(world: &impl World) -> TerminalOutcome {
    let unfinished = (0..world.actors()).filter(|&actor| world.announced(actor).is_some());
    let unfinished_actors = unfinished.fold(0, |mask, actor| mask | (1 << actor));
    TerminalOutcome {
        shared: *world.shared(),
        unfinished_actors,
    }
}

/// Depth first; a state is gone back to by keeping a copy of it.
pub fn explore_by_cloning<W: World + Clone>(start: W) -> Findings {
    let mut findings = Findings::default();
    findings.visited.insert(start.fingerprint());
    let mut stack = vec![start];
    while let Some(state) = stack.pop() {
        let mut is_terminal = true;
        for choice in enabled(&state) {
            is_terminal = false;
            let mut next = state.clone();
            findings.take(&mut next, choice);
            if findings.visited.insert(next.fingerprint()) {
                stack.push(next);
            }
        }
        if is_terminal {
            findings.record_terminal(&state);
        }
    }
    findings
}

/// Depth first; a state is gone back to by starting anew and making the same choices again.
pub fn explore_by_running_again<W: World>(start: impl Fn() -> W) -> Findings {
    let mut findings = Findings::default();
    let mut schedules: Vec<Vec<Choice>> = Vec::new();
    let mut world = start();
    let mut path: Vec<Choice> = Vec::new();
    let mut is_new = findings.visited.insert(world.fingerprint());
    loop {
        while is_new {
            let mut choices = enabled(&world);
            let Some(first) = choices.next() else {
                drop(choices);
                findings.record_terminal(&world);
                break;
            };
            for other in choices {
                schedules.push(path.iter().copied().chain([other]).collect());
            }
            path.push(first);
            findings.take(&mut world, first);
            is_new = findings.visited.insert(world.fingerprint());
        }
        let Some(schedule) = schedules.pop() else {
            return findings;
        };
        let Some((&last, before)) = schedule.split_last() else {
            return findings;
        };
        world = start();
        for choice in before {
            assert_eq!(
                world.announced(choice.actor),
                Some(choice.operation),
                "a schedule did not replay"
            );
            world.step(choice.actor, choice.operation);
            findings.executed_steps += 1;
        }
        findings.take(&mut world, last);
        is_new = findings.visited.insert(world.fingerprint());
        path = schedule;
    }
}

/// Runs `schedules` random schedules to their end; returns the steps they took and how many saw an underflow.
pub fn run_random_schedules<W: World>(start: impl Fn() -> W, schedules: u32, seed: u64) -> (u64, u32) {
    let mut random = seed;
    let (mut steps, mut underflowed) = (0, 0);
    for _ in 0..schedules {
        let mut world = start();
        let mut saw_underflow = false;
        loop {
            let choices = enabled(&world).count();
            if choices == 0 {
                break;
            }
            random = random.wrapping_add(0x9e37_79b9_7f4a_7c15);
            let pick = usize::try_from(fingerprint_of(&random) >> 33).unwrap_or(0) % choices;
            let Some(choice) = enabled(&world).nth(pick) else {
                break;
            };
            world.step(choice.actor, choice.operation);
            steps += 1;
            saw_underflow |= world.shared().vf_counter_is_below_zero();
        }
        underflowed += u32::from(saw_underflow);
    }
    (steps, underflowed)
}

/// Visits every state and asserts that enabled operations whose footprints do not meet (different objects, or one
/// object only read) lead to the same state in either order: the announcements leave nothing out. Returns how many
/// such pairs there were.
#[cfg(test)]
pub fn count_commuting_pairs<W: World + Clone>(start: W) -> u64 {
    let mut visited = BTreeSet::from([start.fingerprint()]);
    let mut stack = vec![start];
    let mut pairs = 0;
    while let Some(state) = stack.pop() {
        let choices: Vec<Choice> = enabled(&state).collect();
        for (position, &one) in choices.iter().enumerate() {
            for &other in &choices[position + 1..] {
                if one.operation.conflicts_with(other.operation) {
                    continue;
                }
                pairs += 1;
                let in_order = |order: [Choice; 2]| {
                    let mut next = state.clone();
                    for choice in order {
                        assert!(next.shared().is_enabled(choice.operation), "{order:?}");
                        next.step(choice.actor, choice.operation);
                    }
                    next.fingerprint()
                };
                assert_eq!(
                    in_order([one, other]),
                    in_order([other, one]),
                    "{one:?} {other:?}"
                );
            }
            let mut next = state.clone();
            next.step(one.actor, one.operation);
            if visited.insert(next.fingerprint()) {
                stack.push(next);
            }
        }
    }
    pairs
}
