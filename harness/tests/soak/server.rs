//! The server: one PF and its 63 VFs, a control socket, a script that boots a guest.

use crate::figures::Figures;
use harness::stage::socket::control::ControlClient;
use libtest_mimic::Failed;
use serde_json::{Value, json};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};
use tempfile::TempDir;

/// 64 functions.
const DEVICE: &str = r#"{ "kind": "pf", "vhca_id": 5, "page_mode": "vhca_id",
    "eswitch": { "manager": true, "vport_group_manager": true },
    "vfs": { "total": 63, "first_vhca_id": 16 } }"#;

/// How long the server may take to begin, and to notice that a client has gone.
const PATIENCE: Duration = Duration::from_secs(60);

/// See the module's head. It is killed when it is dropped.
pub(crate) struct Server {
    process: Child,
    folder: TempDir,
}

impl Server {
    pub(crate) fn start() -> Result<Self, Failed> {
        let folder = tempfile::tempdir()?;
        let device = folder.path().join("device.json");
        std::fs::write(&device, DEVICE)?;
        let process = Command::new(env!("CARGO_BIN_EXE_mlx5-cosim"))
            .args(["serve", "--device"])
            .arg(&device)
            .arg("--socket-dir")
            .arg(folder.path().join("sockets"))
            .arg("--control")
            .arg(folder.path().join("control.sock"))
            .arg("--boot-script")
            .arg(folder.path().join("boot"))
            .stdout(Stdio::null())
            .spawn()?;
        let server = Self { process, folder };
        let until = Instant::now() + PATIENCE;
        // The script stands there whole, or not at all.
        while !server.boot_script().exists() || ControlClient::connect(&server.control()).is_err() {
            if Instant::now() > until {
                return Err("the server does not begin".into());
            }
            std::thread::sleep(Duration::from_millis(50));
        }
        Ok(server)
    }

    pub(crate) fn control(&self) -> PathBuf {
        self.folder.path().join("control.sock")
    }

    pub(crate) fn boot_script(&self) -> PathBuf {
        self.folder.path().join("boot")
    }

    /// What it has of the system.
    pub(crate) fn figures(&self) -> Result<Figures, Failed> {
        let process = PathBuf::from(format!("/proc/{}", self.process.id()));
        Ok(Figures {
            memory_kib: memory(&process)?,
            descriptors: std::fs::read_dir(process.join("fd"))?.count(),
            ..Figures::default()
        })
    }

    /// Waits until it has noticed that the last guest is gone.
    pub(crate) fn until_nobody_is_connected(&self) -> Result<(), Failed> {
        let mut control = ControlClient::connect(&self.control())?;
        let until = Instant::now() + PATIENCE;
        loop {
            let functions: Value = control.ask("functions", &json!({}))?;
            let mut listed = functions.as_array().into_iter().flatten();
            if !listed.any(|function| function["connected"] == true) {
                return Ok(());
            }
            if Instant::now() > until {
                return Err(format!("somebody is still connected: {functions}").into());
            }
            std::thread::sleep(Duration::from_millis(20));
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// `VmRSS` without what clients have mapped into it, in KiB: `RssAnon`.
fn memory(process: &Path) -> Result<u64, Failed> {
    let status = std::fs::read_to_string(process.join("status"))?;
    let line = status.lines().find(|line| line.starts_with("RssAnon:"));
    let number = line.and_then(|line| line.split_whitespace().nth(1));
    Ok(number.ok_or("no RssAnon")?.parse()?)
}
