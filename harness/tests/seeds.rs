//! A swarm in process: what is drawn without the triggers of known rows breaks no rule under any revision, and what is drawn with
//! them breaks none that a scenario of the catalogue does not break in the same way.
//!
//! More seeds by one command: `mlx5-cosim explore --strategy swarm --seeds 0..100000 --clean`.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use driver::RevisionName;
use harness::scenario::{REVISIONS, Reachability, ScenarioFile, read_scenario, scenario_files};
use harness::swarm::compliance::is_compliant;
use harness::swarm::drawing::draw_all;
use harness::swarm::finding::{Finding, Invariant};
use harness::swarm::frame::{Reach, orders};
use harness::swarm::hunt::pursue;
use harness::swarm::known::Known;
use harness::swarm::ours::OurPlayer;
use harness::swarm::player::Player as _;
use harness::swarm::shrinking::{Effort, is_playable};
use std::path::Path;

const CLASS: Reachability = Reachability::CompliantFirmware;

fn found(file: &ScenarioFile, revision: RevisionName, seed: u64, reach: Reach) -> Vec<Finding> {
    let mut player = OurPlayer {
        revision,
        seed,
        reach,
    };
    let Ok(findings) = player.play(file, true);
    findings
}

fn known() -> Known {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let mut known = Known::default();
    for file in scenario_files(&root.join("scenarios")).unwrap() {
        let scenario = read_scenario(&file).unwrap();
        for revision in REVISIONS {
            known.learn(&scenario, revision, CLASS);
        }
    }
    known
}

#[test]
fn without_known_triggers_no_seed_breaks_a_rule() {
    for seed in 0..300 {
        let file = draw_all(CLASS, Reach::Clean, seed);
        for revision in REVISIONS {
            let findings = found(&file, revision, seed, Reach::Clean);
            assert_eq!(findings, [], "seed {seed} under {revision}");
        }
    }
}

#[test]
fn what_breaks_otherwise_is_explained_by_a_scenario_of_the_catalogue() {
    let known = known();
    let mut broken = 0;
    for seed in 0..300 {
        let file = draw_all(CLASS, Reach::Everything, seed);
        for revision in REVISIONS {
            for finding in found(&file, revision, seed, Reach::Everything) {
                broken += 1;
                let rows = known.rows(revision, &finding.signature);
                assert!(rows.is_some(), "seed {seed} under {revision}: {finding:?}");
            }
        }
    }
    // A swarm that finds nothing where there is so much to find does not look.
    assert!(broken > 300, "{broken}");
}

#[test]
fn what_is_drawn_is_valid_and_keeps_to_its_class() {
    for seed in 0..300 {
        for reach in [Reach::Clean, Reach::Everything] {
            let file = draw_all(CLASS, reach, seed);
            assert!(is_playable(&file), "seed {seed}: {file:#?}");
            assert!(is_compliant(&file), "seed {seed}: {file:#?}");
        }
        assert!(is_playable(&draw_all(
            Reachability::FirmwareQuirk,
            Reach::Everything,
            seed
        )));
    }
}

#[test]
fn a_finding_is_shrunk_to_few_orders_that_still_show_it() {
    let freed = |finding: &&Finding| matches!(finding.signature.invariant, Invariant::Checked(invariant) if invariant.name() == "page_intact");
    let shown = (0..300).find_map(|seed| {
        let file = draw_all(CLASS, Reach::Everything, seed);
        let findings = found(&file, RevisionName::Merged, seed, Reach::Everything);
        let finding = findings.iter().find(freed)?.clone();
        Some((seed, file, finding))
    });
    let (seed, file, finding) = shown.unwrap();
    let mut player = OurPlayer {
        revision: RevisionName::Merged,
        seed,
        reach: Reach::Everything,
    };
    let Ok(pursued) = pursue(&mut player, &file, &finding, Effort::of(300));
    assert!(pursued.repeats);
    assert!(orders(&pursued.file) <= 5, "{:#?}", pursued.file);
    let again = found(&pursued.file, RevisionName::Merged, seed, Reach::Everything);
    assert!(again.iter().any(|other| other.signature == finding.signature));
}
