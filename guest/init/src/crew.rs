//! The threads of orders. They are there before the first order, with all their memory, and are used again.
//!
//! A driver that gives pages up which a device still writes has its kernel hand them to whoever asks next. That should not be this
//! program with each order: it would be the first to die of what a scenario wants to see.

use rustix::mm::{MlockAllFlags, mlockall};
use rustix::thread::set_name;
use std::collections::VecDeque;
use std::ffi::CString;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;

/// Orders that are carried out at a time without a new thread.
const HANDS: usize = 8;

/// Bytes of a thread's stack.
const STACK: usize = 256 * 1024;

/// What an idle thread is called.
const IDLE: &str = "idle";

struct Job {
    name: String,
    work: Box<dyn FnOnce() + Send>,
}

#[derive(Default)]
struct Board {
    jobs: VecDeque<Job>,
    idle: usize,
}

/// Has this program keep the memory it has and gets from now on, all of it at once. Where the kernel does not do that, memory is used
/// as it comes.
pub fn keep_memory() {
    let _kept = mlockall(MlockAllFlags::CURRENT | MlockAllFlags::FUTURE);
}

/// Threads that wait for work.
pub struct Crew {
    shared: Arc<(Mutex<Board>, Condvar)>,
}

impl Crew {
    /// Starts the threads.
    ///
    /// # Errors
    ///
    /// The kernel has no thread.
    pub fn muster() -> Result<Self, String> {
        let crew = Self {
            shared: Arc::default(),
        };
        for _ in 0..HANDS {
            crew.add_hand()?;
        }
        Ok(crew)
    }

    /// Does some work in a thread that has this name meanwhile.
    ///
    /// # Errors
    ///
    /// Everybody is busy, and the kernel has no thread more.
    pub fn carry_out(&self, name: String, work: impl FnOnce() + Send + 'static) -> Result<(), String> {
        let (board, called) = &*self.shared;
        let everybody_is_busy = {
            let mut board = lock(board);
            board.jobs.push_back(Job {
                name,
                work: Box::new(work),
            });
            board.jobs.len() > board.idle
        };
        called.notify_one();
        if everybody_is_busy {
            self.add_hand()
        } else {
            Ok(())
        }
    }

    fn add_hand(&self) -> Result<(), String> {
        let shared = Arc::clone(&self.shared);
        lock(&self.shared.0).idle += 1;
        in_thread(IDLE, move || {
            loop {
                let job = next(&shared);
                call_oneself(&job.name);
                (job.work)();
                call_oneself(IDLE);
                lock(&shared.0).idle += 1;
            }
        })
    }
}

fn next(shared: &(Mutex<Board>, Condvar)) -> Job {
    let (board, called) = shared;
    let mut board = lock(board);
    loop {
        if let Some(job) = board.jobs.pop_front() {
            board.idle -= 1;
            return job;
        }
        board = called.wait(board).unwrap_or_else(PoisonError::into_inner);
    }
}

fn lock(board: &Mutex<Board>) -> MutexGuard<'_, Board> {
    board.lock().unwrap_or_else(PoisonError::into_inner)
}

fn call_oneself(name: &str) {
    // Names of threads have 15 bytes at the most; the kernel cuts what is longer.
    if let Ok(name) = CString::new(name) {
        let _named = set_name(&name);
    }
}

/// Starts a thread.
///
/// # Errors
///
/// The kernel has none.
pub fn in_thread(name: &str, work: impl FnOnce() + Send + 'static) -> Result<(), String> {
    let thread = thread::Builder::new()
        .name(name.to_owned())
        .stack_size(STACK)
        .spawn(work);
    thread
        .map(drop)
        .map_err(|error| format!("start a thread: {error}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::mpsc;

    #[test]
    fn more_orders_than_hands_are_carried_out_at_the_same_time_and_hands_are_used_again() {
        let crew = Crew::muster().unwrap();
        for _ in 0..3 {
            let (release, held) = mpsc::channel::<()>();
            let held = Arc::new(Mutex::new(held));
            let (tell, told) = mpsc::channel();
            for number in 0..2 * HANDS {
                let (tell, held) = (tell.clone(), Arc::clone(&held));
                let work = move || {
                    tell.send(thread_name()).unwrap();
                    let _ended = held.lock().unwrap_or_else(PoisonError::into_inner).recv();
                };
                crew.carry_out(format!("order-{number}"), work).unwrap();
            }
            let mut names: Vec<String> = (0..2 * HANDS).map(|_| told.recv().unwrap()).collect();
            names.sort();
            let mut expected: Vec<String> = (0..2 * HANDS).map(|number| format!("order-{number}")).collect();
            expected.sort();
            assert_eq!(names, expected);
            drop(release);
        }
    }

    fn thread_name() -> String {
        let name = std::fs::read_to_string("/proc/thread-self/comm").unwrap();
        name.trim().to_owned()
    }
}
