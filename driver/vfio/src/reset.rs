//! When the kernel resets a function: when it is told to, and not when the function is opened or closed.
//!
//! VFIO resets what it opens, if it can. The device would see a reset that no driver has asked for, in the middle of a run, and
//! the kernel sleeps for a tenth of a second each time. So it is told that there is no way to reset the function while it opens
//! one; it closes it in the same belief. VFIO's own reset refuses then, so a reset is ordered where the kernel offers it to
//! everybody (`Documentation/ABI/testing/sysfs-bus-pci`, `reset_method` and `reset`).

use crate::address::PciAddress;
use crate::error::VfioError;
use rustix::fs::{Mode, OFlags, open};
use rustix::io::{retry_on_intr, write};

/// No method at all: an empty line.
const NONE: &str = "\n";
/// The methods that the function has.
const ALL: &str = "default";

/// Opens a function without a reset.
pub(crate) fn without<R>(
    address: &PciAddress,
    act: impl FnOnce() -> Result<R, VfioError>,
) -> Result<R, VfioError> {
    let methods = |text| tell(address, "reset_method", text, "choose how a function is reset");
    methods(NONE)?;
    let done = act();
    methods(ALL)?;
    done
}

/// Resets a function. Its configuration space has afterwards what it had before.
pub(crate) fn order(address: &PciAddress) -> Result<(), VfioError> {
    tell(address, "reset", "1", "reset a function")
}

/// Writes an attribute of a function, in one call.
fn tell(address: &PciAddress, attribute: &str, text: &str, what: &'static str) -> Result<(), VfioError> {
    let path = format!("/sys/bus/pci/devices/{address}/{attribute}");
    let file = open(path, OFlags::WRONLY | OFlags::CLOEXEC, Mode::empty());
    let file = file.map_err(VfioError::call(what))?;
    let written = retry_on_intr(|| write(&file, text.as_bytes()));
    written.map(drop).map_err(VfioError::call(what))
}

#[cfg(test)]
mod tests {
    use super::*;
    use rustix::io::Errno;

    #[test]
    fn a_function_that_is_not_there_is_neither_opened_nor_reset() {
        let nobody: PciAddress = "ffff:ff:1f.7".parse().unwrap();
        let absent = |what| VfioError::Call {
            what,
            errno: Errno::NOENT,
        };
        let opened = without(&nobody, || -> Result<(), VfioError> { panic!("it is opened") });
        assert_eq!(opened, Err(absent("choose how a function is reset")));
        assert_eq!(order(&nobody), Err(absent("reset a function")));
    }
}
