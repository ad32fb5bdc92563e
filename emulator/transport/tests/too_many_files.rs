//! A process without a free descriptor goes on. A program of its own: the limit is that of the process.
#![allow(clippy::unwrap_used, reason = "a test panics when something is wrong")]

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use std::fs::File;
use std::io::Read;
use std::os::fd::AsRawFd;
use std::os::unix::net::UnixStream;
use std::sync::Mutex;
use transport::Listener;

/// The tests share the descriptors of the process.
static ALONE: Mutex<()> = Mutex::new(());

fn open_descriptors() -> usize {
    std::fs::read_dir("/proc/self/fd").unwrap().count()
}

#[test]
fn a_socket_that_nobody_uses_costs_one_descriptor() {
    let _alone = ALONE.lock().unwrap();
    let folder = tempfile::tempdir().unwrap();
    let bind = |number: usize| Listener::bind(&folder.path().join(format!("{number}"))).unwrap();
    let _first = bind(0);
    let before = open_descriptors();
    let more: Vec<Listener> = (1..=20).map(bind).collect();
    assert_eq!(open_descriptors() - before, more.len());
}

#[test]
fn a_client_for_whom_there_is_no_descriptor_is_sent_away_and_a_later_one_is_not() {
    let _alone = ALONE.lock().unwrap();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("s");
    let mut listener = Listener::bind(&path).unwrap();
    let mut clients: Vec<_> = (0..3).map(|_| UnixStream::connect(&path).unwrap()).collect();
    let limit = getrlimit(Resource::Nofile);
    let next = File::open("/dev/null").unwrap();
    let current = Some(u64::try_from(next.as_raw_fd()).unwrap());
    drop(next);
    setrlimit(Resource::Nofile, Rlimit { current, ..limit }).unwrap();
    assert!(File::open("/dev/null").is_err(), "there is none left");
    for client in &mut clients {
        assert!(listener.accept().unwrap().is_none());
        assert_eq!(client.read(&mut [0]).unwrap(), 0, "sent away");
    }
    assert!(listener.accept().unwrap().is_none(), "there is nobody");
    setrlimit(Resource::Nofile, limit).unwrap();
    let _client = UnixStream::connect(&path).unwrap();
    assert!(listener.accept().unwrap().is_some());
}
