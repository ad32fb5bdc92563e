//! A long night in short: guests with the unmodified driver load it, enable and disable VFs, reset, reload, reboot, crash and are killed,
//! one after another on one server with 64 functions, while a control client asks and is answered. What the server has of the system
//! and how long it lets others wait stays flat.
//!
//! It takes [`SHORT`] seconds; [`SECONDS`] says otherwise, and [`SEED`] draws other guests:
//!
//!     MLX5_COSIM_SOAK_SECONDS=3600 cargo test --release -p mlx5-cosim --test soak
//!
//! It needs the guest kit, which `mlx5-cosim setup` brings. Without it it is ignored, and says so; where [`guest_kit::REQUIRED`] is set
//! it fails instead.

#![expect(
    clippy::disallowed_methods,
    clippy::disallowed_types,
    reason = "the wall clock is what is measured, and whoever asks has a thread of its own"
)]

#[path = "../guest_kit/mod.rs"]
mod guest_kit;

mod figures;
mod guests;
mod server;

use figures::{Figures, Prober};
use guest_kit::needing_kit;
use guests::{Guest, Life};
use libtest_mimic::{Arguments, Failed, Trial};
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::SeedableRng as _;
use server::Server;
use std::process::ExitCode;
use std::time::{Duration, Instant};

/// Seconds after which no further guest begins.
const SECONDS: &str = "MLX5_COSIM_SOAK_SECONDS";

/// Where nobody says how many.
const SHORT: u64 = 25;

/// What the guests' lives are drawn from.
const SEED: &str = "MLX5_COSIM_SOAK_SEED";

/// Rows of the table.
const ROWS: u32 = 12;

/// From so many seconds on there are enough guests to say whether something grows.
const LONG: u64 = 600;

/// Memory in KiB by which the server may grow from the first quarter of a long run to its end.
const GROWTH_KIB: u64 = 8 << 10;

/// Control clients beside none: the prober, and whoever has just asked who is connected.
const CLIENTS: usize = 2;

fn main() -> ExitCode {
    let arguments = Arguments::from_args();
    let trial = Trial::test("a_server_of_64_functions_stays_as_it_was_guest_after_guest", soak);
    libtest_mimic::run(&arguments, needing_kit(vec![trial])).exit_code()
}

fn number(name: &str, otherwise: u64) -> Result<u64, Failed> {
    match std::env::var(name) {
        Ok(text) => Ok(text.parse().map_err(|error| format!("{name}: {error}"))?),
        Err(_) => Ok(otherwise),
    }
}

fn soak() -> Result<(), Failed> {
    let seconds = number(SECONDS, SHORT)?;
    let mut dice = ChaCha8Rng::seed_from_u64(number(SEED, 1)?);
    let server = Server::start()?;
    let idle = server.figures()?;
    let prober = Prober::start(&server.control())?;
    let begun = Instant::now();
    let row = Duration::from_secs(seconds) / ROWS;
    let mut rows = Vec::new();
    let mut lives = Life::default();
    println!("{}", Figures::HEAD);
    while begun.elapsed() < Duration::from_secs(seconds) {
        let mut guest = Guest::boot(&server)?;
        guest.live(&mut dice, &mut lives)?;
        drop(guest);
        server.until_nobody_is_connected()?;
        let due = row * u32::try_from(rows.len() + 1)?;
        if begun.elapsed() >= due || begun.elapsed() >= Duration::from_secs(seconds) {
            let figures = server.figures()?.with(prober.take()?, begun.elapsed(), &lives);
            println!("{figures}");
            rows.push(figures);
        }
    }
    drop(prober);
    judge(&idle, &rows, seconds)
}

/// Whether what the server has of the system, and how long it lets others wait, stays flat.
fn judge(idle: &Figures, rows: &[Figures], seconds: u64) -> Result<(), Failed> {
    let last = rows.last().ok_or("no guest has lived")?;
    for figures in rows {
        if figures.descriptors > idle.descriptors + CLIENTS {
            return Err(format!(
                "{} descriptors, {} before the first guest",
                figures.descriptors, idle.descriptors
            )
            .into());
        }
    }
    if seconds < LONG {
        return Ok(());
    }
    let early = rows.get(rows.len() / 4).ok_or("no early row")?;
    if last.memory_kib > early.memory_kib + GROWTH_KIB {
        return Err(format!(
            "{} KiB, {} after a quarter of the time",
            last.memory_kib, early.memory_kib
        )
        .into());
    }
    let latest = |rows: &[Figures]| rows.iter().map(|figures| figures.late_us).max().unwrap_or(0);
    let (first, second) = rows.split_at(rows.len() / 2);
    if latest(second) > 3 * latest(first) {
        return Err(format!(
            "99.9 % of the orders were answered within {} us in the first half, {} us in the second",
            latest(first),
            latest(second)
        )
        .into());
    }
    Ok(())
}
