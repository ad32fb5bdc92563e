//! From the plan to the outcomes.

use crate::building::{Built, Site};
use crate::error::MutationError;
use crate::listing::{self, Mutant};
use crate::outcome::{Outcome, Verdict};
use crate::plan::Plan;
use crate::trial::{self, Test, Tried};
use crate::weaving::Number;
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::fs::OpenOptions;
use std::io::Write as _;
use std::path::Path;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// Where things are.
#[derive(Clone, Copy, Debug)]
pub struct Places<'a> {
    /// The project.
    pub root: &'a Path,
    /// The copy, which is made if it is not there.
    pub copy: &'a Path,
    /// The file of outcomes. What stands in it is not tried again.
    pub outcomes: &'a Path,
    /// Only lines that this diff adds or changes.
    pub diff: Option<&'a Path>,
}

/// A mutant with its number and its group.
struct Candidate {
    number: Number,
    group: String,
    mutant: Mutant,
}

/// How many scenarios are played first: those that differed last.
const REMEMBERED: usize = 12;

/// Tries all mutants of the plan that nothing is known of, several at once, and tells each outcome as it comes.
///
/// # Errors
/// [`MutationError`] when the campaign cannot go on.
pub fn run(
    plan: &Plan,
    places: Places<'_>,
    jobs: usize,
    tell: &(dyn Fn(&Outcome) + Sync),
) -> Result<Vec<Outcome>, MutationError> {
    let mut candidates = Vec::new();
    for group in &plan.groups {
        for mutant in listing::of(places.root, group, plan.seed, places.diff)? {
            candidates.push(Candidate {
                number: candidates.len() + 1,
                group: group.name.clone(),
                mutant,
            });
        }
    }
    if candidates.is_empty() {
        return Ok(Vec::new());
    }
    let mutants: BTreeMap<Number, Mutant> = candidates
        .iter()
        .map(|it| (it.number, it.mutant.clone()))
        .collect();
    let site = Site {
        root: places.root,
        copy: places.copy,
        mutants: &mutants,
    };
    let known = read(places.outcomes)?;
    let known_as = |verdict| {
        let of_verdict = |it: &&Outcome| it.verdict == verdict;
        let known: BTreeSet<&str> = known
            .iter()
            .filter(of_verdict)
            .map(|it| it.mutant.as_str())
            .collect();
        let numbers = mutants
            .iter()
            .filter(move |(_, mutant)| known.contains(mutant.name.as_str()));
        numbers.map(|(number, _)| *number)
    };
    let built = site.build(Built {
        unviable: known_as(Verdict::Unviable).collect(),
        alone: alone(plan, &mutants)
            .into_iter()
            .chain(known_as(Verdict::Alone))
            .collect(),
        tests: Vec::new(),
    })?;
    trial::baseline(&built.tests, places.copy)?;
    let is_known = |candidate: &Candidate| known.iter().any(|it| is_of(it, candidate));
    let (known_already, open): (Vec<&Candidate>, Vec<&Candidate>) =
        candidates.iter().partition(|candidate| is_known(candidate));
    let told = known_already.into_iter().filter_map(|candidate| {
        let outcome = known.iter().find(|it| is_of(it, candidate));
        outcome.cloned()
    });
    let work = Work {
        queue: Mutex::new(open.into()),
        killers: Mutex::default(),
        outcomes: Mutex::new(told.collect()),
        packages: mutants.values().map(|mutant| mutant.package.as_str()).collect(),
        built: &built,
        places,
        tell,
    };
    work.all(jobs)?;
    Ok(work.outcomes.into_inner().unwrap_or_else(PoisonError::into_inner))
}

fn is_of(outcome: &Outcome, candidate: &Candidate) -> bool {
    outcome.mutant == candidate.mutant.name && outcome.group == candidate.group
}

