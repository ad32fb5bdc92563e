//! From a line to what it asks for.

use crate::orders::virtual_functions;
use guest_protocol::{Devlink, EswitchMode, Order};

/// What can be typed.
pub const HELP: &str = "\
  counters [DEVICE]                  page counters of one or every mlx5 function
  vfs N [DEVICE] [unbound]           N VFs, each with its registers and its driver
  settle                             waits until every VF has its driver
  lspci                              functions, ids, drivers
  bind DRIVER DEVICE                 DEVICE is an address: 0000:01:00.0
  unbind DEVICE
  config DEVICE OFFSET LENGTH        reads config space
  config DEVICE OFFSET = BYTE...     writes it; numbers are hexadecimal
  insmod NAME [PARAMETER...]         a module of the image
  rmmod NAME
  devlink info DEVICE                versions of firmware and board
  devlink reload DEVICE
  devlink eswitch DEVICE legacy|switchdev
  devlink port add DEVICE PF SF      tells the port's index
  devlink port del DEVICE PORT
  devlink port state DEVICE PORT active|inactive
  dmesg                              the kernel's log
  poweroff, reboot
Where there is no other shell, also:
  ls FOLDER                          names in a folder
  cat FILE...                        files, one after the other
  echo TEXT > FILE                   writes an attribute, without a line end
  echo N > FOLDER/sriov_numvfs       the same, and gives each VF its registers and its driver
";

/// What a line asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Command {
    /// What can be typed.
    Help,
    /// What a harness could order too.
    Order(Order),
    /// VFs with their drivers.
    VirtualFunctions {
        /// The PF's folder in sysfs; where none is named, that of the first one.
        folder: Option<String>,
        /// How many, as it was typed.
        number: String,
        /// Whether they get drivers.
        binds: bool,
    },
    /// Waits for drivers of VFs.
    Settle,
    /// The counters of every function.
    Counters,
    /// The whole log.
    KernelLog,
    /// The end. QEMU ends with a guest that would begin again, too.
    PowerOff,
}

/// Reads a line; a blank one and a comment ask for nothing.
///
/// # Errors
///
/// What is wrong with the line, in words.
pub fn parse(line: &str) -> Result<Option<Command>, String> {
    let line = line.trim();
    if line.is_empty() || line.starts_with('#') {
        return Ok(None);
    }
    let words: Vec<&str> = line.split_whitespace().collect();
    let command = match words.as_slice() {
        ["help" | "?"] => Command::Help,
        ["dmesg"] => Command::KernelLog,
        ["poweroff" | "reboot"] => Command::PowerOff,
        ["settle"] => Command::Settle,
        ["vfs", number, rest @ ..] => functions(number, rest)?,
        ["counters"] => Command::Counters,
        ["devlink", rest @ ..] => Command::Order(Order::Devlink(devlink(rest)?)),
        ["echo", ..] => attribute(echo(line)?),
        ["insmod", name, ..] => Command::Order(insmod(line, name)),
        others => Command::Order(order(others)?),
    };
    Ok(Some(command))
}

fn order(words: &[&str]) -> Result<Order, String> {
    Ok(match *words {
        ["ls", path] => Order::ListDirectory {
            path: path.to_owned(),
        },
        ["cat", first, ref more @ ..] => {
            let paths = [first]
                .iter()
                .chain(more)
                .map(|path| (*path).to_owned())
                .collect();
            Order::ReadFiles { paths }
        }
        ["rmmod", name] => Order::RemoveModule {
            name: name.to_owned(),
        },
        ["lspci"] => Order::PciDevices,
        ["bind", driver, device] => Order::Bind {
            driver: driver.to_owned(),
            device: device.to_owned(),
        },
        ["unbind", device] => Order::Unbind {
            device: device.to_owned(),
        },
        ["counters", device] => Order::PageCounters {
            device: device.to_owned(),
        },
        ["config", device, offset, "=", ref bytes @ ..] if !bytes.is_empty() => Order::WriteConfig {
            device: device.to_owned(),
            offset: hexadecimal(offset)?,
            bytes: bytes
                .iter()
                .map(|byte| narrow(hexadecimal(byte)?, byte))
                .collect::<Result<_, _>>()?,
        },
        ["config", device, offset, length] => Order::ReadConfig {
            device: device.to_owned(),
            offset: hexadecimal(offset)?,
            length: hexadecimal(length)?,
        },
        _ => {
            return Err(format!(
                "{:?} is not understood; help lists what is",
                words.join(" ")
            ));
        }
    })
}

