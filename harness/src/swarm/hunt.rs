//! From a finding to one that is believed: it comes again on a fresh guest, is shrunk, and comes again once more.

use crate::scenario::ScenarioFile;
use crate::swarm::finding::Finding;
use crate::swarm::player::Player;
use crate::swarm::shrinking::{Effort, shrink};

/// How often a finding that depends on a race is given the chance to come again.
const CHANCES: u32 = 3;

/// What has become of a finding.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pursued {
    /// The finding, as the last run has shown it.
    pub finding: Finding,
    /// The scenario that shows it: the shrunk one, or, if only that came again, the drawn one.
    pub file: ScenarioFile,
    /// It came again on a fresh guest.
    pub repeats: bool,
    /// Runs that it took.
    pub runs: u32,
}

impl Pursued {
    /// The scenario, told as one: what was seen `on` whom, and where it comes from, a seed in the frame of this name with so many
    /// steps.
    #[must_use]
    pub fn told(&self, on: &str, frame: &str, seed: u64, drawn: usize) -> ScenarioFile {
        let finding = &self.finding;
        let mut file = self.file.clone();
        file.name = format!("{frame}-{}-seed-{seed}", finding.signature.invariant);
        file.concern = format!("{} is broken after step {}.", finding.signature, finding.step);
        file.why = format!(
            "{on}, {}. Firmware's choices were drawn from seed {seed} in the frame of `{frame}`; of {drawn} steps {} are left.",
            finding.detail,
            file.steps.len(),
        );
        file
    }
}

/// Follows a finding of a drawn scenario.
///
/// # Errors
/// What kept a scenario from being played.
pub fn pursue<P: Player>(
    player: &mut P,
    drawn: &ScenarioFile,
    finding: &Finding,
    effort: Effort<'_>,
) -> Result<Pursued, P::Error> {
    let mut runs = 0;
    let mut pursued = Pursued {
        finding: finding.clone(),
        file: drawn.clone(),
        repeats: false,
        runs,
    };
    let Some(again) = repeated(player, drawn, finding, &mut runs)? else {
        pursued.runs = runs;
        return Ok(pursued);
    };
    pursued.repeats = true;
    pursued.finding = again;
    let seen = finding.step.max(pursued.finding.step);
    let shrunk = shrink(drawn, seen, effort, |file| {
        Ok(same(&player.play(file, false)?, finding).is_some())
    })?;
    runs += shrunk.tries;
    if let Some(again) = repeated(player, &shrunk.file, finding, &mut runs)? {
        pursued.finding = again;
        pursued.file = shrunk.file;
    }
    pursued.runs = runs;
    Ok(pursued)
}

/// The finding as a fresh guest shows it, if one does.
fn repeated<P: Player>(
    player: &mut P,
    file: &ScenarioFile,
    finding: &Finding,
    runs: &mut u32,
) -> Result<Option<Finding>, P::Error> {
    for _ in 0..CHANCES {
        *runs += 1;
        if let Some(again) = same(&player.play(file, true)?, finding) {
            return Ok(Some(again));
        }
    }
    Ok(None)
}

fn same(findings: &[Finding], as_this: &Finding) -> Option<Finding> {
    let same = |other: &&Finding| other.signature == as_this.signature;
    findings.iter().find(same).cloned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::swarm::drawing::draw;
    use crate::swarm::finding::Invariant;
    use crate::swarm::frame::tests::frame;
    use std::convert::Infallible;

    /// Breaks on every so manieth run.
    struct Now {
        every: u32,
        runs: u32,
    }

    impl Player for Now {
        type Error = Infallible;

        fn play(&mut self, file: &ScenarioFile, _: bool) -> Result<Vec<Finding>, Infallible> {
            self.runs += 1;
            let breaks = self.runs.is_multiple_of(self.every) && file.steps.len() > 1;
            Ok(if breaks { vec![finding()] } else { Vec::new() })
        }
    }

    fn finding() -> Finding {
        Finding::new(Invariant::NothingIsLeft, "", 4, "firmware has 4 pages".to_owned())
    }

    fn of(every: u32) -> Pursued {
        let drawn = draw(&frame("compliant_firmware"), 9);
        let mut player = Now { every, runs: 0 };
        pursue(&mut player, &drawn, &finding(), Effort::of(100)).unwrap()
    }

    #[test]
    fn what_comes_again_is_believed_and_shrunk() {
        let sure = of(1);
        assert!(sure.repeats);
        assert_eq!(sure.file.steps.len(), 2);
        let told = sure.told("On Linux", "a", 9, 12);
        assert_eq!(told.name, "a-nothing-is-left-seed-9");
        assert!(told.why.contains("firmware has 4 pages") && told.why.contains("of 12 steps 2 are left"));
        assert!(of(2).repeats);
    }

    #[test]
    fn what_never_comes_again_is_not() {
        let never = of(1_000);
        assert_eq!((never.repeats, never.runs), (false, CHANCES));
    }
}
