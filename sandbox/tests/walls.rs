//! What a process in the sandbox cannot do any more, and what it still can. Each deed is done by a process of its own: this
//! program once more, with the deed's name in its environment. What becomes of it is how that process ends.
#![allow(clippy::unwrap_used, reason = "a test panics when something is wrong")]
#![allow(clippy::disallowed_methods, reason = "threads are what is tested")]

use sandbox::{Piece, Sandbox, calls, confine_calls};
use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io::{self, ErrorKind, Read, Write};
use std::net::TcpListener;
use std::os::unix::net::{UnixListener, UnixStream};
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus};
use tempfile::TempDir;

/// Which deed this process is to do, and in which folder.
const DEED: &str = "SANDBOX_TEST_DEED";
const FOLDER: &str = "SANDBOX_TEST_FOLDER";

/// What the process says whose deed has come to its end.
const DONE: &str = "the deed is done";

const SIGSYS: i32 = 31;
const SIGABRT: i32 = 6;

/// Which walls are up when the deed is done.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Walls {
    Files,
    All,
}

/// Runs the test of this name again, in a process of its own, with `folder` to work in.
fn doer(test: &str, folder: &Path) -> Command {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args([test, "--exact", "--nocapture", "--test-threads=1"]);
    command.env(DEED, test).env(FOLDER, folder);
    command
}

/// Does `deed` in the sandbox in a process of its own; how that has ended, `None` where this is that process and it came
/// back. The sandbox leaves `allowed` in the folder to remove files in, and nothing else.
fn inside(test: &str, walls: Walls, deed: impl FnOnce(&Path)) -> Option<(ExitStatus, String, TempDir)> {
    if std::env::var(DEED).is_ok_and(|name| name == test) {
        let folder = PathBuf::from(std::env::var_os(FOLDER).unwrap());
        let sandbox = Sandbox {
            folders: vec![folder.join("allowed")],
            open_files: 64,
            own_bytes: 1 << 30,
        };
        let missing = sandbox.confine_files();
        assert!(missing.is_empty(), "{missing:?}");
        if walls == Walls::All {
            confine_calls().unwrap();
        }
        deed(&folder);
        eprintln!("{DONE}");
        // Whatever else the test's harness does on its way out is not what is tested.
        std::process::exit(0);
    }
    let folder = tempfile::tempdir().unwrap();
    for name in ["allowed", "other"] {
        fs::create_dir(folder.path().join(name)).unwrap();
        fs::write(folder.path().join(name).join("file"), "kept").unwrap();
    }
    let output = doer(test, folder.path()).output().unwrap();
    let said =
        String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
    Some((output.status, said, folder))
}

/// The deed has to come to its end.
#[track_caller]
fn succeeds(ended: Option<(ExitStatus, String, TempDir)>) {
    if let Some((status, said, _)) = ended {
        assert!(status.success() && said.contains(DONE), "{status}: {said}");
    }
}

/// The deed has to end its process by a signal.
#[track_caller]
fn dies(ended: Option<(ExitStatus, String, TempDir)>, signal: i32) {
    if let Some((status, said, _)) = ended {
        assert_eq!(status.signal(), Some(signal), "{status}: {said}");
    }
}

#[track_caller]
fn denied<T>(done: io::Result<T>) {
    let error = done.err().expect("it was allowed");
    assert_eq!(error.kind(), ErrorKind::PermissionDenied, "{error}");
}

#[test]
fn files_outside_can_neither_be_read_nor_made_nor_removed() {
    succeeds(inside(
        "files_outside_can_neither_be_read_nor_made_nor_removed",
        Walls::Files,
        |folder| {
            denied(File::open("/etc/passwd"));
            denied(fs::read_dir("/"));
            denied(File::open("/proc/self/maps"));
            denied(fs::read(folder.join("other/file")));
            denied(File::create(folder.join("other/new")));
            denied(fs::remove_file(folder.join("other/file")));
            denied(fs::create_dir(folder.join("allowed/folder")));
            denied(File::create(folder.join("allowed/new")));
            denied(UnixListener::bind(folder.join("allowed/socket")));
            denied(fs::rename(
                folder.join("allowed/file"),
                folder.join("other/moved"),
            ));
            fs::remove_file(folder.join("allowed/file")).unwrap();
        },
    ));
}

#[test]
fn a_thread_that_comes_later_is_confined_as_the_first_is() {
    succeeds(inside(
        "a_thread_that_comes_later_is_confined_as_the_first_is",
        Walls::Files,
        |_| {
            std::thread::spawn(|| denied(File::open("/etc/passwd")))
                .join()
                .unwrap()
        },
    ));
}

