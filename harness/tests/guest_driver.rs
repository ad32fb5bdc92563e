//! Our driver in a QEMU guest, on a PCI device: what it shows there is what it shows in one process.
//!
//! They need the guest kit, which `mlx5-cosim setup` brings. Without it they are ignored, and say so; where [`REQUIRED`] is set
//! they fail instead.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use guest::kit::{Kit, KitOptions};
use harness::cli::snapshot_folder::{SnapshotFolder, Verdict};
use harness::play::RunOptions;
use harness::record::result::Outcome;
use harness::report::canonical::canonical_text;
use harness::scenario::read_scenario;
use harness::stage::guest::GuestBackend;
use harness::stage::news::Silence;
use libtest_mimic::{Arguments, Failed, Trial};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// Environment variable under which a missing kit is a failure.
const REQUIRED: &str = "MLX5_COSIM_REQUIRE_LINUX";

/// What is played: drift, a deadlock, drivers on a PF and a VF, both page modes.
const PLAYED: [&str; 4] = [
    "attribution/none-then-populate",
    "lifecycle/boot-init-funcid",
    "lifecycle/boot-init-migrate",
    "lifecycle/vf-driver",
];

fn main() -> ExitCode {
    let arguments = Arguments::from_args();
    let mut trial = Trial::test("in_a_guest_it_is_what_it_is_in_one_process", play);
    if let Err(missing) = Kit::locate(&KitOptions::default()) {
        let missing = missing.to_string();
        eprintln!("skipped: {missing}");
        let required = std::env::var_os(REQUIRED).is_some();
        trial =
            Trial::test(trial.name().to_owned(), move || Err(missing.into())).with_ignored_flag(!required);
    }
    libtest_mimic::run(&arguments, vec![trial]).exit_code()
}

fn root() -> PathBuf {
    let crate_root = Path::new(env!("CARGO_MANIFEST_DIR"));
    crate_root.parent().unwrap_or(crate_root).to_owned()
}

fn play() -> Result<(), Failed> {
    let program = Path::new(env!("CARGO_BIN_EXE_mlx5-cosim"));
    let mut guests = GuestBackend::new(&KitOptions::default(), program)?;
    let snapshots = SnapshotFolder::new(&root().join("snapshots"), false);
    let mut wrong = String::new();
    for name in PLAYED {
        let file = root().join("scenarios").join(format!("{name}.json"));
        let scenario = read_scenario(&file).unwrap();
        for revision in scenario.revisions() {
            let options = RunOptions::default();
            let result = guests.run(
                &scenario,
                &file.display().to_string(),
                revision,
                &options,
                &Silence,
            )?;
            let snapshot = format!("{}@{revision}", name.replace('/', "__"));
            let verdict = snapshots.compare(&snapshot, &canonical_text(&result))?;
            if result.outcome != Outcome::Pass || verdict != Verdict::Same {
                wrong += &format!("\n{name}::{revision}: {:?}, {verdict:?}", result.reason);
            }
        }
    }
    if !wrong.is_empty() {
        return Err(wrong.into());
    }
    assert_eq!(guests.boots(), 1, "one guest has served all of them");
    is_elsewhere(&mut guests)
}

/// QEMU and the server are other processes, and the device's vectors have been counted by the guest's kernel.
fn is_elsewhere(guests: &mut GuestBackend) -> Result<(), Failed> {
    let (qemu, server) = guests.process_ids().ok_or("there is a guest")?;
    assert!(qemu != server && ![qemu, server].contains(&std::process::id()));
    let (_, interrupts) = guests.look_inside()?.ok_or("there is a guest")?;
    let counted = interrupts
        .lines()
        .filter(|line| line.contains("vfio-msix"))
        .filter_map(|line| line.split_whitespace().nth(1)?.parse::<u64>().ok());
    assert!(counted.sum::<u64>() > 100, "{interrupts}");
    Ok(())
}
