//! Files and folders for one kind of victim: it is started, killed and started again, and what it leaves behind is looked at.

use crate::victim::Victim;
use rustix::process::{Pid, Signal, kill_process};
use std::collections::BTreeMap;
use std::fs;
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};
use tempfile::TempDir;

/// The mark by which programs of a campaign are known, and those that they start.
const MARK: &str = "MLX5_COSIM_TEST_KILLED";

/// How long children of a program that was killed may take to end.
const GRACE: Duration = Duration::from_secs(10);

/// A few scenarios: a run of them takes some tenths of a second.
const SCENARIOS: &str = "scenarios/lifecycle";

/// Files and folders for one kind of victim.
pub(crate) struct Bench {
    folder: TempDir,
    /// What a run that nobody disturbs writes, by its name; empty until there was one.
    pub(crate) whole: BTreeMap<PathBuf, Vec<u8>>,
    /// How long that took.
    pub(crate) takes: Duration,
}

impl Bench {
    pub(crate) fn new() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        for name in ["tmp", "out", "cache"] {
            fs::create_dir(folder.path().join(name)).expect("a folder");
        }
        Self {
            folder,
            whole: BTreeMap::new(),
            takes: Duration::ZERO,
        }
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn mark(&self) -> String {
        format!("{MARK}={}", self.folder.path().display())
    }