/// The mutants that the plan says cannot be switched.
fn alone(plan: &Plan, mutants: &BTreeMap<Number, Mutant>) -> BTreeSet<Number> {
    let is_alone = |mutant: &Mutant| {
        let name = mutant.function.as_ref().map(|function| function.name.as_str());
        let mut alone = plan.alone.iter();
        alone.any(|it| it.file == mutant.file && Some(it.function.as_str()) == name)
    };
    let alone = mutants.iter().filter(|(_, it)| is_alone(it));
    alone.map(|(number, _)| *number).collect()
}

/// What several workers share.
struct Work<'a> {
    queue: Mutex<VecDeque<&'a Candidate>>,
    /// The scenarios that differed last, the latest first.
    killers: Mutex<Vec<String>>,
    outcomes: Mutex<Vec<Outcome>>,
    /// Packages with mutants.
    packages: BTreeSet<&'a str>,
    built: &'a Built,
    places: Places<'a>,
    tell: &'a (dyn Fn(&Outcome) + Sync),
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Work<'_> {
    #[expect(
        clippy::disallowed_methods,
        reason = "this is no part of the deterministic core: programs run beside each other"
    )]
    fn all(&self, jobs: usize) -> Result<(), MutationError> {
        std::thread::scope(|scope| {
            let workers: Vec<_> = (0..jobs.max(1)).map(|_| scope.spawn(|| self.some())).collect();
            let done = workers.into_iter().map(|worker| match worker.join() {
                Ok(done) => done,
                Err(panic) => std::panic::resume_unwind(panic),
            });
            done.collect()
        })
    }

    /// One after another, until none is left.
    fn some(&self) -> Result<(), MutationError> {
        loop {
            let next = locked(&self.queue).pop_front();
            let Some(candidate) = next else {
                return Ok(());
            };
            let tried = self.one(candidate)?;
            if let Some(scenario) = tried.scenario {
                let mut killers = locked(&self.killers);
                killers.retain(|known| *known != scenario);
                killers.insert(0, scenario);
                killers.truncate(REMEMBERED);
            }
            let outcome = Outcome {
                group: candidate.group.clone(),
                mutant: candidate.mutant.name.clone(),
                verdict: tried.verdict,
                by: tried.by,
            };
            let mut outcomes = locked(&self.outcomes);
            append(self.places.outcomes, &outcome)?;
            (self.tell)(&outcome);
            outcomes.push(outcome);
        }
    }

    fn one(&self, candidate: &Candidate) -> Result<Tried, MutationError> {
        let untried = |verdict| Tried {
            verdict,
            by: None,
            scenario: None,
        };
        if self.built.unviable.contains(&candidate.number) {
            return Ok(untried(Verdict::Unviable));
        }
        if self.built.alone.contains(&candidate.number) {
            return Ok(untried(Verdict::Alone));
        }
        // Unit tests of another crate say nothing.
        let own = &candidate.mutant.package;
        let says_something =
            |test: &&Test| test.package == *own || !self.packages.contains(test.package.as_str());
        let tests: Vec<&Test> = self.built.tests.iter().filter(says_something).collect();
        let first = locked(&self.killers).clone();
        trial::try_mutant(&tests, candidate.number, self.places.copy, &first)
    }
}

fn read(path: &Path) -> Result<Vec<Outcome>, MutationError> {
    let text = match std::fs::read_to_string(path) {
        Ok(text) => text,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(MutationError::file(path)(error)),
    };
    let outcomes = text.lines().map(|line| {
        serde_json::from_str(line).map_err(|cause| MutationError::Answer {
            program: path.display().to_string(),
            cause,
        })
    });
    outcomes.collect()
}

fn append(path: &Path, outcome: &Outcome) -> Result<(), MutationError> {
    let line = serde_json::to_string(outcome).map_err(|cause| MutationError::Answer {
        program: path.display().to_string(),
        cause,
    })?;
    let mut file = OpenOptions::new()
        .create(true)
        .append(true)
        .open(path)
        .map_err(MutationError::file(path))?;
    writeln!(file, "{line}").map_err(MutationError::file(path))
}
