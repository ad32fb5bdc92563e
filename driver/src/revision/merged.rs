//! The page code of Linux 7.2.

use super::choices::{Accounting, MigrationOrder, TeardownCheck, TypeLookup, UnmarkedVport};
use super::name::RevisionName;
use super::questions::Revision;

/// Linux 7.2: types come from a map filled when vports are enabled, are kept on host pages, and counters move page by
/// page, before firmware sees the pages.
#[derive(Clone, Copy, Debug)]
pub struct Merged;

impl Revision for Merged {
    fn name(&self) -> RevisionName {
        RevisionName::Merged
    }

    fn accounting(&self) -> Accounting {
        Accounting::HostPages
    }

    fn type_lookup(&self) -> TypeLookup {
        TypeLookup::TypeMap
    }

    fn unmarked_vport(&self) -> UnmarkedVport {
        UnmarkedVport::SatelliteOrEcVf
    }

    fn migration_order(&self) -> MigrationOrder {
        MigrationOrder::RetagThenErase
    }

    fn teardown_check(&self) -> TeardownCheck {
        TeardownCheck::Always
    }
}
