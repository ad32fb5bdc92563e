//! Programs that are killed at points that are drawn: nothing of them runs on, no file under its own name is half of one, the
//! next start works and removes what was left.
//!
//! The long form, which also kills guests, and `setup` while it fetches:
//!
//! ```text
//! MLX5_COSIM_KILLS=200 cargo test -p harness --test kills -- --nocapture
//! ```
//!
//! `MLX5_COSIM_KILLS_SEED` draws other points. What needs the guest kit says so where there is none.
#![allow(
    clippy::disallowed_types,
    clippy::disallowed_methods,
    reason = "programs are killed by the wall clock"
)]

use guest::kit::{Kit, KitOptions};
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};
use rustix::process::{Pid, Signal, kill_process};
use std::collections::BTreeMap;
use std::fmt;
use std::fs;
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};
use tempfile::TempDir;

/// How many kills there are, and from which seed they are drawn.
const KILLS: &str = "MLX5_COSIM_KILLS";
const SEED: &str = "MLX5_COSIM_KILLS_SEED";

/// Kills of the short form.
const FEW: usize = 20;

/// The mark by which programs of a campaign are known, and those that they start.
const MARK: &str = "MLX5_COSIM_TEST_KILLED";

/// How long children of a program that was killed may take to end.
const GRACE: Duration = Duration::from_secs(10);

/// What is killed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Victim {
    /// `run` with reports, records and command streams.
    Run,
    /// `run` that writes snapshots.
    RunUpdate,
    /// `run --backend socket`: two processes.
    RunSocket,
    /// `serve`.
    Serve,
    /// The server of `run --backend socket`, which has to end by itself, and well.
    ServerOfRun,
    /// `setup` where the kit is there.
    SetupAgain,
    /// `setup` while it fetches. It costs a download at the end.
    Setup,
    /// `vm`: a guest.
    Vm,
}

impl fmt::Display for Victim {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Run => "run",
            Self::RunUpdate => "run --update",
            Self::RunSocket => "run --backend socket",
            Self::Serve => "serve",
            Self::ServerOfRun => "the server of a run",
            Self::SetupAgain => "setup, complete",
            Self::Setup => "setup, fetching",
            Self::Vm => "vm",
        })
    }
}

/// How often each is killed, of so many kills in all. A fetch and a guest take long.
fn shares(kills: usize, has_kit: bool) -> Vec<(Victim, usize)> {
    let part = |of_100: usize| (kills * of_100 / 100).max(1);
    let mut shares = vec![
        (Victim::RunUpdate, part(15)),
        (Victim::RunSocket, part(20)),
        (Victim::Serve, part(20)),
        (Victim::ServerOfRun, part(10)),
    ];
    if has_kit {
        shares.push((Victim::SetupAgain, part(10)));
        if kills > FEW {
            shares.extend([(Victim::Vm, part(5)), (Victim::Setup, part(5))]);
        }
    }
    let others: usize = shares.iter().map(|(_, count)| count).sum();
    shares.insert(0, (Victim::Run, kills.saturating_sub(others)));
    shares
}

/// A few scenarios: a run of them takes some tenths of a second.
const SCENARIOS: &str = "scenarios/lifecycle";

/// Files and folders for one kind of victim.
struct Bench {
    folder: TempDir,
    /// What a run that nobody disturbs writes, by its name; empty until there was one.
    whole: BTreeMap<PathBuf, Vec<u8>>,
    /// How long that took.
    takes: Duration,
}

