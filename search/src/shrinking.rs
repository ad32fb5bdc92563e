//! The shortest way to something: with the fewest preemptions, and among those with the fewest choices.

use crate::budget::{Budget, Verdict};
use crate::exhaustive::{Seen, search};
use crate::found::Witness;
use crate::method::Method;
use crate::shard::Shard;
use crate::system::System;
use crate::visited::Visited;

/// More preemptions than anybody wants to read.
const MOST_PREEMPTIONS: u32 = 12;

/// A way to something, as short as the budget allows; nothing where none was found. The system stands where it did.
///
/// # Errors
/// What stopped the system.
pub fn shortest<S: System>(
    system: &mut S,
    budget: &impl Budget,
    is_it: impl Fn(&Seen<'_, S::End, S::Flaw>) -> bool,
) -> Result<Option<Witness<S::Choice>>, S::Halt> {
    let root = system.standing();
    let mut best: Option<Witness<S::Choice>> = None;
    for most in 0..=MOST_PREEMPTIONS {
        let (verdict, first) = one(system, most, None, budget, &is_it)?;
        system.go_back(&root);
        if let Some(first) = first {
            best = Some(first);
            break;
        }
        if verdict == Verdict::Spent {
            return Ok(None);
        }
    }
    // The same with fewer choices, as long as there is such a way.
    while let Some(known) = &best {
        let (most, depth) = (known.preemptions, known.choices.len().saturating_sub(1));
        let (_, shorter) = one(system, most, Some(depth), budget, &is_it)?;
        system.go_back(&root);
        match shorter {
            Some(shorter) => best = Some(shorter),
            None => break,
        }
    }
    Ok(best)
}

/// How a search ended, and the first way that it found.
type Gone<C> = (Verdict, Option<Witness<C>>);

/// The first way to it within bounds.
fn one<S: System>(
    system: &mut S,
    preemptions: u32,
    depth: Option<usize>,
    budget: &impl Budget,
    is_it: &impl Fn(&Seen<'_, S::End, S::Flaw>) -> bool,
) -> Result<Gone<S::Choice>, S::Halt> {
    let method = Method {
        visited: true,
        preemptions: Some(preemptions),
        depth,
        ..Method::PLAIN
    };
    let stops = |seen: Seen<'_, S::End, S::Flaw>| is_it(&seen);
    let found = search(system, method, Shard::ALL, &mut Visited::default(), budget, stops)?;
    let flaws = found.flaws.iter().filter(|(flaw, _)| is_it(&Seen::Flaw(flaw)));
    let ends = found.ends.iter().filter(|(end, _)| is_it(&Seen::End(end)));
    let ways = flaws
        .map(|(_, seen)| &seen.witness)
        .chain(ends.map(|(_, seen)| &seen.witness));
    let best = ways.min_by_key(|way| way.size()).cloned();
    Ok((found.verdict, best))
}
