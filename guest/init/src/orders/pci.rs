//! PCI functions, over sysfs.

use super::files;
use super::refusal::{check_name, refuse, refused, refused_io};
use guest_protocol::{Answer, PciDevice, Refusal};
use rustix::fs::{Mode, OFlags, open};
use rustix::io::{Errno, pread, pwrite};
use std::fs;

const DEVICES: &str = "/sys/bus/pci/devices";

/// Extended config space ends here.
const CONFIG_SPACE: u32 = 4096;

/// Writes config space.
pub fn write_config(device: &str, offset: u32, bytes: &[u8]) -> Result<Answer, Refusal> {
    write_config_file(&config(device)?, offset, bytes)?;
    Ok(Answer::Done)
}

/// Writes into a function's `config`.
pub fn write_config_file(path: &str, offset: u32, bytes: &[u8]) -> Result<(), Refusal> {
    let file = open(path, OFlags::WRONLY | OFlags::CLOEXEC, Mode::empty())
        .map_err(refused(format!("open {path}")))?;
    let written =
        pwrite(&file, bytes, u64::from(offset)).map_err(refused(format!("write {path} at {offset:#x}")))?;
    if written != bytes.len() {
        let what = format!(
            "write {path} at {offset:#x}: took {written} of {} bytes",
            bytes.len()
        );
        return Err(refuse(Errno::IO, what));
    }
    Ok(())
}

/// Reads config space.
pub fn read_config(device: &str, offset: u32, length: u32) -> Result<Answer, Refusal> {
    let path = config(device)?;
    let file = open(&path, OFlags::RDONLY | OFlags::CLOEXEC, Mode::empty())
        .map_err(refused(format!("open {path}")))?;
    let mut bytes = vec![0; length.min(CONFIG_SPACE) as usize];
    let read = pread(&file, bytes.as_mut_slice(), u64::from(offset))
        .map_err(refused(format!("read {path} at {offset:#x}")))?;
    bytes.truncate(read);
    Ok(Answer::Bytes(bytes))
}

fn config(device: &str) -> Result<String, Refusal> {
    check_name(device)?;
    Ok(format!("{DEVICES}/{device}/config"))
}

/// Binds a function to a driver.
pub fn bind(driver: &str, device: &str) -> Result<Answer, Refusal> {
    check_name(driver)?;
    files::write(&format!("/sys/bus/pci/drivers/{driver}/bind"), device.as_bytes())
}

/// Unbinds a function from whatever driver it has. A driver's own `unbind` says `ENODEV` to a function that it does not have;
/// so does this, where there is no driver to ask.
pub fn unbind(device: &str) -> Result<Answer, Refusal> {
    check_name(device)?;
    files::write(&format!("{DEVICES}/{device}/driver/unbind"), device.as_bytes()).map_err(|refusal| {
        if refusal.errno == Errno::NOENT.raw_os_error() {
            refuse(Errno::NODEV, format!("unbind {device}: no driver is bound to it"))
        } else {
            refusal
        }
    })
}

/// Every function.
pub fn devices() -> Result<Answer, Refusal> {
    let addresses = files::names(DEVICES).map_err(refused_io(format!("list {DEVICES}")))?;
    // A function that goes away while it is looked at is left out.
    Ok(Answer::PciDevices(
        addresses.into_iter().filter_map(device).collect(),
    ))
}

fn device(address: String) -> Option<PciDevice> {
    let folder = format!("{DEVICES}/{address}");
    let number = |name: &str| parse_hex(&files::read(&format!("{folder}/{name}")).ok()??);
    let target = |name: &str| {
        let link = fs::read_link(format!("{folder}/{name}")).ok()?;
        Some(link.file_name()?.to_string_lossy().into_owned())
    };
    Some(PciDevice {
        vendor: u16::try_from(number("vendor")?).ok()?,
        device: u16::try_from(number("device")?).ok()?,
        class: number("class")?,
        driver: target("driver"),
        physical_function: target("physfn"),
        address,
    })
}

fn parse_hex(text: &str) -> Option<u32> {
    u32::from_str_radix(text.strip_prefix("0x")?, 16).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sysfs_numbers_are_hexadecimal() {
        assert_eq!(parse_hex("0x15b3"), Some(0x15b3));
        assert_eq!(parse_hex("0x020000"), Some(0x0002_0000));
        assert_eq!(parse_hex("15b3"), None);
    }

    #[test]
    fn a_device_is_a_name() {
        assert_eq!(bind("mlx5_core", "x").expect_err("no such driver").errno, 2);
        assert_eq!(unbind("../x").expect_err("not a name").errno, 22);
        assert_eq!(unbind("x").expect_err("nothing is bound").errno, 19);
        assert_eq!(read_config("../../etc", 0, 4).expect_err("not a name").errno, 22);
    }
}
