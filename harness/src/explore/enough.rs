//! Which choices are enough: a persistent set, worked out from what is known of those who take part.
//!
//! One choice is taken to begin with. Whoever may ever touch what a choice in the set touches has to be in it, too: with his own
//! choice, if he can go on; otherwise with the choices of all who may set him going, over as many as it takes. The smallest set that
//! comes out of that is enough.

use super::choice::{Actor, Choice};
use super::knowledge::{Doing, Knowledge, Role};
use super::touched::Touched;
use search::{Candidate, Conflict};

/// The smallest set that is found, in the order of the candidates.
pub(super) fn enough(
    known: &Knowledge,
    candidates: &[Candidate<Choice, Actor>],
    blocked: &[Role],
    to_come: &[Role],
) -> Vec<usize> {
    let all = (0..candidates.len()).collect();
    if candidates.len() < 2 || candidates.iter().all(|candidate| candidate.choice.takes_time()) {
        return all;
    }
    let here = Here::of(known, candidates, blocked, to_come);
    let mut best: Vec<usize> = all;
    for seed in 0..candidates.len() {
        if let Some(set) = here.closure(seed, best.len()) {
            best = set;
            if best.len() == 1 {
                break;
            }
        }
    }
    best
}

/// Who can do what where the race stands.
struct Here<'a> {
    known: &'a Knowledge,
    touched: Vec<Touched>,
    roles: Vec<Role>,
    /// Who may do something here or later, with what he may touch.
    others: Vec<(Role, Touched)>,
    /// Roles of which somebody is there and cannot go on, or is still to come.
    waiting: Vec<Role>,
}

impl<'a> Here<'a> {
    fn of(
        known: &'a Knowledge,
        candidates: &[Candidate<Choice, Actor>],
        blocked: &[Role],
        to_come: &[Role],
    ) -> Self {
        let doings: Vec<Doing> = candidates
            .iter()
            .map(|candidate| Doing::of(&candidate.choice))
            .collect();
        // Of an operation that nobody has seen yet nothing is known.
        let unseen = to_come.iter().filter(|role| !known.reach.contains_key(role));
        let unseen = unseen.map(|&role| (role, Touched::EVERYTHING()));
        let seen = known.reach.iter().map(|(&role, &touched)| (role, touched));
        Self {
            known,
            touched: doings.iter().map(|doing| known.touched_by(doing)).collect(),
            roles: doings.iter().map(|doing| doing.role).collect(),
            others: seen.chain(unseen).collect(),
            waiting: blocked.iter().chain(to_come).copied().collect(),
        }
    }

    /// The set that a choice leads to, if it is smaller than the best so far.
    fn closure(&self, seed: usize, best: usize) -> Option<Vec<usize>> {
        let mut is_in = vec![false; self.roles.len()];
        let mut open = vec![seed];
        is_in[seed] = true;
        let mut size = 1;
        while let Some(member) = open.pop() {
            if size >= best {
                return None;
            }
            for (role, reach) in &self.others {
                if !reach.conflicts_with(&self.touched[member]) {
                    continue;
                }
                let mut put = |place: usize| {
                    if !is_in[place] {
                        is_in[place] = true;
                        size += 1;
                        open.push(place);
                    }
                };
                let own: Vec<usize> = self.places(|theirs| theirs == *role);
                own.iter().for_each(|&place| put(place));
                // One of the role may come to it beside those that can go on.
                if own.is_empty() || may_be_several(*role) || self.waiting.contains(role) {
                    match self.known.wakers_of(*role) {
                        Some(wakers) => {
                            let wakers = self.places(|theirs| theirs != *role && wakers.contains(&theirs));
                            wakers.into_iter().for_each(put);
                        }
                        None => (0..self.roles.len()).for_each(put),
                    }
                }
            }
        }
        (size < best).then(|| (0..is_in.len()).filter(|&place| is_in[place]).collect())
    }

    fn places(&self, is_it: impl Fn(Role) -> bool) -> Vec<usize> {
        (0..self.roles.len())
            .filter(|&place| is_it(self.roles[place]))
            .collect()
    }
}

/// Whether several of a role may be about at one time: then those who are not are to be reckoned with, too.
const fn may_be_several(role: Role) -> bool {
    match role {
        // A worker is the only one of its queue, and an operation the only one of its line.
        Role::Task(_) | Role::Line(_) | Role::Time => false,
        Role::Interrupt(_) | Role::Device(..) => true,
    }
}
