//! From a line to what it asks for.

use guest_protocol::{Devlink, EswitchMode, Order};

/// What can be typed.
pub const HELP: &str = "\
  ls FOLDER                          names in a folder
  cat FILE...                        files, one after the other
  echo TEXT > FILE                   writes an attribute, without a line end
  insmod NAME [PARAMETER...]         a module of the image
  rmmod NAME
  lspci                              functions, ids, drivers
  bind DRIVER DEVICE                 DEVICE is an address: 0000:00:04.0
  unbind DEVICE
  counters [DEVICE]                  page counters of one or every mlx5 function
  config DEVICE OFFSET LENGTH        reads config space
  config DEVICE OFFSET = BYTE...     writes it; numbers are hexadecimal
  devlink reload DEVICE
  devlink eswitch DEVICE legacy|switchdev
  devlink port add DEVICE PF SF      tells the port's index
  devlink port del DEVICE PORT
  devlink port state DEVICE PORT active|inactive
  dmesg                              the kernel's log
  sh                                 a shell of your own, if the image has one
  poweroff, reboot
";

/// What a line asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Command {
    /// What can be typed.
    Help,
    /// What a harness could order too.
    Order(Order),
    /// The counters of every function.
    Counters,
    /// The whole log.
    KernelLog,
    /// A shell of the user's.
    Shell,
    /// The end.
    PowerOff,
    /// The end, and another beginning.
    Restart,
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
        ["sh"] => Command::Shell,
        ["poweroff"] => Command::PowerOff,
        ["reboot"] => Command::Restart,
        ["counters"] => Command::Counters,
        ["devlink", rest @ ..] => Command::Order(Order::Devlink(devlink(rest)?)),
        ["echo", ..] => Command::Order(echo(line)?),
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
        _ => return Err("devlink reload, eswitch or port; help has their words".to_owned()),
    })
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
mod tests {
    use super::*;

    fn order_of(line: &str) -> Order {
        match parse(line) {
            Ok(Some(Command::Order(order))) => order,
            other => panic!("{line}: {other:?}"),
        }
    }

    #[test]
    fn lines_become_orders() {
        let device = || "0000:00:04.0".to_owned();
        let cases = [
            (
                "ls /sys",
                Order::ListDirectory {
                    path: "/sys".to_owned(),
                },
            ),
            (
                "  cat  /a /b ",
                Order::ReadFiles {
                    paths: vec!["/a".to_owned(), "/b".to_owned()],
                },
            ),
            (
                "echo 2 > /sys/n",
                Order::WriteFile {
                    path: "/sys/n".to_owned(),
                    text: "2".to_owned(),
                },
            ),
            (
                "echo 'a > b  c'>/f",
                Order::WriteFile {
                    path: "/f".to_owned(),
                    text: "a > b  c".to_owned(),
                },
            ),
            (
                "echo > /f",
                Order::WriteFile {
                    path: "/f".to_owned(),
                    text: String::new(),
                },
            ),
            (
                r#"insmod mlx5_core debug_mask=3 dyndbg="file a  +p""#,
                Order::InsertModule {
                    name: "mlx5_core".to_owned(),
                    parameters: r#"debug_mask=3 dyndbg="file a  +p""#.to_owned(),
                },
            ),
            (
                "insmod mlxfw",
                Order::InsertModule {
                    name: "mlxfw".to_owned(),
                    parameters: String::new(),
                },
            ),
            (
                "rmmod mlx5_core",
                Order::RemoveModule {
                    name: "mlx5_core".to_owned(),
                },
            ),
            ("lspci", Order::PciDevices),
            (
                "bind mlx5_core 0000:00:04.0",
                Order::Bind {
                    driver: "mlx5_core".to_owned(),
                    device: device(),
                },
            ),
            ("unbind 0000:00:04.0", Order::Unbind { device: device() }),
            ("counters 0000:00:04.0", Order::PageCounters { device: device() }),
            (
                "config 0000:00:04.0 0x10 8",
                Order::ReadConfig {
                    device: device(),
                    offset: 16,
                    length: 8,
                },
            ),
            (
                "config 0000:00:04.0 4 = 06 0",
                Order::WriteConfig {
                    device: device(),
                    offset: 4,
                    bytes: vec![6, 0],
                },
            ),
            (
                "devlink reload 0000:00:04.0",
                Order::Devlink(Devlink::Reload { device: device() }),
            ),
            (
                "devlink eswitch 0000:00:04.0 switchdev",
                Order::Devlink(Devlink::EswitchMode {
                    device: device(),
                    mode: EswitchMode::Switchdev,
                }),
            ),
            (
                "devlink port add 0000:00:04.0 0 88",
                Order::Devlink(Devlink::AddSf {
                    device: device(),
                    pf_number: 0,
                    sf_number: 88,
                }),
            ),
            (
                "devlink port state 0000:00:04.0 32768 inactive",
                Order::Devlink(Devlink::SetPortState {
                    device: device(),
                    port: 32768,
                    active: false,
                }),
            ),
            (
                "devlink port del 0000:00:04.0 32768",
                Order::Devlink(Devlink::DeletePort {
                    device: device(),
                    port: 32768,
                }),
            ),
        ];
        for (line, order) in cases {
            assert_eq!(order_of(line), order, "{line}");
        }
    }

    #[test]
    fn other_lines_become_what_the_shell_does() {
        let cases = [
            ("", None),
            ("   ", None),
            ("# comment", None),
            ("help", Some(Command::Help)),
            ("dmesg", Some(Command::KernelLog)),
            ("counters", Some(Command::Counters)),
            ("sh", Some(Command::Shell)),
            ("poweroff", Some(Command::PowerOff)),
            ("reboot", Some(Command::Restart)),
        ];
        for (line, command) in cases {
            assert_eq!(parse(line), Ok(command), "{line}");
        }
    }

    #[test]
    fn bad_lines_are_refused_in_words() {
        let lines = [
            "frobnicate",
            "ls",
            "cat",
            "insmod",
            "echo hello",
            "echo a > b c",
            "config d 10",
            "config d 4 =",
            "config d 4 = 100",
            "config d zz 4",
            "devlink",
            "devlink eswitch d off",
            "devlink port add d 0 x",
            "devlink port add d 65536 1",
            "devlink port state d 1 up",
        ];
        for line in lines {
            assert!(parse(line).is_err(), "{line}");
        }
    }

    #[test]
    fn help_names_every_verb() {
        for verb in [
            "ls", "cat", "echo", "insmod", "rmmod", "lspci", "bind", "unbind", "counters", "config",
            "devlink", "dmesg", "sh", "poweroff", "reboot",
        ] {
            assert!(HELP.contains(verb), "{verb}");
        }
    }
}
