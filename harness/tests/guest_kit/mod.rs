//! Tests that need the guest kit, which `mlx5-cosim setup` brings. Without it they are ignored, and say so; where [`REQUIRED`] is
//! set they fail instead.

use guest::kit::{Kit, KitOptions};
use libtest_mimic::Trial;

/// Environment variable under which a missing kit is a failure.
pub const REQUIRED: &str = "MLX5_COSIM_REQUIRE_LINUX";

/// The tests, as they are with the kit that is there or is not.
pub fn needing_kit(trials: Vec<Trial>) -> Vec<Trial> {
    let Err(missing) = Kit::locate(&KitOptions::default()) else {
        return trials;
    };
    let missing = missing.to_string();
    eprintln!("skipped, all of them: {missing}");
    let without_kit = |trial: Trial| {
        if std::env::var_os(REQUIRED).is_none() {
            return trial.with_ignored_flag(true);
        }
        let reason = missing.clone();
        Trial::test(trial.name().to_owned(), move || Err(reason.into()))
    };
    trials.into_iter().map(without_kit).collect()
}
