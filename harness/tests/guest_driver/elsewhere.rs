//! The device is really on the guest's bus, and one guest serves many runs.

use crate::guests::{backend, named, play_well};
use guest_protocol::{Answer, Order};
use libtest_mimic::{Failed, Trial};

/// The tests of this file.
pub(crate) fn trials() -> Vec<Trial> {
    vec![Trial::test(
        "elsewhere::the_device_is_on_the_bus_of_a_guest_that_serves_many_runs",
        is_on_the_bus,
    )]
}

/// QEMU and the server are other processes, the functions are on the guest's bus, and its kernel has counted their vectors.
fn is_on_the_bus() -> Result<(), Failed> {
    let mut guests = backend()?;
    for revision in ["reviewed", "merged", "robust"] {
        play_well(&mut guests, &named("attribution/none-then-populate", revision)?)?;
    }
    play_well(&mut guests, &named("lifecycle/vf-driver", "merged")?)?;
    assert_eq!(guests.boots(), 1, "one guest has served all of them");
    let (qemu, server) = guests.process_ids().ok_or("there is a guest")?;
    assert!(qemu != server && ![qemu, server].contains(&std::process::id()));
    let Some(Answer::PciDevices(devices)) = guests.order(Order::PciDevices)? else {
        return Err("the guest has a bus".into());
    };
    let functions = devices.iter().filter(|device| device.vendor == 0x15b3);
    let drivers: Vec<_> = functions.map(|function| function.driver.as_deref()).collect();
    assert_eq!(drivers, [Some("vfio-pci"); 4], "{devices:?}");
    let paths = vec!["/proc/interrupts".to_owned()];
    let Some(Answer::Files(files)) = guests.order(Order::ReadFiles { paths })? else {
        return Err("the guest counts interrupts".into());
    };
    let interrupts: String = files.into_iter().flatten().collect();
    let counted = interrupts
        .lines()
        .filter(|line| line.contains("vfio-msix"))
        .filter_map(|line| line.split_whitespace().nth(1)?.parse::<u64>().ok());
    assert!(counted.sum::<u64>() > 100, "{interrupts}");
    Ok(())
}
