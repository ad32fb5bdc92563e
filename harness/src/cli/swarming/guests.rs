//! The unmodified driver's guests, for all swarms on Linux.

use crate::cli::signals::EndSignals;
use crate::cli::streams;
use crate::stage::linux::{BackendError, LinuxBackend, Shelf, Workplace};
use driver::RevisionName;
use guest::kit::KitOptions;

static SHELF: Shelf = Shelf::new();

/// The backend of a worker. A signal of the user's ends its run.
pub(super) fn backend<'a>(
    workplace: &'a mut Workplace,
    kit: &KitOptions,
) -> Result<&'a mut LinuxBackend, BackendError> {
    workplace.backend(
        kit,
        (RevisionName::Merged, false),
        &SHELF,
        |kit| streams::note(kit.describe()),
        |backend| {
            backend.interrupt_by(EndSignals::listen()?.into());
            Ok(())
        },
    )
}
