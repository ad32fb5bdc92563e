//! Tests that need the guest kit, which `mlx5-cosim setup` brings. Without it they are ignored, and say so; where [`REQUIRED`] is
//! set they fail instead.

#[path = "../needing/mod.rs"]
mod needing;

use guest::kit::{Kit, KitOptions};
use libtest_mimic::Trial;

/// Environment variable under which a missing kit is a failure.
pub const REQUIRED: &str = "MLX5_COSIM_REQUIRE_LINUX";

/// The tests, as they are with the kit that is there or is not.
pub fn needing_kit(trials: Vec<Trial>) -> Vec<Trial> {
    let kit = Kit::locate(&KitOptions::default());
    needing::needing(
        kit.map(drop).map_err(|missing| missing.to_string()),
        REQUIRED,
        trials,
    )
}
