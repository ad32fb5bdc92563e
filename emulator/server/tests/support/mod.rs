//! A served device on a thread of its own, a guest of it, and a driver in that guest.
#![allow(dead_code, reason = "each test program uses a part of this")]

pub mod driver;
pub mod guest;
pub mod late;
pub mod raw;

use device_server::{DeviceServer, ServerOptions};
use emulator::{DeviceConfig, Record};
use prm::Function;
use std::io::{Read, Write};
use std::os::unix::net::UnixStream;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, mpsc};
use std::thread::JoinHandle;
use std::time::Duration;
use tempfile::TempDir;

/// A device from the device part of a scenario.
#[macro_export]
macro_rules! device {
    ($($json:tt)+) => { serde_json::from_value::<emulator::DeviceConfig>(serde_json::json!({ $($json)+ })).unwrap() };
}

/// A PF with an eswitch and three VFs.
pub fn pf() -> DeviceConfig {
    device!("kind": "pf", "vhca_id": 5, "page_mode": "vhca_id",
            "eswitch": { "manager": true, "vport_group_manager": true },
            "vfs": { "total": 3, "first_vhca_id": 16 })
}

/// A PF with five external SFs, from function id 0x80.
pub fn pf_with_sfs() -> DeviceConfig {
    device!("kind": "pf", "vhca_id": 5, "page_mode": "func_id",
            "sfs": { "max": 5, "base_id": 0x80, "first_vhca_id": 0x100 })
}

/// An ECPF with two VFs of its own.
pub fn ecpf() -> DeviceConfig {
    device!("kind": "ecpf", "vhca_id": 2, "page_mode": "vhca_id",
            "external_host": { "pf_vhca_id": 0, "vfs": { "total": 2, "first_vhca_id": 16 } },
            "ec_vfs": { "total": 2, "first_vhca_id": 64 })
}

/// A VF that is passed through alone.
pub fn lone_vf() -> DeviceConfig {
    device!("kind": "vf", "vhca_id": 9, "page_mode": "func_id")
}

type Act = Box<dyn FnOnce(&mut DeviceServer) + Send>;

/// A device that is being served on a thread, and the folder with its sockets.
pub struct Served {
    pub folder: TempDir,
    acts: mpsc::Sender<Act>,
    bell: UnixStream,
    thread: Option<JoinHandle<()>>,
    /// Nanoseconds of processor time that the longest turn took.
    longest_turn: Arc<AtomicU64>,
}

impl Served {
    /// Serves a device; what happens in it is kept until [`Self::records`] takes it.
    pub fn start(config: DeviceConfig) -> Self {
        Self::start_with(config, ServerOptions::default())
    }

    /// As [`Self::start`], with other options.
    pub fn start_with(config: DeviceConfig, options: ServerOptions) -> Self {
        Self::serve(config, options, |_| ())
    }

    /// Serves a device, and forgets what happens in it after every turn, as a server does that nobody listens to.
    pub fn start_discarding(config: DeviceConfig) -> Self {
        let options = ServerOptions::default();
        Self::serve(config, options, |server| drop(server.take_records()))
    }

    fn serve(config: DeviceConfig, options: ServerOptions, after_turn: fn(&mut DeviceServer)) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mut server = DeviceServer::bind_with(config, 1, folder.path(), options).unwrap();
        let (acts, received) = mpsc::channel::<Act>();
        let (bell, mut rung) = UnixStream::pair().unwrap();
        let watch = server.watch(&rung).unwrap();
        let longest_turn = Arc::new(AtomicU64::new(0));
        let longest = Arc::clone(&longest_turn);
        let thread = std::thread::spawn(move || {
            loop {
                let begin = processor_time();
                let called = server.turn(None).unwrap();
                after_turn(&mut server);
                longest.fetch_max(processor_time() - begin, Ordering::Relaxed);
                if called.has(watch) {
                    if rung.read(&mut [0]).unwrap() == 0 {
                        return;
                    }
                    received.recv().unwrap()(&mut server);
                }
            }
        });
        Self {
            folder,
            acts,
            bell,
            thread: Some(thread),
            longest_turn,
        }
    }

    /// Processor time that the longest turn has taken since the last call: what a client waits for whatever else the machine
    /// does.
    pub fn take_longest_turn(&self) -> Duration {
        Duration::from_nanos(self.longest_turn.swap(0, Ordering::Relaxed))
    }

    /// Does something with the server between two of its turns.
    pub fn with<T: Send + 'static>(&self, act: impl FnOnce(&mut DeviceServer) -> T + Send + 'static) -> T {
        ask(&self.acts, &self.bell, act)
    }

    /// The same, for who does not know this.
    pub fn asker<T: Send + 'static>(&self, act: fn(&mut DeviceServer) -> T) -> impl Fn() -> T + use<T> {
        let (acts, bell) = (self.acts.clone(), self.bell.try_clone().unwrap());
        move || ask(&acts, &bell, act)
    }

    pub fn socket(&self, function: Function) -> PathBuf {
        self.folder.path().join(format!("{function}.sock"))
    }

    pub fn records(&self) -> Vec<Record> {
        self.with(DeviceServer::take_records)
    }

    /// Waits until the server has seen that a client is gone.
    pub fn wait_until_gone(&self, function: Function) {
        while self.with(move |server| server.connected(function)) {
            pause();
        }
    }
}

/// Has something done between two turns.
fn ask<T: Send + 'static>(
    acts: &mpsc::Sender<Act>,
    mut bell: &UnixStream,
    act: impl FnOnce(&mut DeviceServer) -> T + Send + 'static,
) -> T {
    let (result, results) = mpsc::channel();
    let act = move |server: &mut DeviceServer| result.send(act(server)).unwrap();
    acts.send(Box::new(act)).unwrap();
    bell.write_all(&[1]).unwrap();
    results.recv().unwrap()
}

impl Drop for Served {
    fn drop(&mut self) {
        self.bell.shutdown(std::net::Shutdown::Both).unwrap();
        let result = self.thread.take().unwrap().join();
        assert!(
            result.is_ok() || std::thread::panicking(),
            "the server must not panic"
        );
    }
}

/// Processor time of this thread in nanoseconds.
fn processor_time() -> u64 {
    let time = rustix::time::clock_gettime(rustix::time::ClockId::ThreadCPUTime);
    u64::try_from(time.tv_sec * 1_000_000_000 + time.tv_nsec).unwrap()
}

/// Leaves the processor to the server for a moment.
pub fn pause() {
    let moment = rustix::event::Timespec {
        tv_sec: 0,
        tv_nsec: 50_000,
    };
    rustix::event::poll(&mut [], Some(&moment)).unwrap();
}
