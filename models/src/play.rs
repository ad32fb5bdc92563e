//! From a case to its model.

use crate::case::{Case, Race};
use crate::drift::drift;
use crate::lock::lock;
use crate::migration::{Freeing, migration};
use crate::tool::Tool;

/// Runs a case once, in a schedule that the tool chooses. Whether it was violated. A model never panics and never blocks for good:
/// loom could not be asked anything after that.
pub(crate) fn play<T: Tool>(case: Case) -> bool {
    let Case { race, revision, size } = case;
    match race {
        Race::Drift => drift::<T>(revision, size),
        Race::Lock => lock::<T>(revision, size),
        Race::Migration => migration::<T>(revision, size, Freeing::KeyThenRoot),
        Race::GuardedMigration => migration::<T>(revision, size, Freeing::UnderOneLock),
    }
}
