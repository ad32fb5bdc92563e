//! The thread that starts QEMU: it ends with this process, not before.
//!
//! `-run-with exit-with-parent=on` (prctl(2), `PR_SET_PDEATHSIG`) ends QEMU with the *thread* that has started it. A guest may be handed
//! from one thread to another, and has to survive the one that booted it.

use std::io;
use std::sync::mpsc::{Sender, channel};
use std::sync::{LazyLock, Mutex, PoisonError};
use std::thread::Builder;

/// What the thread does next.
type Act = Box<dyn FnOnce() + Send>;

/// The way to the thread; nothing, if there could be none.
static PARENT: LazyLock<io::Result<Mutex<Sender<Act>>>> = LazyLock::new(|| {
    let (sender, acts) = channel::<Act>();
    let until_the_process_ends = move || acts.iter().for_each(|act| act());
    let thread = Builder::new().name("parent of QEMU".to_owned());
    thread
        .spawn(until_the_process_ends)
        .map(|_lives_on| Mutex::new(sender))
});

/// Has the thread that lives as long as this process `start` a child.
///
/// # Errors
/// What `start` says, or the system if it has no thread to give.
pub fn start_child<T: Send + 'static>(
    start: impl FnOnce() -> io::Result<T> + Send + 'static,
) -> io::Result<T> {
    let parent = PARENT.as_ref();
    let parent = parent.map_err(|error| io::Error::new(error.kind(), error.to_string()))?;
    let (started, child) = channel();
    let act = move || {
        // Nobody waits for it any more only where this function's caller is gone.
        let _ = started.send(start());
    };
    let gone = || io::Error::other("the thread that starts QEMU is gone");
    let sent = parent
        .lock()
        .unwrap_or_else(PoisonError::into_inner)
        .send(Box::new(act));
    sent.map_err(|_| gone())?;
    child.recv().map_err(|_| gone())?
}