fn devlink(words: &[&str]) -> Result<Devlink, String> {
    Ok(match *words {
        ["info", device] => Devlink::Info {
            device: device.to_owned(),
        },
        ["reload", device] => Devlink::Reload {
            device: device.to_owned(),
        },
        ["eswitch", device, mode] => {
            let mode = match mode {
                "legacy" => EswitchMode::Legacy,
                "switchdev" => EswitchMode::Switchdev,
                other => return Err(format!("{other:?} is not a mode: legacy or switchdev")),
            };
            Devlink::EswitchMode {
                device: device.to_owned(),
                mode,
            }
        }
        ["port", "add", device, pf, sf] => Devlink::AddSf {
            device: device.to_owned(),
            controller: 0,
            pf_number: narrow(decimal(pf)?, pf)?,
            sf_number: decimal(sf)?,
        },
        ["port", "del", device, port] => Devlink::DeletePort {
            device: device.to_owned(),
            port: decimal(port)?,
        },
        ["port", "state", device, port, state] => {
            let active = match state {
                "active" => true,
                "inactive" => false,
                other => return Err(format!("{other:?} is not a state: active or inactive")),
            };
            Devlink::SetPortState {
                device: device.to_owned(),
                port: decimal(port)?,
                active,
            }
        }
        _ => return Err("devlink info, reload, eswitch or port; help has their words".to_owned()),
    })
}

/// The words behind `vfs N`: a function's address, and whether its VFs stay without drivers.
fn functions(number: &str, words: &[&str]) -> Result<Command, String> {
    let (device, binds) = match *words {
        [] => (None, true),
        ["unbound"] => (None, false),
        [device] => (Some(device), true),
        [device, "unbound"] => (Some(device), false),
        _ => return Err("vfs N [DEVICE] [unbound]".to_owned()),
    };
    decimal(number)?;
    if device.is_some_and(|device| device.contains('/')) {
        return Err("DEVICE is an address: 0000:01:00.0".to_owned());
    }
    Ok(Command::VirtualFunctions {
        folder: device.map(|device| format!("/sys/bus/pci/devices/{device}")),
        number: number.to_owned(),
        binds,
    })
}

/// A written attribute, and more where it is the number of VFs.
fn attribute(order: Order) -> Command {
    match order {
        Order::WriteFile { path, text } => match path.rsplit_once('/') {
            Some((folder, virtual_functions::NUMBER)) => Command::VirtualFunctions {
                folder: Some(folder.to_owned()),
                number: text,
                binds: true,
            },
            _ => Command::Order(Order::WriteFile { path, text }),
        },
        other => Command::Order(other),
    }
}

/// Keeps blanks inside the text: the last `>` ends it.
fn echo(line: &str) -> Result<Order, String> {
    let (text, path) = line["echo".len()..].rsplit_once('>').ok_or("echo TEXT > FILE")?;
    let path = path.trim();
    if path.is_empty() || path.contains(char::is_whitespace) {
        return Err("echo TEXT > FILE".to_owned());
    }
    let text = text.trim();
    let bare = ['"', '\'']
        .iter()
        .find_map(|quote| text.strip_prefix(*quote)?.strip_suffix(*quote));
    Ok(Order::WriteFile {
        path: path.to_owned(),
        text: bare.unwrap_or(text).to_owned(),
    })
}

/// The kernel itself takes parameters apart, quotes included.
fn insmod(line: &str, name: &str) -> Order {
    let after_verb = line["insmod".len()..].trim_start();
    Order::InsertModule {
        name: name.to_owned(),
        parameters: after_verb[name.len()..].trim().to_owned(),
    }
}

fn decimal(word: &str) -> Result<u32, String> {
    word.parse().map_err(|_| format!("{word:?} is not a number"))
}

fn hexadecimal(word: &str) -> Result<u32, String> {
    let digits = word.strip_prefix("0x").unwrap_or(word);
    u32::from_str_radix(digits, 16).map_err(|_| format!("{word:?} is not a hexadecimal number"))
}

fn narrow<T: TryFrom<u32>>(number: u32, word: &str) -> Result<T, String> {
    T::try_from(number).map_err(|_| format!("{word} is too large"))
}

#[cfg(test)]
mod tests;
