//! What a kernel developer sees first: `vm` at its shell, with the unmodified driver of the kit's kernel.
//!
//! They need the guest kit, which `mlx5-cosim setup` brings. Without it they are ignored, and say so; where
//! [`guest_kit::REQUIRED`] is set they fail instead.

mod guest_kit;

use guest_kit::needing_kit;
use libtest_mimic::{Arguments, Failed, Trial};
use std::io::{Read, Write};
use std::process::{Child, ChildStdin, ChildStdout, Command, ExitCode, Stdio};

/// What the shell says when it waits for a line.
const PROMPT: &[u8] = b"guest# ";
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
    let trials: Vec<Trial> = cases
        .into_iter()
        .map(|(name, device, version)| {
            let test = move || look_around(name, device, version);
            Trial::test(format!("a_{name}_has_link_versions_and_vfs_with_drivers"), test)
        })
        .collect();
    libtest_mimic::run(&arguments, needing_kit(trials)).exit_code()
}

/// `vm` with its terminal on pipes. It is killed when a test gives up.
struct Shell {
    process: Child,
    lines: ChildStdin,
    console: ChildStdout,
}

impl Shell {
    fn start(device: &std::path::Path) -> Result<Self, Failed> {
        // A shell is for terminals: `script` makes one, and hands on what it is told.
        let program = env!("CARGO_BIN_EXE_mlx5-cosim");
        let mut process = Command::new("script")
            .args(["--quiet", "--return", "--echo", "never", "--command"])
            .arg(format!("'{program}' vm --device '{}'", device.display()))
            .arg("/dev/null")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()?;
        let lines = process.stdin.take().ok_or("a pipe")?;
        let console = process.stdout.take().ok_or("a pipe")?;
        let mut shell = Self {
            process,
            lines,
            console,
        };
        shell.until_prompt()?;
        Ok(shell)
    }

    /// What the console shows until the shell waits for a line.
    fn until_prompt(&mut self) -> Result<String, Failed> {
        let mut seen = Vec::new();
        let mut some = [0; 4096];
        while !seen.ends_with(PROMPT) {
            let read = self.console.read(&mut some)?;
            seen.extend_from_slice(&some[..read]);
            if read == 0 {
                return Err(format!("the console has ended: {}", String::from_utf8_lossy(&seen)).into());
            }
        }
        Ok(String::from_utf8_lossy(&seen).replace('\r', ""))
    }

    /// Types a line; what comes of it.
    fn type_line(&mut self, line: &str) -> Result<String, Failed> {
        writeln!(self.lines, "{line}")?;
        self.until_prompt()
    }

    /// Types a line, of which all of this has to come.
    fn expect(&mut self, line: &str, all: &[&str]) -> Result<String, Failed> {
        let seen = self.type_line(line)?;
        match all.iter().find(|part| !seen.contains(**part)) {
            None => Ok(seen),
            Some(part) => Err(format!("{line}: {part:?} is not in: {seen}").into()),
        }
    }
}

impl Drop for Shell {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

fn look_around(name: &str, device: &str, version: &str) -> Result<(), Failed> {
    let file = std::path::Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("guest-{name}.json"));
    std::fs::write(&file, device)?;
    let mut shell = Shell::start(&file)?;

    let link = "252.048 Gb/s available PCIe bandwidth (16.0 GT/s PCIe x16 link)";
    let revision = format!("mlx5_core {FUNCTION}: firmware version: {version}");
    let log = shell.expect("dmesg", &[link, &revision])?;
    for wrong in ["Unknown x255", "invalid device_frequency_khz", "can't assign"] {
        if log.contains(wrong) {
            return Err(format!("{wrong:?} is in the kernel's log: {log}").into());
        }
    }
    for function in [PORT, FUNCTION] {
        let folder = format!("/sys/bus/pci/devices/{function}");
        let read = format!("cat {folder}/current_link_speed {folder}/current_link_width");
        shell.expect(&read, &["16.0 GT/s PCIe\n16\n"])?;
    }
    let running = format!("running fw.version {version}");
    let stored = format!("stored fw.version {version}");
    shell.expect(
        &format!("devlink info {FUNCTION}"),
        &["fixed fw.psid MT_COSIM_", &running, &stored],
    )?;

    // Nine VFs, so that the last two are beyond function 7.
    let number = format!("/sys/bus/pci/devices/{FUNCTION}/sriov_numvfs");
    let driver = |number: u8, address: &str| format!("vf{number} {address}: it has a driver");
    let enabled = [
        driver(1, "0000:01:00.1"),
        driver(8, "0000:01:01.0"),
        driver(9, "0000:01:01.1"),
    ];
    shell.expect("vfs 9", &enabled.each_ref().map(String::as_str))?;
    shell.expect(
        "lspci",
        &["0000:01:01.1 15b3:101c class 020000 driver mlx5_core VF of 0000:01:00.0"],
    )?;
    shell.expect("counters 0000:01:01.1", &["fw_pages_total"])?;
    shell.expect(&format!("echo 3 > {number}"), &["Device or resource busy"])?;
    shell.type_line("vfs 0")?;
    let rest = shell.type_line("lspci")?;
    if rest.contains("15b3:101c") {
        return Err(format!("there are VFs still: {rest}").into());
    }
    writeln!(shell.lines, "poweroff")?;
    let status = shell.process.wait()?;
    if status.success() {
        Ok(())
    } else {
        Err(format!("vm: {status}").into())
    }
}
