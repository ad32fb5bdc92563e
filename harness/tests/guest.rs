//! What a kernel developer sees first: `vm` at its shell, with the unmodified driver of the kit's kernel.
//!
//! They need the guest kit, which `mlx5-cosim setup` brings. Without it they are ignored, and say so; where
//! [`guest_kit::REQUIRED`] is set they fail instead.

mod guest_kit;

use guest_kit::needing_kit;
use libtest_mimic::{Arguments, Failed, Trial};
use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Stdio};

/// What the shell says when it waits for a line.
const PROMPT: &str = "guest# ";
/// What stands behind the words of a line in a script's output.
const MARK: &str = "-- so much for that line --";
/// The function under test, behind the root port.
const FUNCTION: &str = "0000:01:00.0";
/// The root port.
const PORT: &str = "0000:00:04.0";

/// A device with VFs, what its firmware is, and how its VFs are named in the guest.
const NIC: &str = r#"{ "kind": "pf", "vhca_id": 5, "page_mode": "vhca_id",
    "eswitch": { "manager": true, "vport_group_manager": true },
    "vfs": { "total": 9, "first_vhca_id": 16 } }"#;
const BLUEFIELD: &str = r#"{ "kind": "ecpf", "vhca_id": 2, "page_mode": "vhca_id",
    "external_host": { "pf_vhca_id": 0, "vfs": { "total": 2, "first_vhca_id": 16 } },
    "ec_vfs": { "total": 9, "first_vhca_id": 64 } }"#;

fn main() -> ExitCode {
    let arguments = Arguments::from_args();
    let cases = [("nic", NIC, "20.43.2566"), ("bluefield", BLUEFIELD, "24.43.2566")];
    let mut trials: Vec<Trial> = cases
        .into_iter()
        .map(|(name, device, version)| {
            let test = move || look_around(name, device, version);
            Trial::test(format!("a_{name}_has_link_versions_and_vfs_with_drivers"), test)
        })
        .collect();
    trials.push(Trial::test("a_terminal_has_a_shell", has_a_shell));
    libtest_mimic::run(&arguments, needing_kit(trials)).exit_code()
}

/// A file with a device in it.
fn device_file(name: &str, device: &str) -> Result<PathBuf, Failed> {
    let file = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("guest-{name}.json"));
    std::fs::write(&file, device)?;
    Ok(file)
}

/// Runs these lines as a script in a guest with this device. Returns what each has printed.
fn printed(device: &Path, lines: &[&str]) -> Result<Vec<String>, Failed> {
    let script: String = lines
        .iter()
        .map(|line| format!("{line} 2>&1\necho '{MARK}'\n"))
        .collect();
    let mut process = Command::new(env!("CARGO_BIN_EXE_mlx5-cosim"))
        .args(["vm", "--device"])
        .arg(device)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()?;
    let mut input = process.stdin.take().ok_or("a pipe")?;
    input.write_all(script.as_bytes())?;
    drop(input);
    let output = process.wait_with_output()?;
    if !output.status.success() {
        return Err(format!("vm: {}", output.status).into());
    }
    let text = String::from_utf8_lossy(&output.stdout);
    let printed: Vec<String> = text.split(&format!("{MARK}\n")).map(str::to_owned).collect();
    match printed.len() == lines.len() + 1 {
        true => Ok(printed),
        false => Err(format!("not every line was carried out: {text}").into()),
    }
}

