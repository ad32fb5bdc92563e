//! What becomes of a run whose guest, device or interrupts go: it is told as that, and the next one is served.

use crate::guests::{backend, named, play, play_well};
use guest_protocol::{Answer, Order};
use harness::report::canonical::canonical_text;
use harness::stage::guest::{GuestBackend, GuestError};
use libtest_mimic::{Failed, Trial};
use std::process::Command;

/// Many pages are given, one by one: it takes seconds.
const LONG: (&str, &str) = ("untrusted-counts/clamp-asked-again", "merged");

/// A short one.
const SHORT: (&str, &str) = ("lifecycle/boot-init-funcid", "merged");

/// The address of the function under test in the guest.
const MAIN: &str = "0000:00:04.0";

/// The tests of this file.
pub(crate) fn trials() -> Vec<Trial> {
    vec![
        Trial::test("failures::qemu_is_killed_in_the_middle_of_a_run", || {
            killed_in_a_run(
                |(qemu, _)| qemu,
                |error| matches!(error, GuestError::Gone(_)) && error.to_string().contains("signal: 9"),
            )
        }),
        Trial::test("failures::the_server_is_killed_in_the_middle_of_a_run", || {
            killed_in_a_run(
                |(_, server)| server,
                |error| {
                    let words = error.to_string();
                    words.contains("the server has ended (signal: 9")
                },
            )
        }),
        Trial::test("failures::vectors_are_masked", vectors_are_masked),
        Trial::test(
            "failures::dma_to_what_is_not_mapped_is_refused_and_seen",
            dma_goes_astray,
        ),
    ]
}

fn run(guests: &mut GuestBackend, (file, revision): (&str, &str)) -> Result<(), Failed> {
    play_well(guests, &named(file, revision)?)
}

/// One of the two processes is killed while pages are given.
fn killed_in_a_run(which: fn((u32, u32)) -> u32, is_told: fn(&GuestError) -> bool) -> Result<(), Failed> {
    let mut guests = backend()?;
    run(&mut guests, SHORT)?;
    let victim = which(guests.process_ids().ok_or("there is a guest")?);
    let mut killer = Command::new("sh")
        .args(["-c", &format!("sleep 2; kill -9 {victim}")])
        .spawn()?;
    let long = named(LONG.0, LONG.1)?;
    let Err(error) = play(&mut guests, &long) else {
        return Err("it was over before anybody was killed".into());
    };
    assert!(killer.wait()?.success());
    assert!(is_told(&error), "{error}");
    assert!(
        guests.process_ids().is_none(),
        "what is left of it is not used again"
    );
    run(&mut guests, SHORT)?;
    assert_eq!(guests.boots(), 2);
    Ok(())
}

/// Where a capability begins in configuration space (PCI Local Bus Specification 3.0, 6.7).
fn capability(guests: &mut GuestBackend, id: u8) -> Result<u32, Failed> {
    let mut at = 0x34;
    let mut read = |offset, length| match guests.order(Order::ReadConfig {
        device: MAIN.to_owned(),
        offset,
        length,
    }) {
        Ok(Some(Answer::Bytes(bytes))) => Ok(bytes),
        other => Err(Failed::from(format!("{other:?}"))),
    };
    at = u32::from(read(at, 1)?[0]);
    while at != 0 {
        let header = read(at, 2)?;
        if header[0] == id {
            return Ok(at);
        }
        at = u32::from(header[1]);
    }
    Err("there is no such capability".into())
}

/// The guest's kernel masks all vectors of the function behind the driver's back.
fn vectors_are_masked() -> Result<(), Failed> {
    const MSI_X: u8 = 0x11;
    let mut guests = backend()?;
    run(&mut guests, SHORT)?;
    let control = capability(&mut guests, MSI_X)? + 2;
    // MSI-X Enable and Function Mask (6.8.2.3).
    guests.order(Order::WriteConfig {
        device: MAIN.to_owned(),
        offset: control,
        bytes: 0xc000_u16.to_le_bytes().to_vec(),
    })?;
    let short = named(SHORT.0, SHORT.1)?;
    let error = match play(&mut guests, &short) {
        Ok(result) => return Err(format!("nobody missed an interrupt: {:?}", result.reason).into()),
        Err(error) => error.to_string(),
    };
    assert!(error.contains("of pf was raised, and nothing came"), "{error}");
    run(&mut guests, SHORT)?;
    assert_eq!(guests.boots(), 2);
    Ok(())
}

/// Firmware still uses what the driver has freed: the IOMMU does not let it, and that is seen as in one process.
fn dma_goes_astray() -> Result<(), Failed> {
    let mut guests = backend()?;
    let astray = named("command-interface/give-timeout-late", "merged")?;
    let result = play(&mut guests, &astray)?;
    astray.is_as_known(&result)?;
    let known = canonical_text(&result);
    assert!(
        known.contains("by the device to memory that is not mapped"),
        "{known}"
    );
    Ok(())
}
