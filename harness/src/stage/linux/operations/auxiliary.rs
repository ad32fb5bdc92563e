//! Drivers of scalable functions: they bind on the auxiliary bus, not on PCI.
//!
//! A scalable function becomes a device of that bus when it is activated, and a kernel probes it there and then. A scenario
//! loads its driver by a step of its own, so the bus does not probe by itself while a function is activated. It does at any
//! other time: the driver's network interfaces and representors are devices of the same bus.

use super::super::guest::{Guest, GuestError};
use guest_protocol::{Answer, Order};

/// Where the bus's devices are.
const DEVICES: &str = "/sys/bus/auxiliary/devices";
/// What the name of a scalable function's device begins with; a number of the kernel's follows.
const PREFIX: &str = "mlx5_core.sf.";
/// The driver's side of the bus.
const DRIVER: &str = "/sys/bus/auxiliary/drivers/mlx5_core.sf";
/// No device has this name.
const NOBODY: &str = "mlx5_core.sf.none";

/// Lets the bus bind devices to drivers by itself, or not.
pub(super) fn set_autoprobe(guest: &mut Guest, on: bool) -> Result<(), GuestError> {
    guest.write("/sys/bus/auxiliary/drivers_autoprobe", if on { "1" } else { "0" })
}

/// The order that binds the function a person calls `number` to its driver; the kernel refuses it if there is no such
/// device.
pub(super) fn bind(guest: &mut Guest, number: u32) -> Result<Order, GuestError> {
    Ok(Order::WriteFile {
        path: format!("{DRIVER}/bind"),
        text: device(guest, number)?,
    })
}

/// The order that unbinds it.
pub(super) fn unbind(guest: &mut Guest, number: u32) -> Result<Order, GuestError> {
    Ok(Order::WriteFile {
        path: format!("{DRIVER}/unbind"),
        text: device(guest, number)?,
    })
}

/// The device of the function that a person calls `number`, or a name that no device has.
fn device(guest: &mut Guest, number: u32) -> Result<String, GuestError> {
    let order = Order::ListDirectory {
        path: DEVICES.to_owned(),
    };
    let Answer::Names(mut names) = guest.look(order)? else {
        return Ok(NOBODY.to_owned());
    };
    names.retain(|name| name.starts_with(PREFIX));
    let order = Order::ReadFiles {
        paths: names
            .iter()
            .map(|name| format!("{DEVICES}/{name}/sfnum"))
            .collect(),
    };
    let Answer::Files(numbers) = guest.look(order)? else {
        return Ok(NOBODY.to_owned());
    };
    let found = names
        .into_iter()
        .zip(numbers)
        .find(|(_, text)| is_number(text.as_deref(), number));
    Ok(found.map_or(NOBODY.to_owned(), |(name, _)| name))
}

fn is_number(text: Option<&str>, number: u32) -> bool {
    text.and_then(|text| text.trim().parse().ok()) == Some(number)
}

#[cfg(test)]
mod tests {
    use super::is_number;

    #[test]
    fn a_device_tells_the_number_that_a_person_gave() {
        assert!(is_number(Some("1\n"), 1));
        assert!(!is_number(Some("11\n"), 1));
        assert!(!is_number(None, 1));
    }
}