impl Bench {
    fn new() -> Self {
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

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn mark(&self) -> String {
        format!("{MARK}={}", self.folder.path().display())
    }

    /// The command line of a victim.
    fn command(&self, victim: Victim) -> Command {
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
    fn files(&self) -> BTreeMap<PathBuf, Vec<u8>> {
        let mut files = BTreeMap::new();
        let mut folders = vec![self.path("out")];
        while let Some(folder) = folders.pop() {
            for entry in fs::read_dir(&folder).expect("a folder").flatten() {
                let (path, kind) = (entry.path(), entry.file_type().expect("a type"));
                let unfinished = path
                    .extension()
                    .is_some_and(|extension| extension == "unfinished");
                if kind.is_dir() {
                    folders.push(path);
                } else if kind.is_file() && !unfinished {
                    let bytes = fs::read(&path).expect("a file");
                    files.insert(path, bytes);
                }
            }
        }
        files
    }

    /// What is left over: unfinished files and temporary folders.
    fn leftovers(&self) -> Vec<PathBuf> {
        let mut left = Vec::new();
        let mut folders = vec![self.path("out"), self.path("tmp")];
        while let Some(folder) = folders.pop() {
            for entry in fs::read_dir(&folder).expect("a folder").flatten() {
                let path = entry.path();
                let unfinished = path
                    .extension()
                    .is_some_and(|extension| extension == "unfinished");
                if unfinished || folder == self.path("tmp") {
                    left.push(path);
                } else if path.is_dir() {
                    folders.push(path);
                }
            }
        }
        left
    }

    fn said(&self) -> String {
        fs::read_to_string(self.path("said")).unwrap_or_default()
    }

    /// A start that nobody disturbs: it works, and nothing is left afterwards.
    fn starts_again(&mut self, victim: Victim) -> Result<(), String> {
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
    fn kill(&self, victim: Victim, after: Duration) -> Result<bool, String> {
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

fn signal_child(child: &Child, signal: Signal) {
    let _ = kill_process(Pid::from_child(child), signal);
}

fn from_environment(name: &str) -> Option<u64> {
    let value = std::env::var(name).ok()?;
    Some(
        value
            .parse()
            .unwrap_or_else(|_| panic!("{name} is no number: {value}")),
    )
}

#[test]
fn whoever_is_killed_leaves_nothing_that_runs_nothing_half_written_and_nothing_in_the_way() {
    let kills = from_environment(KILLS).map_or(FEW, |kills| usize::try_from(kills).expect("a small number"));
    let seed = from_environment(SEED).unwrap_or(1);
    let has_kit = Kit::locate(&KitOptions::default()).is_ok();
    if !has_kit {
        eprintln!("neither `setup` nor `vm` is killed: there is no kit");
    }
    let mut dice = ChaCha8Rng::seed_from_u64(seed);
    let mut wrong = Vec::new();
    eprintln!(
        "seed {seed}\n{:24}{:>7}{:>9}{:>8}{:>12}",
        "killed", "kills", "in time", "wrong", "undisturbed"
    );
    for (victim, count) in shares(kills, has_kit) {
        let mut bench = Bench::new();
        let mut in_time = 0;
        let before = wrong.len();
        if victim == Victim::Setup {
            // Nobody wants to wait for a whole one before.
            bench.takes = Duration::from_secs(20);
        } else if let Err(error) = bench.starts_again(victim) {
            wrong.push(format!("{victim}, undisturbed: {error}"));
            continue;
        }
        for number in 0..count {
            let most = u64::try_from(bench.takes.as_micros()).expect("no hour");
            // A server is killed while it serves, too.
            let after = Duration::from_micros(dice.next_u64() % most.max(100_000));
            let killed = bench.kill(victim, after);
            in_time += usize::from(killed == Ok(true));
            // A fetch is finished once, at the end.
            let is_last = number + 1 == count;
            let again = if victim == Victim::Setup && !is_last {
                Ok(())
            } else {
                bench.starts_again(victim)
            };
            for error in [killed.err(), again.err()].into_iter().flatten() {
                wrong.push(format!("{victim} after {after:?}: {error}"));
            }
        }
        let (wrong, takes) = (wrong.len() - before, bench.takes);
        eprintln!(
            "{victim:24}{count:>7}{in_time:>9}{wrong:>8}{:>10.2} s",
            takes.as_secs_f64()
        );
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Two programs of one command line, started together: how each has ended.
fn two_at_once(bench: &Bench, victim: Victim) -> Vec<Option<i32>> {
    let children: Vec<Child> = (0..2)
        .map(|_| bench.command(victim).spawn().expect("it can be started"))
        .collect();
    let ended = children
        .into_iter()
        .map(|mut child| child.wait().expect("a child").code());
    ended.collect()
}

#[test]
fn two_runs_that_write_the_same_files_leave_them_whole() {
    let mut bench = Bench::new();
    bench.starts_again(Victim::Run).expect("an undisturbed run");
    for _ in 0..3 {
        assert_eq!(two_at_once(&bench, Victim::Run), [Some(0), Some(0)]);
        assert!(bench.files() == bench.whole, "{}", bench.said());
        assert_eq!(bench.leftovers(), Vec::<PathBuf>::new());
    }
}

#[test]
fn of_two_servers_that_start_together_one_serves_and_the_other_says_why_it_does_not() {
    let bench = Bench::new();
    for _ in 0..5 {
        let mut children: Vec<Child> = (0..2)
            .map(|_| bench.command(Victim::Serve).spawn().expect("it can be started"))
            .collect();
        let began = Instant::now();
        let loser = loop {
            let ended = children
                .iter_mut()
                .position(|child| child.try_wait().expect("a child").is_some());
            if let Some(loser) = ended {
                break children.remove(loser);
            }
            assert!(began.elapsed() < Duration::from_secs(30), "both serve");
            sleep(Duration::from_millis(5));
        };
        let mut winner = children.remove(0);
        assert_eq!({ loser }.wait().expect("a child").code(), Some(104));
        assert!(winner.try_wait().expect("a child").is_none(), "neither serves");
        assert!(until_connects(&bench.path("sockets/pf.sock")));
        signal_child(&winner, Signal::TERM);
        assert_eq!(winner.wait().expect("a child").code(), Some(0));
        assert_eq!(fs::read_dir(bench.path("sockets")).expect("it stays").count(), 0);
    }
}

fn until_connects(socket: &Path) -> bool {
    let began = Instant::now();
    while began.elapsed() < Duration::from_secs(10) {
        if std::os::unix::net::UnixStream::connect(socket).is_ok() {
            return true;
        }
        sleep(Duration::from_millis(5));
    }
    false
}
