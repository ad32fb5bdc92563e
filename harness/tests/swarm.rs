//! What is drawn agrees with the unmodified driver in every number. And a swarm with quirks allowed finds a row of the catalogue by itself, on the unmodified driver, and shrinks it to few orders: that
//! where nothing is found, there was something to find with.
//!
//! It needs the guest kit, which `mlx5-cosim setup` brings. Without it it is ignored, and says so; where [`guest_kit::REQUIRED`] is set
//! it fails instead.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod guest_kit;

use driver::RevisionName;
use emulator::order::{Answer, FirmwareOrder};
use guest::kit::KitOptions;
use guest_kit::needing_kit;
use harness::record::result::Outcome;
use harness::scenario::{Reachability, ScenarioFile, Step, read_scenario};
use harness::stage::linux::{Shelf, Workplace};
use harness::stage::news::Silence;
use harness::swarm::differential::for_kernel;
use harness::swarm::drawing::{draw, draw_all};
use harness::swarm::frame::{Frame, Reach, orders};
use harness::swarm::hunt::pursue;
use harness::swarm::player::{LinuxPlayer, Player};
use harness::swarm::saving::save;
use harness::swarm::shrinking::Effort;
use libtest_mimic::{Arguments, Failed, Trial};
use std::path::Path;
use std::process::ExitCode;

/// The frame: nothing but load and unload of a PF is taken from it.
const FRAME: &str = "scenarios/untrusted-counts/overflow.json";

/// Seeds that are played, at the most. Others find something else first.
const SEEDS: std::ops::Range<u64> = 116..120;

/// What firmware may do in the differential test.
const CLASS: Reachability = Reachability::CompliantFirmware;

/// Runs that may be spent on shrinking.
const TRIES: u32 = 10;

/// Firmware's and the gate's orders that may be left.
const MOST_ORDERS: usize = 5;

fn main() -> ExitCode {
    let arguments = Arguments::from_args();
    let trials = vec![
        Trial::test("a_row_of_the_catalogue_is_found_from_a_seed", finds_a_row),
        Trial::test("drawn_seeds_agree_with_linux_in_every_number", agrees),
    ];
    libtest_mimic::run(&arguments, needing_kit(trials)).exit_code()
}

/// Seeds of the differential test, of which a kernel can be told some.
const SAMPLE: std::ops::Range<u64> = 0..40;

/// So many of them are played, at the most.
const PLAYED: usize = 6;

fn agrees() -> Result<(), Failed> {
    static SHELF: Shelf = Shelf::new();
    let mut workplace = Workplace::default();
    let how = (RevisionName::Merged, false);
    let backend = workplace.backend(&KitOptions::default(), how, &SHELF, |_| {}, |_| Ok(()))?;
    let draw = |seed| Some((seed, for_kernel(&draw_all(CLASS, Reach::Clean, seed))?));
    // Four seeds in a row differ in one latency at the most.
    let drawn = SAMPLE.step_by(4).filter_map(draw);
    let mut agree = 0;
    for (seed, file) in drawn.take(PLAYED) {
        let result = backend.run(&file, &file.name, Some(seed), &Silence)?;
        match result.outcome {
            Outcome::Pass => agree += 1,
            Outcome::Skip => eprintln!("seed {seed} is skipped: {:?}", result.reason),
            Outcome::Fail => return Err(format!("seed {seed}: {:?}", result.reason).into()),
        }
    }
    if agree < 3 {
        return Err(format!("only {agree} seeds could be compared").into());
    }
    Ok(())
}

fn finds_a_row() -> Result<(), Failed> {
    static SHELF: Shelf = Shelf::new();
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let frame = Frame::of(&read_scenario(&root.join(FRAME))?)?;
    let mut workplace = Workplace::default();
    let how = (RevisionName::Merged, false);
    let backend = workplace.backend(&KitOptions::default(), how, &SHELF, |_| {}, |_| Ok(()))?;
    let mut player = LinuxPlayer::new(backend, &Silence);
    for seed in SEEDS {
        let drawn = draw(&frame, seed);
        let findings = player.play(&drawn, false)?;
        let Some(finding) = findings.first() else {
            continue;
        };
        let pursued = pursue(&mut player, &drawn, finding, Effort::of(TRIES))?;
        let (row, number) = (row(&pursued.file), orders(&pursued.file));
        eprintln!(
            "seed {seed}: {}: {}; {number} orders, row {row:?}, {} runs",
            finding.signature, pursued.finding.detail, pursued.runs
        );
        if pursued.repeats && row.is_some() && number <= MOST_ORDERS {
            let folder = tempfile::tempdir()?;
            let told = pursued.told("On Linux", &frame.base.name, seed, drawn.steps.len());
            let saved = save(&told, folder.path())?;
            assert_eq!(read_scenario(&saved)?, told);
            return Ok(());
        }
    }
    Err("no seed has found row 26 or row 47".into())
}

/// The row that a scenario is: 26, a count that wraps the length of its command to a small one, or 47, a take that claims more than was
/// asked for.
fn row(file: &ScenarioFile) -> Option<u32> {
    let of = |step: &Step| match step.firmware.as_ref()? {
        FirmwareOrder::RequestPages(request) if request.pages > 0 => {
            let bytes = 16 + 8 * i64::from(request.pages);
            (bytes > i64::from(u32::MAX) && bytes & 0x8000_0000 == 0).then_some(26)
        }
        FirmwareOrder::Answer(rule) => matches!(rule.with, Answer::ClaimExtra { .. }).then_some(47),
        _ => None,
    };
    file.steps.iter().find_map(of)
}
