//! The smallest scenario that still shows a finding: steps are dropped, then numbers made simple. Each try is a run on a guest, so
//! their number is limited; what could not be played, or would leave its class, is not tried.

use crate::scenario::{Action, GateStep, HostStep, Reachability, ScenarioFile, Step, parse_scenario};
use crate::swarm::compliance::is_compliant;
use crate::swarm::saving::text_of;
use driver::HostOperation;
use emulator::config::FirmwareKnobs;
use emulator::order::{FirmwareOrder, PageRequest};

/// What shrinking has come to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shrunk {
    /// The smallest that was found.
    pub file: ScenarioFile,
    /// How many runs it took.
    pub tries: u32,
}

/// How much is spent on shrinking one finding.
#[derive(Clone, Copy)]
pub struct Effort<'a> {
    /// Runs, at the most.
    pub tries: u32,
    /// Once this is true no further run begins.
    pub is_over: &'a dyn Fn() -> bool,
}

impl Effort<'_> {
    /// So many runs, however long they take.
    #[must_use]
    pub fn of(tries: u32) -> Self {
        Self {
            tries,
            is_over: &|| false,
        }
    }
}

/// Shrinks `file`, whose finding was seen after step `seen` (from 1). `shows` runs a scenario and says
/// whether it shows the same.
///
/// # Errors
/// What `shows` says.
pub fn shrink<E>(
    file: &ScenarioFile,
    seen: u32,
    effort: Effort<'_>,
    shows: impl FnMut(&ScenarioFile) -> Result<bool, E>,
) -> Result<Shrunk, E> {
    let mut shrinker = Shrinker {
        best: file.clone(),
        tries: 0,
        effort,
        shows,
    };
    shrinker.cut_after(seen)?;
    loop {
        let before = shrinker.best.clone();
        shrinker.drop_steps()?;
        shrinker.join_at_once()?;
        shrinker.simplify_device()?;
        shrinker.simplify_numbers()?;
        if shrinker.best == before || shrinker.is_spent() {
            break;
        }
    }
    let Shrinker { best, tries, .. } = shrinker;
    Ok(Shrunk { file: best, tries })
}

/// Whether a scenario can be played, and is of its class.
#[must_use]
pub fn is_playable(file: &ScenarioFile) -> bool {
    let keeps_class = file.reachability != Reachability::CompliantFirmware || is_compliant(file);
    let text = text_of(file).unwrap_or_default();
    keeps_class && parse_scenario(&file.name, Some(&file.name), text).is_ok()
}

struct Shrinker<'a, F> {
    best: ScenarioFile,
    tries: u32,
    effort: Effort<'a>,
    shows: F,
}

impl<E, F: FnMut(&ScenarioFile) -> Result<bool, E>> Shrinker<'_, F> {
    fn is_spent(&self) -> bool {
        self.tries >= self.effort.tries || (self.effort.is_over)()
    }

    /// Takes a candidate that still shows it.
    fn attempt(&mut self, candidate: ScenarioFile) -> Result<bool, E> {
        if candidate == self.best || !is_playable(&candidate) || self.is_spent() {
            return Ok(false);
        }
        self.tries += 1;
        let shows = (self.shows)(&candidate)?;
        if shows {
            self.best = candidate;
        }
        Ok(shows)
    }

    fn with_steps(&self, steps: Vec<Step>) -> ScenarioFile {
        ScenarioFile {
            steps,
            ..self.best.clone()
        }
    }

    /// What comes after it was seen has not made it.
    fn cut_after(&mut self, seen: u32) -> Result<(), E> {
        let seen = usize::try_from(seen).unwrap_or(usize::MAX);
        let steps = self.best.steps.iter().take(seen).cloned().collect();
        let cut = self.with_steps(steps);
        self.attempt(cut).map(drop)
    }

    /// Drops halves, quarters and so on of what belongs together, down to single ones.
    fn drop_steps(&mut self) -> Result<(), E> {
        let mut size = groups(&self.best.steps).len().div_ceil(2);
        while size > 0 {
            let mut begin = 0;
            loop {
                let groups = groups(&self.best.steps);
                if begin >= groups.len() {
                    break;
                }
                let end = (begin + size).min(groups.len());
                let dropped: Vec<usize> = groups[begin..end].concat();
                let steps = self.best.steps.iter().enumerate();
                let left = steps.filter(|(place, _)| !dropped.contains(place));
                let candidate = self.with_steps(left.map(|(_, step)| step.clone()).collect());
                if !self.attempt(candidate)? {
                    begin = end;
                }
            }
            size /= 2;
        }
        Ok(())
    }

    /// Operations that need not run in the background.
    fn join_at_once(&mut self) -> Result<(), E> {
        for place in 0..self.best.steps.len() {
            let mut steps = self.best.steps.clone();
            let Some(step) = steps.get_mut(place).filter(|step| step.background) else {
                continue;
            };
            step.background = false;
            let name = step.name.take();
            steps.retain(|step| match &step.host {
                Some(HostStep::WaitFor(waited)) => Some(waited) != name.as_ref(),
                _ => true,
            });
            let candidate = self.with_steps(steps);
            self.attempt(candidate)?;
        }
        Ok(())
    }

    fn simplify_device(&mut self) -> Result<(), E> {
        let mut candidate = self.best.clone();
        candidate.device.firmware = FirmwareKnobs::default();
        if self.attempt(candidate)? {
            return Ok(());
        }
        let usual = FirmwareKnobs::default();
        let mut parts = vec![self.best.device.firmware.clone(); 4];
        parts[0].return_order = usual.return_order;
        parts[1].returns_at_most = usual.returns_at_most;
        parts[2].on_disable = usual.on_disable;
        parts[3].command_execution = usual.command_execution;
        for firmware in parts {
            let mut candidate = self.best.clone();
            candidate.device.firmware = firmware;
            if self.attempt(candidate)? {
                return self.simplify_device();
            }
        }
        Ok(())
    }

    fn simplify_numbers(&mut self) -> Result<(), E> {
        for place in 0..self.best.steps.len() {
            for simpler in simpler(&self.best.steps[place]) {
                let mut steps = self.best.steps.clone();
                steps[place] = simpler;
                let candidate = self.with_steps(steps);
                if self.attempt(candidate)? {
                    break;
                }
            }
        }
        Ok(())
    }
}

