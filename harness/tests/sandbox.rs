//! The sandbox of `serve`, seen from outside.

mod workbench;

use rustix::process::{Pid, Signal, kill_process};
use seccompiler::{BpfProgram, SeccompAction, SeccompFilter, TargetArch, apply_filter};
use std::collections::BTreeMap;
use std::fs;
use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};
use workbench::Workbench;

/// A running `serve`. It is killed when a test gives up.
struct Server {
    child: Child,
    log: String,
}

impl Server {
    /// Starts `serve` in `bench`, and waits until its walls are up.
    fn start(bench: &Workbench, arguments: &[&str]) -> Self {
        let mut child = Command::new(env!("CARGO_BIN_EXE_mlx5-cosim"))
            .args(["serve", "--socket-dir", "sockets"])
            .args(arguments)
            .current_dir(bench.path(""))
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the tool can be started");
        let mut stderr = BufReader::new(child.stderr.take().expect("stderr is piped"));
        let mut log = String::new();
        while !log.contains("QEMU 10.1 or later") {
            let read = stderr.read_line(&mut log).expect("the log is text");
            assert!(read > 0, "serve has ended: {log}");
        }
        // Nobody reads on: a log without a reader is no error.
        Self { child, log }
    }

    /// A file of it in `/proc`, of the process or of each of its threads.
    fn about(&self, file: &str) -> Vec<String> {
        let process = format!("/proc/{}", self.child.id());
        let read = |path: String| fs::read_to_string(path).expect("it runs");
        if file == "limits" {
            return vec![read(format!("{process}/limits"))];
        }
        let threads = fs::read_dir(format!("{process}/task")).expect("it runs");
        let threads = threads.map(|thread| thread.expect("a thread").path());
        threads
            .map(|thread| read(format!("{}/{file}", thread.display())))
            .collect()
    }

    fn end(mut self) -> Option<i32> {
        kill_process(Pid::from_child(&self.child), Signal::TERM).expect("serve runs");
        self.child.wait().expect("serve is a child").code()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The number behind a word of a status.
fn number(status: &str, word: &str) -> Option<u64> {
    let line = status.lines().find(|line| line.starts_with(word))?;
    line.split_whitespace().nth(1)?.parse().ok()
}

/// Puts another folder in the place of the sockets' one, with the socket of the PF in it.
fn another_folder(bench: &Workbench) {
    fs::rename(bench.path("sockets"), bench.path("moved")).expect("it is ours");
    fs::create_dir(bench.path("sockets")).expect("a folder can be made");
    fs::hard_link(bench.path("moved/pf.sock"), bench.path("sockets/pf.sock")).expect("the same socket");
}

#[test]
fn every_thread_of_a_server_is_in_the_sandbox() {
    let bench = Workbench::new("sandbox-threads");
    let server = Server::start(&bench, &[]);
    assert!(
        server.log.contains("in a sandbox: no file can be opened"),
        "{}",
        server.log
    );
    assert!(!server.log.contains("hole"), "{}", server.log);
    let threads = server.about("status");
    assert!(
        threads.len() >= 4,
        "{}: all are there from the beginning",
        threads.len()
    );
    for thread in &threads {
        assert_eq!(number(thread, "NoNewPrivs:"), Some(1), "{thread}");
        assert_eq!(number(thread, "Seccomp:"), Some(2), "{thread}");
        assert_eq!(number(thread, "Seccomp_filters:"), Some(2), "{thread}");
    }
    let limits = server.about("limits").concat();
    let of = |name: &str| {
        let line = limits
            .lines()
            .find(|line| line.starts_with(name))
            .expect("a limit")
            .to_owned();
        line[name.len()..]
            .split_whitespace()
            .map(str::to_owned)
            .collect::<Vec<_>>()
    };
    assert_eq!(of("Max data size")[..2], ["8589934592", "8589934592"]);
    let files = of("Max open files");
    assert_eq!(files[0], files[1], "it cannot be raised");
    assert!(
        files[0].parse::<u64>().is_ok_and(|files| files <= 4 * 160 + 1024),
        "{files:?}"
    );
    assert_eq!(server.end(), Some(0));
}

#[test]
fn a_server_removes_its_sockets_from_their_folder_and_nothing_from_another() {
    let bench = Workbench::new("sandbox-folder");
    let server = Server::start(&bench, &[]);
    another_folder(&bench);
    assert_eq!(server.end(), Some(0));
    assert!(
        bench.path("sockets/pf.sock").exists(),
        "it was removed from a folder that it did not know"
    );
}

#[test]
fn no_sandbox_is_told_and_confines_nothing() {
    let bench = Workbench::new("sandbox-none");
    let server = Server::start(&bench, &["--no-sandbox"]);
    assert!(
        server.log.contains("no sandbox, as --no-sandbox says"),
        "{}",
        server.log
    );
    for thread in server.about("status") {
        assert_eq!(number(&thread, "Seccomp:"), Some(0), "{thread}");
    }
    another_folder(&bench);
    assert_eq!(server.end(), Some(0));
    assert!(
        !bench.path("sockets/pf.sock").exists(),
        "the same path, and the same socket"
    );
}

/// Starts `serve` where this call is not there, as on a kernel without it.
#[allow(
    clippy::disallowed_methods,
    reason = "a filter is a thread's, and a child's of it"
)]
fn started_without(call: i64, bench: &Workbench) -> Server {
    let lacks = move || {
        let arch = TargetArch::try_from(std::env::consts::ARCH).expect("a known machine");
        let rules = BTreeMap::from([(call, Vec::new())]);
        let not_there = SeccompAction::Errno(libc::ENOSYS.unsigned_abs());
        let filter = SeccompFilter::new(rules, SeccompAction::Allow, not_there, arch).expect("a filter");
        let program: BpfProgram = filter.try_into().expect("a program");
        apply_filter(&program).expect("the kernel has seccomp");
        Server::start(bench, &[])
    };
    // Of this thread alone, and of what it starts.
    std::thread::scope(|scope| scope.spawn(lacks).join().expect("it serves"))
}

#[test]
fn a_kernel_that_lacks_a_piece_is_told_of_and_the_server_serves() {
    for (call, name, piece) in [
        (libc::SYS_landlock_create_ruleset, "landlock", "files (Landlock)"),
        (libc::SYS_seccomp, "seccomp", "system calls (seccomp)"),
    ] {
        let bench = Workbench::new(&format!("sandbox-without-{name}"));
        let server = started_without(call, &bench);
        let told = format!("the sandbox has a hole: not confined: {piece}: ");
        assert!(server.log.contains(&told), "{}", server.log);
        assert!(vfio_user::Client::new(&bench.path("sockets/pf.sock")).is_ok());
        assert_eq!(server.end(), Some(0));
    }
}
