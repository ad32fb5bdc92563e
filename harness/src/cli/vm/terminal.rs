//! The user's terminal.

use rustix::termios::{OptionalActions, Termios, tcgetattr, tcsetattr};
use std::io::stdin;

/// The terminal's settings, brought back at the end whatever QEMU has done to them.
pub(super) struct Terminal(Option<Termios>);

impl Terminal {
    /// Remembers them, where there is a terminal.
    pub(super) fn remembered() -> Self {
        Self(tcgetattr(stdin()).ok())
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        if let Some(settings) = &self.0 {
            // What cannot be brought back can only be left.
            let _ = tcsetattr(stdin(), OptionalActions::Now, settings);
        }
    }
}