#[test]
fn no_program_is_executed_even_where_calls_cannot_be_confined() {
    succeeds(inside(
        "no_program_is_executed_even_where_calls_cannot_be_confined",
        Walls::Files,
        |_| {
            denied(Command::new("/bin/true").status());
            denied(TcpListener::bind("127.0.0.1:0"));
        },
    ));
}

#[test]
fn executing_a_program_ends_the_process() {
    dies(
        inside("executing_a_program_ends_the_process", Walls::All, |_| {
            let error = Command::new("/bin/true").exec();
            panic!("it was refused only: {error}");
        }),
        SIGSYS,
    );
}

#[test]
fn a_new_socket_ends_the_process() {
    dies(
        inside("a_new_socket_ends_the_process", Walls::All, |_| {
            let made = UnixStream::connect("/nowhere");
            panic!("it was refused only: {made:?}");
        }),
        SIGSYS,
    );
}

#[test]
fn a_call_that_is_not_on_the_list_is_an_error() {
    succeeds(inside(
        "a_call_that_is_not_on_the_list_is_an_error",
        Walls::All,
        |_| {
            denied(File::open("/etc/passwd"));
            denied(rustix::process::getpriority_process(None).map_err(io::Error::from));
            assert!(
                std::thread::Builder::new().spawn(|| ()).is_err(),
                "a thread was started"
            );
            denied(
                rustix::process::kill_current_process_group(rustix::process::Signal::TERM)
                    .map_err(io::Error::from),
            );
        },
    ));
}

#[test]
fn a_thread_that_was_there_before_is_confined_too() {
    succeeds(inside(
        "a_thread_that_was_there_before_is_confined_too",
        Walls::Files,
        |_| {
            let (mut near, mut far) = UnixStream::pair().unwrap();
            let waiting = std::thread::spawn(move || {
                far.read_exact(&mut [0]).unwrap();
                denied(rustix::process::getpriority_process(None).map_err(io::Error::from));
            });
            confine_calls().unwrap();
            near.write_all(b"x").unwrap();
            waiting.join().unwrap();
        },
    ));
}

#[test]
fn memory_and_files_have_a_limit() {
    succeeds(inside("memory_and_files_have_a_limit", Walls::Files, |_| {
        let mut large: Vec<u8> = Vec::new();
        assert!(
            large.try_reserve_exact(2 << 30).is_err(),
            "more than there may be"
        );
        let open: Vec<_> = (0..100).map(|_| UnixStream::pair()).collect();
        assert!(open.iter().any(Result::is_err));
    }));
}

#[test]
fn a_panic_is_told_and_memory_comes_and_goes() {
    let test = "a_panic_is_told_and_memory_comes_and_goes";
    let ended = inside(test, Walls::All, |_| {
        for size in [1 << 10, 1 << 20, 1 << 26] {
            let mut bytes = vec![1_u8; size];
            bytes.resize(2 * size, 2);
            assert_eq!(bytes.iter().filter(|byte| **byte == 2).count(), size);
        }
        let panicked = std::panic::catch_unwind(|| panic!("on purpose"));
        assert!(panicked.is_err());
        eprintln!("and on it goes");
    });
    if let Some((_, said, _)) = &ended {
        assert!(
            said.contains("on purpose") && said.contains("and on it goes"),
            "{said}"
        );
    }
    succeeds(ended);
}

#[test]
fn an_abort_is_an_abort() {
    dies(
        inside("an_abort_is_an_abort", Walls::All, |_| std::process::abort()),
        SIGABRT,
    );
}

#[test]
fn every_call_has_a_reason_and_stands_once() {
    let all: Vec<_> = calls::ALLOWED.iter().chain(calls::FATAL).collect();
    let numbers: BTreeSet<i64> = all.iter().map(|call| call.number).collect();
    assert_eq!(numbers.len(), all.len(), "a call stands twice");
    assert!(all.iter().all(|call| !call.why.is_empty()));
}

#[test]
fn a_folder_that_is_not_there_is_told() {
    let sandbox = Sandbox {
        folders: vec!["/nowhere/at/all".into()],
        open_files: u64::MAX,
        own_bytes: u64::MAX,
    };
    let missing = std::thread::spawn(move || sandbox.confine_files())
        .join()
        .unwrap();
    assert_eq!(missing.len(), 1, "{missing:?}");
    assert_eq!(missing[0].piece, Piece::Files);
    assert!(
        missing[0]
            .to_string()
            .starts_with("not confined: files (Landlock): "),
        "{}",
        missing[0]
    );
}