/// Places of steps that only make sense together: a hold with its release, an operation with the wait for it.
fn groups(steps: &[Step]) -> Vec<Vec<usize>> {
    let mut groups: Vec<(Option<String>, Vec<usize>)> = Vec::new();
    for (place, step) in steps.iter().enumerate() {
        let key = match step.action() {
            Some(Action::Gate(GateStep::Hold(hold))) => Some(format!("hold {}", hold.name)),
            Some(Action::Gate(GateStep::Release { name } | GateStep::WaitHeld { name })) => {
                Some(format!("hold {name}"))
            }
            Some(Action::Host(HostStep::WaitFor(name))) => Some(format!("runs {name}")),
            Some(Action::Host(_)) if step.background => step.name.as_ref().map(|name| format!("runs {name}")),
            _ => None,
        };
        match groups
            .iter_mut()
            .find(|(known, _)| key.is_some() && *known == key)
        {
            Some((_, places)) => places.push(place),
            None => groups.push((key, vec![place])),
        }
    }
    groups.into_iter().map(|(_, places)| places).collect()
}

/// The same step with a simpler number, the simplest first.
fn simpler(step: &Step) -> Vec<Step> {
    let host = |operation| Step {
        host: Some(HostStep::Operation(operation)),
        ..step.clone()
    };
    let order = |order| Step {
        firmware: Some(order),
        ..step.clone()
    };
    match (&step.host, &step.firmware) {
        (Some(HostStep::Operation(HostOperation::EnableVfs(number))), _) if *number > 1 => {
            vec![host(HostOperation::EnableVfs(1))]
        }
        (_, Some(FirmwareOrder::RequestPages(request))) => simpler_requests(request)
            .map(|request| order(FirmwareOrder::RequestPages(request)))
            .collect(),
        (_, Some(FirmwareOrder::When(rule))) if rule.then.len() > 1 => rule
            .then
            .iter()
            .map(|one| {
                let mut rule = rule.clone();
                rule.then = vec![one.clone()];
                order(FirmwareOrder::When(rule))
            })
            .collect(),
        (_, Some(FirmwareOrder::Answer(rule))) if rule.times > 1 => {
            let mut rule = rule.clone();
            rule.times = 1;
            vec![order(FirmwareOrder::Answer(rule))]
        }
        _ => Vec::new(),
    }
}

fn simpler_requests(request: &PageRequest) -> impl Iterator<Item = PageRequest> {
    let pages = request.pages;
    let candidates = [1_i32, 64, 512].map(|number| number * pages.signum());
    let request = request.clone();
    candidates
        .into_iter()
        .filter(move |simple| simple.unsigned_abs() < pages.unsigned_abs())
        .map(move |pages| PageRequest {
            pages,
            ..request.clone()
        })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::swarm::drawing::draw;
    use crate::swarm::frame::orders;
    use crate::swarm::frame::tests::frame;
    use std::convert::Infallible;

    fn asks_back(step: &Step) -> bool {
        matches!(&step.firmware, Some(FirmwareOrder::RequestPages(request)) if request.pages < 0)
    }

    /// A driver that breaks when firmware asks pages back.
    fn breaks(file: &ScenarioFile) -> bool {
        file.steps.iter().any(asks_back)
    }

    #[test]
    fn what_has_not_made_it_is_dropped() {
        let frame = frame("compliant_firmware");
        let mut shrunk = 0;
        for seed in (0..200).filter(|seed| breaks(&draw(&frame, *seed))) {
            let file = draw(&frame, seed);
            let seen = u32::try_from(file.steps.len()).unwrap();
            let small = shrink::<Infallible>(&file, seen, Effort::of(400), |file| Ok(breaks(file)));
            let small = small.unwrap().file;
            // The driver is loaded, pages are asked for and asked back.
            assert_eq!(
                (small.steps.len(), orders(&small)),
                (3, 2),
                "seed {seed}: {small:#?}"
            );
            assert!(is_playable(&small));
            assert_eq!(small.device.firmware, FirmwareKnobs::default());
            shrunk += 1;
        }
        assert!(shrunk > 5);
    }

    #[test]
    fn no_more_is_tried_than_allowed() {
        let file = draw(&frame("compliant_firmware"), 3);
        let mut runs = 0;
        let shrunk = shrink::<Infallible>(&file, 99, Effort::of(5), |_| {
            runs += 1;
            Ok(false)
        });
        let shrunk = shrunk.unwrap();
        assert!(runs <= 5 && shrunk.tries == runs);
        assert_eq!(shrunk.file, file);
    }
}