fn look_around(name: &str, device: &str, version: &str) -> Result<(), Failed> {
    let file = device_file(name, device)?;
    let read = |function: &str| {
        let folder = format!("/sys/bus/pci/devices/{function}");
        format!("cat {folder}/current_link_speed {folder}/current_link_width")
    };
    let enable = |number: u8| format!("echo {number} > /sys/bus/pci/devices/{FUNCTION}/sriov_numvfs");

    let link = "252.048 Gb/s available PCIe bandwidth (16.0 GT/s PCIe x16 link)".to_owned();
    let revision = format!("mlx5_core {FUNCTION}: firmware version: {version}");
    let running = format!("running fw.version {version}");
    let stored = format!("stored fw.version {version}");
    // Nine VFs, so that the last two are beyond function 7.
    let driver = |number: u8, address: &str| format!("vf{number} {address}: it has a driver");
    let enabled = [
        driver(1, "0000:01:00.1"),
        driver(8, "0000:01:01.0"),
        driver(9, "0000:01:01.1"),
    ];
    let function = "0000:01:01.1 15b3:101c class 020000 driver mlx5_core VF of 0000:01:00.0";
    let both = "16.0 GT/s PCIe\n16\n";
    let all: [(String, Vec<String>); 10] = [
        ("dmesg".to_owned(), vec![link, revision]),
        (read(PORT), vec![both.to_owned()]),
        (read(FUNCTION), vec![both.to_owned()]),
        (
            format!("devlink info {FUNCTION}"),
            vec!["fixed fw.psid MT_COSIM_".to_owned(), running, stored],
        ),
        ("vfs 9".to_owned(), enabled.to_vec()),
        ("lspci".to_owned(), vec![function.to_owned()]),
        (
            "counters 0000:01:01.1".to_owned(),
            vec!["fw_pages_total".to_owned()],
        ),
        // Of a redirection that fails the shell itself tells.
        (
            format!("{{ {}; }}", enable(3)),
            vec!["Device or resource busy".to_owned()],
        ),
        (format!("{}; settle", enable(0)), vec![]),
        ("lspci".to_owned(), vec![]),
    ];
    let lines: Vec<&str> = all.iter().map(|(line, _)| line.as_str()).collect();
    let printed = printed(&file, &lines)?;
    for ((line, parts), seen) in all.iter().zip(&printed) {
        if let Some(part) = parts.iter().find(|part| !seen.contains(*part)) {
            return Err(format!("{line}: {part:?} is not in: {seen}").into());
        }
    }
    for wrong in ["Unknown x255", "invalid device_frequency_khz", "can't assign"] {
        if printed[0].contains(wrong) {
            return Err(format!("{wrong:?} is in the kernel's log: {}", printed[0]).into());
        }
    }
    let rest = &printed[all.len() - 1];
    match rest.contains("15b3:101c") {
        true => Err(format!("there are VFs still: {rest}").into()),
        false => Ok(()),
    }
}

fn has_a_shell() -> Result<(), Failed> {
    let file = device_file("terminal", NIC)?;
    let program = env!("CARGO_BIN_EXE_mlx5-cosim");
    // `script` makes a terminal, and hands on what it is told.
    let mut process = Command::new("script")
        .args(["--quiet", "--return", "--echo", "never", "--command"])
        .arg(format!("'{program}' vm --device '{}'", file.display()))
        .arg("/dev/null")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()?;
    let mut keys = process.stdin.take().ok_or("a pipe")?;
    let mut screen = process.stdout.take().ok_or("a pipe")?;
    let mut seen = String::new();
    let mut some = [0; 4096];
    let mut until = |part: &str| -> Result<(), Failed> {
        // The kernel may say something behind the prompt.
        while !seen.contains(part) {
            match screen.read(&mut some)? {
                0 => return Err(format!("the terminal has ended: {seen}").into()),
                length => seen.push_str(&String::from_utf8_lossy(&some[..length])),
            }
        }
        Ok(())
    };
    until(PROMPT)?;
    // The terminal echoes what is typed: the sum does not stand in it.
    keys.write_all(b"echo so-$((6 * 7))-it-is\n")?;
    until("so-42-it-is")?;
    keys.write_all(b"poweroff\n")?;
    let status = process.wait()?;
    match status.success() {
        true => Ok(()),
        false => Err(format!("vm: {status}").into()),
    }
}
