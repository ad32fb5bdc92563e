//! Defects of the tool itself: a panic ends the process with [`Exit::Internal`] and says where it happened.

use crate::cli::exit::Exit;
use crate::cli::streams;
use crate::text::printable::clipped;
use std::panic::{AssertUnwindSafe, PanicHookInfo, catch_unwind, set_hook};

/// Letters of a panic's words that are told.
const LONGEST: usize = 1000;

/// From here on a panic, in whatever thread, says what it is on standard error.
pub(super) fn announce() {
    set_hook(Box::new(|panic| streams::err(words(panic))));
}

/// Does `work`; where it panics, the process ends with [`Exit::Internal`].
pub(super) fn contained(work: impl FnOnce() -> Exit) -> Exit {
    // Nothing of what the work has left half done is looked at any more.
    catch_unwind(AssertUnwindSafe(work)).unwrap_or(Exit::Internal)
}

fn words(panic: &PanicHookInfo<'_>) -> String {
    let place = panic
        .location()
        .map_or_else(String::new, |at| format!(" at {at}"));
    let message = panic.payload_as_str().unwrap_or("a panic without words");
    let message = clipped(message, LONGEST);
    format!(
        "internal error{place}: {message}\nThis is a defect of mlx5-cosim {}, not of what it was given.\n",
        env!("CARGO_PKG_VERSION")
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_ends_with_1() {
        assert_eq!(contained(|| panic!("on purpose")), Exit::Internal);
        assert_eq!(contained(|| Exit::Differs), Exit::Differs);
    }
}
