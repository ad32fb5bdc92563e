//! Time from binding the unmodified Linux driver to its function until it is ready, and how much of it the emulator takes:
//! `cargo bench -p mlx5-cosim --bench probe`. Needs the guest kit.

use emulator::config::DeviceConfig;
use guest::image::{Image, ImageOptions};
use guest::kit::{Kit, KitOptions};
use guest_protocol::Order;
use harness::stage::linux::guest::{DRIVER, Guest};
use prm::Cycles;
use serde_json::json;
use std::error::Error;
use std::sync::OnceLock;

/// Loads, each followed by an unload.
const ROUNDS: usize = 20;

const LIMIT: Cycles = Cycles::from_millis(60_000);

fn main() -> Result<(), Box<dyn Error>> {
    let kit = match Kit::locate(&KitOptions::default()) {
        Ok(kit) => kit,
        Err(error) => {
            println!("skipped: {error}");
            return Ok(());
        }
    };
    let folder = tempfile::tempdir()?;
    let initrd = folder.path().join("initramfs.gz");
    Image::build(kit.modules(), &ImageOptions::default())?.write(&initrd)?;
    let device: DeviceConfig =
        serde_json::from_value(json!({ "kind": "pf", "vhca_id": 5, "page_mode": "vhca_id" }))?;
    let mut guest = Guest::boot_with(&kit, &initrd, &device, 0, &OnceLock::new(), None)?;
    let address = guest.address_under_test();
    let mut rounds = Vec::new();
    for _ in 0..ROUNDS {
        let before = emulator_ns(&mut guest);
        let began = guest.now();
        let bind = Order::Bind {
            driver: DRIVER.to_owned(),
            device: address.clone(),
        };
        guest.must(bind, LIMIT)?;
        let took = guest.now().saturating_sub(began).0;
        rounds.push((
            took,
            emulator_ns(&mut guest) - before,
            guest.take_commands().len(),
        ));
        guest.must(
            Order::Unbind {
                device: address.clone(),
            },
            LIMIT,
        )?;
        guest.take_commands();
    }
    rounds.sort_unstable();
    let (took, emulator, commands) = rounds[ROUNDS / 2];
    println!("{}", kit.describe());
    println!(
        "bind to ready, median of {ROUNDS}: {:.1} ms, {commands} commands",
        millis(took)
    );
    println!(
        "of it in the emulator: {:.2} ms, {:.1} %",
        millis(emulator),
        100.0 * millis(emulator) / millis(took)
    );
    Ok(())
}

/// Time spent on messages and on firmware's own work so far.
fn emulator_ns(guest: &mut Guest) -> u64 {
    let counters = guest.server().counters();
    let serving: u64 = counters
        .functions
        .iter()
        .map(|function| function.serving_ns)
        .sum();
    serving + counters.device_ns
}

#[expect(clippy::cast_precision_loss, reason = "shown with a few digits")]
fn millis(ns: u64) -> f64 {
    ns as f64 / 1e6
}
