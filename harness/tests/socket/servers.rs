//! Servers that tests share: one for each test that runs at a time.

use harness::stage::socket::server::Time;
use harness::stage::socket::{SocketBackend, Source};
use std::sync::{Mutex, PoisonError};

/// See the module's head.
#[derive(Default)]
pub(crate) struct Servers(Mutex<Vec<SocketBackend>>);

impl Servers {
    /// Does something with a server that nobody else has meanwhile.
    pub(crate) fn with<R>(&self, act: impl FnOnce(&mut SocketBackend) -> R) -> R {
        let free = self.0.lock().unwrap_or_else(PoisonError::into_inner).pop();
        let mut backend = free.unwrap_or_else(|| backend(Time::Virtual));
        let done = act(&mut backend);
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .push(backend);
        done
    }

    /// Ends all of them.
    pub(crate) fn end(&self) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }
}

/// Servers of our own, as the command line starts them.
pub(crate) fn backend(time: Time) -> SocketBackend {
    SocketBackend::new(Source::Own(env!("CARGO_BIN_EXE_mlx5-cosim").into()), time, false)
}