    /// The command line of a victim.
    pub(crate) fn command(&self, victim: Victim) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_mlx5-cosim"));
        command
            .current_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/.."))
            .env("TMPDIR", self.path("tmp"))
            .env(MARK, self.folder.path())
            .env_remove("MLX5_COSIM_LOG")
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(fs::File::create(self.path("said")).expect("a file"));
        match victim {
            Victim::Run | Victim::RunUpdate | Victim::RunSocket | Victim::ServerOfRun => {
                command.args(["run", SCENARIOS, "--revision", "merged"]);
                self.add_outputs(victim, &mut command);
            }
            Victim::Serve => {
                command.arg("serve").arg("--socket-dir").arg(self.path("sockets"));
                command
                    .arg("--control")
                    .arg(self.path("out").join("control.sock"));
            }
            Victim::SetupAgain => {
                command.arg("setup");
            }
            Victim::Setup => {
                command.arg("setup").env("XDG_CACHE_HOME", self.path("cache"));
            }
            Victim::Vm => {
                command.arg("vm").stdin(Stdio::piped());
            }
        }
        command
    }

    /// What a run writes.
    fn add_outputs(&self, victim: Victim, command: &mut Command) {
        let out = |name: &str| self.path("out").join(name);
        if victim == Victim::RunUpdate {
            command.args(["--update", "--snapshots"]).arg(out("snapshots"));
            return;
        }
        let files = [
            ("--json", "json"),
            ("--junit", "xml"),
            ("--ktap", "ktap"),
            ("--trace", "trace"),
        ];
        for (option, name) in files {
            command.arg(option).arg(out(name));
        }
        if victim == Victim::RunSocket || victim == Victim::ServerOfRun {
            command.args(["--backend", "socket"]);
        } else {
            command.arg("--record").arg(out("records"));
            // A folder that is there gets a file for each run.
            fs::create_dir_all(out("commands")).expect("a folder");
            command.arg("--commands").arg(out("commands"));
        }
    }

    /// Processes that carry the mark of this bench.
    fn strays(&self) -> Vec<(i32, String)> {
        let mark = self.mark();
        let processes = fs::read_dir("/proc").expect("there is /proc");
        let marked = processes.filter_map(|process| {
            let process = process.ok()?;
            let id: i32 = process.file_name().to_str()?.parse().ok()?;
            let environment = fs::read(process.path().join("environ")).ok()?;
            let is_marked = environment
                .split(|byte| *byte == 0)
                .any(|word| word == mark.as_bytes());
            let name = fs::read_to_string(process.path().join("comm")).unwrap_or_default();
            is_marked.then(|| (id, name.trim().to_owned()))
        });
        marked.collect()
    }

    /// Waits until nothing of a program that was killed is left.
    fn wait_for_strays(&self) -> Result<(), String> {
        let began = Instant::now();
        loop {
            let strays = self.strays();
            if strays.is_empty() {
                return Ok(());
            }
            if began.elapsed() > GRACE {
                for (id, _) in &strays {
                    signal(*id, Signal::KILL);
                }
                return Err(format!("still there: {strays:?}"));
            }
            sleep(Duration::from_millis(10));
        }
    }

    /// Files under their own names, with what is in them.
    pub(crate) fn files(&self) -> BTreeMap<PathBuf, Vec<u8>> {
        let mut files = BTreeMap::new();
        let mut folders = vec![self.path("out")];
        while let Some(folder) = folders.pop() {
            for entry in fs::read_dir(&folder).expect("a folder").flatten() {
                let (path, kind) = (entry.path(), entry.file_type().expect("a type"));
                if kind.is_dir() {
                    folders.push(path);
                } else if kind.is_file() && !is_unfinished(&path) {
                    let bytes = fs::read(&path).expect("a file");
                    files.insert(path, bytes);
                }
            }
        }
        files
    }

    /// What is left over: unfinished files and temporary folders.
    pub(crate) fn leftovers(&self) -> Vec<PathBuf> {
        let mut left = Vec::new();
        let mut folders = vec![self.path("out"), self.path("tmp")];
        while let Some(folder) = folders.pop() {
            for entry in fs::read_dir(&folder).expect("a folder").flatten() {
                let path = entry.path();
                if is_unfinished(&path) || folder == self.path("tmp") {
                    left.push(path);
                } else if path.is_dir() {
                    folders.push(path);
                }
            }
        }
        left
    }

    pub(crate) fn said(&self) -> String {
        fs::read_to_string(self.path("said")).unwrap_or_default()
    }

    /// A start that nobody disturbs: it works, and nothing is left afterwards.
    pub(crate) fn starts_again(&mut self, victim: Victim) -> Result<(), String> {
        let began = Instant::now();
        let mut child = self.command(victim).spawn().map_err(|error| error.to_string())?;
        let succeeded = match victim {
            Victim::Serve => {
                let serves = self.until_said(&mut child, "orders are taken at");
                signal_child(&child, Signal::TERM);
                serves && child.wait().is_ok_and(|status| status.success())
            }
            // The end of its standard input ends it.
            Victim::Vm => {
                drop(child.stdin.take());
                child.wait().is_ok_and(|status| status.success())
            }
            _ => child.wait().is_ok_and(|status| status.success()),
        };
        if !succeeded {
            let _ = child.kill();
            return Err(format!("the next start fails: {}", self.said()));
        }
        let leftovers = self.leftovers();
        if !leftovers.is_empty() {
            return Err(format!("left after the next start: {leftovers:?}"));
        }
        let files = self.files();
        // On a busy machine the shortest is what it takes.
        let took = began.elapsed();
        self.takes = if self.takes.is_zero() {
            took
        } else {
            self.takes.min(took)
        };
        if self.whole.is_empty() {
            self.whole = files;
        } else if files != self.whole {
            return Err("the next start writes something else".to_owned());
        }
        self.wait_for_strays()
    }

    /// Whether the program says this before it ends.
    fn until_said(&self, child: &mut Child, words: &str) -> bool {
        while child.try_wait().is_ok_and(|status| status.is_none()) {
            if self.said().contains(words) {
                return true;
            }
            sleep(Duration::from_millis(5));
        }
        false
    }

    /// Kills a victim after this time. Whether it was in time.
    pub(crate) fn kill(&self, victim: Victim, after: Duration) -> Result<bool, String> {
        if matches!(victim, Victim::Run | Victim::RunUpdate) {
            // Half of a file that was not there yet would show no less than half of one that is replaced.
            let _ = fs::remove_dir_all(self.path("out"));
            fs::create_dir(self.path("out")).map_err(|error| error.to_string())?;
        }
        let mut child = self.command(victim).spawn().map_err(|error| error.to_string())?;
        sleep(after);
        if victim == Victim::ServerOfRun {
            return self.kill_server(&mut child);
        }
        let in_time = child.try_wait().is_ok_and(|status| status.is_none());
        let _ = child.kill();
        let status = child.wait().map_err(|error| error.to_string())?;
        if in_time && status.signal().is_none() && !status.success() {
            return Err(format!("it ended by itself: {status}: {}", self.said()));
        }
        self.wait_for_strays()?;
        for (path, bytes) in self.files() {
            let name = path.display();
            match self.whole.get(&path) {
                Some(whole) if *whole == bytes => {}
                Some(whole) => return Err(format!("{name} has {} of {} bytes", bytes.len(), whole.len())),
                None => return Err(format!("{name} is nothing that it writes")),
            }
        }
        Ok(in_time)
    }

    /// Kills the server of a run: the run says so, and ends.
    fn kill_server(&self, child: &mut Child) -> Result<bool, String> {
        let own = i32::try_from(child.id()).unwrap_or_default();
        let server = self.strays().into_iter().find(|(id, _)| *id != own);
        if let Some((id, _)) = &server {
            signal(*id, Signal::KILL);
        }
        let began = Instant::now();
        while child.try_wait().is_ok_and(|status| status.is_none()) {
            if began.elapsed() > Duration::from_secs(60) {
                let _ = child.kill();
                let _ = child.wait();
                return Err("a run whose server was killed does not end".to_owned());
            }
            sleep(Duration::from_millis(10));
        }
        let status = child.wait().map_err(|error| error.to_string())?;
        // 104: the backend failed, and the next scenario has another server. 0: it was over already.
        if !matches!(status.code(), Some(0 | 104)) {
            return Err(format!(
                "a run whose server was killed ends with {status}: {}",
                self.said()
            ));
        }
        self.wait_for_strays()?;
        Ok(server.is_some())
    }
}

/// What has ended by now needs no signal.
fn signal(id: i32, signal: Signal) {
    if let Some(id) = Pid::from_raw(id) {
        let _ = kill_process(id, signal);
    }
}

pub(crate) fn signal_child(child: &Child, signal: Signal) {
    let _ = kill_process(Pid::from_child(child), signal);
}

/// A file that has not got its own name yet.
fn is_unfinished(path: &Path) -> bool {
    path.extension()
        .is_some_and(|extension| extension == "unfinished")
}
